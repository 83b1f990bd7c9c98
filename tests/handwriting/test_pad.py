"""The drawing pad's kernel side: strokes in, an answer out, and never a traceback."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

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
    pad.strokes = STROKES["7"]
    steps = normalise(render(STROKES["7"]))
    np.testing.assert_array_equal(predict.given[-1], [steps.centred])
    assert pad.answer["message"] == "Read as 7, 91.0 % sure."
    assert pad.answer["probabilities"] == pytest.approx([0.01] * 7 + [0.91] + [0.01] * 2)
    assert pad.answer["points"] == sum(map(len, STROKES["7"]))
    assert [picture["name"] for picture in pad.answer["pictures"]] == list(steps.pictures)
    for picture, image in zip(pad.answer["pictures"], steps.pictures.values(), strict=True):
        np.testing.assert_array_equal(decoded(picture["source"]), 255 - image)


def decoded(source):
    head, _, body = source.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))


def test_the_answer_can_be_sent(pad):
    pad.strokes = STROKES["7"]
    assert json.loads(json.dumps(pad.answer)) == pad.answer


def test_the_normalisation_can_be_left_out(pad, predict):
    pad.strokes = STROKES["7"]
    pad.normalisation = False
    np.testing.assert_array_equal(predict.given[-1], [squeeze(render(STROKES["7"]))])
    assert pad.answer["normalisation"] is False
    assert list(pad.pictures) == ["drawn", "squeezed to 28 × 28"]


def test_the_pad_can_be_cleared(pad):
    before = pad.answer
    pad.strokes = STROKES["7"]
    pad.strokes = []
    assert pad.answer == before


def test_several_digits_are_refused_in_words(pad, predict):
    right = [[[x + 110, y] for x, y in stroke] for stroke in STROKES["6"]]
    pad.strokes = [[[x - 100, y] for x, y in stroke] for stroke in STROKES["6"]] + right
    assert pad.answer["message"].startswith("This looks like 2 digits")
    assert pad.answer["probabilities"] == []
    assert len(predict.given) == 1


@pytest.mark.parametrize("normalisation", [True, False])
def test_strokes_beyond_the_canvas_are_no_ink(pad, normalisation):
    pad.normalisation = normalisation
    pad.strokes = [[[-90, -90], [-80, -80]]]
    assert pad.answer["message"].startswith("There is no ink")


def test_what_fails_is_said(pad, predict):
    def fail(images):
        raise KeyError("C1")

    pad._predict = fail
    pad.strokes = STROKES["7"]
    assert pad.answer["message"] == "The prediction failed: KeyError: 'C1'"


def test_a_predict_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"predict returns \(10,\) .* expected \(1, 10\)"):
        DrawingPad(lambda images: np.ones(10))


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
