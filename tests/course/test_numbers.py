"""The quick check of numbers in texts, on texts made up here."""

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from course.evaluate import VALUES
from course.numbers import Known, moved, named, renew, wrong_numbers
from course.tags import TagError

KNOWN = Known(
    results={"test_errors": 114},
    facts={"article.accuracy": {"value": 98.37}},
    tolerances={"val_loss": 0.014},
)


@pytest.mark.parametrize(
    "text",
    [
        "114<!-- wrong --> and 1.14<!-- wrong / 100 -->",
        "98.37<!-- fact: article.accuracy -->, 114<!-- result: test_errors -->",
        "114<!-- test_errors = wrong -->",
        "0.052<!-- loss ± val_loss -->",
        "a 9<!-- digit -->, Chapter 2",
    ],
)
def test_true_numbers_pass(text):
    assert wrong_numbers(text, KNOWN, {"wrong": 114, "wrong / 100": 1.14, "loss": 0.0523}) == []


@pytest.mark.parametrize(
    "text, problem",
    [
        ("113<!-- wrong -->", "113<!-- wrong -->: should show 114"),
        ("1.14<!-- wrong -->", "should show 114.00"),
        ("98.36<!-- fact: article.accuracy -->", "should show 98.37"),
        ("98.37<!-- fact: article.loss -->", "'article.loss' is not in facts.json"),
        ("114<!-- result: errors -->", "'errors' is not in results.json"),
        ("114<!-- wrong + 0 -->", "not in the record"),
        ("114<!-- wrong ± test_loss -->", "'test_loss' is not in tolerances.csv"),
        ("114<!-- other = wrong -->", "results.json has another value for other, or none"),
        ("114 images", "114 is bound to nothing: ... 114 images ..."),
        ("shape `(28, 28)`", "`(28, 28)` is bound to nothing"),
        ("114 <!-- wrong -->", "<!-- wrong --> is no tag"),
        ("114<!--05.wrong-->", "is no tag: write 114<!-- expression -->"),
    ],
)
def test_a_wrong_number_is_told(text, problem):
    assert problem in "\n".join(wrong_numbers(text, KNOWN, {"wrong": 114}))


def test_a_text_is_renewed_from_its_record():
    cell = new_markdown_cell(
        "113<!-- x -->, 98.4<!-- fact: article.accuracy -->", metadata={VALUES: {"x": 7}}
    )
    renew(new_notebook(cells=[cell]), KNOWN)
    assert cell.source == "7<!-- x -->, 98.4<!-- fact: article.accuracy -->"


def test_named_numbers_are_gathered_and_named_once():
    text, values = "1<!-- a = x -->, 2<!-- y -->", {VALUES: {"x": 1, "y": 2}}
    cells = [new_markdown_cell(text, metadata=values) for _ in range(2)]
    assert named(new_notebook(cells=cells[:1])) == {"a": 1}
    with pytest.raises(TagError, match="named a"):
        named(new_notebook(cells=cells))


@pytest.mark.parametrize(
    "text, value, problems",
    [
        ("0.052<!-- loss ± val_loss -->", 0.0661, 0),
        ("0.052<!-- loss ± val_loss -->", 0.0671, 1),
        ("0.052<!-- loss -->", 0.0524, 0),  # the same, as far as it shows
        ("0.052<!-- loss -->", 0.0536, 1),
        ("0.052<!-- loss -->", 0.0523 * (1 + 1e-12), 0),
    ],
)
def test_another_run_may_differ_as_far_as_the_tag_says(text, value, problems):
    cell = new_markdown_cell(text, metadata={VALUES: {"loss": 0.0523}})
    assert len(moved(cell, {"loss": value}, KNOWN)) == problems
