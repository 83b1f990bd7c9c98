"""The drawing pad in a real JupyterLab: drawn on with the mouse, in a headless Chromium."""

import re
import shutil
import warnings

import pytest

from course.project import BUILD, NOTEBOOKS
from lenet_helpers.handwriting.strokes import example_strokes

SCREENSHOTS = BUILD / "pad-screenshots"
CHAPTER = "07_look_inside.ipynb"
IDLE = re.compile(r"^(?!No Kernel).* \| Idle$")
MINUTE = 60_000  # milliseconds
PROMPT = 200  # milliseconds from mouse-up to the answer: slower is said, and fails nothing

DONE = """() => ![...document.querySelectorAll(".jp-InputPrompt")]
  .some((prompt) => prompt.textContent.includes("*"))"""
WATCH = """() => {
  const panel = document.querySelector(".lenet-pad .panel");
  const canvas = document.querySelector(".lenet-pad canvas");
  window.answered = {};
  canvas.addEventListener("pointerup", () => (window.released = performance.now()), true);
  new MutationObserver(() => (window.answered[panel.dataset.points] ??= performance.now()))
    .observe(panel, { attributeFilter: ["data-points"] });
}"""
LATENCY = """() => {
  const answered = window.answered[document.querySelector(".lenet-pad").dataset.points];
  return Math.max(0, answered - window.released);
}"""
ANSWERED = """() => {
  const pad = document.querySelector(".lenet-pad");
  const { points, normalisation } = pad.querySelector(".panel").dataset;
  const normalised = String(!pad.querySelector("input").checked);
  return points === pad.dataset.points && normalisation === normalised;
}"""
COLOURS = """(element) => {
  let paper = element;
  const isClear = () => /^rgba\\(.*, 0\\)$/.test(getComputedStyle(paper).backgroundColor);
  while (isClear() && paper.parentElement) paper = paper.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(paper).backgroundColor];
}"""


@pytest.fixture(scope="module")
def page(browser, jupyterlab):
    """Return a page in which the chapter was opened and run, its pad ready."""
    address, folder = jupyterlab
    shutil.copy(NOTEBOOKS / CHAPTER, folder)
    problems = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.set_default_timeout(MINUTE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address(CHAPTER))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    # Before the kernel is there, "Run All" would ask which one to select. The toolbar's circle is
    # idle even then; the status bar tells.
    page.get_by_text(IDLE).wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".lenet-pad canvas").wait_for(timeout=10 * MINUTE)
    # The cells below the pad have to be done as well, or the kernel answers late.
    page.wait_for_function(DONE, timeout=10 * MINUTE)
    page.evaluate(WATCH)
    yield page
    page.close()
    assert problems == []


@pytest.fixture(autouse=True)
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


def draw(page, strokes):
    """Draw with the mouse, and return the milliseconds from its release to the answer."""
    box = place(page)
    for stroke in strokes:
        (x, y), *rest = stroke
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.up()
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


def test_the_pad_can_be_cleared_with_the_keyboard(page):
    draw(page, strokes_of("7"))
    page.locator(".lenet-pad button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(ANSWERED)
    assert message(page) == "Draw a digit from 0 to 9."
    assert pictures(page) == []


def test_two_digits_are_refused_in_words(page):
    draw(page, [*moved(strokes_of("1"), -150), *strokes_of("0")])
    keep(page, "light-two")
    assert message(page).startswith("This looks like 2 digits")
    assert pictures(page) == []
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0


def moved(strokes, by):
    return [[[x + by, y] for x, y in stroke] for stroke in strokes]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_both_themes(page, scheme):
    draw(page, strokes_of("5, its bar apart"))
    page.emulate_media(color_scheme=scheme)
    page.locator(f"body[data-jp-theme-light={'true' if scheme == 'light' else 'false'}]").wait_for(
        state="attached"
    )
    keep(page, f"{scheme}-5")
    for part in ("output", ".row .percent", "button", "label", "figcaption"):
        colours = page.locator(f".lenet-pad {part}").first.evaluate(COLOURS)
        assert contrast(*colours) > 4.5, part


def contrast(*colours):
    """Contrast ratio of two CSS colours, 1 to 21: WCAG 2.2."""
    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    shares = [float(number) / 255 for number in re.findall(r"[\d.]+", colour)[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
