"""Pixels that are not scaled, or scaled twice: for the study of what scaling does to training."""

from lenet_helpers.preprocessing import INK, to_model_input


def to_raw_input(images):
    """(N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 255]. Raises as `to_model_input`."""
    return to_model_input(images) * INK


def to_twice_scaled_input(images):
    """(N, 28, 28) uint8 -> (N, 28, 28, 1) float32 in [0, 1 / 255]. Raises as `to_model_input`."""
    return to_model_input(images) / INK
