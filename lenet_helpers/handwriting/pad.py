"""A pad to draw a digit on, in JupyterLab, VS Code and Colab: the kernel answers at once."""

import base64
import io
import os
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
    normalise,
    render,
    squeeze,
)

INVITATION = "Draw a digit from 0 to 9."
SCREENSHOTS = [FOLDER / f"pad_{name}.png" for name in ("normalised", "squeezed")]
WITHOUT_A_PAGE = "A pad to draw on: run this cell in JupyterLab, VS Code or Colab."


class DrawingPad(anywidget.AnyWidget):
    """A canvas for mouse, finger and pen, and beside it what the network makes of the drawing.

    predict: takes (N, 28, 28) uint8, 0 paper to 255 ink, and returns (N, 10) probabilities. It is
             called once here, so that whatever it compiles is ready for the first stroke.
    strokes:       list of lists of [x, y] in canvas units; assigning to it draws.
    normalisation: bool, whether MNIST's normalisation is used, or the canvas merely squeezed.
    answer:        dict, what the panel shows: message, probabilities, pictures, and the points and
                   normalisation that they rest on.
    An error (no ink, several digits, a predict that fails) becomes the panel's message.
    Raises ValueError if predict returns another shape.
    """

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")
    size = traitlets.Int(CANVAS).tag(sync=True)
    pen = traitlets.Int(PEN).tag(sync=True)
    strokes = traitlets.List().tag(sync=True)
    normalisation = traitlets.Bool(True).tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, predict):
        shape = np.shape(predict(np.zeros((1, SIDE, SIDE), np.uint8)))
        if shape != (1, 10):
            raise ValueError(f"predict returns {shape} for one image; expected (1, 10).")
        self._predict = predict
        super().__init__(answer=_answer([], True, INVITATION))
        self.observe(self._update, ["strokes", "normalisation"])

    @property
    def pictures(self):
        """The steps of what is drawn, as in `Normalised.pictures`, the network's input last."""
        drawn = render(self.strokes, self.size, self.pen)
        if self.normalisation:
            return normalise(drawn).pictures
        return {"drawn": drawn, f"squeezed to {SIDE} × {SIDE}": squeeze(drawn)}

    def _update(self, change):
        self.answer = self._read()

    def _read(self):
        if not self.strokes:
            return _answer(self.strokes, self.normalisation, INVITATION)
        try:
            pictures = self.pictures
            *_, image = pictures.values()
            [probabilities] = self._predict(image[np.newaxis])
        except HandwritingError as error:
            return _answer(self.strokes, self.normalisation, str(error))
        except Exception as error:  # a person draws here: a traceback would go unseen
            message = f"The prediction failed: {type(error).__name__}: {error}"
            return _answer(self.strokes, self.normalisation, message)
        best = int(np.argmax(probabilities))
        message = f"Read as {best}, {100 * probabilities[best]:.1f} % sure."
        return _answer(self.strokes, self.normalisation, message, probabilities, pictures)

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

    `tests/test_pad_browser.py` takes them. After a change of the pad or of the network, copy its
    `light-1.png` and `light-1-squeezed.png` from build/pad-screenshots over SCREENSHOTS.
    """
    return [np.asarray(Image.open(path).convert("RGB")) for path in SCREENSHOTS]


def _answer(strokes, normalisation, message, probabilities=(), pictures=None):
    return {
        "points": sum(map(len, strokes)),
        "normalisation": normalisation,
        "message": message,
        "probabilities": [float(probability) for probability in probabilities],
        "pictures": [
            {"name": name, "source": _png(image)} for name, image in (pictures or {}).items()
        ],
    }


def _png(image):
    """An image as a data URL, dark ink on white paper."""
    file = io.BytesIO()
    Image.fromarray(INK - image).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
