"""Reported numbers and figures: written as documented, compared so that a change is caught."""

import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.results import compare_figures, compare_numbers, forget, publish
from lenet_helpers.reporting import measured_tolerances, read_results, report, show


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_FIGURES", str(tmp_path / "figures"))
    return tmp_path / "figures"


def draw(title="Seven bars"):
    figure, axes = plt.subplots()
    axes.bar(range(7), range(7))
    axes.set_title(title)
    return figure


def test_numbers_are_stored_as_plain_values(folder):
    report("05.test_errors", np.int64(151), unit="images")
    report("04.val_loss", np.float32(0.5), basis="val_loss")
    numbers = json.loads((folder / "results.json").read_text())["numbers"]
    assert list(numbers) == ["04.val_loss", "05.test_errors"]
    assert numbers["05.test_errors"] == {
        "value": 151, "unit": "images", "tolerance": 0, "basis": "exact", "chapter": "05",
    }  # fmt: skip
    assert numbers["04.val_loss"]["value"] == 0.5
    assert numbers["04.val_loss"]["tolerance"] == measured_tolerances()["val_loss"]


@pytest.mark.parametrize(
    "key", ["test_errors", "5.test_errors", "05_test_errors", "05.test errors"]
)
def test_a_key_without_its_chapter_is_refused(folder, key):
    with pytest.raises(ValueError, match=r"like '05\.test_errors'"):
        report(key, 1)


def test_a_tolerance_that_nobody_measured_is_refused(folder):
    with pytest.raises(ValueError, match=r"tolerances\.csv has no 'luck', only exact, running_"):
        report("04.val_loss", 0.5, basis="luck")


def test_a_figure_is_saved_displayed_once_and_closed(folder, capsys, monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    show(draw(), "01_bars", alt="seven bars", line_art=True)
    assert (folder / "01_bars.png").is_file()
    assert (folder / "01_bars.svg").is_file()
    assert [image.alt for image in displayed] == ["seven bars"]
    assert plt.get_fignums() == []
    entry = {"alt": "seven bars", "chapter": "01", "compared": True}
    assert read_results(folder)["figures"] == {"01_bars": entry}


@pytest.mark.parametrize(("name", "alt"), [("bars", "seven bars"), ("01_bars", " ")])
def test_a_figure_without_chapter_or_text_is_refused(folder, name, alt):
    with pytest.raises(ValueError, match=r"name|text"):
        show(draw(), name, alt=alt)
    plt.close("all")


def test_the_same_figure_gives_the_same_bytes(folder):
    def written():
        show(draw(), "01_bars", alt="seven bars", line_art=True)
        return [(folder / f"01_bars.{kind}").read_bytes() for kind in ("png", "svg")]

    assert written() == written()


@pytest.fixture
def committed(folder, tmp_path, monkeypatch):
    """Return a folder with one figure; LENET_FIGURES names another, empty one."""
    show(draw(), "01_bars", alt="seven bars")
    monkeypatch.setenv("LENET_FIGURES", str(tmp_path / "fresh"))
    return folder


def differences(fresh, committed):
    sections = [read_results(folder)["figures"] for folder in (fresh, committed)]
    return compare_figures(*sections, fresh, committed)


def test_an_unchanged_figure_passes(committed, tmp_path):
    show(draw(), "01_bars", alt="seven bars")
    assert differences(tmp_path / "fresh", committed) == []


@pytest.mark.parametrize(
    ("title", "name", "alt", "words"),
    [
        ("Eight bars", "01_bars", "seven bars", "grey levels"),
        ("Seven bars", "01_bars", "eight bars", "alternative text"),
        ("Seven bars", "01_pillars", "seven bars", "not reported"),
        ("Seven bars", "01_pillars", "seven bars", "not committed"),
        ("Seven\nbars", "01_bars", "seven bars", "pixels"),
    ],
)
def test_a_changed_figure_is_caught(committed, tmp_path, title, name, alt, words):
    show(draw(title), name, alt=alt)
    assert any(words in line for line in differences(tmp_path / "fresh", committed))


def test_a_deleted_figure_is_caught(committed, tmp_path):
    show(draw(), "01_bars", alt="seven bars")
    (committed / "01_bars.png").unlink()
    assert any("missing" in line for line in differences(tmp_path / "fresh", committed))


def test_a_figure_of_live_training_only_has_to_be_there(folder, tmp_path, monkeypatch):
    show(draw("Loss 0.1"), "04_loss", alt="loss 0.1", compared=False)
    monkeypatch.setenv("LENET_FIGURES", str(tmp_path / "fresh"))
    show(draw("Loss 0.2"), "04_loss", alt="loss 0.2", compared=False)
    assert differences(tmp_path / "fresh", folder) == []
    assert differences(tmp_path / "nothing", folder)


def number(value, tolerance=0):
    basis = "measured" if tolerance else "exact"
    return {"01.x": {"value": value, "tolerance": tolerance, "unit": "", "basis": basis}}


@pytest.mark.parametrize(
    ("fresh", "committed"),
    [
        (number(7), number(7)),
        (number("seven"), number("seven")),
        (number(0.1 + 0.2), number(0.3)),
        (number(0.98, 0.02), number(0.99, 0.02)),
    ],
)
def test_equal_numbers_pass(fresh, committed):
    assert compare_numbers(fresh, committed) == []


@pytest.mark.parametrize(
    ("fresh", "committed"),
    [
        (number(7), number(8)),
        (number(7), number(7.0)),
        (number("seven"), number("eight")),
        (number(0.3), number(0.300001)),
        (number(0.96, 0.02), number(0.99, 0.02)),
        (number(float("nan"), 0.02), number(0.99, 0.02)),
        (number(0.99, 0.03), number(0.99, 0.02)),
        ({}, number(7)),
        (number(7), {}),
    ],
)
def test_changed_numbers_are_caught(fresh, committed):
    assert compare_numbers(fresh, committed)


def test_a_chapter_is_replaced_whole_and_others_are_left(folder, tmp_path, monkeypatch):
    show(draw(), "01_old", alt="old")
    report("01.old", 1)
    report("02.other", 2)
    monkeypatch.setenv("LENET_FIGURES", str(tmp_path / "fresh"))
    show(draw(), "01_new", alt="new")
    report("01.new", 3)
    publish("01", tmp_path / "fresh", folder)
    results = read_results(folder)
    assert set(results["numbers"]) == {"01.new", "02.other"}
    assert {path.name for path in folder.iterdir()} == {"01_new.png", "results.json"}
    forget("01", folder)
    assert set(read_results(folder)["numbers"]) == {"02.other"}
