"""A pad to draw a digit on, in JupyterLab, VS Code and Colab: the kernel answers at once."""

import base64
import io
import os
from functools import partial
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image

from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.handwriting.strokes import (
    CANVAS,
    INK,
    PEN,
    SIDE,
    HandwritingError,
    MostlyInkError,
    normalise,
    render,
    squeeze,
)

INVITATION = "Draw a digit from 0 to 9."
READING = "Read as {digit}, {percent} % sure."
SCRIBBLE = "Nearly the whole pad is ink: clear it, and draw one digit."
SCREENSHOTS = [FOLDER / f"pad_{name}.png" for name in ("normalised", "squeezed")]
WITHOUT_A_PAGE = "A pad to draw on: run this cell in JupyterLab, VS Code or Colab."


def _with_shared(suffix):
    """The pad's own script or style, and before it what it shares with the live page: str."""
    paths = [Path(__file__).with_name(f"{name}.{suffix}") for name in ("drawing", "pad")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class DrawingPad(anywidget.AnyWidget):
    """A canvas for mouse, finger and pen, and beside it what the network makes of the drawing.

    model: a Keras model, as `load_checkpoint` returns, or any function that takes (N, 28, 28)
           uint8, 0 paper to 255 ink, and returns (N, 10) probabilities. It is called once here, so
           that whatever it compiles is ready for the first stroke.
    drawing: dict, what is on the canvas: strokes, a list of lists of [x, y] in canvas units;
             normalisation, bool, whether MNIST's is used or the canvas merely squeezed; and number,
             int, how many drawings there were.
    answer:  dict, what the panel shows: message, probabilities, pictures, and the number of the
             drawing that they rest on.
    An error (no ink, several digits, a model that fails) becomes the panel's message.
    Raises ValueError if the model does not return ten probabilities for one image.
    """

    _esm = _with_shared("js")
    _css = _with_shared("css")
    size = traitlets.Int(CANVAS).tag(sync=True)
    pen = traitlets.Int(PEN).tag(sync=True)
    drawing = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, model):
        self._predict = _predictor(model)
        _probabilities(self._predict, np.zeros((SIDE, SIDE), np.uint8))
        super().__init__()
        self.observe(self._update, "drawing")
        self.draw([])

    def draw(self, strokes, normalisation=True):
        """Put strokes, as for `render`, on the canvas in place of what is there."""
        number = self.drawing.get("number", -1) + 1
        strokes = [np.asarray(stroke, dtype=float).tolist() for stroke in strokes]
        self.drawing = {"strokes": strokes, "normalisation": normalisation, "number": number}

    @property
    def pictures(self):
        """The steps of what is drawn, as in `Normalised.pictures`, the network's input last."""
        drawn = render(self.drawing["strokes"], self.size, self.pen)
        if self.drawing["normalisation"]:
            return normalise(drawn).pictures
        return {"drawn": drawn, f"squeezed to {SIDE} × {SIDE}": squeeze(drawn)}

    def _update(self, change):
        message, probabilities, pictures = self._read()
        self.answer = {
            "number": self.drawing["number"],
            "message": message,
            "probabilities": [float(probability) for probability in probabilities],
            "pictures": [{"name": name, "source": _png(image)} for name, image in pictures.items()],
        }

    def _read(self):
        if not self.drawing["strokes"]:
            return INVITATION, [], {}
        try:
            pictures = self.pictures
            *_, image = pictures.values()
            probabilities = _probabilities(self._predict, image)
        except MostlyInkError:
            return SCRIBBLE, [], {}
        except HandwritingError as error:
            return str(error), [], {}
        except Exception as error:  # a person draws here: a traceback would go unseen
            return f"The prediction failed: {type(error).__name__}: {error}", [], {}
        best = int(np.argmax(probabilities))
        said = READING.format(digit=best, percent=f"{100 * probabilities[best]:.1f}")
        return said, probabilities, pictures

    def __repr__(self):
        return WITHOUT_A_PAGE

    def _repr_mimebundle_(self, **kwargs):
        # A notebook that is run to be committed or compared keeps words only: the widget's random
        # number would change with every run, and lead nowhere without its kernel.
        if os.environ.get("LENET_PROGRESS") == "0":
            return {"text/plain": repr(self)}, {}
        return super()._repr_mimebundle_(**kwargs)


def screenshots():
    """The pad in JupyterLab, a 1 drawn on it: two (H, W, 3) uint8, with MNIST's steps and without.

    `tests/handwriting/test_pad_browser.py` takes them. After a change of the pad or of the network,
    copy its `light-1.png` and `light-1-squeezed.png` from build/pad-screenshots over SCREENSHOTS.
    """
    return [np.asarray(Image.open(path).convert("RGB")) for path in SCREENSHOTS]


def _predictor(model):
    if not hasattr(model, "layers"):
        return model
    from lenet_helpers.training import predict  # loads TensorFlow, after `reproducible`

    return partial(predict, model)


def _probabilities(predict, image):
    """What is predicted for one image, (10,); ValueError if it is not ten probabilities."""
    predicted = np.asarray(predict(image[np.newaxis]))
    if predicted.shape != (1, 10):
        raise ValueError(f"The model returns {predicted.shape} for one image; expected (1, 10).")
    [probabilities] = predicted
    if not (np.all(probabilities >= 0) and np.isclose(probabilities.sum(), 1, atol=1e-3)):
        raise ValueError(f"The model returns no probabilities: {probabilities.tolist()}.")
    return probabilities


def _png(image):
    """An image as a data URL, dark ink on white paper."""
    file = io.BytesIO()
    Image.fromarray(INK - image).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
