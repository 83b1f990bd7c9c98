"""Committed models: verified before they are loaded."""

import json

import numpy as np
import pytest

from lenet_helpers.checkpoints import INDEX, load_checkpoint, save_checkpoint
from lenet_helpers.models import article_lenet5, compile_article
from lenet_helpers.studies.networks import deep_network


@pytest.fixture
def saved(tmp_path):
    model = compile_article(article_lenet5())
    path = save_checkpoint(model, "some", "chapter 99, by hand", tmp_path)
    return model, path


def test_what_was_saved_comes_back_compiled(saved, tmp_path):
    model, path = saved
    again = load_checkpoint("some", tmp_path)
    for expected, found in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert again.compiled
    assert path.stat().st_size < 5 * model.count_params(), "more than weights was saved"


def test_the_committed_checkpoint_is_what_its_index_says():
    model = load_checkpoint("article_lenet5")
    assert model.count_params() == 34_622


def test_saving_another_keeps_the_first_in_the_index(saved, tmp_path):
    save_checkpoint(saved[0], "another", "chapter 98", tmp_path)
    assert set(json.loads((tmp_path / INDEX).read_text())) == {"some", "another"}


def test_a_network_with_options_is_built_with_them(tmp_path):
    options = {"maps": [2, 3], "kernel_sizes": [3, 3], "pooled": [1]}
    model = deep_network(**options)
    save_checkpoint(model, "small", "chapter 99, by hand", tmp_path, options)
    again = load_checkpoint("small", tmp_path)
    for expected, found in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
