"""The networks and images that what is said of a network is tested on."""

import pytest

from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.training import predict


@pytest.fixture(scope="module")
def model():
    return load_checkpoint("article_lenet5")


@pytest.fixture(scope="module")
def published():
    return load_checkpoint("lenet5_1998")


@pytest.fixture(scope="module")
def images():
    return load_mnist().x_train[:20]


@pytest.fixture(scope="module")
def answers(model, images):
    return predict(model, images).argmax(axis=1)
