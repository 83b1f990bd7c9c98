"""From stored pixels to what a network reads, and which images validate."""

import math

import numpy as np

INK = 255
PAPER_SIZE, PAPER_WHITE, PAPER_BLACK = 32, -0.1, 1.175
WIDTH = 14  # pixels, in `to_one_width_input`
TINY = 1e-6  # in place of 0 as a divisor, for images without ink


def to_model_input(images):
    """Give images their channel axis and bring their pixels into [0, 1].

    images: (N, 28, 28) uint8, a NumPy array or a TensorFlow tensor, also inside a `tf.function`.
    Returns (N, 28, 28, 1) float32 of the same kind. The article's two steps, but in float32.
    Raises TypeError if the pixels are not uint8, so that nothing is ever scaled twice,
    and ValueError for any other shape.
    """
    check_images(images)
    images = images[..., np.newaxis]
    if isinstance(images, np.ndarray):
        return np.divide(images, INK, dtype=np.float32)
    # Imported here: with NumPy arrays this module works without TensorFlow.
    import keras

    return keras.ops.cast(images, "float32") / INK


def to_paper_input(images):
    """Give images the border and the scale of LeCun et al. 1998, section II.B.

    images: (N, 28, 28) uint8, a NumPy array or a TensorFlow tensor, also inside a `tf.function`.
    Returns (N, 32, 32, 1) float32 of the same kind: first a border of background, then scaled so
    that background is -0.1 and ink 1.175, which brings the mean pixel near 0.
    Raises as `to_model_input`.
    """
    border = (PAPER_SIZE - 28) // 2
    borders = [[0, 0], [border, border], [border, border], [0, 0]]
    shares = to_model_input(images)
    if isinstance(shares, np.ndarray):
        padded = np.pad(shares, borders)
    else:
        import keras

        padded = keras.ops.pad(shares, borders)
    return PAPER_WHITE + (PAPER_BLACK - PAPER_WHITE) * padded


def to_deslanted_input(images):
    """Shear each digit upright, each row to the side, until its second moments show no slant.

    images: (N, 28, 28) uint8, a NumPy array or a TensorFlow tensor, also inside a `tf.function`.
    Returns (N, 28, 28, 1) float32 in [0, 1] of the same kind, bilinearly interpolated. The row of
    the centre of mass stays, and so does an image without ink.
    LeCun et al. 1998, section III.A, deslants the digits of one version of its database so.
    Raises as `to_model_input`.
    """
    from keras import ops

    shares = to_model_input(images)[..., 0]
    slant, middle = _slant(shares)
    x, y = _places(shares)
    upright = _taken(shares, x + slant * (y - middle))[..., np.newaxis]
    return ops.convert_to_numpy(upright) if isinstance(images, np.ndarray) else upright


def to_one_width_input(images):
    """Stretch or squeeze each digit sideways to a width of 14 pixels, and centre it.

    images: (N, 28, 28) uint8, a NumPy array or a TensorFlow tensor, also inside a `tf.function`.
    The width is from the first column to the last with a pixel of half ink or more; without such a
    pixel an image stays as it is.
    Returns (N, 28, 28, 1) float32 in [0, 1] of the same kind, bilinearly interpolated.
    Ciresan, Meier, Schmidhuber 2012, section 3.1, with widths of 10 to 20 pixels.
    Raises as `to_model_input`.
    """
    from keras import ops

    shares = to_model_input(images)[..., 0]
    x, _ = _places(shares)
    columns = x.shape[-1]
    inked = ops.any(shares >= 0.5, axis=1, keepdims=True)
    left = ops.min(ops.where(inked, x, columns), axis=-1, keepdims=True)
    right = ops.max(ops.where(inked, x, -1), axis=-1, keepdims=True)
    step = ops.where(left > right, 1, (right - left + 1) / WIDTH)
    middle = (columns - 1) / 2
    centre = ops.where(left > right, middle, (left + right) / 2)
    found = _taken(shares, centre + step * (x - middle))[..., np.newaxis]
    return ops.convert_to_numpy(found) if isinstance(images, np.ndarray) else found


def _slant(shares):
    """How many pixels each row leans to the right of the row above, and the row of the centre.

    shares: (N, 28, 28) float32. Returns two (N, 1, 1) float32; an image without ink has slant 0.
    """
    from keras import ops

    x, y = _places(shares)
    ink = shares / ops.maximum(ops.sum(shares, (1, 2), keepdims=True), TINY)
    middle_x, middle_y = (ops.sum(ink * place, (1, 2), keepdims=True) for place in (x, y))
    covariance = ops.sum(ink * (x - middle_x) * (y - middle_y), (1, 2), keepdims=True)
    variance = ops.sum(ink * (y - middle_y) ** 2, (1, 2), keepdims=True)
    return covariance / ops.maximum(variance, TINY), middle_y


def _places(shares):
    """The column and the row of each pixel: (1, 1, width) and (1, height, 1) float32."""
    height, width = shares.shape[1:]
    x, y = np.arange(width, dtype="float32"), np.arange(height, dtype="float32")
    return x.reshape(1, 1, -1), y.reshape(1, -1, 1)


def _taken(shares, sources):
    """Each row's pixels from between its columns: (N, h, w) float32.

    sources: (N, h or 1, w) float32, the column that each pixel is taken from.
    """
    from keras import ops

    # One column of background on either side stands for all that lies outside.
    framed = ops.pad(shares, [[0, 0], [0, 0], [1, 1]])
    left = ops.floor(sources)
    taken = (1 - sources + left) * _columns(framed, left + 1)
    return taken + (sources - left) * _columns(framed, left + 2)


def _columns(framed, wanted):
    """In each row, the pixels of the wanted columns, or of the outermost one: (N, h, w) float32."""
    from keras import ops

    wanted = ops.cast(ops.clip(wanted, 0, framed.shape[2] - 1), "int32")
    return ops.take_along_axis(framed, wanted, axis=2)


def split_validation(n, fraction=0.1):
    """Return what Keras's `validation_split` takes, as two slices: training, validation.

    n: int, number of examples; fraction: float in (0, 1).
    Validation is the end of the arrays, as they stand: Keras splits before it shuffles.
    Raises ValueError if either part would be empty.
    """
    first = math.floor(n * (1 - fraction))
    if not 0 < first < n:
        raise ValueError(f"validation_split={fraction} of {n} examples leaves one part empty.")
    return slice(0, first), slice(first, n)


def split_writers(writers, fraction=0.1, seed=0):
    """Split examples so that nobody wrote both training and validation examples.

    writers: (N,) integers, who wrote each; fraction: float in (0, 1); seed: int.
    Returns two arrays of places, ascending: training, and all examples of some writers, drawn at
    random, who wrote exactly as many as `split_validation` takes.
    Raises ValueError if no writers wrote exactly so many, or either part would be empty.
    """
    training, validation = split_validation(len(writers), fraction)
    wanted = validation.stop - training.stop
    people, counts = np.unique(writers, return_counts=True)
    # For each sum that some of the writers seen so far make up, the one who came last.
    last = {0: None}
    for place in np.random.default_rng(seed).permutation(len(people)):
        for total in [total for total in last if total + counts[place] <= wanted]:
            last.setdefault(total + counts[place], place)
        if wanted in last:
            break
    else:
        raise ValueError(f"No writers wrote exactly {wanted} of these {len(writers)} examples.")
    chosen = []
    while wanted:
        chosen.append(people[last[wanted]])
        wanted -= counts[last[wanted]]
    validates = np.isin(writers, chosen)
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def check_images(images):
    """Raise TypeError unless images are uint8, and ValueError unless they are (N, 28, 28)."""
    found = getattr(images, "dtype", None)
    if found is None:
        raise TypeError(f"Images must be an array of uint8; this is a {type(images).__name__}.")
    if "float" in found.name:
        raise TypeError(
            f"Images hold {found.name}: they look scaled already. Give the stored uint8 pixels."
        )
    if found.name != "uint8":
        raise TypeError(f"Images hold {found.name}; give the stored uint8 pixels, 0 to {INK}.")
    shape = tuple(images.shape)
    if len(shape) != 3 or shape[1:] != (28, 28):
        raise ValueError(f"Images have shape {shape}; expected (N, 28, 28). {_hint(shape)}")


def _hint(shape):
    if shape == (28, 28):
        return "For one image, add the first axis: image[np.newaxis]."
    if shape[1:] == (28, 28, 1):
        return "They have their channel axis already: leave it out, images[..., 0]."
    return "MNIST's images are 28 by 28 pixels."
