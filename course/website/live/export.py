"""The live page: its sources, and what they show, taken from the checkpoints and the digits."""

import base64
import json
import shutil
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.handwriting import pad, strokes
from lenet_helpers.lenet1998.glyphs import COLUMNS, ROWS
from lenet_helpers.preprocessing import INK, PAPER_SIZE, to_model_input, to_paper_input

HERE = Path(__file__).parent
SHARED = Path(pad.__file__).parent
SOURCES = [
    path
    for path in (*sorted(HERE.iterdir()), *sorted(SHARED.glob("drawing.*")))
    if path.suffix in (".html", ".css", ".js")
]
OPENING = "7"  # of the example strokes: what the page draws when it opens


@dataclass(frozen=True)
class Choice:
    """A network that the page offers.

    checkpoint: str, its name in the manifest.
    source:     str, whose it is, in a word or two; title: str, what it is.
    chapter:    str, the stem of the notebook that trains it.
    """

    checkpoint: str
    source: str
    title: str
    chapter: str


CHOICES = (
    Choice("article_lenet5", "the article", "LeNet-5 as the article builds it", "04_train"),
    Choice("lenet5_1998", "1998", "LeNet-5 as published", "07_lenet5_1998"),
    Choice("affine_0", "Chapter 10", "A deeper network with batch normalisation", "10_beyond"),
)


def write_live(folder):
    """Write the live page into a folder, which is made: open its index.html, from a disk too.

    Raises CheckpointError if a checkpoint is missing or damaged, MnistError if a file of MNIST is,
    and ValueError for a network that the page cannot compute.
    """
    folder = Path(folder)
    (folder / "networks").mkdir(parents=True, exist_ok=True)
    for path in SOURCES:
        shutil.copy(path, folder)
    models = {choice.checkpoint: load_checkpoint(choice.checkpoint) for choice in CHOICES}
    for name, model in models.items():
        # A script, because a page that is opened from a disk may fetch nothing else.
        text = f"receive({json.dumps(name)}, {json.dumps(describe_network(model))});\n"
        (folder / f"networks/{name}.js").write_text(text, encoding="utf-8")
    data = {
        "networks": [_introduction(choice, models[choice.checkpoint]) for choice in CHOICES],
        "digits": ten_digits(models[CHOICES[0].checkpoint], load_mnist()),
        "opening": next(it for name, _, it in strokes.example_strokes() if name == OPENING),
        "rules": _rules(),
        "words": _words(),
    }
    text = f"const DATA = {json.dumps(data, ensure_ascii=False)};\n"
    (folder / "data.js").write_text(text, encoding="utf-8")


def describe_network(model):
    """A Keras network as the page computes it: dict, ready for JSON.

    input:   side of the image, and the values of paper and ink.
    layers:  those that move, each with the ones after it that treat each value alone, as `then`.
             A dense layer is a convolution whose window is all of the maps below. `weights` and
             `place` say where in `values` a layer's or a step's numbers begin.
    values:  float32, little-endian, in base64; crc32 is theirs.
    Raises ValueError for a layer of a kind that the page does not know.
    """
    values = _Values()
    layers, below = [], model.input_shape[1:]
    for layer in model.layers:
        kind = type(layer).__name__
        if kind not in KINDS:
            raise ValueError(f"The live page has no {kind}, the kind of {layer.name}.")
        for step in KINDS[kind](layer, below, values):
            moves = "window" in step
            if moves:
                layers.append({"name": layer.name, "below": list(below), "then": [], **step})
            else:
                layers[-1]["then"].append(step)
            layers[-1]["keras"] = layer.name
            below = step.get("shape", below)
    packed = np.concatenate(values.parts).astype("<f4").tobytes()
    return {
        "input": _input(model),
        "layers": layers,
        "values": base64.b64encode(packed).decode(),
        "crc32": zlib.crc32(packed),
    }


def ten_digits(model, digits):
    """Ten test images to start from, one of each digit: dict, ready for JSON.

    Each is the first of its digit; but the first image that the model misreads, if there is one,
    stands for its own digit. Returns name of the data, places, labels and images in base64.
    """
    from lenet_helpers.training import predict

    labels = digits.y_test
    places = [int(np.argmax(labels == digit)) for digit in range(10)]
    misread = np.flatnonzero(predict(model, digits.x_test).argmax(1) != labels)
    if misread.size:
        places[labels[misread[0]]] = int(misread[0])
    return {
        "name": digits.name,
        "places": places,
        "labels": labels[places].tolist(),
        "images": base64.b64encode(digits.x_test[places].tobytes()).decode(),
    }


class _Values:
    """Arrays put in a row: what a layer gets is the place where its own begins."""

    def __init__(self):
        self.parts, self.size = [], 0

    def add(self, array):
        place = self.size
        self.parts.append(np.ravel(np.asarray(array, "float64")))
        self.size += self.parts[-1].size
        return place


def _convolution(layer, below, values):
    kernel = np.asarray(layer.dense_kernel() if hasattr(layer, "dense_kernel") else layer.kernel)
    size = kernel.shape[0]
    padded = getattr(layer, "padding", "valid") == "same"
    yield {
        "kind": "convolution",
        "window": size,
        "padding": (size - 1) // 2 if padded else 0,
        "shape": list(layer.output.shape[1:]),
        "weights": values.add(kernel),
        "connected": _connected(layer),
    }
    yield from _bias(layer, values)
    yield from _squashing(layer)


def _dense(layer, below, values):
    yield {
        "kind": "convolution",
        "window": below[0],
        "padding": 0,
        "shape": [1, 1, layer.units],
        "weights": values.add(layer.kernel),
        "connected": None,
    } | _picture(layer)
    yield from _bias(layer, values)
    yield from _squashing(layer)


def _pooling(kind):
    def describe(layer, below, values):
        size = getattr(layer, "pool_size", (2, 2))[0]
        yield {"kind": kind, "window": size, "shape": list(layer.output.shape[1:])}

    return describe


def _mean_of_maps(layer, below, values):
    yield {"kind": "mean", "window": below[0], "shape": [1, 1, below[2]]}


def _subsampling(layer, below, values):
    yield from _pooling("sum")(layer, below, values)
    yield {"kind": "scale", "says": "coefficient", "place": values.add(layer.coefficient)}
    yield from _bias(layer, values)
    yield from _squashing(layer)


def _normalisation(layer, below, values):
    weights = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    gamma, beta, mean, variance = (np.asarray(each, "float64") for each in weights)
    scale = gamma / np.sqrt(variance + layer.epsilon)
    yield {
        "kind": "scale",
        "name": "batch normalisation",
        "says": "normalisation’s scale",
        "place": values.add(scale),
    }
    shift = values.add(beta - mean * scale)
    yield {"kind": "shift", "says": "normalisation’s shift", "place": shift}


def _distances(layer, below, values):
    yield {
        "kind": "distance",
        "window": 1,
        "shape": [1, 1, len(layer.codes)],
        "weights": values.add(layer.codes.T),
    }


def _bias(layer, values):
    if getattr(layer, "use_bias", True):
        yield {"kind": "shift", "says": "bias", "place": values.add(layer.bias)}


def _squashing(layer):
    from lenet_helpers.lenet1998 import layers

    name = layer.activation.__name__
    if name == "linear":
        return
    if name not in SQUASHES:
        raise ValueError(f"The live page has no {name}, the activation of {layer.name}.")
    numbers = {"scaled_tanh": (layers.AMPLITUDE, layers.SLOPE), "tanh": (1, 1)}.get(name, ())
    yield SQUASHES[name] | dict(zip(("amplitude", "slope"), numbers, strict=False))


SQUASHES = {
    "tanh": {"kind": "tanh", "name": "tanh"},
    "scaled_tanh": {"kind": "tanh", "name": "scaled tanh"},
    "relu": {"kind": "relu", "name": "ReLU"},
    "softmax": {"kind": "softmax", "name": "softmax"},
}
KINDS = {
    "Conv2D": _convolution,
    "ConnectedConv2D": _convolution,
    "Dense": _dense,
    "ConnectedDense": _dense,
    "AveragePooling2D": _pooling("mean"),
    "MaxPooling2D": _pooling("max"),
    "GlobalAveragePooling2D": _mean_of_maps,
    "Subsampling": _subsampling,
    "BatchNormalization": _normalisation,
    "ReLU": lambda layer, below, values: [SQUASHES["relu"]],
    "RBF": _distances,
    "Flatten": lambda layer, below, values: [],
}


def _connected(layer):
    """Which maps below each map sees, where not all: list of lists of int, or None."""
    if getattr(layer, "table", None) is None:
        return None
    return [np.flatnonzero(column).tolist() for column in layer.table.T]


def _picture(layer):
    """F6 of 1998 is a picture, as its codes are: rows and columns."""
    return {"picture": [ROWS, COLUMNS]} if layer.units == ROWS * COLUMNS else {}


def _input(model):
    side = model.input_shape[1]
    preprocess = to_paper_input if side == PAPER_SIZE else to_model_input
    paper, ink = (
        float(preprocess(np.full((1, 28, 28), pixel, np.uint8))[0, side // 2, side // 2, 0])
        for pixel in (0, INK)
    )
    return {"side": side, "paper": paper, "ink": ink}


def _introduction(choice, model):
    given = sum(layer.codes.size for layer in model.layers if hasattr(layer, "codes"))
    return asdict(choice) | {"parameters": model.count_params() - given}


def _rules():
    """What the normalisation in Python goes by: dict, the constants of `strokes`."""
    names = "CANVAS PEN SIDE BOX INK PAPER SPECK LIFTED_PEN DIGIT BLOT WIDEST MOSTLY_INK"
    return {name.lower(): getattr(strokes, name) for name in names.split()}


def _words():
    """What the pad of chapter 8 says: dict of sentences, some with fields in braces."""
    own = {"invitation": pad.INVITATION, "all ink": pad.SCRIBBLE, "read": pad.READING}
    return strokes.REFUSALS | own
