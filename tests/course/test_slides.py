"""Slides: what is chosen by tags, at most twenty a chapter, read in a browser without a network."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.project import ToolError, notebook_paths
from course.workshop.notes import HEAD
from course.workshop.slides import MOST, Slide, deck, key_lines, slides

SLIDE, NOTE = {"tags": ["slide"]}, {"tags": ["instructor"]}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
OPENING = "# Chapter 1 · Dots\n\nIn this chapter you will\n\n- draw 1<!-- n --> dot,\n- look."
CLOSING = "## What you saw\n\n- A dot.\n\n**Next:** [Chapter 2](02_b.ipynb)"


def drawn(**metadata):
    picture = new_output("display_data", {"image/png": DOT})
    picture.metadata = {"image/png": {"alt": 'a "dot"'}}
    return new_code_cell("draw()", outputs=[picture], metadata=metadata)


def chapter(*cells):
    opening, closing = new_markdown_cell(OPENING), new_markdown_cell(CLOSING)
    return new_notebook(cells=[opening, *cells, closing])


def test_slides_are_what_is_tagged_between_objectives_and_closing():
    cells = [
        new_markdown_cell("## How it looks\n\nRun it."),
        drawn(),
        new_markdown_cell("Not this one."),
        drawn(**SLIDE),
        new_markdown_cell("It is 1<!-- n --> dot. And small. And grey.", metadata=SLIDE),
        new_markdown_cell("## Why\n\n*(easy, 3 min)*\n\nBecause.", metadata=SLIDE),
        new_markdown_cell(f"{HEAD}\n\nAsk for 2<!-- m --> reasons.", metadata=NOTE),
    ]
    first, figure, words, last = slides(chapter(*cells))
    assert first.text == "- draw 1 dot,\n- look."
    assert (figure.heading, figure.text) == ("How it looks", "It is 1 dot. And small.")
    assert figure.shown == f'<img src="data:image/png;base64,{DOT}" alt="a &quot;dot&quot;">'
    assert words == Slide("Why", "Because.", "", ["Ask for 2 reasons."])
    assert last == Slide("What you saw", "- A dot.")


@pytest.mark.parametrize("text, tags", [("Look.\n\n", {}), ("", {}), ("", SLIDE)])
def test_a_question_comes_on_a_slide_before_its_answer(text, tags):
    asking = new_markdown_cell(f"{text}**Before you run the cells:** how many?", metadata=tags)
    found = slides(chapter(asking, drawn(), drawn(**SLIDE), drawn(**SLIDE)))
    assert [slide.text[-8:] for slide in found[1:-1]] == ["ow many?", "", ""]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("## A\n\nOne line.\n\nAnother.", "One line."),
        ("One. Two. Three.", "One. Two."),
        ("- a\n- b\n  more\n- c\n- d\n- e\n- f", "- a\n- b\n  more\n- c\n- d\n- e"),
        ("<details>x</details>\n\nAbout 1.5 of it. So.", "About 1.5 of it. So."),
        ("## Only a heading", ""),
    ],
)
def test_key_lines(text, expected):
    assert key_lines(text) == expected


def test_code_can_be_a_slide():
    code = new_code_cell("x = [1 < 2]", metadata={"tags": ["slide-code"]})
    assert slides(chapter(code))[1].shown == "<pre>x = [1 &lt; 2]</pre>"


def test_too_many_slides_or_one_that_shows_nothing_are_an_error():
    silent = new_code_cell("x = 1", metadata=SLIDE)
    with pytest.raises(ToolError, match=f"{silent.id}.* shows nothing"):
        slides(chapter(silent))
    with pytest.raises(ToolError, match=f"'Chapter 1 · Dots' has {MOST + 1} slides, more than"):
        slides(chapter(*(drawn(**SLIDE) for _ in range(MOST - 1))))


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_each_chapter_has_at_most_twenty_slides_without_a_network(path):
    pytest.importorskip("sphinx_book_theme", reason="needs pip install -r requirements-site.txt")
    found = slides(nbformat.read(path, as_version=4))
    page = deck(found)
    assert 2 <= len(found) <= MOST
    assert page.count("<section>") == len(found)
    assert "<!-- " not in page.replace("<!-- -->", "")
    targets = re.findall(r'(?:src|href)="([^"]*)"', page.partition("<script>")[0])
    assert all(target.startswith(("data:", "#")) or ".ipynb" in target for target in targets)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_deck_is_turned_by_keys_and_shows_notes(browser, tmp_path, width):
    rich = new_markdown_cell(r"The sum is $\sum_i a_i$.", metadata=SLIDE)
    plain, note = new_markdown_cell("Go on."), new_markdown_cell(f"{HEAD}\n\nAsk.", metadata=NOTE)
    cells = [drawn(**SLIDE), plain, rich, note]
    (tmp_path / "deck.html").write_text(deck(slides(chapter(*cells))), encoding="utf-8")
    page, asked = browser.new_page(viewport={"width": width, "height": 720}), []
    page.on("request", lambda one: asked.append(one.url))
    page.goto((tmp_path / "deck.html").as_uri())
    page.locator("mjx-container").first.wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for key, heading in [("ArrowRight", "img"), (" ", "mjx-container"), ("End", "text=A dot.")]:
        page.keyboard.press(key)
        page.wait_for_function("scrollY % innerHeight == 0")
        box = page.locator(heading).last.bounding_box()
        assert 0 <= box["y"] < 720
    page.keyboard.press("ArrowLeft")
    assert not page.get_by_text("Ask.").is_visible()
    page.keyboard.press("n")
    assert page.get_by_text("Ask.").is_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()
