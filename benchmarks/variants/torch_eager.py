"""PyTorch as it is usually written, on one thread, with its fused Adam."""

import torch
from torch import nn

from lenet_helpers.preprocessing import split_validation


def train(x_train, y_train, epochs, stopwatch, batch_size=10, prepare=lambda function: function):
    """prepare: what is done to the function that computes the loss."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 120), nn.Tanh(), nn.Linear(120, 10)),
    )
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-7, fused=True)
    images, labels = torch.from_numpy(x_train), torch.from_numpy(y_train).long()
    training, validation = split_validation(len(images))

    def measure(images, labels):
        logits = network(images[:, None].float() / 255)
        loss = nn.functional.cross_entropy(logits, labels)
        return loss, (logits.argmax(1) == labels).float().mean()

    measure_batch = prepare(measure)

    def train_epoch():
        total = torch.zeros(2)
        updates = torch.randperm(training.stop).split(batch_size)
        for batch in updates:
            optimizer.zero_grad()
            loss, accuracy = measure_batch(images[batch], labels[batch])
            loss.backward()
            optimizer.step()
            total += torch.stack([loss.detach(), accuracy])
        return total / len(updates)

    stopwatch.start()
    for _ in range(epochs):
        loss, accuracy = train_epoch()
        with torch.no_grad():
            val_loss, val_accuracy = measure(images[validation], labels[validation])
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        scores = [loss, accuracy, val_loss, val_accuracy]
        stopwatch.epoch(dict(zip(names, scores, strict=True)))
