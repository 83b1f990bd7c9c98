"""Figures of chapters 1 to 6: arrays and DataFrames in, a Matplotlib Figure out."""

from lenet_helpers.plots.digits import digit_grid, mean_images
from lenet_helpers.plots.evaluation import (
    mistakes,
    precision_recall_per_digit,
    seed_errors,
)
from lenet_helpers.plots.inputs import double_scaling, scaling_runs, steps, tanh_outputs
from lenet_helpers.plots.training import seed_accuracies
