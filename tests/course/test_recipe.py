"""The recipe on one page that Chapter 5 ends with: it runs as it stands, and it is the series'."""

import keras
import nbformat
import numpy as np
import pytest

from course import texts
from course.project import notebook_paths
from lenet_helpers.data import load_mnist
from lenet_helpers.models import article_lenet5, compile_article

EPOCHS = "EPOCHS = 20\n"


@pytest.fixture(scope="module")
def source():
    (path,) = notebook_paths(["05"])
    block = texts.recipe(nbformat.read(path, as_version=4).cells)
    return block.removeprefix("```python\n").removesuffix("```")


@pytest.fixture(scope="module")
def ran(source):
    """Return the names that the recipe defines, after one epoch on few images."""
    digits = load_mnist()
    few = np.resize(np.arange(3000), 60_000)
    arrays = (digits.x_train[few], digits.y_train[few]), (digits.x_test[:500], digits.y_test[:500])
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.datasets.mnist, "load_data", lambda: arrays)
        patch.setattr(keras.Sequential, "fit", few_updates(keras.Sequential.fit))
        exec(source.replace(EPOCHS, "EPOCHS = 1\n"), names)
    return names


def few_updates(fit):
    def fit_on_few(model, images, labels, **options):
        assert (len(images), len(options["validation_data"][0])) == (54_000, 6_000)
        return fit(model, images[:3000], labels[:3000], **options, verbose=0)

    return fit_on_few


def test_it_stands_alone(source):
    assert EPOCHS in source
    assert "lenet_helpers" not in source
    assert max(map(len, source.splitlines())) <= 100


def test_it_is_the_network_and_the_recipe_of_the_chapters(source, ran):
    ours, theirs = compile_article(article_lenet5()), ran["model"]
    pairs = [*zip(ours.layers, theirs.layers, strict=True), (ours.optimizer, theirs.optimizer)]
    for one, other in pairs:
        assert one.get_config() | {"name": ""} == other.get_config() | {"name": ""}
    assert ours.loss == theirs.loss
    assert "batch_size=10, epochs=EPOCHS" in source


def test_it_learns_and_says_how_well(ran):
    assert ran["x_train"].max() == 1
    assert 0.5 < ran["accuracy"] < 1
