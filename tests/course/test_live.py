"""The live page: the same normalisation and the same networks as in Python, in a real browser."""

import base64
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from course.project import BUILD, NOTEBOOKS
from course.website.live.export import CHOICES, SOURCES, describe_network, write_live
from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.handwriting.pad import SCRIBBLE
from lenet_helpers.handwriting.strokes import (
    HandwritingError,
    MostlyInkError,
    example_strokes,
    normalise,
    render,
    squeeze,
)
from lenet_helpers.preprocessing import to_model_input, to_paper_input
from tests.contrast import contrast

SCREENSHOTS = BUILD / "live-screenshots"
STROKES = {name: strokes for name, _, strokes in example_strokes()}
NAMES = [choice.checkpoint for choice in CHOICES]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WIDTHS = (320, 390, 700, 768, 1180, 1280, 1920, 2560)
CLOSE = 1e-5
LIGHT = 200_000  # bytes of the page without weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of the live page, where the website would have it."""
    site = tmp_path_factory.mktemp("site")
    (site / "_static").mkdir()
    (site / "_static/icon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    write_live(site / "live")
    return site / "live"


@pytest.fixture(scope="module")
def models():
    return {name: load_checkpoint(name) for name in NAMES}


@pytest.fixture(scope="module")
def digits():
    """Return 200 test images: (200, 28, 28) uint8."""
    return load_mnist().x_test[:200]


def watched(browser, folder):
    """Yield a function that opens the page from the disk; whatever went wrong fails at the end."""
    pages, problems = [], []

    def open_page(viewport=DESK, address="", expected=(), **context):
        context = {"reduced_motion": "reduce", "color_scheme": "light"} | context
        page = browser.new_context(viewport=viewport, **context).new_page()
        pages.append(page)

        def note(text):
            if not any(word in text for word in expected):
                problems.append(text)

        page.on("console", lambda said: said.type == "error" and note(said.text))
        page.on("pageerror", lambda error: note(str(error)))
        page.on("request", lambda asked: asked.url.startswith("file:") or note(asked.url))
        page.goto((folder / "index.html").as_uri() + address)
        page.wait_for_function("network || problem")
        settle(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert problems == []


@pytest.fixture
def opened(browser, folder):
    """Return a function that opens the page, in whatever way a test needs it."""
    yield from watched(browser, folder)


@pytest.fixture
def page(opened):
    return opened()


@pytest.fixture(scope="module")
def calculator(browser, folder):
    """Return one page for all tests that only call its functions."""
    pages = watched(browser, folder)
    yield next(pages)()
    next(pages, None)


def settle(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def choose(page, name):
    page.locator("#networks input").nth(NAMES.index(name)).check()
    page.wait_for_function("name => choice.checkpoint === name && network", arg=name)
    settle(page)


def said(page):
    return page.locator("#message").inner_text()


def keep(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def draw(page, strokes):
    """Draw with the mouse, in the units of the pad."""
    canvas = page.locator("#pad canvas")
    box = canvas.bounding_box()
    for stroke in strokes:
        at = [
            (box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280)
            for x, y in stroke
        ]
        page.mouse.move(*at[0])
        page.mouse.down()
        for point in at[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    settle(page)


# --- the same numbers --------------------------------------------------------------------------


def keras_outputs(model, images):
    """What each layer of the page puts out in Keras: list of (N, height, width, maps)."""
    values = (to_paper_input if model.input_shape[1] == 32 else to_model_input)(images)
    outputs = {}
    for layer in model.layers:
        values = layer(values)
        outputs[layer.name] = np.asarray(values)
    return [outputs[layer["keras"]] for layer in describe_network(model)["layers"]]


def page_outputs(page, images, first=0):
    """What each layer from the first on puts out on the page: list of (N, values)."""
    script = """({ images, first }) => JSON.stringify(images.map((image) => {
      const outputs = outputsOf(network, networkInput(network, decoded(image)));
      return outputs.slice(first).map((values) => [...values]);
    }))"""
    given = {"images": [packed(image) for image in images], "first": first}
    return [
        np.array(layer) for layer in zip(*json.loads(page.evaluate(script, given)), strict=True)
    ]


def packed(pixels):
    return base64.b64encode(pixels.tobytes()).decode()


def furthest(found, expected):
    """The largest difference, where a value is large as a share of it."""
    expected = expected.reshape(found.shape)
    return (np.abs(found - expected) / np.maximum(1, np.abs(expected))).max()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_computes_what_keras_computes(calculator, models, digits, name, capsys):
    choose(calculator, name)
    expected = keras_outputs(models[name], digits)
    answers = furthest(page_outputs(calculator, digits, first=-1)[0], expected[-1])
    layers = zip(page_outputs(calculator, digits[:10]), expected, strict=True)
    maps = max(furthest(found, one[:10]) for found, one in layers)
    with capsys.disabled():
        print(f"\n{name}: answers to 200 digits within {answers:.1e}, maps of 10 within {maps:.1e}")
    assert max(answers, maps) < CLOSE


@pytest.mark.parametrize("name", NAMES)
def test_a_sum_that_is_shown_is_the_value_that_is_shown(calculator, name):
    choose(calculator, name)
    differences = calculator.evaluate(
        """() => network.layers.map((layer, at) => {
          const [height, width, maps] = layer.shape;
          const last = [height - 1, width - 1, maps - 1];
          const units = [[0, 0, 0], last, last.map((one) => one >> 1)];
          return Math.max(...units.map(([y, x, map]) => {
            const { moved, steps } = explain(network, input, outputs, at, { y, x, map });
            const value = outputs[at][(y * width + x) * maps + map];
            return Math.abs((steps.at(-1)?.result ?? moved) - value) / Math.max(1, Math.abs(value));
          }));
        })"""
    )
    assert max(differences) < CLOSE


def test_what_a_value_follows_from_is_all_that_changes_it(calculator):
    """Change each pixel of the input: exactly those in the receptive field move the value."""
    choose(calculator, NAMES[0])
    outside, inside = calculator.evaluate(
        """() => {
          const unit = { y: 2, x: 4, map: 3 };
          const { box } = receptiveField(network, 2, unit).at(-1);
          const noise = Float32Array.from(input, (_, i) => Math.sin(i * i));
          const place = (unit.y * 8 + unit.x) * 16 + unit.map;
          const value = (given) => outputsOf(network, given)[2][place];
          const moves = (i) => {
            const changed = noise.slice();
            changed[i] += 1;
            return value(changed) !== value(noise);
          };
          const isInside = (i) => {
            const [row, column] = [Math.floor(i / 28), i % 28];
            return row >= box.top && row < box.bottom && column >= box.left && column < box.right;
          };
          const all = [...input.keys()];
          const count = (some) => [some.filter(moves).length, some.length];
          return [count(all.filter((i) => !isInside(i))), count(all.filter(isInside))];
        }"""
    )
    assert outside[0] == 0
    assert inside[0] == inside[1] == 14 * 14


# --- the same normalisation --------------------------------------------------------------------


JS_NORMALISE = """({ height, width, pixels, name }) => {
  const image = { height, width, pixels: decoded(pixels) };
  try {
    const made = name === "squeeze" ? squeeze(image, rules) : normalise(image, rules).centred;
    return [...made.pixels];
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    return sentence(refusal.word, refusal.values);
  }
}"""


def normalised_on_page(page, image, name="normalise"):
    height, width = image.shape
    given = {"height": height, "width": width, "pixels": packed(image), "name": name}
    made = page.evaluate(JS_NORMALISE, given)
    return made if isinstance(made, str) else np.array(made).reshape(28, 28)


def test_strokes_are_drawn_as_in_python(calculator):
    for strokes in STROKES.values():
        pixels = calculator.evaluate("strokes => render(strokes, rules).pixels.join()", strokes)
        drawn = np.array(pixels.split(","), int).reshape(280, 280)
        assert np.abs(drawn - render(strokes)).max() <= 1


def normalised_in_python(image, name="normalise"):
    try:
        return normalise(image).centred if name == "normalise" else squeeze(image)
    except MostlyInkError:
        return SCRIBBLE
    except HandwritingError as error:
        return str(error)


def test_images_are_normalised_as_in_python(calculator, digits, capsys):
    enlarged = [np.asarray(Image.fromarray(image).resize((200, 200))) for image in digits[:100]]
    images = [*(render(strokes) for strokes in STROKES.values()), *enlarged]
    for name in ("normalise", "squeeze"):
        pairs = [
            (normalised_on_page(calculator, image, name), normalised_in_python(image, name))
            for image in images
        ]
        differences = np.array([np.abs(one - other.astype(int)) for one, other in pairs])
        with capsys.disabled():
            print(
                f"\n{name}: {len(images)} images, at most {differences.max()} grey level(s) apart,"
            )
            print(f"  {np.mean(differences > 0):.2%} of the pixels differ")
        assert differences.max() <= 1


TWO_DIGITS = [*([[x - 150, y] for x, y in stroke] for stroke in STROKES["1"]), *STROKES["0"]]
ODD = {
    "nothing": np.zeros((280, 280), np.uint8),
    "all ink": np.full((280, 280), 255, np.uint8),
    "a dot": render([[(140, 140)]]),
    "beyond the canvas": render([[(-90, -90), (-80, -80)]]),
    "two digits": render(TWO_DIGITS),
    "three digits": np.hstack([render(STROKES[name]) for name in "147"]),
    "its bar apart": render(STROKES["5, its bar apart"]),
    "a dash": render([[(60, 140), (220, 140)]]),
    "in a frame": render([[(20, 20), (260, 20), (260, 260), (20, 260), (20, 20)], *STROKES["1"]]),
    "underlined": render([*STROKES["0"], [(90, 265), (190, 265)]]),
    "a blot": render([[(120, 120), (140, 120)], [(120, 140), (140, 140)]]),
    "far apart and small": render([[(100, 60), (100, 220)], [(200, 190), (200, 220)]]),
    "a speck": render([[(100, 60), (100, 220)]]) + render([[(240, 240)]], pen=4),
}
READ = ("its bar apart", "far apart and small", "a speck")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("step", ["normalise", "squeeze"])
def test_odd_drawings_are_refused_or_read_as_in_python(calculator, name, step):
    found = normalised_on_page(calculator, ODD[name], step)
    expected = normalised_in_python(ODD[name], step)
    assert isinstance(found, str) is (name not in READ)
    if name not in READ:
        assert found == expected
    else:
        assert np.abs(found - expected.astype(int)).max() <= 1


def scribbles(n):
    """Draw n times one to three strokes at random places, some of them short, straight or round."""
    random = np.random.default_rng(0)
    for _ in range(n):
        size = random.choice([20, 100, 240])
        strokes = []
        for _ in range(random.integers(1, 4)):
            points = random.uniform(20, 260, 2) + random.uniform(-size, size, (4, 2)) / 2
            strokes.append([*points, points[0]] if random.random() < 0.3 else points[:2])
        yield render(strokes)


def test_scribbles_are_refused_or_read_as_in_python(calculator):
    refusals = set()
    for image in scribbles(60):
        found, expected = normalised_on_page(calculator, image), normalised_in_python(image)
        assert isinstance(found, str) is isinstance(expected, str)
        if isinstance(expected, str):
            assert found == expected
            refusals.add(expected)
        else:
            assert np.abs(found - expected.astype(int)).max() <= 1
    assert len(refusals) >= 4


# --- drawn on, with mouse, finger and keys -----------------------------------------------------


def test_a_digit_is_drawn_with_the_mouse_and_read(page):
    page.locator("#clear").click()
    draw(page, STROKES["3"])
    assert re.fullmatch(r"Read as 3, \d+\.\d % sure\.", said(page))
    assert page.locator("#bars .best").inner_text().startswith("3")
    spoken = page.locator("#spoken").inner_text()
    assert re.fullmatch(r"Read as 3, \d+ per cent; second \d, \d+", spoken)
    names = page.locator("#steps figcaption").all_inner_texts()
    assert names == ["drawn", "cropped", "sized to fit 20\xa0×\xa020", "centred by mass"]
    keep(page, "desk")


def test_the_answer_comes_while_the_stroke_grows(page):
    page.locator("#clear").click()
    settle(page)
    assert said(page) == "Draw a digit from 0 to 9."
    box = page.locator("#pad canvas").bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 200)
    settle(page)
    assert said(page).startswith("Read as ")
    page.mouse.up()


def test_a_finger_draws_and_taps_on_a_phone(opened):
    page = opened(PHONE, has_touch=True, is_mobile=True)
    page.locator("#clear").tap()
    page.wait_for_function("!drawing.strokes.length")  # a tap is a click only somewhat later
    canvas = page.locator("#pad canvas")
    box = canvas.bounding_box()
    touch = page.context.new_cdp_session(page)
    for stroke in STROKES["3"]:
        for i, (x, y) in enumerate(stroke):
            point = {
                "x": box["x"] + x * box["width"] / 280,
                "y": box["y"] + y * box["height"] / 280,
            }
            kind = "touchMove" if i else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(page)
    keep(page, "phone")
    assert said(page).startswith("Read as 3")
    assert page.evaluate("scrollY") == 0
    assert not page.locator("#sum").is_visible()
    page.locator("#layers .maps").nth(2).locator("canvas").nth(4).tap()
    page.locator("#sum.open").wait_for()
    assert page.locator("#sum h2").inner_text().startswith("C3, map 4")
    keep(page, "phone-sum")
    page.locator("#sum .close").tap()
    page.locator("#sum").wait_for(state="hidden")


def test_pointing_at_a_value_shows_its_sum(page):
    canvas = page.locator("#layers .maps").nth(2).locator("canvas").nth(5)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 3.5 / 8, box["y"] + box["height"] * 2.5 / 8)
    panel = page.locator("#sum")
    assert panel.locator("h2").inner_text() == "C3, map 5, row 2, column 3"
    assert panel.locator(".numbers").count() == 3
    assert panel.locator(".chips button").count() == 6
    value = page.evaluate("outputs[2][(2 * 8 + 3) * 16 + 5]")
    assert panel.locator(".result td").inner_text() == f"{value:.3f}".replace("-", "−")
    windows = page.locator("#layers .maps").nth(1).locator(".frame.window:visible")
    assert windows.count() == 6
    assert page.locator("#pad .frame").is_visible()
    keep(page, "desk-sum")


def test_a_click_keeps_a_value_and_escape_lets_go(page):
    first, second = (page.locator("#layers .maps").nth(at).locator("canvas").first for at in (0, 1))
    first.click()
    second.hover()
    assert page.locator("#sum h2").inner_text().startswith("C1")
    page.keyboard.press("Escape")
    second.hover(position={"x": 5, "y": 5})
    assert page.locator("#sum h2").inner_text().startswith("S2")


def test_everything_is_reached_with_keys(page):
    page.locator("#digits button").first.focus()
    page.keyboard.press("Enter")
    settle(page)
    assert said(page).startswith("Read as 0")
    page.locator("#networks input:checked").focus()
    for key in ["Tab", "Tab"]:  # the link to the chapter, then the first layer
        page.keyboard.press(key)
    title = page.locator("#sum h2")
    assert title.inner_text() == "C1, map 2, row 9, column 14"
    for key in ["PageDown", "ArrowRight", "ArrowDown"]:
        page.keyboard.press(key)
    assert title.inner_text() == "C1, map 3, row 10, column 15"
    assert re.fullmatch(
        r"C1, map 3, row 10, column 15: −?\d\.\d+", page.locator("#spoken").inner_text()
    )
    page.keyboard.press("Tab")
    assert title.inner_text() == "S2, map 0, row 0, column 0"
    keep(page, "keys")


def test_what_cannot_be_drawn_on_has_a_name(page):
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, [role=img], [role=application]")]
          .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.closest("label")))
          .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


def test_the_normalisation_can_be_left_out(page):
    page.locator("#clear").click()
    draw(page, [[[x / 2, y / 2] for x, y in stroke] for stroke in STROKES["0"]])
    with_it = page.evaluate("[...input]")
    page.locator("#leave-out").check()
    settle(page)
    assert page.locator("#steps figcaption").all_inner_texts() == [
        "drawn",
        "squeezed to 28\xa0×\xa028",
    ]
    assert page.evaluate("[...input]") != with_it


def test_two_digits_are_refused_and_the_drawing_stays(page):
    page.locator("#clear").click()
    draw(page, TWO_DIGITS)
    assert said(page).startswith("This looks like 2 digits")
    assert page.locator("#spoken").inner_text() == said(page)
    assert page.locator("#steps figure").count() == 0
    assert len(page.evaluate("drawing.strokes")) == len(TWO_DIGITS)
    keep(page, "two")


@pytest.mark.parametrize("name", NAMES)
def test_each_network_is_chosen_and_reads(page, name):
    choose(page, name)
    assert said(page).startswith("Read as 7")
    marked = page.locator("#digits .misread").all_inner_texts()
    assert all(re.fullmatch(r"\d as \d", text) for text in marked)
    keep(page, name)


def test_one_of_the_ten_digits_is_misread_if_any_is(page, models):
    digits = load_mnist()
    from lenet_helpers.training import predict

    wrong = predict(models[NAMES[0]], digits.x_test).argmax(1) != digits.y_test
    assert page.locator("#digits .misread").count() == int(wrong.any())
    assert page.evaluate("starts.labels") == list(range(10))


def test_a_test_digit_is_read_as_it_is_and_can_be_drawn_on(page):
    page.locator("#digits button").nth(1).click()
    settle(page)
    place = page.evaluate("starts.places[1]")
    np.testing.assert_allclose(
        page.evaluate("[...input]"), load_mnist().x_test[place].ravel() / 255, atol=1e-7
    )
    before = said(page)
    assert before.startswith("Read as 1")
    draw(page, [[[60, 60], [220, 60]]])
    assert page.locator("#steps figcaption").first.inner_text() == "drawn"
    assert said(page) != before


def test_glyphs_stand_beside_f6(page):
    choose(page, "lenet5_1998")
    f6 = page.locator("#layers .maps.drawn canvas")
    assert f6.evaluate("one => [one.height, one.width]") == [12, 7]
    tiles = page.locator("#layers .tiles .caption span").all_inner_texts()
    distances = page.evaluate("[...outputs.at(-1)]")
    assert [int(text) for text in tiles] == [round(distance) for distance in distances]
    best = int(np.argmin(distances))
    assert page.locator("#layers .tile.best b").inner_text() == str(best)


# --- whatever is missing, wherever it is read --------------------------------------------------


@pytest.mark.parametrize("damage", ["missing", "cut off", "changed"])
def test_weights_that_are_missing_or_damaged_are_said(opened, folder, tmp_path, damage):
    path = folder / "networks/lenet5_1998.js"
    kept = shutil.copy(path, tmp_path)
    try:
        text = path.read_text()
        if damage == "missing":
            path.unlink()
        elif damage == "cut off":
            path.write_text(text[: len(text) // 2])
        else:
            middle = text.index('"values": "') + 1000
            letter = "B" if text[middle] == "A" else "A"
            path.write_text(text[:middle] + letter + text[middle + 1 :])
        page = opened(expected=["ERR_FILE_NOT_FOUND", "Invalid or unexpected token"])
        strokes = page.evaluate("drawing.strokes")
        page.locator("#networks input").nth(1).check()
        page.wait_for_function("problem")
        assert said(page).startswith("The weights of this network are missing or damaged")
        assert page.evaluate("drawing.strokes") == strokes
        assert page.locator("#steps figure").count() == 4
        choose(page, NAMES[0])
        assert said(page).startswith("Read as 7")
    finally:
        shutil.copy(kept, path)


def test_the_page_is_light(folder, capsys):
    page = sum(path.stat().st_size for path in folder.glob("*.*"))
    weights = {path.stem: path.stat().st_size for path in (folder / "networks").iterdir()}
    with capsys.disabled():
        print(f"\nthe page: {page / 1000:.0f} kB; weights:", end=" ")
        print(*(f"{name} {size / 1000:.0f} kB" for name, size in weights.items()), sep=", ")
    assert page < LIGHT


@pytest.mark.parametrize("name", NAMES)
def test_how_long_an_update_takes_is_said(calculator, name, capsys):
    choose(calculator, name)
    times = calculator.evaluate(
        """() => {
          const [stroke] = DATA.opening;
          return range(stroke.length - 1).map((i) => {
            drawing.strokes = [stroke.slice(0, i + 2), ...DATA.opening.slice(1)];
            const begun = performance.now();
            update();
            return performance.now() - begun;
          });
        }"""
    )
    with capsys.disabled():
        print(f"\n{name}: {np.median(times):.1f} ms an update (median), {min(times):.1f} at best")
    assert times


def test_the_page_fits_every_screen(page):
    for name in NAMES:
        choose(page, name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            keep(page, f"{name}-{width}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_both_themes(opened, scheme):
    page = opened(color_scheme=scheme)
    keep(page, scheme)
    for part in ("#message", ".note", "figcaption", "#sum td", ".layer h3 span", "a", "button"):
        assert contrast(page.locator(part).first) > 4.5, part


def test_the_first_drawing_moves_only_for_who_wants_it(opened):
    points = sum(map(len, STROKES["7"]))
    for motion, at_once in [("reduce", points), ("no-preference", 1)]:
        page = opened(reduced_motion=motion)
        begin = "() => (drawOpening(), drawing.strokes.flat().length)"
        assert page.evaluate(begin) == at_once
        page.wait_for_function("points => drawing.strokes.flat().length === points", arg=points)


def test_the_home_page_hands_its_drawing_over(opened):
    small = opened({"width": 700, "height": 420}, "?small")
    assert not small.locator("#way").is_visible()
    small.locator("#clear").click()
    draw(small, STROKES["3"])
    keep(small, "small")
    strokes = small.evaluate("drawing.strokes")
    address = small.locator("#more").get_attribute("href")
    page = opened(address=address.removeprefix("index.html"))
    assert page.evaluate("drawing.strokes") == strokes
    assert said(page).startswith("Read as 3")


@pytest.mark.parametrize("address", ["#7", "#[[[1,null]]]", "#%E0", "#[[]]"])
def test_an_address_without_strokes_is_ignored(opened, address):
    assert opened(address=address).evaluate("drawing.strokes") == STROKES["7"]


def test_colours_are_those_of_the_figures(calculator):
    from lenet_helpers.plots.style import BLUE, ORANGE

    for name, colour in [("--blue", BLUE), ("--orange", ORANGE)]:
        expected = "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        style = calculator.evaluate(f"getComputedStyle(document.body).getPropertyValue('{name}')")
        assert style == expected
    assert calculator.evaluate("[cssOf(signed(-1, 1)), cssOf(signed(1, 1))]") == [
        "rgb({} {} {})".format(*(round(255 * part) for part in colour)) for colour in (BLUE, ORANGE)
    ]


# --- what is exported --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_weight_is_exported_once(models, name):
    description = describe_network(models[name])
    values = np.frombuffer(base64.b64decode(description["values"]), "<f4")
    kernel = np.asarray(models[name].layers[0].kernel)
    np.testing.assert_array_equal(values[: kernel.size], kernel.ravel())
    json.dumps(description)


def test_a_layer_that_the_page_does_not_know_is_refused():
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.UpSampling2D(name="up")])
    with pytest.raises(ValueError, match="no UpSampling2D, the kind of up"):
        describe_network(model)


def test_each_chapter_that_is_named_exists():
    assert [
        choice.chapter
        for choice in CHOICES
        if not (NOTEBOOKS / f"{choice.chapter}.ipynb").is_file()
    ] == []


def test_no_number_of_a_network_is_typed_in():
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert not re.search(r"1\.7159|34[,.]?6\d\d|60[,.]?\d00\b|98\.\d", text)
