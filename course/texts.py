"""What is generated inside the texts: the chapters' tables, the recipe, addresses, ..."""

import re

from lenet_helpers import __version__
from lenet_helpers.commands import ToolError

GENERATED = r"(?<=<!-- {0} -->\n).*?(?=<!-- /{0} -->)"
CODE = re.compile(r"^```python\n.*?^```$", re.DOTALL | re.MULTILINE)
FIGURE = re.compile(r"!\[[^\]]*\]\((?P<path>figures/(?P<name>\w+)\.png)\)")
HEADING = re.compile(r"^# Chapter \d+ · (.+)$", re.MULTILINE)
TIMES = re.compile(r"^\*\(reading (.+), computing (.+)\)\*$", re.MULTILINE)
READING = re.compile(r"(?<=^\*\(reading ).+(?=, computing .+\)\*$)", re.MULTILINE)
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
COLAB = "https://colab.research.google.com"
BADGE = re.compile(rf"({re.escape(COLAB)}/github/)[\w.-]+/[\w.-]+/blob/[\w.-]+/")
PIP = re.compile(r"git\+https://[\w./-]+(@[\w.-]+)?")
CITED = re.compile(r'(?<=repository-code: ")[^"]+')

RELEASE = f"v{__version__}"
NONE = "–"
TIMES_OF = ("reading", "exercises", "computing")


def filled(text, **parts):
    """Return README's text with other texts between its markers, such as `<!-- chapters -->`.

    parts: str each, by the names of their markers; None leaves what stands between them.
    """
    for name, part in parts.items():
        if part is None:
            continue
        marked = re.compile(GENERATED.format(name), re.DOTALL)
        text = marked.sub(lambda _, part=part: f"{part}\n", text)
    return text


def recipe(cells):
    """Return the code of the recipe on one page, a Markdown block; None if no cell is it."""
    return next((CODE.search(cell.source)[0] for cell in cells if cell.id == "recipe"), None)


def described(text, alts):
    """Return a text whose figures have the alternative texts that their chapters give them.

    alts: dict, name of a figure -> its alternative text.
    Raises ToolError if no chapter draws one of them.
    """
    for one in FIGURE.finditer(text):
        if one["name"] not in alts:
            raise ToolError(f"README.md shows {one['path']}, which no chapter draws.")
    return FIGURE.sub(lambda one: f"![{alts[one['name']]}]({one['path']})", text)


def chapters_table(openings, times, address):
    """Return the table of chapters, for texts at the top of the clone.

    openings: dict, notebook's file name -> text of its first cell.
    times:    dict, the same names -> times of reading, exercises and computing, a str each.
    address:  str, the repository's.
    """
    lines = [f"| chapter | learn | read | {' | '.join(TIMES_OF)} |", f"|{' --- |' * 6}"]
    for name, text in openings.items():
        title = HEADING.search(text)
        title = title[1] if title else name
        both = [
            f"[{word}]({folder}/{name}) {badge(address, f'{folder}/{name}')}"
            for word, folder in (("empty", "workshop"), ("complete", "notebooks"))
        ]
        row = [f"{int(name[:2])}. {title}", *both, *times[name]]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def home_table(openings, times, address):
    """Return the table of chapters for the website's home page; arguments as `chapters_table`."""
    lines = [f"| read | learn | {' | '.join(TIMES_OF)} |", f"|{' --- |' * 5}"]
    for name, text in openings.items():
        title = HEADING.search(text)[1]
        learn = f"[Colab]({_in_colab(address, f'workshop/{name}')})"
        row = [f"[{int(name[:2])}. {title}](notebooks/{name})", learn, *times[name]]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def badge(address, path):
    """Return the badge that opens a notebook of the release in Colab, in Markdown.

    address: str, the repository's; path: str, the notebook's in the clone.
    Raises ValueError if the address is not one of GitHub.
    """
    picture = f"![Open In Colab]({COLAB}/assets/colab-badge.svg)"
    return f"[{picture}]({_in_colab(address, path)})"


def stamped(text, address):
    """Return the text with every Colab badge, pip line and citation on the repository's address.

    Badge and pip line lead to this version's release, whatever the main branch holds by then.

    Raises ToolError if the address is not one of GitHub, which Colab's badges need.
    """
    text = BADGE.sub(rf"\g<1>{_on_github(address)}/blob/{RELEASE}/", text)
    return CITED.sub(address, PIP.sub(f"git+{address}@{RELEASE}", text))


def _in_colab(address, path):
    return f"{COLAB}/github/{_on_github(address)}/blob/{RELEASE}/{path}"


def _on_github(address):
    if not (match := GITHUB.fullmatch(address)):
        raise ToolError(f"Colab opens notebooks from GitHub; pyproject.toml has {address!r}.")
    return match[1]
