"""A convolution, its tanh and its pooling as one matrix product, for training at batch size 10.

The four windows under one 2x2 pool overlap: together they see (k + 1) x (k + 1) pixels. So the
four outputs are one product: the pixels of that wide window, times the kernel placed at its four
positions. Everything is written with slices, sums and products, which XLA compiles well, as it does
not with a convolution of this size (benchmarks/training.py).
"""

import itertools

import keras
import numpy as np
import tensorflow as tf

SHIFTS = list(itertools.product((0, 1), (0, 1)))


@keras.saving.register_keras_serializable(package="lenet_helpers")
class FusedConvPool(keras.layers.Layer):
    """`Conv2D(filters, k, activation="tanh")` followed by `AveragePooling2D(2)`, in one step.

    filters:     int, the number of feature maps.
    kernel_size: odd int k.
    padding:     "valid" or "same", as in `Conv2D`.
    Input (batch, height, width, channels) float32 or float64; output as the two layers give it:
    a last odd row or column is not pooled. `kernel` (k, k, channels, filters) and `bias`
    (filters,) have the shapes and the order of `Conv2D`'s, so weights move freely between them.
    Raises ValueError for an even kernel, another padding, or an input smaller than one pool.
    """

    def __init__(self, filters, kernel_size, padding="valid", **kwargs):
        super().__init__(**kwargs)
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}: use Conv2D and pooling.")
        if padding not in ("valid", "same"):
            raise ValueError(f'padding must be "valid" or "same", got {padding!r}.')
        self.filters = filters
        self.kernel_size = kernel_size
        self.padding = padding

    @classmethod
    def sharing(cls, conv, name):
        """A fused layer that uses the very variables of a built `Conv2D`."""
        fused = cls(conv.filters, conv.kernel_size[0], conv.padding, name=name, dtype=conv.dtype)
        fused.kernel, fused.bias, fused.built = conv.kernel, conv.bias, True
        return fused

    def build(self, input_shape):
        k = self.kernel_size
        self.kernel = self.add_weight(
            name="kernel", shape=(k, k, input_shape[-1], self.filters), initializer="glorot_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, inputs):
        return conv_tanh_pool(self._padded(inputs), self.kernel.value, self.bias.value)

    def _padded(self, inputs):
        if self.padding == "valid":
            return inputs
        border = self.kernel_size // 2
        return tf.pad(inputs, [[0, 0], [border, border], [border, border], [0, 0]])

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        lost = self.kernel_size - 1 if self.padding == "valid" else 0
        pooled = [(size - lost) // 2 for size in (height, width)]
        if min(pooled) < 1:
            raise ValueError(
                f"{self.name}: an input of {height}x{width} is too small for a "
                f"{self.kernel_size}x{self.kernel_size} kernel and a 2x2 pool."
            )
        return (batch, *pooled, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "padding": self.padding,
        }


def fuse(model):
    """The same network with each convolution + pooling that allows it done in one step.

    model: a built Keras Sequential.
    Returns a Sequential that shares all variables with `model`: training one trains the other.
    Any other model, and any pair of layers that `FusedConvPool` cannot replace, stays as it is.
    """
    if not isinstance(model, keras.Sequential):
        return model
    layers = []
    for layer in model.layers:
        if layers and _fusible(layers[-1], layer):
            layers[-1] = FusedConvPool.sharing(layers[-1], name=f"{layers[-1].name}_{layer.name}")
        else:
            layers.append(layer)
    inputs = keras.Input(batch_shape=model.input_shape, dtype=model.inputs[0].dtype)
    return keras.Sequential([inputs, *layers])


def is_fast_under_xla(network):
    """Whether to compile a network that `fuse` returned with XLA.

    A loop that XLA compiles is slow on a CPU where it holds a convolution, and slower than one that
    it does not compile (benchmarks/training.py). On a GPU it is not.
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    return not convolutions or bool(tf.config.list_logical_devices("GPU"))


def _fusible(conv, pool):
    return (
        type(conv) is keras.layers.Conv2D
        and type(pool) is keras.layers.AveragePooling2D
        and conv.activation is keras.activations.tanh
        and conv.kernel_size[0] == conv.kernel_size[1]
        and conv.kernel_size[0] % 2 == 1
        and conv.strides == conv.dilation_rate == (1, 1)
        and conv.groups == 1
        and conv.use_bias
        and conv.data_format == pool.data_format == "channels_last"
        and tuple(pool.pool_size) == tuple(pool.strides) == (2, 2)
        and pool.padding == "valid"
    )


def conv_tanh_pool(images, kernel, bias):
    """Average of the four tanh(convolution + bias) under each 2x2 pool, without padding.

    images: (batch, height, width, channels); kernel: (k, k, channels, filters); bias: (filters,).
    Returns (batch, (height - k + 1) // 2, (width - k + 1) // 2, filters).
    """
    _, height, width, channels = images.shape
    images = images[:, : height // 2 * 2, : width // 2 * 2]
    if channels == 1:
        return _with_positions_in_columns(images, kernel, bias)
    return _with_positions_in_rows(images, kernel, bias)


def _pooled_size(images, kernel):
    """Cells of 2x2 pixels under one pool along a side, and the output's height and width."""
    cells = (kernel.shape[0] + 1) // 2
    return cells, images.shape[1] // 2 - cells + 1, images.shape[2] // 2 - cells + 1


def _placed(kernel):
    """The kernel at its four positions in the wide window: a list of (k+1, k+1, in, out)."""
    return [tf.pad(kernel, [[y, 1 - y], [x, 1 - x], [0, 0], [0, 0]]) for y, x in SHIFTS]


def _gathered(placed_gradients, size):
    """The gradient of `_placed`: the sum of what each of the four positions received."""
    return tf.add_n(
        [g[y : y + size, x : x + size] for g, (y, x) in zip(placed_gradients, SHIFTS, strict=True)]
    )


def _with_positions_in_rows(images, kernel, bias):
    """One row per pool, one column per pixel of its window: copies long runs of channels."""
    size, _, channels, filters = kernel.shape
    cells, rows, columns = _pooled_size(images, kernel)
    average = tf.constant(np.tile(np.eye(filters) / 4, (4, 1)), images.dtype)

    @tf.custom_gradient
    def forward(images, kernel, bias):
        patches = _windows(images, cells, rows, columns)
        weights = tf.reshape(tf.stack(_placed(kernel), -2), (-1, 4 * filters))
        before = tf.reshape(patches @ weights, (-1, 4, filters)) + bias
        maps = tf.tanh(before)
        pooled = tf.reshape(maps, (-1, 4 * filters)) @ average

        def gradient(upstream):
            delta = tf.reshape(upstream, (-1, 1, filters)) / 4 * (1 - maps * maps)
            flat = tf.reshape(delta, (-1, 4 * filters))
            placed = tf.matmul(patches, flat, transpose_a=True)
            placed = tf.reshape(placed, (size + 1, size + 1, channels, 4, filters))
            d_patches = tf.matmul(flat, weights, transpose_b=True)
            return (
                _summed_windows(d_patches, cells, rows, columns, channels),
                _gathered(tf.unstack(placed, axis=3), size),
                tf.reduce_sum(delta, (0, 1)),
            )

        return tf.reshape(pooled, (-1, rows, columns, filters)), gradient

    return forward(images, kernel, bias)


def _windows(images, cells, rows, columns):
    """(batch * rows * columns, window pixels * channels), in the order (y, x, channel)."""
    _, height, width, channels = images.shape
    pairs = tf.reshape(images, (-1, height // 2, 2, width // 2, 2 * channels))
    wide = tf.concat([pairs[:, :, :, j : j + columns] for j in range(cells)], -1)
    lines = [wide[:, i : i + rows, y] for i in range(cells) for y in (0, 1)]
    return tf.reshape(tf.stack(lines, 3), (-1, 4 * cells * cells * channels))


def _summed_windows(patches, cells, rows, columns, channels):
    """The gradient of `_windows`: every pixel gets the sum over the windows that it is in."""
    patches = tf.reshape(patches, (-1, rows, columns, cells, 2, 2 * cells * channels))
    lines = [
        tf.add_n([patches[:, r - i, :, i] for i in range(cells) if 0 <= r - i < rows])
        for r in range(rows + cells - 1)
    ]
    lines = tf.reshape(tf.stack(lines, 1), (-1, rows + cells - 1, columns, 2, cells, 2 * channels))
    pairs = [
        tf.add_n([lines[:, :, c - j, :, j] for j in range(cells) if 0 <= c - j < columns])
        for c in range(columns + cells - 1)
    ]
    height, width = 2 * (rows + cells - 1), 2 * (columns + cells - 1)
    return tf.reshape(tf.stack(pairs, 3), (-1, height, width, channels))


def _with_positions_in_columns(images, kernel, bias):
    """One column per pool: with a single channel, copies long runs of neighbouring positions."""
    size, _, _, filters = kernel.shape
    cells, rows, columns = _pooled_size(images, kernel)

    @tf.custom_gradient
    def forward(images, kernel, bias):
        patches = _window_columns(images, cells, rows, columns)
        weights = _cell_order(tf.stack(_placed(kernel)), cells)
        maps = tf.tanh(weights @ patches + tf.reshape(tf.tile(bias, [4]), (-1, 1)))
        maps = tf.reshape(maps, (4, filters, -1))
        pooled = tf.reshape(tf.reduce_sum(maps, 0) / 4, (filters, -1, rows, columns))

        def gradient(upstream):
            upstream = tf.reshape(tf.transpose(upstream, (3, 0, 1, 2)), (1, filters, -1))
            delta = upstream / 4 * (1 - maps * maps)
            flat = tf.reshape(delta, (4 * filters, -1))
            placed = _pixel_order(tf.matmul(flat, patches, transpose_b=True), cells)
            d_patches = tf.matmul(weights, flat, transpose_a=True)
            return (
                _summed_window_columns(d_patches, cells, rows, columns),
                _gathered(tf.unstack(placed), size),
                tf.reduce_sum(delta, (0, 2)),
            )

        return tf.transpose(pooled, (1, 2, 3, 0)), gradient

    return forward(images, kernel, bias)


def _window_columns(images, cells, rows, columns):
    """(window pixels, batch * rows * columns), in the order (cell row, cell column, y, x)."""
    _, height, width, _ = images.shape
    pixels = tf.reshape(images, (-1, height // 2, 2, width // 2, 2))
    pixels = tf.transpose(pixels, (2, 4, 0, 1, 3))
    shifts = itertools.product(range(cells), range(cells))
    patches = [pixels[:, :, :, i : i + rows, j : j + columns] for i, j in shifts]
    return tf.reshape(tf.stack(patches), (4 * cells * cells, -1))


def _summed_window_columns(patches, cells, rows, columns):
    """The gradient of `_window_columns`."""
    patches = tf.reshape(patches, (cells, cells, 2, 2, -1, rows, columns))
    shifts = itertools.product(range(cells), range(cells))
    pixels = tf.add_n(
        [
            tf.pad(patches[i, j], [[0, 0], [0, 0], [0, 0], [i, cells - 1 - i], [j, cells - 1 - j]])
            for i, j in shifts
        ]
    )
    pixels = tf.transpose(pixels, (2, 3, 0, 4, 1))
    height, width = 2 * (rows + cells - 1), 2 * (columns + cells - 1)
    return tf.reshape(pixels, (-1, height, width, 1))


def _cell_order(placed, cells):
    """(4, k+1, k+1, 1, out) kernels as (4 * out, window pixels) in `_window_columns`' order."""
    filters = placed.shape[-1]
    placed = tf.reshape(placed, (4, cells, 2, cells, 2, filters))
    return tf.reshape(tf.transpose(placed, (0, 5, 1, 3, 2, 4)), (4 * filters, -1))


def _pixel_order(weights, cells):
    """The inverse of `_cell_order`."""
    weights = tf.reshape(weights, (4, -1, cells, cells, 2, 2))
    placed = tf.transpose(weights, (0, 2, 4, 3, 5, 1))
    return tf.reshape(placed, (4, 2 * cells, 2 * cells, 1, -1))
