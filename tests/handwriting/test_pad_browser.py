"""The drawing pad in a real JupyterLab: drawn on with the mouse, in a headless Chromium."""

import contextlib
import os
import re
import signal
import warnings

import nbformat
import pytest

from course.project import BUILD
from lenet_helpers.handwriting.strokes import example_strokes
from tests.contrast import contrast

SCREENSHOTS = BUILD / "pad-screenshots"
# As chapter 8 opens it.
OPEN_PAD = """
from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.handwriting.pad import DrawingPad
from lenet_helpers.runtime import reproducible
reproducible(seed=0)
model = load_checkpoint("article_lenet5")
pad = DrawingPad(model)
"""
# Reads the digits that are drawn here, and starts in a second: no TensorFlow.
QUICK_PAD = """
import numpy as np
from lenet_helpers.handwriting.pad import DrawingPad
from lenet_helpers.handwriting.strokes import example_strokes, normalise, render
_, digits, strokes = zip(*example_strokes())
forms = np.array([normalise(render(one)).centred for one in strokes], dtype=int)
def predict(images):
    distances = np.abs(images[:, np.newaxis] - forms).mean(axis=(2, 3))
    return np.eye(10)[np.array(digits)[distances.argmin(axis=1)]]
pad = DrawingPad(predict)
"""
TRAINING = """
import numpy as np
from lenet_helpers.models import article_lenet5, compile_article
from lenet_helpers.training import train
random = np.random.default_rng(0)
images = random.integers(0, 256, (600, 28, 28), dtype=np.uint8)
history = train(compile_article(article_lenet5()), images, random.integers(0, 10, 600), epochs=1)
"""
REPORTING = 'import os, pathlib\nsize = pathlib.Path("kernel.pid").write_text(str(os.getpid()))'
IDLE = re.compile(r"^(?!No Kernel).* \| Idle$")
MINUTE = 60_000  # milliseconds
PROMPT = 200  # milliseconds from mouse-up to the answer: slower is said, and fails nothing
NO_ANSWER = "The kernel does not answer."

DONE = """() => ![...document.querySelectorAll(".jp-InputPrompt")]
  .some((prompt) => prompt.textContent.includes("*"))"""
WATCH = """() => {
  const panel = document.querySelector(".lenet-pad .panel");
  const canvas = document.querySelector(".lenet-pad canvas");
  window.answered = {};
  canvas.addEventListener("pointerup", () => (window.released = performance.now()), true);
  new MutationObserver(() => (window.answered[panel.dataset.number] ??= performance.now()))
    .observe(panel, { attributeFilter: ["data-number"] });
}"""
LATENCY = """() => {
  const answered = window.answered[document.querySelector(".lenet-pad").dataset.number];
  return Math.max(0, answered - window.released);
}"""
ANSWERED = """() => {
  const pad = document.querySelector(".lenet-pad");
  return pad.querySelector(".panel").dataset.number === pad.dataset.number;
}"""


@pytest.fixture(scope="module")
def written(jupyterlab):
    """Return a function that writes a notebook, the pad and another cell, and returns its address.

    Each test that ends a kernel needs a notebook of its own: what is saved of it is kept.
    """
    address, folder = jupyterlab
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}

    def write(name, opening, last):
        cells = list(map(nbformat.v4.new_code_cell, [f"{opening}pad", last]))
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return address(f"{name}.ipynb")

    return write


@contextlib.contextmanager
def opened(browser, address):
    """Open a notebook, run it, and yield its page, the pad ready."""
    problems = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.set_default_timeout(MINUTE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    wait_for_kernel(page)
    choose(page, "Run", "Run All Cells")
    page.locator(".lenet-pad canvas").wait_for(timeout=10 * MINUTE)
    # The cells below the pad have to be done as well, or the kernel answers late.
    page.wait_for_function(DONE, timeout=10 * MINUTE)
    page.evaluate(WATCH)
    yield page
    page.close()
    assert problems == []


def wait_for_kernel(page):
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # Before the kernel is there, "Run All" would ask which one to select. The toolbar's circle is
    # idle even then; the status bar tells.
    page.get_by_text(IDLE).wait_for()


def choose(page, menu, item):
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu").get_by_text(item, exact=True).click()


@pytest.fixture(scope="module")
def page(browser, written):
    """Return a page with a pad that is drawn on and cleared."""
    with opened(browser, written("drawn", OPEN_PAD, REPORTING)) as page:
        yield page


@pytest.fixture
def spoilt(browser, written, request):
    """Return a page with a pad whose kernel may be ended."""
    with opened(browser, written(request.node.name, QUICK_PAD, "pad.answer")) as page:
        yield page


@pytest.fixture
def trained(browser, written, request):
    """Return a page with a pad and with what training leaves of its bar."""
    with opened(browser, written(request.node.name, QUICK_PAD, TRAINING)) as page:
        yield page


@pytest.fixture
def _cleared(page):
    yield
    page.locator(".lenet-pad input").set_checked(False)
    page.locator(".lenet-pad button").click()
    page.wait_for_function(ANSWERED)


def strokes_of(name):
    return next(strokes for one, _, strokes in example_strokes() if one == name)


def place(page):
    """Return where the canvas lies, once it is in view and has stopped moving."""
    canvas = page.locator(".lenet-pad canvas")
    canvas.hover()
    return canvas.bounding_box()


def draw(page, strokes, answered=True):
    """Draw with the mouse, and return the milliseconds from its release to the answer."""
    box = place(page)
    for stroke in strokes:
        (x, y), *rest = stroke
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.up()
    if not answered:
        return None
    page.wait_for_function(ANSWERED)
    return page.evaluate(LATENCY)


def message(page):
    return page.locator(".lenet-pad output").inner_text()


def pictures(page):
    return page.locator(".lenet-pad img").evaluate_all("all => all.map((one) => one.src)")


def keep(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.locator(".lenet-pad").screenshot(path=path)


@pytest.mark.usefixtures("_cleared")
@pytest.mark.parametrize("name, digit", [("1", 1), ("7", 7), ("0", 0)])
def test_a_digit_is_drawn_and_read(page, name, digit, capsys):
    milliseconds = round(draw(page, strokes_of(name)))
    with capsys.disabled():
        print(f"\n{name}: {milliseconds} ms from mouse-up to the answer")
    if milliseconds > PROMPT:
        said = f"{milliseconds} ms from mouse-up to the answer, more than {PROMPT}: a busy machine?"
        warnings.warn(said, stacklevel=1)
    keep(page, f"light-{name}")
    assert re.fullmatch(rf"Read as {digit}, \d+\.\d % sure\.", message(page))
    assert page.locator(".lenet-pad .best").inner_text().startswith(str(digit))
    assert len(pictures(page)) == 5


@pytest.mark.usefixtures("_cleared")
def test_the_panel_answers_while_the_pen_is_down(page):
    box = place(page)
    page.mouse.move(box["x"] + 140, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 100)
    page.wait_for_timeout(300)
    page.mouse.move(box["x"] + 140, box["y"] + 220)
    page.locator(".lenet-pad img").first.wait_for()
    page.mouse.up()
    page.wait_for_function(ANSWERED)


@pytest.mark.usefixtures("_cleared")
def test_the_normalisation_can_be_left_out_with_the_keyboard(page):
    draw(page, strokes_of("1"))
    with_it = pictures(page)
    page.locator(".lenet-pad input").focus()
    page.keyboard.press("Space")
    page.wait_for_function(ANSWERED)
    keep(page, "light-1-squeezed")
    without = pictures(page)
    assert len(without) == 2
    assert without[0] == with_it[0]
    assert without[-1] != with_it[-1]


@pytest.mark.usefixtures("_cleared")
def test_the_pad_can_be_cleared_with_the_keyboard(page):
    draw(page, strokes_of("7"))
    page.locator(".lenet-pad button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(ANSWERED)
    assert message(page) == "Draw a digit from 0 to 9."
    assert pictures(page) == []


@pytest.mark.usefixtures("_cleared")
def test_two_digits_are_refused_in_words(page):
    draw(page, [*moved(strokes_of("1"), -150), *strokes_of("0")])
    keep(page, "light-two")
    assert message(page).startswith("This looks like 2 digits")
    assert pictures(page) == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0


@pytest.mark.usefixtures("_cleared")
def test_a_dot_is_refused_in_words(page):
    draw(page, [[[140, 140]]])
    assert message(page).startswith("This is a dot")
    assert pictures(page) == []


def moved(strokes, by):
    return [[[x + by, y] for x, y in stroke] for stroke in strokes]


@pytest.mark.usefixtures("_cleared")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_both_themes(page, scheme):
    draw(page, strokes_of("5, its bar apart"))
    page.emulate_media(color_scheme=scheme)
    page.locator(f"body[data-jp-theme-light={'true' if scheme == 'light' else 'false'}]").wait_for(
        state="attached"
    )
    keep(page, f"{scheme}-5")
    for part in ("output", ".row .text", "button", "label", "figcaption"):
        assert contrast(page.locator(f".lenet-pad {part}").first) > 4.5, part


# --- a kernel that does not answer -------------------------------------------------------------


@pytest.mark.usefixtures("_cleared")
def test_a_late_answer_is_awaited_with_a_blank_panel(page, jupyterlab):
    draw(page, strokes_of("7"))
    kernel = int((jupyterlab[1] / "kernel.pid").read_text())
    os.kill(kernel, signal.SIGSTOP)
    try:
        page.locator(".lenet-pad button").click()
        assert_told_that_none_answers(page)
    finally:
        os.kill(kernel, signal.SIGCONT)
    page.wait_for_function(ANSWERED)
    assert message(page) == "Draw a digit from 0 to 9."


def assert_told_that_none_answers(page):
    """The panel is blanked within half a second, and after two says what to do."""
    page.wait_for_timeout(500)
    assert message(page) == ""
    assert pictures(page) == []
    assert page.locator(".lenet-pad .best").count() == 0
    page.wait_for_timeout(2000)
    assert message(page).startswith(NO_ANSWER)
    assert "run the cells up to the pad's again" in message(page)


def test_a_reloaded_page_goes_on_and_a_restarted_kernel_gives_no_old_answer(spoilt):
    draw(spoilt, strokes_of("7"))
    reload(spoilt)
    spoilt.locator(".lenet-pad output").get_by_text("Read as 7").wait_for()
    spoilt.locator(".lenet-pad button").click()
    spoilt.wait_for_function(ANSWERED)
    draw(spoilt, strokes_of("1"))
    assert message(spoilt).startswith("Read as 1")
    choose(spoilt, "Kernel", "Restart Kernel…")
    spoilt.locator(".jp-Dialog .jp-mod-accept").click()
    wait_for_kernel(spoilt)
    spoilt.locator(".lenet-pad button").click()
    assert_told_that_none_answers(spoilt)
    draw(spoilt, strokes_of("3"), answered=False)
    spoilt.wait_for_timeout(500)
    assert message(spoilt).startswith(NO_ANSWER)
    choose(spoilt, "Run", "Run All Cells")
    spoilt.wait_for_function(DONE, timeout=10 * MINUTE)
    draw(spoilt, strokes_of("3"))
    assert message(spoilt).startswith("Read as 3")


def test_a_notebook_opened_anew_says_that_no_kernel_answers(trained):
    draw(trained, strokes_of("7"))
    with trained.expect_response(lambda response: response.request.method == "DELETE"):
        choose(trained, "Kernel", "Shut Down Kernel")
    reload(trained)
    trained.locator(".lenet-pad button").click()
    assert_told_that_none_answers(trained)


def reload(page):
    """Save the notebook and load its page anew; nothing on it is an error."""
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.keyboard.press("Control+s")
    page.reload()
    wait_for_kernel(page)
    page.locator(".lenet-pad canvas").wait_for()
    assert page.get_by_text("Error displaying widget").count() == 0
    assert page.get_by_text("Loading widget").count() == 0
    page.evaluate(WATCH)
