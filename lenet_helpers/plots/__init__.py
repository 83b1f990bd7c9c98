"""Figures of chapters 1 to 5: arrays and DataFrames in, a Matplotlib Figure out."""

from lenet_helpers.plots.digits import (
    digit_and_numbers,
    digit_grid,
    label_counts,
    mean_images,
    pixel_values,
)
from lenet_helpers.plots.evaluation import (
    confusion,
    error_rates,
    mistakes,
    precision_recall_per_digit,
    rejection,
    reliability,
    seed_errors,
)
from lenet_helpers.plots.inputs import double_scaling, steps, tanh_outputs, validation_balance
from lenet_helpers.plots.training import (
    seed_accuracies,
    shared_window,
    training_curves,
    training_speed,
)
