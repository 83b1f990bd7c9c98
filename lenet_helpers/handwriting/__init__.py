"""Handwriting that is not MNIST's, brought into its form: strokes, photos, and a pad to draw on."""

from lenet_helpers.handwriting.strokes import (
    HandwritingError,
    centre_of_mass,
    example_strokes,
    normalise,
    render,
    squeeze,
)
