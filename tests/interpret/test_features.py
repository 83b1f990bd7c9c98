"""What each layer makes of an image, against what the next one reads."""

import numpy as np
import pytest

from lenet_helpers import interpret
from lenet_helpers.lenet1998.networks import C3_TABLE
from lenet_helpers.preprocessing import to_paper_input
from lenet_helpers.training import predict


def test_each_layer_s_output_is_what_the_next_one_reads(model, images):
    outputs = interpret.layer_outputs(model, images)
    assert list(outputs) == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(outputs["flatten"], outputs["S4"].reshape(len(images), -1))
    pooled = outputs["C1"].reshape(-1, 12, 2, 12, 2, 6).mean(axis=(2, 4))
    np.testing.assert_allclose(outputs["S2"], pooled, atol=1e-6)
    np.testing.assert_allclose(outputs["output"], predict(model, images), atol=1e-5)


@pytest.mark.parametrize("name", ["C1", "S4", "C5", "output"])
def test_one_layer_s_output_is_the_same_for_many_images(name, model, images):
    expected = interpret.layer_outputs(model, images)[name]
    np.testing.assert_allclose(interpret.layer_output(model, images, name), expected, atol=1e-5)


def test_an_unknown_layer_names_the_known_ones(model, images):
    with pytest.raises(ValueError, match=r"'F6'.*C1, S2, C3, S4, flatten, C5, output"):
        interpret.layer_output(model, images, "F6")
    with pytest.raises(ValueError, match="F6"):
        interpret.randomised(model, ["C1", "F6"])


def test_the_norm_of_a_kernel_is_that_of_its_weights(model):
    kernel = model.get_layer("C3").kernel.numpy()
    norms = interpret.kernel_norms(model.get_layer("C3"))
    assert norms.shape == (6, 16)
    assert norms[2, 11] == pytest.approx(np.linalg.norm(kernel[:, :, 2, 11]))
    with pytest.raises(ValueError, match="C5 is no convolution"):
        interpret.kernel_norms(model.get_layer("C5"))
    with pytest.raises(ValueError, match="S2 is no convolution"):
        interpret.kernel_norms(model.get_layer("S2"))


def test_where_the_table_connects_nothing_the_norm_is_zero(published):
    layer = published.get_layer("C3")
    norms = interpret.kernel_norms(layer)
    np.testing.assert_array_equal(norms > 0, C3_TABLE)
    assert norms[0, 4] == pytest.approx(np.linalg.norm(layer.kernel.numpy()[:, :, 1]))


def test_the_nearest_code_is_the_most_probable(published, images):
    distances = predict(published, images, to_paper_input)
    likelihoods = np.exp(-distances.astype(float))
    expected = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    found = predict(interpret.in_article_form(published), images)
    np.testing.assert_allclose(found, expected, atol=1e-4)
