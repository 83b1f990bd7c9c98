"""The paper's optimizer: stochastic gradient descent with a learning rate for each weight.

LeCun et al. 1998, section III and appendix C: stochastic diagonal Levenberg-Marquardt.
"""

import keras
import numpy as np
import tensorflow as tf

from lenet_helpers.preprocessing import to_paper_input

# Learning rates of the 20 passes. Paper: section III.B.
PAPER_RATES = [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 8
PATTERNS = 500


@keras.saving.register_keras_serializable(package="lenet_helpers")
class StochasticDiagonalLM(keras.optimizers.Optimizer):
    """w_k -= eta / (mu + h_kk) * dE/dw_k. Paper: appendix C, eq. 18 and following.

    learning_rate: float, eta.
    mu:            float, in units of the curvature: keeps the step finite where the loss hardly
                   bends. With the paper's 0.02, training diverges from the paper's start, and from
                   some seeds with the start 1/sqrt(F), too; chapter 13 shows which mu are safe.
    The curvatures h_kk stay at 0 until `set_curvatures` gives new ones, once per pass.
    """

    def __init__(self, learning_rate=PAPER_RATES[0], mu=0.1, name="sdlm", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.mu = mu

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._scales = [
            self.add_variable_from_reference(
                variable, "scale", initializer=keras.initializers.Constant(1 / self.mu)
            )
            for variable in variables
        ]

    def set_curvatures(self, curvatures):
        """Use these h_kk from now on: one array >= 0 for each trainable variable, in order."""
        for scale, curvature in zip(self._scales, curvatures, strict=True):
            scale.assign(1 / (self.mu + curvature))

    def rate_range(self):
        """The lowest and the highest eta / (mu + h_kk) over all weights: two floats."""
        scales = np.concatenate([np.ravel(scale) for scale in self._scales])
        low, high = float(self.learning_rate) * np.float64([scales.min(), scales.max()])
        return float(low), float(high)

    def update_step(self, gradient, variable, learning_rate):
        scale = self._scales[self._get_variable_index(variable)]
        rate = tf.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * scale.value * gradient)

    def get_config(self):
        return {**super().get_config(), "mu": self.mu}


class CurvatureEstimate(keras.callbacks.Callback):
    """Estimates the curvatures anew before each pass, on 500 training images.

    images, labels: (N, 28, 28) uint8 and (N,) integers.
    seed:           int; which images, follows from it and the epoch.
    """

    def __init__(self, images, labels, seed=0):
        super().__init__()
        self.images, self.labels, self.seed = images, labels, seed

    def on_train_begin(self, logs=None):
        self.estimate = tf.function(
            lambda inputs, labels: curvatures(self.model, inputs, labels), jit_compile=True
        )

    def on_epoch_begin(self, epoch, logs=None):
        numbers = np.random.default_rng([self.seed, epoch, PATTERNS])
        chosen = numbers.choice(len(self.images), min(PATTERNS, len(self.images)), replace=False)
        found = self.estimate(to_paper_input(self.images[chosen]), self.labels[chosen])
        self.model.optimizer.set_curvatures(found)


class TrainingRecord(keras.callbacks.Callback):
    """Adds to each epoch's logs how fast weights could move, and how many kernels hardly did.

    rate_low, rate_high: `StochasticDiagonalLM.rate_range` of the epoch.
    C1_untrained, ...:   for each layer in `layers`, how many of its maps are `untrained` so far.
    """

    layers = ("C1", "C3", "C5")

    def on_train_begin(self, logs=None):
        self._starts = self._kernels()

    def on_epoch_end(self, epoch, logs):
        logs["rate_low"], logs["rate_high"] = self.model.optimizer.rate_range()
        for name, start, now in zip(self.layers, self._starts, self._kernels(), strict=True):
            logs[f"{name}_untrained"] = untrained(start, now)

    def _kernels(self):
        return [self.model.get_layer(name).dense_kernel().numpy() for name in self.layers]


def untrained(start, now):
    """How many maps have not been trained: their kernels moved less than a tenth of the median.

    start, now: (k, k, channels, maps), a layer's kernel before training and after.
    The layer's own median is the measure, as it does not depend on the size of the start.
    """
    moved = np.linalg.norm((now - start).reshape(-1, now.shape[-1]), axis=0)
    return int((moved < np.median(moved) / 10).sum())


def paper_rate(epoch, epochs=20):
    """The paper's learning rate in a pass, counted from 0, of so many.

    A run of fewer or more passes than the paper's 20 goes through the same rates in proportion.
    """
    return PAPER_RATES[epoch * len(PAPER_RATES) // epochs]


def curvatures(model, inputs, labels):
    """The diagonal Gauss-Newton second derivative of the loss for each weight. Paper: appendix C.

    model:  a compiled Sequential of the layers in `layers` and an RBF output.
    inputs: (N, height, width, channels), as the model takes them; labels: (N,) integers.
    Returns a list of tensors >= 0, one for each trainable variable, in order: the mean over the
    inputs of the sum over all connections that share the weight.
    Raises ValueError for a model with other layers.
    """
    *layers, output = model.layers
    _check_layers(layers, output)
    seen = [tf.convert_to_tensor(inputs, layers[0].compute_dtype)]
    for layer in layers:
        seen.append(layer(seen[-1]))
    offsets = output.offsets(seen.pop())
    truth = tf.one_hot(labels, offsets.shape[1], dtype=offsets.dtype)
    upstream = model.loss.second_derivatives(truth, offsets)
    found = []
    for layer, received in zip(reversed(layers), reversed(seen), strict=True):
        if isinstance(layer, keras.layers.Flatten):
            upstream = tf.reshape(upstream, tf.shape(received))
        else:
            upstream, of_weights = layer.second_derivatives(received, upstream)
            found = [*of_weights, *found]
    return [total / len(inputs) for total in found]


def curvatures_by_layer(model, inputs, labels):
    """As `curvatures`, by name: dict, such as "C1/kernel" -> (N,) array, one for each weight."""
    names = [variable.path.partition("/")[2] for variable in model.trainable_variables]
    found = curvatures(model, inputs, labels)
    return {name: np.ravel(values) for name, values in zip(names, found, strict=True)}


def _check_layers(layers, output):
    others = [
        layer.name
        for layer in layers
        if not isinstance(layer, keras.layers.Flatten) and not hasattr(layer, "second_derivatives")
    ]
    if others or not hasattr(output, "offsets"):
        raise ValueError(
            f"Curvatures cannot pass through {', '.join(others) or output.name}: "
            "use the layers of lenet1998.layers, with an RBF output."
        )
