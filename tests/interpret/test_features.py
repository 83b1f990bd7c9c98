"""LeNet-5 as published, behind the article's input and before its output."""

import numpy as np

from lenet_helpers import interpret
from lenet_helpers.preprocessing import to_paper_input
from lenet_helpers.training import predict


def test_the_nearest_code_is_the_most_probable(published, images):
    distances = predict(published, images, to_paper_input)
    likelihoods = np.exp(-distances.astype(float))
    expected = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    found = predict(interpret.in_article_form(published), images)
    np.testing.assert_allclose(found, expected, atol=1e-4)
