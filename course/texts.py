"""What is generated inside the texts: tagged numbers, README's tables, Colab badges."""

import re
from typing import NamedTuple

from lenet_helpers import __version__

TAG = re.compile(r"(?P<shown>-?\d[\d,]*(?:\.\d+)?)<!--(?P<key>\d\d\.\w+)-->")
BLOCK = re.compile(r"<!-- (?P<name>\w+) -->\n.*?<!-- /(?P=name) -->", re.DOTALL)
HEADING = re.compile(r"^# Chapter \d+ · (.+)$", re.MULTILINE)
TIMES = re.compile(r"^\*\(reading (.+), computing (.+)\)\*$", re.MULTILINE)
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
BADGE = re.compile(r"(https://colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+/blob/[\w.-]+/")
PIP = re.compile(r"git\+https://[\w./-]+(@[\w.-]+)?")
CITED = re.compile(r'(?<=repository-code: ")[^"]+')

RELEASE = f"v{__version__}"
NONE = "–"
BEST = "08.alone_accuracy_percent"


class Row(NamedTuple):
    """A line of README's results: what it is, what the article has, and our number."""

    what: str
    article: str
    key: str
    decimals: int


ROWS = [
    Row("Trainable parameters", "34,622", "03.parameters", 0),
    Row("Training accuracy, running, %", "99.81", "04.running_accuracy_percent", 2),
    Row("Training loss, running", "0.006", "04.running_loss", 3),
    Row("Validation accuracy, %", "98.72", "04.val_accuracy_percent", 2),
    Row("Validation loss", "0.0609", "04.val_loss", 4),
    Row("Test accuracy, %", "98.37", "05.test_accuracy_percent", 2),
    Row("Test loss", "0.0599", "05.test_loss", 4),
    Row("Test error, mean over seeds, %", NONE, "05.seeds_mean_error_percent", 2),
    Row("Test error, standard deviation, %", NONE, "05.seeds_deviation_percent", 2),
    Row("Test accuracy of chapter 8's network, mean over seeds, %", NONE, BEST, 2),
]


def retagged(text, numbers):
    """Return the text with each tagged number as `numbers` has it, in the decimals it shows.

    numbers: dict, the "numbers" of results.json. A tag that is not in it stays as it is.
    """

    def rewrite(match):
        if match["key"] not in numbers:
            return match[0]
        value = formatted(numbers[match["key"]]["value"], like=match["shown"])
        return f"{value}<!--{match['key']}-->"

    return TAG.sub(rewrite, text)


def formatted(value, like):
    """Return a number with as many decimals, and thousands marked, as another shows."""
    decimals = len(like.partition(".")[2])
    return f"{value:{',' if ',' in like else ''}.{decimals}f}"


def filled(text, blocks):
    """Return the text with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""

    def rewrite(match):
        name = match["name"]
        if name not in blocks:
            return match[0]
        return f"<!-- {name} -->\n{blocks[name]}\n<!-- /{name} -->"

    return BLOCK.sub(rewrite, text)


def results_table(numbers):
    """Return README's table of the article's results beside ours, from results.json's numbers."""
    lines = ["| | the article | here |", "| --- | ---: | ---: |"]
    for row in ROWS:
        ours = f"{numbers[row.key]['value']:,.{row.decimals}f}" if row.key in numbers else NONE
        lines.append(f"| {row.what} | {row.article} | {ours} |")
    return "\n".join(lines)


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

    Raises ValueError if the address is not one of GitHub, which Colab's badges need.
    """
    if not (match := GITHUB.fullmatch(address)):
        raise ValueError(f"Colab opens notebooks from GitHub; pyproject.toml has {address!r}.")
    text = BADGE.sub(rf"\g<1>{match[1]}/blob/{RELEASE}/", text)
    return CITED.sub(address, PIP.sub(f"git+{address}@{RELEASE}", text))
