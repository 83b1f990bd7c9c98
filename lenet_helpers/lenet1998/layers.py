"""The layers of LeNet-5 that Keras does not have, as LeCun et al. 1998 describe them.

Each trainable layer can also carry second derivatives back, as the paper's optimizer needs them:
`second_derivatives` is its share of appendix C.
"""

import keras
import numpy as np
import tensorflow as tf

AMPLITUDE, SLOPE = 1.7159, 2 / 3
# How far from 0 a weight starts at most, F the number of inputs of the unit that it belongs to:
# as LeCun et al. 1998 give it (appendix A), and as in their later library, EBLearn.
STARTS = {"2.4/F": lambda fan_in: 2.4 / fan_in, "1/sqrt(F)": lambda fan_in: 1 / np.sqrt(fan_in)}


@keras.saving.register_keras_serializable(package="lenet_helpers")
def scaled_tanh(x):
    """1.7159 tanh(2x / 3), elementwise: f(1) = 1 and f(-1) = -1. Paper: appendix A."""
    return AMPLITUDE * tf.tanh(SLOPE * x)


@keras.saving.register_keras_serializable(package="lenet_helpers")
class FanInUniform(keras.initializers.Initializer):
    """Uniform within a limit that follows from F, the inputs of the unit that a weight belongs to.

    fan_in: F, an int, or one int for each unit along the last axis.
    start:  one of STARTS, the limit: the paper's 2.4 / F unless given.
    Raises ValueError for another start.
    """

    def __init__(self, fan_in, start="2.4/F"):
        if start not in STARTS:
            raise ValueError(f"start must be one of {', '.join(STARTS)}, got {start!r}.")
        self.fan_in, self.start = np.asarray(fan_in).tolist(), start
        self._uniform = keras.initializers.RandomUniform(-1, 1)

    def __call__(self, shape, dtype=None):
        limit = STARTS[self.start](np.asarray(self.fan_in))
        return self._uniform(shape, dtype) * tf.constant(limit, dtype)

    def get_config(self):
        return {"fan_in": self.fan_in, "start": self.start}


class _SquashedLayer(keras.layers.Layer):
    """A layer whose output is `activation(weighted_sums(inputs))`.

    start: one of STARTS, within which limits its weights start.
    Once built, it refuses inputs of another shape with a ValueError.
    """

    def __init__(self, activation=None, start="2.4/F", **kwargs):
        super().__init__(**kwargs)
        self.start = start
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.input_spec = keras.layers.InputSpec(shape=(None, *input_shape[1:]))

    def call(self, inputs):
        return self.activation(self.weighted_sums(inputs))

    def second_derivatives(self, inputs, upstream):
        """Second derivatives of the loss for what goes in and for the weights, by appendix C.

        inputs, upstream: what the layer got, and the second derivatives for what it put out.
        Returns those for `inputs`, and a list of those for `trainable_variables`, summed over the
        batch. Gauss-Newton: the activation's own second derivative is left out, so all are >= 0.
        """
        with tf.GradientTape() as tape:
            sums = self.weighted_sums(inputs)
            tape.watch(sums)
            outputs = self.activation(sums)
        slopes = tape.gradient(outputs, sums)
        return self._back_through_sums(inputs, slopes * slopes * upstream)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "activation": activation, "start": self.start}


@keras.saving.register_keras_serializable(package="lenet_helpers")
class ConnectedConv2D(_SquashedLayer):
    """A convolution without padding in which each map sees only some of the maps below.

    filters:     int, the number of feature maps.
    kernel_size: int k.
    table:       (channels, filters) of bool, what is connected to what; None for everything.
                 Paper: section II.B, table I.
    activation:  as for Keras's layers; "linear" unless given.
    kernel_initializer, bias_initializer: `FanInUniform` of each map's own fan-in unless given.
    Input (batch, height, width, channels), output (batch, height - k + 1, width - k + 1, filters).
    `bias` is (filters,). `kernel` holds the connections that exist and no others: with a table
    (k, k, connections), one k x k kernel per True, row by row; else (k, k, channels, filters).
    Raises ValueError for a table that does not fit, or an input that is too small.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        table=None,
        activation=None,
        kernel_initializer=None,
        bias_initializer=None,
        **kwargs,
    ):
        super().__init__(activation, **kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.table = None if table is None else _checked_table(table, filters)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        super().build(input_shape)
        size, channels = self.kernel_size, input_shape[-1]
        self.compute_output_shape(input_shape)
        if self.table is None:
            shape, units = (channels, self.filters), np.full(self.filters, channels)
            unit_of_kernel = units
        else:
            if len(self.table) != channels:
                raise ValueError(
                    f"{self.name}: the table has {len(self.table)} rows, "
                    f"but the input has {channels} maps."
                )
            units = self.table.sum(axis=0)
            shape, unit_of_kernel = (self.table.sum(),), units[np.nonzero(self.table)[1]]
        fan_in = size * size
        self.kernel = self.add_weight(
            name="kernel",
            shape=(size, size, *map(int, shape)),
            initializer=self.kernel_initializer
            or FanInUniform(fan_in * unit_of_kernel, self.start),
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.filters,),
            initializer=self.bias_initializer or FanInUniform(fan_in * units, self.start),
        )

    def dense_kernel(self):
        """(k, k, channels, filters): the kernel, with exact zeros where nothing is connected."""
        return self._placed(self.kernel.value)

    def weighted_sums(self, inputs):
        """What the activation gets: (batch, height - k + 1, width - k + 1, filters)."""
        return _convolution(inputs, self.dense_kernel()) + self.bias

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        if min(height, width) < self.kernel_size:
            raise ValueError(
                f"{self.name}: an input of {height}x{width} is too small for a "
                f"{self.kernel_size}x{self.kernel_size} kernel."
            )
        lost = self.kernel_size - 1
        return (batch, height - lost, width - lost, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "table": None if self.table is None else self.table.astype(int).tolist(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

    def _placed(self, kernel):
        if self.table is None:
            return kernel
        size = self.kernel_size
        placement = np.eye(self.table.size)[np.flatnonzero(self.table)]
        dense = tf.reshape(kernel, (size * size, -1)) @ tf.constant(placement, kernel.dtype)
        return tf.reshape(dense, (size, size, *self.table.shape))

    def _back_through_sums(self, inputs, upstream):
        # Squared inputs and weights in place of both: each product u * x passes on u^2 or x^2.
        squares = tf.square(inputs), tf.square(self.kernel.value)
        with tf.GradientTape() as tape:
            tape.watch(squares)
            sums = _convolution(squares[0], self._placed(squares[1]))
        to_inputs, to_kernel = tape.gradient(sums, squares, upstream)
        return to_inputs, [to_kernel, tf.reduce_sum(upstream, (0, 1, 2))]


@keras.saving.register_keras_serializable(package="lenet_helpers")
class Subsampling(_SquashedLayer):
    """The sum of each 2x2 pixels, times a trainable coefficient, plus a bias, then squashed.

    activation: as for Keras's layers; "linear" unless given.
    Input (batch, height, width, channels) of even height and width; output half as high and wide.
    `coefficient` and `bias` are (channels,). Paper: section II.B, layer S2.
    Raises ValueError for an odd height or width.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.compute_output_shape(input_shape)
        shape = (input_shape[-1],)
        self.coefficient, self.bias = (
            self.add_weight(name=name, shape=shape, initializer=FanInUniform(4, self.start))
            for name in ("coefficient", "bias")
        )

    def weighted_sums(self, inputs):
        """What the activation gets: (batch, height / 2, width / 2, channels)."""
        return self.coefficient * _sums_of_four(inputs) + self.bias

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        if height % 2 or width % 2:
            raise ValueError(f"{self.name}: {height}x{width} does not divide into 2x2 pixels.")
        return (batch, height // 2, width // 2, channels)

    def _back_through_sums(self, inputs, upstream):
        to_sums = upstream * tf.square(self.coefficient.value)
        to_inputs = tf.repeat(tf.repeat(to_sums, 2, axis=1), 2, axis=2)
        to_coefficient = tf.reduce_sum(upstream * tf.square(_sums_of_four(inputs)), (0, 1, 2))
        return to_inputs, [to_coefficient, tf.reduce_sum(upstream, (0, 1, 2))]


@keras.saving.register_keras_serializable(package="lenet_helpers")
class ConnectedDense(_SquashedLayer):
    """Keras's `Dense`, started as in the paper, and able to carry second derivatives back.

    units:      int.
    activation: as for Keras's layers; "linear" unless given.
    Input (batch, features), output (batch, units).
    """

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(activation, **kwargs)
        self.units = units

    def build(self, input_shape):
        super().build(input_shape)
        features = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(features, self.units),
            initializer=FanInUniform(features, self.start),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer=FanInUniform(features, self.start)
        )

    def weighted_sums(self, inputs):
        """What the activation gets: (batch, units)."""
        return inputs @ self.kernel + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    def _back_through_sums(self, inputs, upstream):
        to_inputs = tf.matmul(upstream, tf.square(self.kernel.value), transpose_b=True)
        to_kernel = tf.matmul(tf.square(inputs), upstream, transpose_a=True)
        return to_inputs, [to_kernel, tf.reduce_sum(upstream, 0)]


@keras.saving.register_keras_serializable(package="lenet_helpers")
class RBF(keras.layers.Layer):
    """Euclidean radial basis functions: the squared distance to each class's fixed code.

    codes: (classes, features) of +1 and -1.
    Input (batch, features), output (batch, classes): y_i = sum_j (x_j - w_ij)^2, so the *smallest*
    is the answer. Paper: section II.B, eq. 7.
    Raises ValueError if the input has another number of features than the codes.
    """

    def __init__(self, codes, **kwargs):
        super().__init__(**kwargs)
        self.codes = np.asarray(codes, "float64")
        if self.codes.ndim != 2 or not np.isin(self.codes, (-1, 1)).all():
            raise ValueError("codes must be a table of +1 and -1, one row per class.")

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        self.input_spec = keras.layers.InputSpec(shape=(None, *input_shape[1:]))
        self.centres = self.add_weight(
            name="codes",
            shape=self.codes.shape,
            initializer=keras.initializers.Constant(self.codes),
            trainable=False,
        )

    def call(self, inputs):
        return tf.reduce_sum(tf.square(self.offsets(inputs)), -1)

    def offsets(self, inputs):
        """What separates each input from each code: (batch, classes, features)."""
        return inputs[:, tf.newaxis] - self.centres

    def compute_output_shape(self, input_shape):
        classes, features = self.codes.shape
        if input_shape[-1] != features:
            raise ValueError(
                f"{self.name}: codes of {features} values, but an input of {input_shape[-1]}."
            )
        return (input_shape[0], classes)

    def get_config(self):
        return {**super().get_config(), "codes": self.codes.astype(int).tolist()}


def _convolution(images, kernel):
    """A convolution without padding, as one product: XLA's own is slow at this size."""
    size, _, channels, filters = kernel.shape
    _, height, width, _ = images.shape
    rows, columns = height - size + 1, width - size + 1
    lines = tf.concat([images[:, :, x : x + columns] for x in range(size)], -1)
    windows = tf.concat([lines[:, y : y + rows] for y in range(size)], -1)
    products = tf.reshape(windows, (-1, size * size * channels)) @ tf.reshape(kernel, (-1, filters))
    return tf.reshape(products, (-1, rows, columns, filters))


def _sums_of_four(maps):
    _, height, width, channels = maps.shape
    cells = tf.reshape(maps, (-1, height // 2, 2, width // 2, 2, channels))
    return tf.reduce_sum(cells, (2, 4))


def _checked_table(table, filters):
    table = np.asarray(table)
    if table.ndim != 2 or table.shape[1] != filters or not np.isin(table, (0, 1)).all():
        raise ValueError(
            f"table must be (channels, {filters}) of True and False, got shape {table.shape}."
        )
    if not table.any(axis=0).all():
        raise ValueError("table leaves a map without any input.")
    return table.astype(bool)
