"""`python -m course site`: make web pages of the committed notebooks, running none."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

from course import texts
from course.execute import read_notebook, write_notebook
from course.project import (
    BUILD,
    FIGURES,
    HOME,
    NOTEBOOKS,
    README,
    ROOT,
    ToolError,
    notebook_paths,
    read_text,
    repository_address,
)
from course.results import alternative_texts, read_results
from course.website.glossary import GLOSSARY, glossary_page, link_terms, terms
from course.workshop.learner import times
from course.workshop.notes import without_notes

SETTINGS = ROOT / "course/website"
SITE = BUILD / "site"
NEW = BUILD / "site-new"  # takes its place when all of it is there
SOURCES = BUILD / "site-sources"
PDF = "lenet5-course.pdf"
PDF_LINE = f'- <a href="{PDF}">The whole course as one PDF</a>, to print or to read offline.'

BADGE_LINK = re.compile(r"\[!\[Open In Colab\]\([^)]*\)\]")
IN_COLAB = re.compile(r"^\[Open in Colab\]\((?P<release>\S+)/notebooks/(?P<name>\S+)\)")
BOTH_IN_COLAB = (
    r"[Learn in Colab](\g<release>/workshop/\g<name>), where nothing has run yet,"
    r" or [open this page in Colab](\g<release>/notebooks/\g<name>)"
)
PERCENT = re.compile(r"(?<=[\d>]) %")  # behind a number, or the tag of one
TARGET = r"(?<=\]\()(?P<path>[^)\s#]+)(?P<place>#[^)\s]*)?(?=\))"
CODE_OR_TARGET = re.compile(rf"```.*?```|`[^`\n]+`|{TARGET}", re.DOTALL)
CONTENTS = """
```{{toctree}}
:hidden:
:caption: Chapters

{}
```
"""
LIVE = """
<iframe class="live" src="live/index.html?small" title="Draw a digit: LeNet-5 reads it"></iframe>
"""
LIVE_LINK = re.compile(r"\[([^\]]+)\]\(\S+/live/index\.html\)")
FOLDED = {"source_hidden": "hide-input", "outputs_hidden": "hide-output"}
PROMPTS = {"setup": "Set-up", "solution": "Solution", "check": "What the check says"}


def build_site(with_pdf=False):
    """Write the website into build/site, from home.md, the notebooks, figures and checkpoints.

    with_pdf: bool, whether to print the course as one PDF beside it, which needs Chromium.
    Raises ToolError, with the site that was there kept, if Sphinx warns of anything, a link within
    the site leads nowhere, or there is no Chromium for the PDF.
    """
    for folder in (NEW, SOURCES):
        shutil.rmtree(folder, ignore_errors=True)
    address = repository_address()
    home = web_text(home_page(read_text(HOME), address), ROOT, address)
    home = home.replace("\n", f"\n{LIVE}", 1)  # right below the title
    write_sources(SOURCES, f"{home.rstrip()}\n{PDF_LINE}\n" if with_pdf else home)
    run_sphinx(SOURCES, NEW)
    _offer_committed_notebooks()
    if with_pdf:
        from course.website.pdf import print_course

        print_course(NEW / PDF)
    _add_live_page()
    if problems := broken_links(NEW):
        raise ToolError("\n".join(["The website has broken links:", *problems]))
    shutil.rmtree(SITE, ignore_errors=True)
    NEW.replace(SITE)
    print(f"Website: {(SITE / 'index.html').relative_to(ROOT)}")


def web_text(text, folder, address):
    """Return a Markdown text of the project with its links as they have to be on the website.

    folder:  Path, where the text stands in the clone.
    address: str, the repository's; there leads what is no page of the website.
    The picture of a Colab badge, which lies on another server, becomes words. A link to the live
    page, wherever the website is published, stays within this copy of it. A number and its percent
    sign stay on one line.
    """
    live = Path(os.path.relpath(ROOT / "live/index.html", folder)).as_posix()
    text = LIVE_LINK.sub(rf'<a href="{live}">\1</a>', text)

    def rewrite(match):
        if not match["path"] or urlsplit(match["path"]).scheme:
            return match[0]
        path = Path(os.path.normpath(folder / match["path"]))
        if path == README:
            path = path.with_name("index.md")
        elif path.suffix != ".ipynb" and FIGURES not in path.parents:
            return f"{address}/blob/main/{path.relative_to(ROOT).as_posix()}"
        return Path(os.path.relpath(path, folder)).as_posix() + (match["place"] or "")

    text = PERCENT.sub("\N{NO-BREAK SPACE}%", BADGE_LINK.sub("[Open in Colab]", text))
    return CODE_OR_TARGET.sub(rewrite, text)


def write_sources(folder, landing):
    """Write into a new folder what Sphinx reads: chapters, glossary, and a page above them.

    landing: str, the page's text; a list of the chapters is added.
    """
    address, paths = repository_address(), notebook_paths()
    (folder / NOTEBOOKS.name).mkdir(parents=True)
    shutil.copytree(FIGURES, folder / FIGURES.name)
    chapters = "\n".join(f"{NOTEBOOKS.name}/{path.stem}" for path in paths)
    contents = CONTENTS.format(f"{chapters}\n{GLOSSARY.stem}")
    (folder / "index.md").write_text(landing + contents, encoding="utf-8")
    known, used = terms(), {}
    for path in paths:
        notebook = web_notebook(read_notebook(path), NOTEBOOKS, address)
        used[path.name] = link_terms(notebook.cells, known)
        nbformat.write(notebook, folder / NOTEBOOKS.name / path.name)
    (folder / GLOSSARY.name).write_text(glossary_page(used), encoding="utf-8")


def run_sphinx(sources, target, builder="html"):
    """Let Sphinx make pages, or one page. Raises ToolError if it warns of anything."""
    strict = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
    cached = ["--doctree-dir", BUILD / "site-doctrees"]
    command = [sys.executable, "-m", "sphinx", "--builder", builder, *strict, *cached]
    if subprocess.call([*command, "--conf-dir", SETTINGS, sources, target], cwd=ROOT):
        raise ToolError("Sphinx is not content: see what it says above.")


def home_page(text, address):
    """Return home.md with table and alternative texts. address: str, the repository's."""
    notebooks = {path.name: read_notebook(path) for path in notebook_paths()}
    openings = {name: notebook.cells[0].source for name, notebook in notebooks.items()}
    spans = {name: times(notebook) for name, notebook in notebooks.items()}
    filled = texts.filled(text, chapters=texts.home_table(openings, spans, address))
    return texts.described(filled, alternative_texts(read_results(FIGURES)))


def web_notebook(notebook, folder, address):
    """Return a notebook for MyST-NB: links as in `web_text`, its own words for what cells carry.

    A picture's alternative text, and what JupyterLab shows folded, stand in other places there.
    The set-up is folded, too, and notes for the instructor are left out. The notebook is changed.
    Raises ToolError if a cell shows two pictures: it has one text only.
    """
    for cell in without_notes(notebook).cells:
        if cell.cell_type == "markdown":
            cell.source = IN_COLAB.sub(BOTH_IN_COLAB, web_text(cell.source, folder, address))
            continue
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data.pop("text/html", None)  # a page shows pictures from files
        alternatives = _alternative_texts(cell)
        if len(alternatives) > 1:
            raise ToolError(f"Cell {cell.id!r} shows several pictures: give each its own cell.")
        if alternatives:
            cell.metadata["mystnb"] = {"image": {"alt": alternatives[0]}}
        tags = cell.metadata.get("tags", [])
        for prompt in (PROMPTS[tag] for tag in tags if tag in PROMPTS):
            cell.metadata["mystnb"] = {"code_prompt_show": prompt, "code_prompt_hide": prompt}
        hidden = dict(cell.metadata.get("jupyter", {}))
        if "setup" in tags:
            hidden["source_hidden"] = True
        folds = [tag for key, tag in FOLDED.items() if hidden.get(key)]
        if folds:
            cell.metadata["tags"] = [*tags, *folds]
    return notebook


def broken_links(folder):
    """Return the links, pictures and scripts of the pages in a folder that are not there.

    Looks at what lies in the folder only, and not at templates, which Sphinx puts beside the pages
    in folders such as _static. Each problem is a line that names page and target.
    """
    found = [path for path in sorted(folder.rglob("*.html")) if not _is_template(path, folder)]
    pages = {path: _read_page(path) for path in found}
    return [
        f"{page.relative_to(folder).as_posix()}: {target}"
        for page, (targets, _) in pages.items()
        for target in targets
        if not _leads_somewhere(target, page, pages)
    ]


def _offer_committed_notebooks():
    for path in notebook_paths():
        write_notebook(
            without_notes(read_notebook(path)), NEW / "_sources" / NOTEBOOKS.name / path.name
        )


def _add_live_page():
    from lenet_helpers.runtime import reproducible

    reproducible()  # before what it imports starts TensorFlow
    from course.website.live.export import write_live

    write_live(NEW / "live")


def _alternative_texts(cell):
    return [
        output.metadata[kind]["alt"]
        for output in cell.outputs
        for kind in output.get("data", {})
        if kind.startswith("image/")
    ]


def _is_template(path, folder):
    return any(part.startswith("_") for part in path.relative_to(folder).parts)


class _Page(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self):
        super().__init__()
        self.targets, self.places = [], {""}

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places |= {given[key] for key in ("id", "name") if given.get(key)}
        self.targets += [given[key] for key in ("href", "src") if given.get(key)]


def _read_page(path):
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page.targets, page.places


def _leads_somewhere(target, page, pages):
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    path = Path(os.path.normpath(page.parent / unquote(parts.path))) if parts.path else page
    if path in pages:
        return unquote(parts.fragment) in pages[path][1]
    return path.is_file()
