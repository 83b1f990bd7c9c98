"""Expressions of texts, evaluated where they stand."""

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.evaluate import VALUES, asking, evaluate, evaluate_cells, texts_after


class Kernel:
    """Answers as a blocking Jupyter client does, from the names it is given."""

    def __init__(self, **names):
        self.names = names

    def execute(self, code, user_expressions, **how):
        assert code == ""
        assert how["silent"]
        assert not how["store_history"]
        replies = {key: self.reply(code) for key, code in user_expressions.items()}
        return {"content": {"user_expressions": replies}}

    def reply(self, code):
        try:
            plain = repr(eval(code, self.names))
        except Exception as error:
            return {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
        return {"status": "ok", "data": {"text/plain": plain}}


@pytest.mark.parametrize(
    "value, plain",
    [
        (114, 114),
        (np.int64(114), 114),
        (np.float32(0.5), 0.5),
        (0.1 + 0.2, 0.3),
        (np.array(3.0), 3.0),
        ((28, 28), "(28, 28)"),
        ("MNIST", "MNIST"),
    ],
)
def test_a_value_is_plain_python(value, plain):
    values, problems = evaluate("1<!-- x -->", asking(Kernel(x=value).execute))
    assert (values, problems) == ({"x": plain}, [])
    assert type(values["x"]) is type(plain)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("1<!-- y -->", "'y': NameError: name 'y' is not defined"),
        ("1<!-- x[9] -->", "'x[9]': IndexError: list index out of range"),
        ("1<!-- none.x -->", "'none.x': AttributeError"),
        ("1<!-- thing -->", "'thing': its value is <object"),
    ],
)
def test_an_error_is_told_by_its_expression(text, problem):
    names = {"x": [1], "none": None, "thing": object()}
    values, problems = evaluate(text, asking(Kernel(**names).execute))
    assert values == {}
    assert len(problems) == 1
    assert problem in problems[0]
    assert names["x"] == [1]


def test_what_only_a_tag_with_more_rights_could_do_is_not_done():
    names = {"x": [1]}
    cell = new_markdown_cell("1<!-- x.clear() -->")
    (problem,) = evaluate_cells([cell], asking(Kernel(**names).execute))
    assert "may not call clear" in problem
    assert names["x"] == [1]


def test_one_wrong_expression_leaves_the_others():
    values, problems = evaluate(
        "1<!-- x --> 2<!-- y --> 3<!-- z -->", asking(Kernel(x=1, z=3).execute)
    )
    assert values == {"x": 1, "z": 3}
    assert len(problems) == 1


def test_facts_and_results_are_not_asked_of_the_kernel():
    assert evaluate("1<!-- fact: a.b --> 2<!-- result: c --> 3<!-- digit -->", None) == ({}, [])


def test_values_are_recorded_with_their_cell_and_problems_name_it():
    good, bad = new_markdown_cell("1<!-- x -->"), new_markdown_cell("1<!-- y -->")
    stale = new_markdown_cell("none", metadata={VALUES: {"x": 2}})
    problems = evaluate_cells([good, bad, stale], asking(Kernel(x=1).execute))
    assert good.metadata[VALUES] == {"x": 1}
    assert VALUES not in stale.metadata
    assert problems == [f"cell {bad.id!r}: 'y': NameError: name 'y' is not defined"]


def test_a_text_is_judged_after_the_code_above_it():
    cells = [
        new_markdown_cell("opening"),
        new_code_cell("x = 1"),
        new_markdown_cell("one"),
        new_markdown_cell("two"),
        new_code_cell("x = 2"),
    ]
    notebook = new_notebook(cells=cells)
    assert texts_after(notebook, -1) == cells[:1]
    assert texts_after(notebook, 1) == cells[2:4]
    assert texts_after(notebook, 4) == []
