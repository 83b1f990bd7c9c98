"""What is generated inside the texts: README's table of chapters, alternative texts, addresses."""

import re

from lenet_helpers import __version__
from lenet_helpers.commands import ToolError

CHAPTERS = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- /chapters -->)", re.DOTALL)
FIGURE = re.compile(r"!\[[^\]]*\]\((?P<path>figures/(?P<name>\w+)\.png)\)")
HEADING = re.compile(r"^# Chapter \d+ · (.+)$", re.MULTILINE)
TIMES = re.compile(r"^\*\(reading (.+), computing (.+)\)\*$", re.MULTILINE)
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
BADGE = re.compile(r"(https://colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+/blob/[\w.-]+/")
PIP = re.compile(r"git\+https://[\w./-]+(@[\w.-]+)?")
CITED = re.compile(r'(?<=repository-code: ")[^"]+')

RELEASE = f"v{__version__}"
NONE = "–"


def filled(text, table):
    """Return README's text with another table of chapters."""
    return CHAPTERS.sub(lambda _: f"{table}\n", text)


def described(text, alts):
    """Return a text whose figures have the alternative texts that their chapters give them.

    alts: dict, name of a figure -> its alternative text.
    Raises ToolError if no chapter draws one of them.
    """
    for one in FIGURE.finditer(text):
        if one["name"] not in alts:
            raise ToolError(f"README.md shows {one['path']}, which no chapter draws.")
    return FIGURE.sub(lambda one: f"![{alts[one['name']]}]({one['path']})", text)


def chapters_table(openings):
    """Return README's table of chapters.

    openings: dict, notebook's file name -> text of its first cell.
    """
    lines = ["| chapter | reading | computing |", "| --- | --- | --- |"]
    for name, text in openings.items():
        title, times = HEADING.search(text), TIMES.search(text)
        title = title[1] if title else name
        reading, computing = times.groups() if times else (NONE, NONE)
        number = int(name[:2])
        lines.append(f"| [{number}. {title}](notebooks/{name}) | {reading} | {computing} |")
    return "\n".join(lines)


def stamped(text, address):
    """Return the text with every Colab badge, pip line and citation on the repository's address.

    Badge and pip line lead to this version's release, whatever the main branch holds by then.

    Raises ToolError if the address is not one of GitHub, which Colab's badges need.
    """
    if not (match := GITHUB.fullmatch(address)):
        raise ToolError(f"Colab opens notebooks from GitHub; pyproject.toml has {address!r}.")
    text = BADGE.sub(rf"\g<1>{match[1]}/blob/{RELEASE}/", text)
    return CITED.sub(address, PIP.sub(f"git+{address}@{RELEASE}", text))
