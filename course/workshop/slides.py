"""Slides of a chapter: its tagged figures and key lines, with notes for whoever speaks.

A code cell tagged `slide` becomes a slide with what it shows, one tagged `slide-code` a slide with
its code. A Markdown cell tagged `slide` gives its first lines to the figure right before it, or
becomes a slide of its own. A question that a text asks "before you run" such a figure is a slide
before it. A chapter's objectives are the first slide, what it ends with is the last.
"""

import html
import re
from dataclasses import dataclass, field

from course.exempt import FACTS
from course.figures import PNG
from course.project import ToolError
from course.tags import without_tags
from course.workshop import notes, pages

TAG, CODE = "slide", "slide-code"
MOST = FACTS["slides.most"]["value"]
SENTENCES, ITEMS = 2, 5  # of a text that a slide shows
CHAPTER = re.compile(r"^# (Chapter .+)$", re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
QUESTION = re.compile(r"Before you run[^:]*:(?:\*\*)? (.+?)(?:\n\s*\n|\Z)", re.DOTALL)


@dataclass
class Slide:
    """What a slide shows: heading, text (Markdown) and shown (HTML); notes: Markdown each."""

    heading: str
    text: str = ""
    shown: str = ""
    notes: list = field(default_factory=list)


def slides(notebook):
    """Return a chapter's slides, a list of Slide; an instructor's note is for the one before it.

    Raises ToolError if there are more than MOST, or one would show nothing.
    """
    first, *cells = notebook.cells
    objectives = first.source.partition("In this chapter you will")[2]
    name = CHAPTER.search(first.source)[1]
    found = [Slide(name, without_tags(objectives).strip())]
    section, asked, before = "", "", None
    for cell in cells[:-1]:
        if cell.cell_type == "markdown":
            section = ([section, *SECTION.findall(cell.source)])[-1]
        if notes.is_note(cell):
            found[-1].notes.append(without_tags(notes.words(cell)))
            continue
        if cell.cell_type == "markdown":
            asked = "".join(QUESTION.findall(without_tags(cell.source)))
        if _is_tagged(cell):
            if cell.cell_type == "code":
                if asked and asked not in found[-1].text:
                    found.append(Slide(section, asked[0].upper() + asked[1:]))
                found.append(Slide(section, shown=_shown(cell)))
                asked = ""
            elif before is not None and before.cell_type == "code" and _is_tagged(before):
                found[-1].text = key_lines(cell.source)
            else:
                found.append(Slide(section, key_lines(cell.source)))
        before = cell
    found += [Slide(*_closing(last.source)) for last in cells[-1:]]
    if len(found) > MOST:
        raise ToolError(f"{name!r} has {len(found)} slides, more than {MOST}.")
    return found


def key_lines(text):
    """Return the first paragraph or list of a Markdown text, shortened, without tags."""
    blocks = re.split(r"\n\s*\n", without_tags(text).strip())
    block = next((one for one in blocks if not re.match(r"[#<]|\*\(", one)), "")
    if re.match(r"[-*] |\d+\. ", block):
        return "\n".join(re.split(r"\n(?=[-*] |\d+\. )", block)[:ITEMS])
    return " ".join(re.split(r"(?<=[.!?])\s+(?=[A-Z*`])", block)[:SENTENCES])


def deck(slides):
    """Return a chapter's slides as one page, HTML, that needs no network and no other file."""
    name = slides[0].heading
    sections = [
        _section(slide, f"{name} · {number} of {len(slides)}")
        for number, slide in enumerate(slides, start=1)
    ]
    return pages.page(name, "\n".join(sections), "slides.css", "slides.js")


def _is_tagged(cell):
    return not {TAG, CODE}.isdisjoint(cell.metadata.get("tags", []))


def _closing(text):
    heading, _, rest = without_tags(text).strip().partition("\n")
    return heading.lstrip("# "), rest.partition("**Next:**")[0].strip()


def _shown(cell):
    """What a cell shows, as HTML: its code, or texts, tables and pictures, in their order."""
    if CODE in cell.metadata.tags:
        return f"<pre>{html.escape(cell.source)}</pre>"
    shown = "\n".join(filter(None, map(_as_html, cell.outputs)))
    if not shown:
        raise ToolError(f"Cell {cell.id!r} is tagged {TAG!r}, and shows nothing.")
    return shown


def _as_html(output):
    """An output's picture, or a table, or else its text."""
    data = output.get("data", {})
    if PNG in data:
        alt = html.escape(output.metadata.get(PNG, {}).get("alt", ""))
        return f'<img src="data:{PNG};base64,{"".join(data[PNG].split())}" alt="{alt}">'
    if "text/html" in data:
        return data["text/html"]
    text = output.get("text") or data.get("text/plain")
    return f"<pre>{html.escape(text)}</pre>" if text else ""


def _section(slide, place):
    spoken = pages.to_html("\n\n".join(slide.notes))
    return (
        f"<section>\n<h1>{pages.to_html(slide.heading).strip()[3:-4]}</h1>\n{slide.shown}\n"
        f"<div>{pages.to_html(slide.text)}</div>\n<footer>{html.escape(place)}</footer>\n"
        f"<aside>{spoken}</aside>\n</section>"
    )
