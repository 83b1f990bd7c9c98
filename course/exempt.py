"""Which numbers in a text need no tag. This list is all of it.

Whatever else is written in digits is a result, a setting or a quotation, and has a tag: see
`course.tags`. Also exempt: code that is quoted, in a span or a block, but not a code span that is
nothing but a value, such as `(28, 28)`; and a table that is generated, between two markers.
"""

import json
from pathlib import Path

from course.project import damaged

FILE = Path(__file__).with_name("facts.json")
with damaged(FILE):
    FACTS = json.loads(FILE.read_text(encoding="utf-8"))
    _values = {key: str(fact["value"]) for key, fact in FACTS.items()}
YEARS = sorted({value for key, value in _values.items() if key.startswith("year.")})

RULES = {
    # places in this series
    "chapter": r"\b[Cc]hapters?\s[0-9]{1,2}(?:(?:, | and | to |–)[0-9]{1,2})*\b",
    "exercise": r"\b[Ee]xercise [0-9]{1,2}\.[0-9]|\bHint [0-9]",
    # how long a chapter and an exercise take: estimates
    "time": r"^\*\((?:reading [^\n]+, computing [^\n]+|\w+, [0-9]+ min)\)\*$",
    # places in a source, and its year
    "place": r"\b(?:[Ss]ections?|[Ff]igures?|[Tt]ables?|[Ee]quations?|[Ee]q\.)\s[0-9]+",
    "year": rf"(?:\b[A-Z]\w+,?|\bal\.,?|\b(?:in|of))\s\(?(?:{'|'.join(YEARS)})\b",
    # numbers that are part of a name
    "name": r"\bLeNet-[1-5]\b|\bCC BY-SA 3\.0\b|\bSHA-256\b",
    # Markdown and TeX
    "picture": r"!\[[^\]]*\]\([^)\s]+\)",  # its alternative text is the figure's: `course.figures`
    "address": r"(?<=\])\([^)\s]+\)|https?://[^\s>)]+",
    "formula": r"\$\$[^$]+\$\$|\$(?=[^$\n]*[A-Za-z])[^$\n]+\$",
}
