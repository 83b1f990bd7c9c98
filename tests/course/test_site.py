"""The website: built strictly, whole, and read in a browser at two widths, without a network."""

import functools
import html
import http.server
import re
import subprocess
import sys
import threading

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.execute import read_notebook
from course.project import BUILD, NOTEBOOKS, ROOT, ToolError, notebook_paths
from course.texts import RELEASE
from course.website import site as website
from course.website.glossary import glossary_page, link_terms, terms
from course.website.pdf import print_course
from course.website.site import PDF, SITE, broken_links, web_notebook, web_text
from course.workshop.learner import title
from course.workshop.notes import HEAD, without_notes
from tests.conftest import CHROMIUM

ADDRESS = "https://github.com/some/where"
SCREENSHOTS = BUILD / "site-screenshots"
CHAPTERS = [f"notebooks/{path.stem}.html" for path in notebook_paths()]
PAGES = [("desk", name) for name in ("index.html", *CHAPTERS)]
PAGES += [("phone", name) for name in ("index.html", CHAPTERS[0], CHAPTERS[-1])]
WIDTHS = {"desk": 1280, "phone": 390}
A4 = 680  # pixels between its margins


# --- what is written for Sphinx ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("[next](02_preprocess.ipynb)", "[next](02_preprocess.ipynb)"),
        ("[next](02_preprocess.ipynb#scale)", "[next](02_preprocess.ipynb#scale)"),
        ("[list](../README.md)", "[list](../index.md)"),
        ("[list](../README.md#chapters)", "[list](../index.md#chapters)"),
        ("![net](../figures/03_network.png)", "![net](../figures/03_network.png)"),
        ("[terms](../LICENSE)", f"[terms]({ADDRESS}/blob/main/LICENSE)"),
        ("[elsewhere](https://example.org/a)", "[elsewhere](https://example.org/a)"),
        ("[here](#top)", "[here](#top)"),
        ("[a pad](https://a.io/b/live/index.html)", '<a href="../live/index.html">a pad</a>'),
        ("`layers[0](x)`", "`layers[0](x)`"),
        ("```\nlayers[0](x)\n```", "```\nlayers[0](x)\n```"),
        ("[![Open In Colab](https://a/b.svg)](https://c/d)", "[Open in Colab](https://c/d)"),
        ("1.4<!--05.a--> %, not 2 %.", "1.4<!--05.a-->\xa0%, not 2\xa0%."),
    ],
)
def test_links_lead_to_pages_or_to_the_repository(text, expected):
    assert web_text(text, NOTEBOOKS, ADDRESS) == expected


def picture(alt):
    data, metadata = {"image/png": "iVBORw0KGgo="}, {"image/png": {"alt": alt}}
    return new_output("display_data", data, metadata=metadata)


def test_cells_say_in_myst_s_words_what_they_carry():
    folded = {"tags": ["solution"], "jupyter": {"source_hidden": True}}
    cells = [
        new_markdown_cell("[list](../README.md)"),
        new_code_cell("show()", outputs=[picture("a nine")]),
        new_code_cell("answer = 1", metadata=folded),
    ]
    cells.append(new_markdown_cell("Wait here.", metadata={"tags": ["instructor"]}))
    cells.append(new_code_cell("import sys", metadata={"tags": ["setup"]}))
    said = {"tags": ["check"], "jupyter": {"outputs_hidden": True}}
    cells.append(new_code_cell("check()", metadata=said))
    notebook = web_notebook(new_notebook(cells=cells), NOTEBOOKS, ADDRESS)
    text, shown, hidden, setup, check = notebook.cells
    assert text.source == "[list](../index.md)"
    assert shown.metadata == {"mystnb": {"image": {"alt": "a nine"}}}
    assert hidden.metadata["tags"] == ["solution", "hide-input"]
    assert hidden.metadata["mystnb"]["code_prompt_show"] == "Solution"
    assert setup.metadata["tags"] == ["setup", "hide-input"]
    assert check.metadata["tags"] == ["check", "hide-output"]
    assert check.metadata["mystnb"]["code_prompt_show"] == "What the check says"


def test_a_page_leads_to_both_versions_in_colab():
    address = "https://colab/blob/v1"
    text = f"[![Open In Colab](https://a/b.svg)]({address}/notebooks/01_a.ipynb)"
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    source = web_notebook(notebook, NOTEBOOKS, ADDRESS).cells[0].source
    assert f"]({address}/workshop/01_a.ipynb)" in source
    assert f"]({address}/notebooks/01_a.ipynb)" in source


def test_two_pictures_of_one_cell_are_refused():
    cell = new_code_cell("show(); show()", outputs=[picture("one"), picture("two")])
    with pytest.raises(ToolError, match=f"{cell.id}.* several pictures"):
        web_notebook(new_notebook(cells=[cell]), NOTEBOOKS, ADDRESS)


@pytest.mark.parametrize(
    "target, is_broken",
    [
        ("b.html", False),
        ("b.html?q=1#place", False),
        ("#here", False),
        ("sub/", True),
        ("c.html", True),
        ("b.html#nowhere", True),
        ("#nowhere", True),
        ("picture%20one.png", False),
        ("https://example.org/", False),
        ("mailto:a@example.org", False),
    ],
)
def test_a_broken_link_is_found(tmp_path, target, is_broken):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(f'<p id="here"><a href="{target}">a</a></p>')
    (tmp_path / "b.html").write_text('<p id="place">')
    (tmp_path / "picture one.png").touch()
    assert broken_links(tmp_path) == ([f"a.html: {target}"] if is_broken else [])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("An Epoch is", "An {term}`Epoch <epoch>` is"),
        ("epochs, then an epoch", "{term}`epochs <epoch>`, then an epoch"),
        ("the learning\nrate", "the {term}`learning rate <learning rate>`"),
        ("the rate of\nlearning", "the rate of\nlearning"),
        ("an epochal mini-epoch", "an epochal mini-epoch"),
        ("# Epochs\nan epoch", "# Epochs\nan {term}`epoch <epoch>`"),
        ("`epoch` and ```\nepoch\n```", "`epoch` and ```\nepoch\n```"),
        ("[an epoch](a.md) 1<!-- epoch > 0 -->", "[an epoch](a.md) 1<!-- epoch > 0 -->"),
        ("$epoch$ <i title='epoch'>", "$epoch$ <i title='epoch'>"),
    ],
)
def test_a_term_is_linked_where_a_chapter_first_uses_it(text, expected):
    cells = [new_markdown_cell(text), new_code_cell("epoch = 1")]
    used = link_terms(cells, ["epoch", "learning rate"])
    assert [cell.source for cell in cells] == [expected, "epoch = 1"]
    assert bool(used) == ("{term}" in expected)


def test_the_longer_term_wins_and_a_chapter_links_each_once():
    cells = [new_markdown_cell("Batch normalisation of a batch"), new_markdown_cell("a batch")]
    assert link_terms(cells, ["batch", "batch normalisation"]) == {"batch", "batch normalisation"}
    assert cells[0].source.count("{term}") == 2
    assert cells[1].source == "a batch"


def test_a_term_names_the_first_chapter_that_uses_it():
    used = {"02_a.ipynb": {"kernel"}, "10_b.ipynb": {"kernel", "loss"}}
    lines = glossary_page(used).splitlines()
    kernel, loss = lines.index("kernel"), lines.index("loss")
    assert "  First in [Chapter 2](notebooks/02_a.ipynb)." in lines[kernel : kernel + 4]
    assert "  First in [Chapter 10](notebooks/10_b.ipynb)." in lines[loss : loss + 4]


def test_every_term_of_the_glossary_is_in_a_chapter():
    used = [link_terms(read_cells(path), terms()) for path in notebook_paths()]
    assert set(terms()) - set().union(*used) == set()
    assert len(terms()) == len(set(terms())) > 0


def read_cells(path):
    return nbformat.read(path, as_version=4).cells


# --- what is built -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site():
    """Return the folder of the website, built anew from what is committed, with the PDF."""
    pytest.importorskip("sphinx_book_theme", reason="needs pip install -r requirements-site.txt")
    command = [sys.executable, "-m", "course", "site", *(["--pdf"] if CHROMIUM else [])]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return SITE


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_chapter_s_page_has_its_alternative_texts_and_its_notebook(site, path):
    page = html.unescape((site / f"notebooks/{path.stem}.html").read_text(encoding="utf-8"))
    assert [text for text in alternative_texts(path) if f'alt="{text}"' not in page] == []
    offered = without_notes(read_notebook(path))
    assert read_notebook(site / f"_sources/notebooks/{path.name}") == offered
    assert HEAD.strip("*") not in page
    assert f'href="../_sources/notebooks/{path.name}"' in page
    assert f"/blob/{RELEASE}/notebooks/{path.name}" in page


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
def test_the_course_is_one_pdf_with_every_chapter_in_its_outline(site):
    content = (site / PDF).read_bytes()
    for path in notebook_paths():
        heading = f"Chapter {int(path.name[:2])} · {title(nbformat.read(path, as_version=4))}"
        spelled = heading.encode("utf-16-be").hex().upper().encode()
        assert b"/Title <FEFF" + spelled + b">" in content
    assert len(re.findall(rb"/Type\s*/Page\b", content)) > 10 * len(CHAPTERS)
    assert f'href="{PDF}"' in (site / "index.html").read_text(encoding="utf-8")


def test_a_site_that_fails_leaves_the_one_that_was_there(tmp_path, monkeypatch):
    for name in ("SITE", "NEW", "SOURCES"):
        monkeypatch.setattr(website, name, tmp_path / name)
    (tmp_path / "SITE").mkdir()
    (tmp_path / "SITE/index.html").write_text("old")
    monkeypatch.setattr(website, "run_sphinx", lambda *_: (tmp_path / "NEW").mkdir())
    monkeypatch.setattr(website, "_offer_committed_notebooks", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        website.build_site()
    assert (tmp_path / "SITE/index.html").read_text() == "old"


def test_without_a_browser_no_pdf_is_printed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="needs Chromium or Chrome"):
        print_course(tmp_path / "course.pdf")
    assert list(tmp_path.iterdir()) == []


def alternative_texts(path):
    return [
        output.metadata["image/png"]["alt"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


# --- what a reader sees ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(site):
    """Return the address at which the website is served."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = functools.partial(Handler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(params=WIDTHS)
def page(browser, address, request):
    """Return an empty page of one width; whatever goes wrong in it fails the test."""
    problems, viewport = [], {"width": WIDTHS[request.param], "height": 800}
    page = browser.new_page(viewport=viewport, color_scheme="light")
    page.device = request.param
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda asked: problems.append(f"failed: {asked.url}"))
    page.on("request", lambda asked: is_local(asked.url, address) or problems.append(asked.url))
    page.on("response", lambda had: had.status < 400 or problems.append(f"missing: {had.url}"))
    yield page
    page.close()
    assert problems == []


def is_local(url, address):
    return url.startswith((address, "data:", "blob:"))


def keep(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{page.device}.png")


@pytest.mark.parametrize("page, name", PAGES, indirect=["page"])
def test_a_page_fits_its_screen_and_reports_no_error(page, address, name):
    page.goto(address + name, wait_until="networkidle")
    keep(page, name.removesuffix(".html").replace("/", "-"))
    assert page.locator("article h1").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[page.device]
    sizes = page.locator("article img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert sizes
    assert all(sizes)
    if page.device == "desk":  # on a phone, a long line of code is scrolled
        cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        assert page.locator(".cell_input pre").evaluate_all(cut) == 0


def test_solution_and_check_are_folded_and_what_it_says_is_not_cut_off(page, address):
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    assert page.locator(".cell_output :text-matches('^(Right|Not yet): '):visible").count() == 0
    for folded in page.get_by_text("What the check says", exact=True).all():
        folded.click()
    solution = page.locator(".tag_solution").first
    assert not solution.locator("pre").first.is_visible()
    solution.get_by_text("Solution", exact=True).first.click()
    assert solution.locator("pre").first.is_visible()
    said = page.locator(".tag_check .cell_output pre").all()
    assert all(one.evaluate("one => one.scrollWidth <= one.clientWidth") for one in said)


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_a_section_weighs_more_than_an_exercise(page, address):
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    weight = "one => Number(getComputedStyle(one).fontWeight)"
    section, exercise = (page.locator(f"article {name}").first for name in ("h2", "h3"))
    assert section.evaluate(weight) > exercise.evaluate(weight)


@pytest.mark.parametrize("page", ["phone"], indirect=True)
def test_a_tap_shows_a_figure_in_its_full_size(page, address):
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    figure = page.locator(".cell_output img").nth(1)
    assert figure.evaluate("one => one.naturalWidth") > WIDTHS["phone"]
    figure.click()
    whole = page.locator("dialog.whole-figure img")
    assert whole.bounding_box()["width"] == figure.evaluate("one => one.naturalWidth")
    assert whole.get_attribute("alt") == figure.get_attribute("alt")
    keep(page, "figure")
    whole.click()
    assert not whole.is_visible()


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_a_printed_page_is_white_and_cuts_nothing_off(page, address):
    page.emulate_media(color_scheme="dark")
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    assert sum(background(page)) < 150
    note = "window.printed = document.documentElement.dataset.theme"
    page.evaluate(f"addEventListener('beforeprint', () => {{ {note} }})")
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.evaluate("window.printed") == "light"
    assert sum(background(page)) < 150
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4, "height": 1000})
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.locator(".bd-article pre:visible").evaluate_all(cut) == 0
    torn = "all => all.filter(one => getComputedStyle(one).breakInside != 'avoid').length"
    assert page.locator(".bd-article :is(pre, img)").evaluate_all(torn) == 0
    assert page.locator(".bd-article details:visible").count() == 0


@pytest.mark.parametrize("page", ["desk"], indirect=True)
def test_equations_are_set_without_a_network(page, address):
    name = next(name for name in CHAPTERS if 'class="math' in (SITE / name).read_text("utf-8"))
    page.goto(address + name, wait_until="networkidle")
    equations = page.locator("article mjx-container")
    assert equations.count() > 0
    assert equations.first.bounding_box()["width"] > 0


@pytest.mark.parametrize(
    "page, word, title",
    [("desk", "softmax", "Chapter 3"), ("phone", "overfitting", "Glossary")],
    indirect=["page"],
)
def test_search_finds_a_word(page, address, word, title):
    page.goto(address, wait_until="networkidle")
    page.locator("button.search-button__button:visible").first.click()
    page.keyboard.type(word)
    keep(page, "search-dialog")
    page.keyboard.press("Enter")
    results = page.locator("ul.search > li a")
    results.first.wait_for()
    page.wait_for_load_state("networkidle")
    keep(page, "search-results")
    assert any(title in text for text in results.all_inner_texts())


def test_a_term_leads_to_its_meaning(page, address):
    page.goto(address + "notebooks/03_build.html", wait_until="networkidle")
    page.locator("a[href$='#term-receptive-field']").click()
    page.wait_for_url(f"{address}glossary.html#term-receptive-field")
    assert page.locator("dt#term-receptive-field + dd").is_visible()
    keep(page, "glossary")


def test_dark_mode_can_be_chosen(page, address):
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    light = background(page)
    page.locator("button.theme-switch-button:visible").click()
    page.locator("button.theme-change-button[data-mode=dark]").click()
    keep(page, "dark")
    frame = "one => getComputedStyle(one).padding"
    assert page.locator(".cell_output img").first.evaluate(frame) == "0px"
    assert sum(background(page)) < 150 < 600 < sum(light)


def background(page):
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def test_the_home_page_begins_with_the_page_that_reads_handwriting(page, address):
    page.goto(address, wait_until="networkidle")
    place = page.locator("iframe.live").bounding_box()
    assert place["y"] < page.locator("article section > p").first.bounding_box()["y"]
    pad = page.frame_locator("iframe.live")
    pad.get_by_text("Read as 7").first.wait_for()
    cut_off = "document.documentElement.scrollHeight > innerHeight"
    assert not page.frames[1].evaluate(cut_off)
    keep(page, "home")
    pad.get_by_text("See it layer by layer").click()
    page.locator("#layers .layer").first.wait_for()
    assert page.url.startswith(f"{address}live/index.html#")
    page.get_by_text("To the course").click()
    page.wait_for_url(f"{address}index.html")


def test_contents_previous_and_next_lead_on(page, address):
    page.goto(address + CHAPTERS[0], wait_until="networkidle")
    contents = page.locator("nav.bd-links a")
    assert contents.count() == len(CHAPTERS) + 1  # and the glossary
    page.locator("a.right-next").click()
    page.wait_for_url(address + CHAPTERS[1])
    page.locator("a.left-prev").click()
    page.wait_for_url(address + CHAPTERS[0])
