"""Which numbers of a text a learner's own run will show: those are blank until it has."""

import ast
import re

from course.tags import NUMBER

BLANK = "[?]"
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)


def secrets(notebook, is_hidden=lambda cell: False):
    """Return a function, Tag -> bool: whether an output shows its number, and no code does.

    notebook: executed.
    is_hidden: function, cell -> bool: whether a learner does not get a code cell as it is.
    A number is shown as a text quotes it, as a share (0.98 for 98 %), or with more decimals.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    printed = "\n".join(text for cell in code for text in _texts(cell))
    shown = {_value(number) for number in re.findall(NUMBER, printed)}
    written = {number for cell in code if not is_hidden(cell) for number in _literals(cell.source)}

    def is_secret(tag):
        if tag.fact or tag.digit:
            return False
        if not re.fullmatch(NUMBER, tag.shown):
            return tag.shown.strip("`") in printed
        value, nearly = _value(tag.shown), _half_a_unit(tag.shown)
        return value not in written and any(
            abs(scale * number - value) <= nearly for number in shown for scale in (1, 100)
        )

    return is_secret


def _texts(cell):
    for output in cell.outputs:
        yield output.get("text", "")
        data = output.get("data", {})
        yield "" if "image/png" in data else data.get("text/plain", "")


def _value(number):
    return abs(float(number.translate(str.maketrans("−", "-", ",_"))))


def _half_a_unit(number):
    """Half of a number's last decimal: that far off, it is the same when rounded."""
    mantissa, _, power = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5001 * 10.0 ** (int(power or 0) - decimals)


def _literals(source):
    """The numbers that stand in code, unsigned."""
    for node in ast.walk(ast.parse(MAGIC.sub(r"\1pass", source))):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield abs(float(node.value))
