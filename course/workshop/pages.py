"""Markdown as web pages that need no network and no other file."""

import html
import importlib.util
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

HERE = Path(__file__).parent
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
{body}
{scripts}
</html>
"""


def document(title, text):
    """Return a page, HTML, of a Markdown text, with a list of its sections at the top."""
    return page(title, f"<main>\n{_contents(text)}{to_html(text)}</main>", "guide.css")


def page(title, body, style, script=None):
    """Return a page, HTML. style, script: names of files beside this module.

    What sets equations, 2 MB, is put in where there are some.
    """
    scripts = [(HERE / script).read_text(encoding="utf-8")] if script else []
    scripts += [_equations()] if r"\(" in body or r"\[" in body else []
    return PAGE.format(
        title=html.escape(title),
        style=(HERE / style).read_text(encoding="utf-8"),
        body=body,
        scripts="\n".join(f"<script>\n{one}</script>" for one in scripts),
    )


def to_html(text):
    """Return Markdown as HTML: str; equations are left for MathJax."""
    return _markdown().render(text)


def _markdown():
    reader = MarkdownIt("commonmark").enable("table")
    anchors_plugin(reader, max_level=2)
    dollarmath_plugin(reader, renderer=_equation)
    return reader


def _equation(content, options):
    left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{left}{html.escape(content)}{right}"


def _contents(text):
    """The sections of a Markdown text as a list of links, in HTML."""
    tokens = _markdown().parse(text)
    links = [
        f'<li><a href="#{token.attrs["id"]}">{html.escape(tokens[place + 1].content)}</a></li>'
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    return f"<nav><ul>\n{''.join(links)}</ul></nav>\n"


def _equations():
    folder = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
    return (folder / "static/mathjax/tex-svg-full.js").read_text(encoding="utf-8")
