"""Exercises judge as they should, learners see no solution, and the guide's sums are right."""

import copy
import functools
import html
import inspect
import math
import re
import symtable
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from course import checks, copies
from course.execute import METADATA
from course.lab import served
from course.project import ToolError, notebook_paths, repository_address
from course.tags import without_tags
from course.texts import RELEASE
from course.website.site import broken_links
from course.workshop import guide as instructor
from course.workshop import notes, parts, schedule
from course.workshop.learner import exercises, learners_version, stale_files
from course.workshop.reading import reading_minutes, with_reading_time
from course.workshop.sizing import read_kernels, sizing
from lenet_helpers import check as room
from lenet_helpers import exercises as check
from lenet_helpers.checkpoints import FOLDER
from lenet_helpers.evaluation import reliability_bins
from lenet_helpers.exercises.chapter4 import _stops
from lenet_helpers.exercises.judging import expect_answers
from lenet_helpers.lenet1998.glyphs import glyph_codes
from lenet_helpers.studies.of_1998 import errors_of_settings, errors_of_steps
from lenet_helpers.studies.table import read_runs
from tests.course.small_exercise import small_exercise

NOTEBOOKS = {path: nbformat.read(path, as_version=4) for path in notebook_paths()}
WITH_EXERCISES = {path: one for path, one in NOTEBOOKS.items() if exercises(one)}
ADDRESS = "https://github.com/someone/notebooks"
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)


@pytest.fixture(params=WITH_EXERCISES, ids=lambda path: path.stem)
def notebook(request):
    return WITH_EXERCISES[request.param]


# --- the exercises of the chapters -------------------------------------------------------------


def test_a_chapter_has_two_to_five_exercises_of_rising_difficulty(notebook):
    found = exercises(notebook)
    levels = [["easy", "medium", "hard"].index(one.difficulty) for one in found]
    assert 2 <= len(found) <= 5
    assert levels == sorted(levels)
    assert levels[0] < levels[-1]


def test_only_an_appendix_has_no_exercises(path):
    title = NOTEBOOKS[path].cells[0].source
    assert path in WITH_EXERCISES or f"· {schedule.APPENDIX}" in title


def test_exercises_are_numbered_and_have_two_hints_and_a_wrong_answer(notebook):
    number = int(notebook.cells[0].source.partition("# Chapter ")[2].partition(" ")[0])
    for place, one in enumerate(exercises(notebook), start=1):
        text = notebook.cells[one.start].source
        assert one.number == f"{number}.{place}"
        assert [f"<summary>Hint {i}</summary>" in text for i in (1, 2, 3)] == [True, True, False]
        assert text.count("<details>") == text.count("</details>") == 2
        assert notebook.cells[one.solution].metadata["exercise"]["wrong"]


def test_solutions_are_folded_everywhere_and_what_checks_say_with_them(notebook):
    for one in exercises(notebook):
        cell = notebook.cells[one.solution]
        assert cell.metadata["jupyter"]["source_hidden"] is True
        assert cell.metadata["cellView"] == "form"
        assert cell.source.startswith("# @title Solution\n")
        assert "hide-input" in cell.metadata["tags"]
        assert notebook.cells[one.check].metadata["jupyter"]["outputs_hidden"] is True


def test_the_chapter_does_not_need_what_a_solution_defines(notebook):
    within = {i for one in exercises(notebook) for i in range(one.start, one.check + 1)}
    for one in exercises(notebook):
        names = bound(notebook.cells[one.solution].source)
        assert names
        assert all(name.startswith("my_") for name in names)
    others = [cell.source for i, cell in enumerate(notebook.cells) if i not in within]
    assert not any("my_" in source for source in others)


def test_an_exercise_can_be_checked_after_the_whole_chapter_ran(notebook):
    assert rebound(notebook) == []


def test_a_name_that_an_exercise_needs_and_a_later_cell_binds_is_found():
    notebook = new_notebook(cells=small_exercise())
    notebook.cells[2].source = "print(my_sum == total)"
    notebook.cells += [new_code_cell("total, rest = 5, 6", id="later")]
    assert rebound(notebook) == [("1.1", "later", {"total"})]


def rebound(notebook):
    """Where a cell after an exercise binds a name that its solution or its check reads."""
    return [
        (one.number, later.id, names)
        for one in exercises(notebook)
        for later in notebook.cells[one.check + 1 :]
        if (names := bound_by(later) & read_by(notebook.cells, one))
    ]


def read_by(cells, one):
    """The notebook's names that an exercise's cells and its wrong answers read.

    Not what is a function's own.
    """
    answers = cells[one.solution].metadata["exercise"]["wrong"]
    wrong = [new_code_cell(given["answer"]) for given in answers]
    return {
        symbol.get_name()
        for cell in [*cells[one.solution : one.check + 1], *wrong]
        for scope in scopes(scope_of(cell))
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (scope.get_type() == "module" or symbol.is_global())
    }


def bound_by(cell):
    return {symbol.get_name() for symbol in scope_of(cell).get_symbols() if symbol.is_assigned()}


def scope_of(cell):
    source = MAGIC.sub(r"\1pass", cell.source) if cell.cell_type == "code" else ""
    return symtable.symtable(source, "cell", "exec")


def scopes(scope):
    yield scope
    for inner in scope.get_children():
        yield from scopes(inner)


def bound(source):
    return re.findall(r"^(?:def )?(\w+)(?= =|\()", source, re.MULTILINE)


# --- the learner's version ---------------------------------------------------------------------


@functools.cache
def version_of(path):
    return learners_version(NOTEBOOKS[path], path.name, ADDRESS)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_a_learner_s_version_holds_no_solution(notebook):
    path = next(path for path, one in NOTEBOOKS.items() if one is notebook)
    assert leaked(notebook, version_of(path)) == set()


def test_a_solution_that_shows_elsewhere_is_found():
    notebook = small("By the way: `my_sum = 2 + 2`.", solution="my_sum = 2 + 2")
    version = learners_version(notebook, "01_small.ipynb", ADDRESS)
    assert leaked(notebook, version) == {"my_sum = 2 + 2"}


def test_a_learner_s_version_shows_nothing_that_a_run_shows(path):
    version = version_of(path)
    nbformat.validate(version)
    for cell in version.cells:
        assert set(cell.metadata) <= {"tags"}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    code = [cell.source for cell in NOTEBOOKS[path].cells if cell.cell_type == "code"]
    kept = [cell.source for cell in version.cells if cell.cell_type == "code"]
    replaced = {one.solution for one in exercises(NOTEBOOKS[path])}
    assert len(code) == len(kept)
    assert sum(a != b for a, b in zip(code, kept, strict=True)) == len(replaced)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("7<!-- wrong --> errors", "[?] errors"),
        ("## Later\n\n7<!-- wrong --> errors", "## Later\n\n7 errors"),
        ("0.07<!-- 100 * rate --> %", "[?] %"),
        ("0.1<!-- 100 * rate --> %", "[?] %"),
        ("0.08<!-- 100 * rate --> %", "0.08 %"),
        ("−1,234<!-- change -->", "[?]"),
        ("`(28, 27)`<!-- image.shape --> pixels", "[?] pixels"),
        ("20<!-- epochs --> epochs", "20 epochs"),  # printed, and written in the code
        ("40<!-- 2 * epochs --> epochs", "40 epochs"),  # in a solution, and nowhere printed
        ("41<!-- answer -->", "[?]"),  # printed, and in a solution only
        ("7<!-- errors = abs(wrong) ± error --> errors", "[?] errors"),
        ("7<!-- fact: some.source --> errors", "7 errors"),
        ("a 7<!-- digit -->", "a 7"),
        ("7<!-- result: here -->, 8<!-- result: here -->", "[?], 8"),
    ],
)
def test_numbers_that_an_output_shows_are_blank(text, expected):
    printed = "20 epochs: 7 of (28, 27), 0.000712, -1234, and 41 for the exercise"
    outputs = [new_output("stream", name="stdout", text=printed)]
    code = new_code_cell("%pip list\nepochs = 20\nwrong = count(epochs)", outputs=outputs)
    notebook = small(solution="answer = 41 + 40 - 40")
    notebook.cells += [code, new_markdown_cell(text)]
    version = learners_version(notebook, "05_some.ipynb", ADDRESS)
    assert version.cells[-1].source == expected


def test_an_exercise_keeps_its_numbers():
    notebook = small()
    notebook.cells[0].source += "\n\nHow much is 7<!-- total -->?"
    version = learners_version(notebook, "01_small.ipynb", ADDRESS)
    assert version.cells[0].source.endswith("How much is 7?")


def note(*lines, head=notes.HEAD):
    text = "\n".join([head, "", *lines])
    return new_markdown_cell(text, metadata={"tags": ["instructor"]}, id="note")


def test_notes_for_the_instructor_are_left_out():
    notebook = small()
    notebook.cells.insert(1, note("Wait here."))
    version = learners_version(notebook, "01_small.ipynb", ADDRESS)
    assert len(version.cells) == len(notebook.cells) - 1
    assert version.cells[1].source == "my_sum = ..."


@pytest.fixture(scope="module")
def copied():
    return copies.chapters()


def test_no_learner_gets_a_note(path, copied):
    said = [notes.words(cell) for cell in NOTEBOOKS[path].cells if notes.is_note(cell)]
    read = copied[f"read/{path.name}"]
    for text in strings([version_of(path), nbformat.reads(read, as_version=4)]):
        assert notes.HEAD not in text
        assert not any(one in text for one in said)


def test_a_note_for_the_instructor_is_no_code():
    code = new_code_cell("wait()", metadata={"tags": ["instructor"]})
    with pytest.raises(ToolError, match="is a Markdown cell"):
        learners_version(new_notebook(cells=[code]), "01_small.ipynb", ADDRESS)


@pytest.mark.parametrize(
    "wrong, says",
    [
        (note("Wait.", head="For me"), "begins with"),
        (note(), "begins with"),
        (note("- **Qestion:** *Why?* So."), "has no 'Qestion:'"),
        (note("- **Question:** Why? So."), "write '- "),
        (note("- **Question:** *Why?*"), "write '- "),
    ],
)
def test_a_note_that_is_not_understood_is_an_error(wrong, says):
    with pytest.raises(ToolError, match=f"'note': .*{re.escape(says)}"):
        notes.items(wrong)


def small(text="", **options):
    cells = small_exercise(**options)
    return new_notebook(cells=[*cells, new_markdown_cell(text, id="text")])


def test_links_of_a_learner_s_version_lead_somewhere(path, tmp_path):
    for other in NOTEBOOKS:
        (tmp_path / other.name).touch()
    opening = version_of(path).cells[0].source
    assert checks.broken_links(checks.markdown(version_of(path)), tmp_path) == []
    assert f"/blob/{RELEASE}/workshop/{path.name})" in opening
    assert f"]({ADDRESS}/blob/main/notebooks/{path.name})" in opening


def test_a_link_upwards_leads_to_the_repository():
    notebook = new_notebook(cells=[new_markdown_cell("[list](../README.md) [next](02_b.ipynb)")])
    source = learners_version(notebook, "01_a.ipynb", ADDRESS).cells[0].source
    assert source == f"[list]({ADDRESS}/blob/main/README.md) [next](02_b.ipynb)"


def test_files_that_are_missing_old_or_too_many_are_found(tmp_path):
    files = {"01_a.ipynb": "a", "02_b.ipynb": "b", "03_c.ipynb": "c"}
    for name, text in {"01_a.ipynb": "a", "02_b.ipynb": "old", "04_d.ipynb": "d"}.items():
        (tmp_path / name).write_text(text)
    assert stale_files(tmp_path, files) == ["02_b.ipynb", "03_c.ipynb", "04_d.ipynb"]


def leaked(notebook, version):
    """The lines that only the solutions hold, and that stand in a version all the same."""
    text, only = "\n".join(strings(version)), set()
    for one in exercises(notebook):
        cell = notebook.cells[one.solution]
        only |= lines(cell.source) - lines(cell.metadata["exercise"]["stub"]["answer"])
    assert only
    return {line for line in only if line in text}


def lines(source):
    return {line.strip() for line in source.splitlines() if line.strip()}


def strings(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for one in node.values():
            yield from strings(one)
    elif isinstance(node, list):
        for one in node:
            yield from strings(one)


@pytest.fixture
def two_exercises():
    """Return a notebook with two exercises, folded as a chapter's are, and a hint."""
    cells = [cell for place in (1, 2) for cell in small_exercise(place)]
    for solution in cells[1::3]:
        solution.source = f"# @title Solution\n{solution.source}"
        solution.metadata["jupyter"] = {"source_hidden": True}
    hint = new_markdown_cell("<details><summary>Hint 1</summary>\n\nCount.</details>")
    return new_notebook(cells=[*cells, hint], metadata=METADATA)


def test_a_learner_s_version_opens_and_runs_in_jupyterlab(browser, jupyterlab, two_exercises):
    address, folder = jupyterlab
    version = learners_version(two_exercises, "01_small.ipynb", ADDRESS)
    nbformat.write(version, folder / "learners.ipynb")
    page = browser.new_page()
    page.goto(address("learners.ipynb"))
    page.get_by_text("| Idle").wait_for(timeout=30_000)
    assert page.locator(".jp-OutputArea-output", has_text="Not yet").count() == 0
    page.locator("summary").first.click()
    assert page.locator("details[open]").count() == 1
    # Before the kernel is there, "Run All" would ask which one to select.
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    idle.wait_for(state="attached", timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    said = page.locator(".jp-OutputArea-output", has_text="Not yet: count again")
    said.nth(1).wait_for(timeout=120_000)
    assert said.count() == 2
    page.close()


def test_solutions_are_folded_in_jupyterlab_and_open_with_a_click(
    browser, jupyterlab, two_exercises
):
    address, folder = jupyterlab
    nbformat.write(two_exercises, folder / "solutions.ipynb")
    page = browser.new_page()
    page.goto(address("solutions.ipynb"))
    folded = page.locator(".jp-Placeholder", has_text="# @title Solution")
    folded.nth(1).wait_for(timeout=60_000)
    folded.first.click()
    page.locator(".jp-Editor", has_text="# @title Solution").wait_for()
    assert folded.count() == 1
    page.close()


def test_jupyterlab_that_does_not_begin_says_why(tmp_path):
    with pytest.raises(ToolError, match=r"does not answer.*nowhere"), served(tmp_path / "nowhere"):
        pass


@pytest.mark.parametrize("tags", [["exercise", "check", "solution"], ["exercise", "solution"]])
def test_cells_out_of_order_are_an_error(tags):
    cells = [new_markdown_cell("x", metadata={"tags": [tag]}) for tag in tags]
    with pytest.raises(ToolError, match="in turn"):
        exercises(new_notebook(cells=cells))


# --- no answer makes a check raise -------------------------------------------------------------


def broken(*_):
    raise RuntimeError("broken")


LEFT = np.array([[-0.1, -0.1, 0, 0.1, 0.1]] * 5)
JUNK = [
    None, ..., "text", (), [], {}, set(), object(), True, -1, 10**400, 1j, np.nan, np.inf,
    (1, "two"), (None, None), [[1], [2, 3]], np.zeros((2, 3)), np.zeros(0), np.full(10, np.nan),
    np.array(["a", "b"]), np.arange(10, dtype="uint8"), pd.DataFrame(), int, broken,
    lambda *_: None, lambda *_: ..., lambda *_: "text", lambda *_: np.zeros(0),
    lambda *_: (np.nan, [1]), lambda *_: np.full((100, 28, 28, 1), np.nan, "float32"),
    lambda *_: -np.ones((100, 28, 28, 1), "float32"),
]  # fmt: skip


@pytest.fixture(scope="module")
def context():
    """Return for each check how many answers it takes, and what else it is given."""
    from lenet_helpers.models import article_lenet5
    from lenet_helpers.studies.networks import deep_network

    draw = np.random.default_rng(0)
    images = draw.integers(256, size=(600, 28, 28), dtype=np.uint8)
    labels = np.arange(600) % 10
    digits = SimpleNamespace(x_train=images, y_train=labels, x_test=images[::2], y_test=labels[::2])
    model, means = article_lenet5(), draw.random((10, 28, 28))
    split, of_ones = slice(0, 540), np.arange(600) < 300
    return {
        "slice_shape": (1, images),
        "accuracy_of_a_detector": (1, labels),
        "ink_threshold": (1, np.append(draw.normal(20, 5, 300), draw.normal(44, 9, 300)), of_ones),
        "nearest_mean": (1, means, digits),
        "channels_first": (1, images),
        "preparation": (1, images[:100]),
        "mean_without_leak": (1, digits, split),
        "split_by_writer": (1, np.arange(600) // 10),
        "upper_edges": (2, images[0] / 255, LEFT),
        "from_words": (1,),
        "padded_c5": (2, model),
        "mean_losses": (1, np.array([0.9] * 9 + [0.001]), np.full(10, 0.6)),
        "small_network": (1, np.zeros((10, 28, 28, 1), "float32")),
        "larger_batches": (2, images[:50, ..., np.newaxis] / np.float32(255), labels[:50]),
        "one_step": (1, model, images[:10, ..., np.newaxis] / np.float32(255), labels[:10]),
        "early_stopping": (1, pd.DataFrame({"seed": 0, "val_loss": [5, 4, 4.5, 4.2, 4.1, 3]})),
        "news_or_noise": (2, pd.DataFrame({"val_accuracy": [0.986, 0.987, 0.9875, 0.988]})),
        "always_one": (2, labels),
        "error_to_report": (
            1,
            pd.DataFrame({"val_errors": [77, 69, 74], "test_errors": [117, 121, 102]}),
        ),
        "interval_of_few": (2,),
        "promised_mistakes": (1, reliability_bins(draw.random(600), labels < 5)),
        "two_verdicts": (2,),
        "corrected_by_holm": (1, [0.01, 0.2, 0.03, 0.5]),
        "methods_of_cases": (1,),
        "interval_of_five": (2, pd.Series(draw.random(40)), pd.Series(draw.random(40))),
        "interval_of_a_difference": (1, labels < 8, labels > 2, labels),
        "parameters_of_a_table": (1,),
        "answer_of_the_codes": (1, draw.normal(size=(20, 84)), glyph_codes()),
        "equation_9": (1,),
        "gain_of_distortions": (2, errors_of_settings()),
        "optimizer_or_mu": (1, errors_of_settings(), errors_of_steps()),
        "place_or_size": (2, [[np.array([[90.0, 40], [200, 238]])]] * 2, [1, 1], model),
        "only_the_signs": (
            1,
            model.get_layer("output"),
            draw.normal(size=(20, 120)),
            *[labels[:20]] * 2,
        ),
        "smaller_square": (2, model, images[0]),
        "largest_turn": (1, model, images[:20], labels[:20]),
        "centred": (1, model, images[:20], labels[:20]),
        "many_steps": (1, model, images[:20], labels[:20]),
        "seven_convolutions": (1,),
        "luck_of_the_best": (1, draw.integers(20, 30, 10)),
        "paired_interval": (1, draw.integers(20, 50, (9, 2)), list("aaaaabbbb")),
        "answers_of_many": (1,),
        "diagnosis": (2, read_runs(FOLDER / "choices_sizes.csv").set_index("rung")),
        "one_more_map": (1, deep_network(maps=[2] * 5)),
        "slant_of_ink": (1, images[2]),
        "update_of_1998": (1,),
        "turned_loss": (1,),
        "constant_of_the_loss": (1, np.array([0.002, 0.1, 9.0]), 0.0005),
        "shared_mistakes": (
            1,
            {name: draw.dirichlet(np.ones(10), (3, 20)) for name in ("one", "other")},
            labels[:20],
        ),
        "mistakes_of_a_vote": (1, draw.dirichlet(np.ones(10), (3, 20)), labels[:20]),
    }


CHECKS = [
    name
    for name, one in inspect.getmembers(check, inspect.isfunction)
    if hasattr(one, "__wrapped__") and not name.startswith("_")
]


@pytest.mark.parametrize("name", CHECKS)
def test_no_answer_makes_a_check_raise(name, context, capfd):
    answers, *given = context[name]
    for junk in JUNK:
        getattr(check, name)(*[junk] * answers, *given)
        out, err = capfd.readouterr()
        assert out.startswith("Not yet: ")
        assert out.count("\n") == 1
        assert err == ""
    getattr(check, name)()
    assert capfd.readouterr().out.startswith("Not yet: the answer should be ")


def test_a_check_that_runs_before_its_answer_says_not_yet(capfd):
    settings = Config(HistoryManager={"enabled": False})
    shell = InteractiveShell(config=settings, user_ns={"check": check})
    expect_answers(shell)
    shell.run_cell("check.promised_mistakes(my_mistakes, None)")
    assert "Not yet: the dots are still there" in capfd.readouterr().out
    missing = shell.run_cell("my_own + 1")
    assert isinstance(missing.error_in_exec, NameError)


def test_an_answer_s_own_error_is_named(capfd, context):
    check.preparation(broken, *context["preparation"][1:])
    assert "RuntimeError: broken" in capfd.readouterr().out


# --- what was met in trying every exercise -----------------------------------------------------


def judged(name, answers, context, capfd):
    """What a check says of its answers: a tuple, or a single one."""
    count, *given = context[name]
    getattr(check, name)(*(answers if count > 1 else [answers]), *given)
    return capfd.readouterr().out


def network_without_names():
    from keras import Input, Sequential, layers

    seeing = [layers.Conv2D(6, 5), layers.MaxPooling2D(2), layers.Conv2D(16, 5)]
    deciding = [layers.GlobalMaxPooling2D(), layers.Dense(10, activation="softmax")]
    return Sequential([Input((28, 28, 1)), Sequential(seeing), *deciding])


def from_words_functional(kernels=4, **settings):
    from keras import Input, Model, layers

    image = Input((28, 28, 1))
    maps = layers.Conv2D(kernels, 3, activation="tanh", **settings)(image)
    values = layers.Flatten()(layers.AveragePooling2D(2)(maps))
    return Model(image, layers.Dense(10, activation="softmax")(values))


def step_by_an_optimizer(model, images, labels, rate, factor=1, weights=None):
    import keras
    import tensorflow as tf

    weights = weights or model.trainable_variables
    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy()(labels, model(images))
        scaled = factor * loss
    gradients = tape.gradient(scaled, weights)
    keras.optimizers.SGD(rate).apply(gradients, weights)
    return loss.numpy()


def step_of_the_sum(model, images, labels, rate):
    return step_by_an_optimizer(model, images, labels, rate, factor=len(labels))


def step_of_the_last_layer(model, images, labels, rate):
    return step_by_an_optimizer(model, images, labels, rate, weights=model.trainable_variables[-2:])


def loss_after_the_step(model, images, labels, rate):
    step_by_an_optimizer(model, images, labels, rate)
    return step_by_an_optimizer(model, images, labels, 0.0)


def stop_by_keras(losses, patience):
    """What Keras's own callback does with these losses."""
    from keras.callbacks import EarlyStopping

    model = SimpleNamespace(stop_training=False, get_weights=list, set_weights=list)
    stop = EarlyStopping(
        monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
    )
    stop.set_model(model)
    stop.on_train_begin()
    for epoch, loss in enumerate(losses):
        stop.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    return epoch + 1, stop.best_epoch + 1


def nearest_of_ten(values, codes):
    distances = [[np.linalg.norm(value - codes[digit]) for digit in range(10)] for value in values]
    return [each.index(min(each)) for each in distances]


def boxed_loss(distances, label, j):
    return np.array([distances[label] + np.logaddexp.reduce([-j, *-distances])])


@pytest.mark.parametrize(
    "name, answer",
    [
        ("slice_shape", np.array([32, 14, 28])),
        ("accuracy_of_a_detector", pd.Series([90.0])),
        ("channels_first", [32, 1, 28, 28]),
        ("from_words", from_words_functional),
        ("padded_c5", (np.array([5]), 48120.0)),
        ("small_network", network_without_names),
        ("one_step", step_by_an_optimizer),
        ("early_stopping", stop_by_keras),
        ("answer_of_the_codes", nearest_of_ten),
        ("equation_9", boxed_loss),
    ],
)
def test_a_right_answer_in_another_style_is_right(name, answer, context, capfd):
    built = (network_without_names, from_words_functional)
    answer = answer() if any(answer is one for one in built) else answer
    assert judged(name, answer, context, capfd).startswith("Right: ")


def split_the_other_way(writer, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writer))
    validates = np.isin(writer, people[: len(people) // 10])
    return np.flatnonzero(validates), np.flatnonzero(~validates)


def always_the_first(writer, seed):
    validates = writer < len(np.unique(writer)) // 10
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def in_place(images):
    images = images[:]  # digits, too, come write-protected
    images.setflags(write=False)
    images //= 255
    return images


def naive_loss(distances, label, j):
    return distances[label] + math.log(math.exp(-j) + sum(math.exp(-d) for d in distances))


def best_threshold(ink, is_one):
    return 1 + np.argmax([np.mean((ink < one) == is_one) for one in range(1, 101)])


def nearest_over_wrong_axes(images, means):
    return ((images[:, np.newaxis] - means) ** 2).sum(axis=(1, 2)).argmin(axis=1)


def of_two_hundred_and_fifty_six(images):
    return images[..., np.newaxis].astype("float32") / 256


@pytest.mark.parametrize(
    "name, answer, says",
    [
        ("slice_shape", (32, 15, 28), "number 2 of the shape is not 15: the rows 0 to 13"),
        ("slice_shape", (32.0, 14, 28), "yours holds a float"),
        ("channels_first", (32, 28, 1, 28), "np.newaxis adds an axis"),
        ("upper_edges", (LEFT, 1), "the kernel for left edges"),
        ("upper_edges", (-LEFT.T, 1), "paper over ink, it gives -1.00"),
        ("upper_edges", (LEFT.T + LEFT, 1), "it answers to left edges, too, with 1.00"),
        ("upper_edges", (LEFT.T, 99), "the kernel is right, the sum is not"),
        ("padded_c5", (5, 120 * 5 * 16 + 120), "a map has side × side values"),
        ("padded_c5", (5, 30840), "that is for a side of 4"),
        ("padded_c5", (6, 48120), "the side is not right"),
        ("padded_c5", (5, 48121), "the parameters are not: units × (inputs + 1)"),
        ("mean_losses", (0.51, 0.79), "the two are exchanged"),
        ("mean_losses", (0.34, 0.22), "base 10"),
        ("ink_threshold", lambda ink, is_one: 15, "another threshold reads"),
        ("nearest_mean", nearest_over_wrong_axes, "Sum over rows and columns"),
        ("preparation", in_place, "make a new one"),
        ("preparation", of_two_hundred_and_fifty_six, "its largest value is 0.9961, not 1"),
        ("mean_without_leak", 33.3, "divide by 255"),
        ("split_by_writer", split_the_other_way, "not a tenth. Return training first"),
        ("split_by_writer", always_the_first, "another seed should give another split"),
        ("always_one", (0.104, 1), "rounded"),
        ("one_step", step_of_the_sum, "the mean over the images, not the sum"),
        ("one_step", step_of_the_last_layer, "change all of them"),
        ("one_step", loss_after_the_step, "return the one before it"),
        ("early_stopping", lambda losses, patience: (len(losses), 2), "too late"),
        ("early_stopping", lambda losses, patience: _stops(losses, 3), "use the patience"),
        ("news_or_noise", (0.0875, "noise"), "these are percentage points"),
        ("error_to_report", lambda runs: 121, "use the table that your function is given"),
        (
            "error_to_report",
            lambda runs: runs["test_errors"][runs["val_errors"].argmin()],
            "use the table that your function is given",
        ),
        ("error_to_report", lambda runs: runs["test_errors"].mean(), "fair to the recipe"),
        ("corrected_by_holm", [0.04, 0.12, 0.8], "the next by one less"),
        ("methods_of_cases", ["welch", "mcnemar"], "there are three cases"),
        ("methods_of_cases", ["Welch", "t-test", "bootstrap"], "case B: choose a word"),
        ("interval_of_a_difference", [0.1, 0.2], "Draw at least 2,000 times"),
        ("equation_9", naive_loss, "exp(-2000) is 0"),
    ],
)
def test_a_wrong_answer_is_told_why(name, answer, says, context, capfd):
    said = judged(name, answer, context, capfd)
    assert said.startswith("Not yet: ")
    assert says in said


def test_the_best_threshold_is_told_from_its_neighbours(context, capfd):
    def said(threshold_of):
        return judged("ink_threshold", threshold_of, context, capfd)

    ink, is_one = context["ink_threshold"][1:]
    best = best_threshold(ink[::2], is_one[::2])
    assert said(best_threshold).startswith(f"Right: {best}. Chosen on every second image")
    assert "np.argmax counts places from 0" in said(lambda *given: best_threshold(*given) - 1)
    assert "Use what the function is given" in said(lambda *given: best)


def test_both_means_are_printed(context, capfd):
    digits, training = context["mean_without_leak"][1:]
    means = [digits.x_train[training].mean() / 255, digits.x_train.mean() / 255]
    said = judged("mean_without_leak", means[0], context, capfd)
    assert all(f"{mean:.6f}" in said for mean in means)


def test_the_mean_of_other_images_is_named(context, capfd):
    digits, training = context["mean_without_leak"][1:]
    aside = digits.x_train[training.stop :].mean() / 255
    assert "the validation images" in judged("mean_without_leak", aside, context, capfd)
    test = digits.x_test.mean() / 255
    assert "the test images" in judged("mean_without_leak", test, context, capfd)


# --- schedule and guide ------------------------------------------------------------------------


def part(chapter, kind, minutes, is_late=False):
    return schedule.Part(chapter, kind, f"{kind} {chapter} {minutes}", minutes, is_late)


TWO = [
    [part("01", "walk", 10), part("01", "exercise", 3), part("01", "exercise", 9)],
    [part("02", "walk", 20), part("02", "exercise", 5), part("02", "question", 4)],
]
RESTS = [
    [*TWO[0], part("01", "walk", 8, True), part("01", "question", 1, True)],
    [*TWO[1], part("02", "walk", 7, True), part("02", "exercise", 2, True)],
]


def test_everything_is_chosen_where_it_fits():
    assert schedule.chosen(TWO, 51)[0] == [*TWO[0], *TWO[1]]
    assert schedule.chosen(RESTS, 69)[0] == [*RESTS[0], *RESTS[1]]


def test_first_exercises_come_before_second_ones():
    assert schedule.chosen(TWO, 38)[0] == [*TWO[0][:2], *TWO[1][:2]]


def test_a_chapter_that_does_not_fit_takes_its_exercises_along():
    assert schedule.chosen(TWO, 28)[0] == TWO[0]


def test_a_walk_through_without_time_for_an_exercise_is_left_out():
    assert schedule.chosen(TWO, 33)[0] == TWO[0]


def test_second_exercises_questions_and_third_exercises_come_in_turns():
    asked = [
        *TWO[0],
        part("01", "exercise", 6),
        part("01", "question", 2),
        part("01", "question", 1),
    ]
    assert schedule.chosen([asked], 24)[0] == [*TWO[0], asked[4]]
    assert schedule.chosen([asked], 30)[0] == asked[:-1]


def test_what_comes_after_a_stop_waits_for_all_chapters_and_takes_its_questions_along():
    assert schedule.chosen(RESTS, 58)[0] == [*TWO[0], *TWO[1]]
    picked, left_out = schedule.chosen(RESTS, 61)
    assert picked == [
        *TWO[0],
        part("01", "walk", 8, True),
        part("01", "question", 1, True),
        *TWO[1],
    ]
    assert [one.minutes for one, _ in left_out] == [7, 2]
    reasons = dict(schedule.chosen(RESTS, 52)[1])
    assert reasons[RESTS[0][-1]] == "what it needs is left out"


def test_a_later_chapter_is_left_out_if_one_before_it_is():
    short = [part("03", "walk", 1), part("03", "exercise", 1)]
    assert schedule.chosen([*TWO, short], 30)[0] == TWO[0]
    assert schedule.chosen([*TWO, short], 41)[0] == [*TWO[0][:2], *TWO[1][:2], *short]


def test_an_appendix_gets_only_the_time_that_is_left():
    what = "Appendix: a small one"
    appendix = [schedule.Part("03", "walk", what, 5), schedule.Part("03", "exercise", "", 2)]
    assert schedule.chosen([*RESTS, appendix], 69)[0] == [*RESTS[0], *RESTS[1]]
    assert schedule.chosen([*RESTS, appendix], 76)[0] == [*RESTS[0], *RESTS[1], *appendix]


def test_breaks_stand_between_chapters():
    rows = schedule.timetable([*TWO[0], *TWO[1]], [5])
    assert [(row.chapter, row.what == "Break") for row in rows][2:5] == [
        ("01", False),
        ("", True),
        ("02", False),
    ]


def test_a_break_that_would_come_much_too_late_splits_a_chapter():
    long = [part("01", "walk", 40), part("01", "exercise", 30), part("02", "walk", 4)]
    assert [row.what for row in schedule.timetable(long, [5])][1] == "Break"


def test_a_part_alone_has_no_break():
    assert len(schedule.timetable(TWO[0][:1], [5, 15])) == 1


def test_a_timetable_is_without_gaps_and_its_breaks_lie_inside():
    parts = [*TWO[0], *TWO[1]]
    rows = schedule.timetable(parts, [5, 15])
    assert [row.start for row in rows] == [0, *[row.end for row in rows[:-1]]]
    assert rows[-1].end == 51 + 5 + 15
    assert [row.what for row in rows].count("Break") == 2
    assert "Break" not in (rows[0].what, rows[-1].what)


@pytest.mark.parametrize("name", schedule.PLANS)
def test_a_plan_of_the_chapters_keeps_its_time(name):
    minutes, breaks = schedule.PLANS[name]
    all_parts = [parts.parts_of(p, one, {}) for p, one in NOTEBOOKS.items()]
    fitting, left_out = schedule.chosen(all_parts, schedule.time_for_chapters(minutes, breaks))
    assert len(fitting) + len(left_out) == sum(map(len, all_parts))
    assert minutes * 3 / 4 < schedule.timetable(fitting, breaks)[-1].end + schedule.WELCOME
    assert schedule.timetable(fitting, breaks)[-1].end + schedule.WELCOME <= 0.95 * minutes
    kinds = [part.kind for part in fitting]
    assert kinds.count("exercise") >= kinds.count("walk") >= 3


def test_each_chapter_but_an_appendix_has_misconceptions_questions_and_a_stop(path):
    notebook = NOTEBOOKS[path]
    kinds = [
        kind for cell in notebook.cells if notes.is_note(cell) for kind, _ in notes.items(cell)
    ]
    if f"· {schedule.APPENDIX}" in notebook.cells[0].source:
        assert kinds.count(notes.STOP) <= 1
    else:
        assert kinds.count(notes.MISCONCEPTION) >= 3
        assert kinds.count(notes.QUESTION) >= 3
        assert kinds.count(notes.STOP) == 1


def test_a_chapter_is_divided_where_it_may_stop():
    notebook = small("## Later\n\n" + "word " * 11)  # half of the words, below
    notebook.cells.insert(
        0, new_markdown_cell("# Chapter 1 · Sums\n\n*(reading 8 min, computing 60 s)*")
    )
    notebook.cells.insert(1, new_markdown_cell("## Adding\n\n" + "word " * 4))
    asked = note("- **Question:** *Why?*\n  So.")
    notebook.cells += [asked, new_markdown_cell("- **Question:** *What?* That.")]
    whole = [("walk", 10 + 1, False), ("exercise", 3, False), ("question", 2, False)]
    assert [
        (p.kind, p.minutes, p.is_late) for p in parts.parts_of(Path("01_a"), notebook, {})
    ] == whole
    notebook.cells.insert(-3, note("- **If time runs out,** stop here."))
    early, _, late, question = parts.parts_of(Path("01_a"), notebook, {"01_a": {"seconds": 90}})
    assert (early.what, early.minutes) == ("Sums, to the end of *Adding*", 5 + 2)
    assert (late.what, late.minutes, late.is_late) == ("Sums: the rest", 5, True)
    assert (question.what, question.is_late) == ("Ask the room: Why?", True)
    notebook.cells.append(note("- **If time runs out,** stop there."))
    with pytest.raises(ToolError, match="'Sums' has 2 notes"):
        parts.parts_of(Path("01_a"), notebook, {})


def test_reading_takes_its_time():
    code = new_code_cell("a = 1\nb = 2\nprint(a + b)")
    drawn = new_output("display_data", data={"image/png": "", "text/plain": "<Figure>"})
    code.outputs = [new_output("stream", text="3\n4\n"), drawn]
    text = new_markdown_cell("# Sums\n\n*(reading 9 min, computing 1 s)*\n\n" + "word " * 92)
    aside = [note("word " * 500), new_code_cell("%pip list", metadata={"tags": ["setup"]})]
    notebook = new_notebook(cells=[text, code, *aside])
    seconds = 100 * 60 / 200 + 3 * 4 + 2 * 1 + 25
    assert reading_minutes(notebook.cells) * 60 == pytest.approx(seconds)
    with_reading_time(notebook)
    assert "*(reading 2 min, computing 1 s)*" in notebook.cells[0].source


def test_chapters_state_the_time_that_reading_takes(path):
    stated = copy.deepcopy(NOTEBOOKS[path])
    with_reading_time(stated)
    assert stated == NOTEBOOKS[path], "run `python -m course stamp`"


@pytest.mark.parametrize("span, minutes", [("7 min", 7), ("30 s", 0.5)])
def test_minutes_of(span, minutes):
    assert parts.minutes_of(span) == minutes


def test_another_unit_is_an_error():
    with pytest.raises(ValueError, match="no time"):
        parts.minutes_of("2 hours")


def test_the_guide_tells_of_each_chapter_with_exercises():
    text = instructor.guide(NOTEBOOKS, times={})
    for notebook in WITH_EXERCISES.values():
        for one in exercises(notebook):
            assert f"#### Exercise {one.number} · {one.title}\n" in text
        for cell in filter(notes.is_note, notebook.cells):
            assert without_tags(notes.words(cell)) in text
    assert "not tested" in text


def test_the_guide_tells_the_minutes_of_each_section():
    text = "## Ink\n\n" + "word " * 398
    cells = [new_markdown_cell("# Title"), new_markdown_cell(text)]
    found = parts.sections_of(new_notebook(cells=cells))
    assert found["Ink"] == [pytest.approx(schedule.WALK * 2, abs=0.02), []]
    path, notebook = next(iter(WITH_EXERCISES.items()))
    text = instructor.guide({path: notebook}, times={})
    for one in exercises(notebook):
        assert f"{one.number} ({one.minutes} min)" in text


def test_measured_times_stand_in_the_guide():
    path = next(iter(NOTEBOOKS))
    times = {path.stem: {"seconds": 83.4, "data": "MNIST", "code": instructor._fingerprint(path)}}
    text = instructor.guide(NOTEBOOKS, times)
    assert "| 83 s |" in text
    assert "data: MNIST" in text


def test_the_guide_tells_what_the_kernels_took():
    text, rows = instructor.guide(NOTEBOOKS, times={}), read_kernels()
    for count, measured in rows[rows["who"] == "all"].groupby("kernels"):
        values = measured.groupby("measure")["value"].median()
        line = re.search(rf"^\| {count} \| {values['time']:.0f} s \|.*", text, re.MULTILINE)[0]
        assert f"| {values['memory'] * 2**20 / 1e9:.2f} GB |" in line
    assert "**Not tested**" in text


ROWS = pd.DataFrame(
    [
        (0, 2, "server", "memory", 100),
        *((0, 2, who, "memory", mib) for who, mib in [("0", 1000), ("1", 1200), ("all", 1800)]),
        *((0, 2, who, "CPU time", 90) for who in ("0", "1")),
        *((0, 2, who, "time", 120) for who in ("0", "1", "all")),
        (0, 2, "others", "CPU", 0.04),
    ],
    columns=["round", "kernels", "who", "measure", "value"],
).assign(processor="some", cores=2, python="3")


def test_a_room_is_sized_from_what_was_measured():
    sizes = sizing(ROWS)
    assert sizes["kernels"].endswith("\n| 2 | 120 s | 90 s | 1.26 GB | 1.89 GB | 0.0 cores |")
    assert (sizes["kernel_gb"], sizes["server_gb"], sizes["limit_gb"]) == ("1.26", "0.10", "2.0")
    assert (sizes["share_gb"], sizes["room"], sizes["room_gb"]) == ("1.0", "20", "21")
    assert sizes["cpu_minutes"] == "1.5"
    assert "| 4 | 8 min |" in sizes["waiting"]  # 20 * 90 s, on 4 cores


def test_the_room_check_asks_for_the_memory_that_chapter_04_took():
    rows = read_kernels()
    took = rows[(rows["kernels"] == 1) & (rows["who"] == "all") & (rows["measure"] == "memory")]
    assert 1 <= room.MEMORY[0] / (took["value"].max() * 2**20) < 1.2


def test_the_guide_s_answers_are_those_that_the_checks_are_tried_with():
    text = html.unescape(instructor.guide(NOTEBOOKS, times={}))
    for notebook in WITH_EXERCISES.values():
        for one in exercises(notebook):
            solution = notebook.cells[one.solution]
            begin = text.index(f"#### Exercise {one.number} · ")
            part = text[begin : text.index("</table>", begin)]
            shown = re.findall(r"<pre>(.*?)</pre>", part, re.DOTALL)
            wrong = solution.metadata["exercise"]["wrong"]
            answers = [solution.source.removeprefix("# @title Solution\n")]
            assert shown == [*answers, *(each["answer"] for each in wrong)]
            assert re.findall(r"</td><td>(.*?)</td>", part) == [each["says"] for each in wrong]


def test_a_chapter_that_is_left_out_is_one_line_of_the_guide():
    table = instructor._left_out(schedule.chosen(RESTS, 28)[1])
    assert "| 01 | 1 question to the room | what it needs is left out |" in table
    assert "| 02 | the whole chapter | 25 min, and 15 min were left |" in table
    assert table.count("\n| 02 |") == 1


def test_what_is_left_out_has_a_reason():
    reasons = {part.what: why for part, why in schedule.chosen(TWO, 28)[1]}
    assert reasons == {
        "walk 02 20": "25 min, and 15 min were left",
        "exercise 02 5": "25 min, and 15 min were left",
        "question 02 4": "what it needs is left out",
    }
    assert [why for _, why in schedule.chosen(TWO, 42)[1]] == ["9 min, and 4 min were left"]
    assert schedule.chosen(TWO, 51)[1] == []


def test_a_note_in_a_chapter_stands_in_the_guide_below_its_section():
    path, notebook = next(iter(WITH_EXERCISES.items()))
    notebook = copy.deepcopy(notebook)
    notebook.cells.insert(-1, new_markdown_cell("## Hands\n\nUp."))
    notebook.cells[-1:-1] = [note("Wait for 7<!-- n --> hands."), note("Thank them.")]
    text = instructor.guide({path: notebook}, times={})
    assert "*Hands*\n\nWait for 7 hands.\n\nThank them." in text


def test_the_command_writes_the_guide_and_slides_apart_from_the_learner_s_notebooks(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("sphinx_book_theme", reason="needs pip install -r requirements-site.txt")
    monkeypatch.setattr(instructor, "FOLDER", tmp_path / "guide")
    monkeypatch.setattr(instructor, "TIMES", tmp_path / "times.json")
    monkeypatch.setattr(instructor, "ROOT", tmp_path)
    instructor.write_guide()
    decks = sorted(path.name for path in (tmp_path / "guide/slides").iterdir())
    assert decks == [f"{path.stem}.html" for path in NOTEBOOKS]
    page = (tmp_path / "guide/index.html").read_text(encoding="utf-8")
    assert broken_links(tmp_path / "guide") == []
    assert "<!-- " not in page
    assert repository_address() not in page
    assert all(f'href="slides/{name}"' in page for name in decks)
    assert "decks of slides" in capsys.readouterr().out
