"""The same PyTorch code with the loss, forward and backward, through `torch.compile`."""

import os

os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"  # so that every process compiles

import torch
from variants import torch_eager


def train(x_train, y_train, epochs, stopwatch, batch_size=10):
    torch_eager.train(x_train, y_train, epochs, stopwatch, batch_size, prepare=torch.compile)
