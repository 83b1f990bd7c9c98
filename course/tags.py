"""The numbers of a text, and the tags that bind them: `114<!-- wrong -->`.

A tag is a comment directly behind a number, or behind a code span that holds a value:

    114<!-- wrong -->                          an expression, evaluated by the kernel in this place
    98.78<!-- accuracy ± val_accuracy -->      another run may differ as much as tolerances.csv says
    114<!-- test_errors = wrong -->            the same, with a name that other texts use it by
    114<!-- result: test_errors -->            a named number of another chapter
    98.37<!-- fact: article.test_accuracy -->  a number that is quoted, from facts.json
    9<!-- digit -->                            a digit that is meant as such: "a 9 like a 4"

What needs no tag is listed in `course.exempt`.
"""

import ast
import math
import re
from typing import NamedTuple

from course.exempt import RULES
from course.project import ToolError

LONGEST = 60  # characters of an expression; what is longer is a variable in a cell

NUMBER = r"(?:(?<![\w.)])[-+−])?(?<![\w.])[0-9]+(?:[,_][0-9]{3})*(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?"
PIECES = re.compile(
    "|".join(
        [
            r"(?P<block>^ *```.*?^ *```)",
            r"(?P<generated>^<!-- (?P<what>\w+) -->$.*?^<!-- /(?P=what) -->$)",
            rf"(?P<tag>(?P<shown>(?P<ticks>`+)[^`\n]+(?P=ticks)|{NUMBER})<!--(?P<inside>.*?)-->)",
            r"(?P<comment><!--.*?-->)",
            r"(?P<code>(?P<quotes>`+)[^`]+(?P=quotes))",
            *(f"(?P<{rule}>{pattern})" for rule, pattern in RULES.items()),
            rf"(?P<number>{NUMBER})",
        ]
    ),
    re.DOTALL | re.MULTILINE,
)
INSIDE = re.compile(
    r" (?:fact: (?P<fact>[\w.]+)|result: (?P<result>\w+)|(?P<digit>digit)"
    r"|(?:(?P<name>[a-z]\w*) = )?(?P<expression>[^\n]+?)(?: ± (?P<quantity>\w+))?) "
)

FUNCTIONS = {"abs", "float", "int", "len", "max", "min", "round", "sum"}
METHODS = {"argmax", "argmin", "count", "count_params", "get_layer", "idxmax", "idxmin"}
METHODS |= {"max", "mean", "median", "min", "std", "sum"}
NODES = (ast.Expression, ast.Name, ast.Load, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice)
NODES += (ast.Tuple, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.keyword, ast.cmpop)
NODES += (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.USub)


class TagError(ToolError):
    """What is wrong with a tag, in words for whoever wrote it."""


class Tag(NamedTuple):
    """What one number is bound to; of fact, result, digit and expression, one is set."""

    shown: str
    start: int
    end: int
    fact: str | None
    result: str | None
    digit: str | None
    name: str | None
    expression: str | None
    quantity: str | None


class Piece(NamedTuple):
    """A number of a text, or what holds one; kind is "tag", "number", "comment" or exempt by rule.

    A "comment" is no tag. A code span is a "number" if it is nothing but a value, else "code".
    """

    kind: str
    text: str
    start: int


def tags(text):
    """Return the tags of a text in order, a list. Raises TagError at the first malformed one."""
    return [_tag(match) for match in PIECES.finditer(text) if match["tag"]]


def pieces(text):
    """Return all that is a number in a text, in order, a list of Piece."""
    return [
        Piece(_kind(match), match[0], match.start())
        for match in PIECES.finditer(text)
        if re.search("[0-9]|<!--", match[0])
    ]


def rewritten(text, value_of):
    """Return a text whose numbers show what they are bound to.

    value_of: function, Tag -> number or str, or None to leave it.
    """

    def rewrite(match):
        tag = _tag(match) if match["tag"] else None
        value = value_of(tag) if tag and not tag.digit else None
        if value is None:
            return match[0]
        return f"{formatted(value, tag.shown)}<!--{match['inside']}-->"

    return PIECES.sub(rewrite, text)


def without_tags(text, shown=lambda tag: tag.shown):
    """Return a text without tags.

    shown: function, Tag -> str that takes its place; the number as it is, unless given.
    """
    return PIECES.sub(lambda match: shown(_tag(match)) if match["tag"] else match[0], text)


def formatted(value, like):
    """Return a value as a text shows another: as many decimals, marked thousands, sign, code span.

    value: int, float, bool or str; a tuple, too, in a code span.
    like:  str, a number or a code span. "1,000", "0.50", "−3" (a minus sign), "+2.1", "3e-5".
    Raises TagError if the value is no number, where a number is shown.
    """
    if like.startswith("`"):
        inner = like.strip("`")
        shown = formatted(value, inner) if _is_number(value) and _spells(inner) else str(value)
        return like.replace(inner, shown)
    if isinstance(value, str):
        return value
    if not _is_number(value) or not math.isfinite(value):
        raise TagError(f"{value!r} is not a number")
    digits, _, exponent = like.lstrip("-+−").partition("e")
    whole, _, decimals = digits.partition(".")
    mark = "_" if "_" in whole else "," if "," in whole or len(whole) < 4 else ""
    shown = f"{value:{mark}.{len(decimals)}{'e' if exponent else 'f'}}"
    if exponent:
        mantissa, _, power = shown.partition("e")
        shown = f"{mantissa}e{int(power)}"
    if shown.startswith("-"):
        return f"{'−' if like.startswith('−') else '-'}{shown[1:]}"
    return f"+{shown}" if like.startswith("+") else shown


def checked(expression):
    """Return an expression that only reads and computes, as it is.

    Raises TagError if it is longer than LONGEST, or holds more than names, attributes, indexing,
    arithmetic, comparison and a call of FUNCTIONS or METHODS; or no name at all.
    """
    if len(expression) > LONGEST:
        raise TagError(f"{expression!r} is longer than {LONGEST} characters: compute it in a cell")
    try:
        nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    except SyntaxError:
        raise TagError(f"{expression!r} is not a Python expression") from None
    for node in nodes:
        if problem := _refused(node):
            raise TagError(f"{expression!r}: {problem}")
    if not {node.id for node in nodes if isinstance(node, ast.Name)} - FUNCTIONS:
        raise TagError(f"{expression!r} names nothing of the notebook")
    return expression


def _refused(node):
    if isinstance(node, ast.Call):
        called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        known = METHODS if isinstance(node.func, ast.Attribute) else FUNCTIONS
        return None if called in known else f"a tag may not call {called or 'that'}"
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        return f"a tag may not read {node.attr}"
    return None if isinstance(node, NODES) else f"a tag may not hold {type(node).__name__}"


def _tag(match):
    inside = INSIDE.fullmatch(match["inside"])
    if not inside:
        raise TagError(f"{match[0]!r} is no tag: write {match['shown']}<!-- expression -->")
    tag = Tag(match["shown"], match.start(), match.end(), **inside.groupdict())
    if tag.expression:
        checked(tag.expression)
    if tag.digit and not re.fullmatch("[0-9]", tag.shown):
        raise TagError(f"{match[0]!r} is not a digit")
    return tag


def _kind(match):
    if match["code"]:
        return "number" if _spells(match["code"].strip("`")) else "code"
    kinds = ("block", "generated", "tag", "comment", *RULES, "number")
    return next(kind for kind in kinds if match[kind])


def _spells(code):
    """Whether code is a number, or a tuple or list, as Python writes it."""
    try:
        return isinstance(ast.literal_eval(code.strip()), int | float | tuple | list)
    except (ValueError, SyntaxError):
        return False


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
