"""The glossary: one file of terms, which the website links where a chapter first uses them."""

import re
from pathlib import Path

GLOSSARY = Path(__file__).with_name("glossary.md")
ENTRY = re.compile(r"^(?P<term>\S.*)\n(?:  .+\n)+", re.MULTILINE)
# Headings, code, links, comments, tags of HTML and formulas hold no term that could be linked.
PASSED_OVER = (
    r"^#.*?$|```.*?```|`[^`\n]+`|!?\[[^\]]*\]\([^)]*\)|<!--.*?-->|<[^>]+>"
    r"|\$\$.*?\$\$|\$[^$\n]+\$"
)


def terms():
    """Return the terms of the glossary, a list of str."""
    return [match["term"] for match in ENTRY.finditer(GLOSSARY.read_text(encoding="utf-8"))]


def link_terms(cells, known):
    """Link the first use of each term in the Markdown cells of a chapter, in place.

    known: list of str. A term is found in upper or lower case, in singular or plural.
    Returns the terms that the chapter uses, a set.
    """
    pattern, used = _pattern(known), set()

    def linked(match):
        term = match.lastgroup and known[int(match.lastgroup[1:])]
        if term is None or term in used:
            return match[0]
        used.add(term)
        return f"{{term}}`{' '.join(match[0].split())} <{term}>`"

    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = pattern.sub(linked, cell.source)
    return used


def glossary_page(used):
    """Return the glossary for Sphinx; each term says in which chapter it occurs first.

    used: dict, name of a chapter's page -> the terms that it uses, in reading order.
    """

    def with_chapter(match):
        for name, its_terms in used.items():
            if match["term"] in its_terms:
                return f"{match[0]}  First in [Chapter {int(name[:2])}](notebooks/{name}).\n"
        return match[0]

    return ENTRY.sub(with_chapter, GLOSSARY.read_text(encoding="utf-8"))


def _pattern(known):
    longest_first = sorted(range(len(known)), key=lambda number: -len(known[number]))
    words = {number: r"\s+".join(map(re.escape, known[number].split())) for number in longest_first}
    found = [rf"(?<![\w-])(?P<t{number}>{word})(?:e?s)?(?![\w-])" for number, word in words.items()]
    flags = re.DOTALL | re.MULTILINE | re.IGNORECASE
    return re.compile("|".join([PASSED_OVER, *found]), flags)
