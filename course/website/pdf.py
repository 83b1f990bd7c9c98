"""The whole course as one PDF: what the browser prints of the website's chapters on one page."""

import shutil

from course.project import BUILD, ToolError
from course.website.site import run_sphinx, write_sources
from lenet_helpers.files import replaced

SOURCES, PAGE = BUILD / "pdf-sources", BUILD / "pdf-page"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
TITLE = "# LeNet-5 on MNIST, step by step\n\nA course of notebooks, printed.\n"
PAGE_NUMBER = """<div style="font-size: 8pt; width: 100%; text-align: center">
<span class="pageNumber"></span></div>"""
STYLE = """
/* Here a chapter is what a section is on its own page, and begins a new one. */
.bd-article :is(h2, h3, h4) { white-space: break-spaces; } /* or bookmarks lose spaces */
.bd-article h3 { font-size: 1.5rem; font-weight: 700; }
.bd-article h4 { font-size: 1.2rem; font-weight: 500; }
[id^="document-notebooks"] { break-before: page; display: block; }
[id^="document-notebooks"] + p { display: none; } /* its links to Colab */
"""
SECONDS = 120


def browser_path():
    """Return where Chromium, or Chrome, is installed: str. Raises ToolError if it is not."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise ToolError("A PDF needs Chromium or Chrome, and there is none: apt-get install chromium.")


def print_course(path):
    """Write the chapters, in reading order, into one PDF with bookmarks and page numbers.

    What is folded on the website is left out: solutions, hints, what checks say.
    Raises ToolError if Sphinx warns of anything or there is no browser.
    """
    browser = browser_path()
    for folder in (SOURCES, PAGE):
        shutil.rmtree(folder, ignore_errors=True)
    write_sources(SOURCES, TITLE)
    run_sphinx(SOURCES, PAGE, "singlehtml")
    content = print_page(browser, (PAGE / "index.html").as_uri())
    with replaced(path) as file:
        file.write(content)


def print_page(browser, address):
    """Return the PDF, as bytes, that a browser prints of a page on A4.

    browser: str, path of the program.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--disable-gpu"])
        page = chromium.new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.goto(address, wait_until="load")
        page.add_style_tag(content=STYLE)
        page.evaluate("window.MathJax?.startup?.promise")
        return page.pdf(
            format="A4",
            outline=True,
            tagged=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=PAGE_NUMBER,
            margin={"top": "15mm", "bottom": "18mm", "left": "15mm", "right": "15mm"},
        )
