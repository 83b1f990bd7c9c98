"""The drawing pad's kernel side: strokes in, an answer out, and never a traceback."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.handwriting.pad import DrawingPad, screenshots
from lenet_helpers.handwriting.strokes import example_strokes, normalise, render, squeeze

STROKES = {name: strokes for name, _, strokes in example_strokes()}


class Predictor:
    """Answers 7, and remembers what it was given."""

    def __init__(self):
        self.given = []

    def __call__(self, images):
        self.given.append(images)
        return np.tile(np.where(np.arange(10) == 7, 0.91, 0.01), (len(images), 1))


@pytest.fixture
def predict():
    return Predictor()


@pytest.fixture
def pad(predict):
    return DrawingPad(predict)


def test_predict_is_warmed_up_with_what_it_will_get(pad, predict):
    [images] = predict.given
    assert images.dtype == np.uint8
    assert images.shape == (1, 28, 28)


def test_a_new_pad_invites(pad):
    assert pad.answer["message"] == "Draw a digit from 0 to 9."
    assert pad.answer["pictures"] == []


def test_strokes_are_answered(pad, predict):
    pad.draw(STROKES["7"])
    steps = normalise(render(STROKES["7"]))
    np.testing.assert_array_equal(predict.given[-1], [steps.centred])
    assert pad.answer["message"] == "Read as 7, 91.0 % sure."
    assert pad.answer["probabilities"] == pytest.approx([0.01] * 7 + [0.91] + [0.01] * 2)
    assert pad.answer["number"] == pad.drawing["number"]
    assert [picture["name"] for picture in pad.answer["pictures"]] == list(steps.pictures)
    for picture, image in zip(pad.answer["pictures"], steps.pictures.values(), strict=True):
        np.testing.assert_array_equal(decoded(picture["source"]), 255 - image)


def test_every_drawing_gets_an_answer_of_its_own(pad):
    numbers = []
    pad.observe(lambda change: numbers.append(change["new"]["number"]), "answer")
    for _ in range(2):
        pad.draw([])
    assert numbers == [1, 2]


def decoded(source):
    head, _, body = source.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))


def test_the_answer_can_be_sent(pad):
    pad.draw([np.array(stroke) for stroke in STROKES["7"]])
    for sent in (pad.drawing, pad.answer):
        assert json.loads(json.dumps(sent)) == sent


def test_the_normalisation_can_be_left_out(pad, predict):
    pad.draw(STROKES["7"], normalisation=False)
    np.testing.assert_array_equal(predict.given[-1], [squeeze(render(STROKES["7"]))])
    assert list(pad.pictures) == ["drawn", "squeezed to 28 × 28"]


def test_the_pad_can_be_cleared(pad):
    before = pad.answer
    pad.draw(STROKES["7"])
    pad.draw([])
    assert pad.answer == before | {"number": 2}


SCRIBBLE = [[[20, y], [260, y]] for y in range(20, 270, 15)]
PAIR = [[[x + by, y] for x, y in stroke] for by in (-100, 110) for stroke in STROKES["6"]]


@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize(
    "strokes, message",
    [
        (PAIR, "This looks like 2 digits"),
        ([[[140, 140]]], "This is a dot"),
        ([[[140, 140], [142, 143]]], "This is a dot"),  # a tap that slipped
        ([[[40, 140], [240, 140]]], "This is wider than any digit"),
        (SCRIBBLE, "Nearly the whole pad is ink: clear it"),
        ([[[x / 2 + 70, y / 2 + 70] for x, y in line] for line in SCRIBBLE], "This is a dot"),
        ([[[-90, -90], [-80, -80]]], "There is no ink"),  # beyond the canvas
    ],
)
def test_what_is_no_digit_is_refused_in_words(pad, predict, strokes, message, normalisation):
    pad.draw(strokes, normalisation)
    assert pad.answer["message"].startswith(message)
    assert "inverted" not in pad.answer["message"]
    assert pad.answer["probabilities"] == []
    assert pad.answer["pictures"] == []
    assert len(predict.given) == 1


def test_what_fails_is_said(pad):
    def fail(images):
        raise KeyError("C1")

    pad._predict = fail
    pad.draw(STROKES["7"])
    assert pad.answer["message"] == "The prediction failed: KeyError: 'C1'"


NO_PROBABILITIES = {
    "not a number": np.full((1, 10), np.nan),
    "one not a number": np.where(np.arange(10) == 3, np.nan, 0.1)[np.newaxis],
    "infinite": np.full((1, 10), np.inf),
    "logits": np.arange(10.0)[np.newaxis],
    "negative": np.where(np.arange(10) == 3, 2, -1 / 9)[np.newaxis],
    "zeros": np.zeros((1, 10)),
}


@pytest.mark.parametrize("predicted", NO_PROBABILITIES.values(), ids=NO_PROBABILITIES)
def test_what_is_no_probability_is_an_error(pad, predicted):
    with pytest.raises(ValueError, match="The model returns no probabilities"):
        DrawingPad(lambda images: predicted)
    pad._predict = lambda images: predicted
    pad.draw(STROKES["7"])
    assert "The model returns no probabilities" in pad.answer["message"]
    assert "sure" not in pad.answer["message"]
    assert pad.answer["probabilities"] == []


@pytest.mark.parametrize("shape", [(10,), (1, 9), (2, 10)])
def test_a_model_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"The model returns .* for one image; expected \(1, 10\)"):
        DrawingPad(lambda images: np.ones(shape))


def test_a_committed_network_reads_what_is_drawn():
    pad = DrawingPad(load_checkpoint("article_lenet5"))
    pad.draw(STROKES["1"])
    assert pad.answer["message"].startswith("Read as 1, ")


@pytest.mark.parametrize("progress", ["0", None])
def test_a_committed_notebook_holds_words_that_never_change(pad, monkeypatch, progress):
    monkeypatch.delenv("LENET_PROGRESS")
    if progress:
        monkeypatch.setenv("LENET_PROGRESS", progress)
    data, _ = pad._repr_mimebundle_()
    assert data["text/plain"] == "A pad to draw on: run this cell in JupyterLab, VS Code or Colab."
    assert ("application/vnd.jupyter.widget-view+json" in data) == (progress is None)


def test_script_and_style_are_sent_along(pad):
    assert "export default { render }" in pad._esm
    assert ".lenet-pad" in pad._css


def test_the_pictures_of_the_pad_fit_below_each_other():
    with_it, without = screenshots()
    assert with_it.shape[1:] == without.shape[1:]
    assert with_it.shape[2] == 3
