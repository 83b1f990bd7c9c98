"""Which numbers of a text a learner's own run shows just above it: they are blank in what is empty.

What repeats or sums up is for whoever has seen them.
"""

import ast
import re

from course.tags import NUMBER

BLANK = "[?]"
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)
SECTION = re.compile(r"^##? ", re.MULTILINE)


def secrets(notebook, is_hidden=lambda cell: False):
    """Return functions, Tag -> bool, one for each cell: whether its section showed the number.

    notebook: executed. A number is shown if an output above it in the same section has it, as a
    text quotes it, as a share (0.98 for 98 %), or with more decimals. One that stands in the code
    is no secret.
    is_hidden: function, cell -> bool: whether a learner does not get a code cell as it is.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    written = {number for cell in code if not is_hidden(cell) for number in _integers(cell.source)}
    printed, found = "", []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            printed += "\n".join(_texts(cell))
        elif SECTION.search(cell.source):
            printed = ""
        found.append(_is_secret(printed, written))
    return found


def _is_secret(printed, written):
    shown = {_value(number) for number in re.findall(NUMBER, printed)}

    def is_secret(tag):
        if tag.fact or tag.digit:
            return False
        if not re.fullmatch(NUMBER, tag.shown):
            return tag.shown.strip("`") in printed
        return _value(tag.shown) not in written and _is_among(tag.shown, shown)

    return is_secret


def _is_among(quoted, shown):
    """Whether a number is one of others, or what they round to; small ones are just counted."""
    value, nearly = _value(quoted), _half_a_unit(quoted)
    if value < 10 and nearly == _half_a_unit("0"):
        return value in shown
    return any(abs(scale * one - value) <= nearly for one in shown for scale in (1, 100))


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


def _integers(source):
    """The whole numbers that stand in code, unsigned."""
    for node in ast.walk(ast.parse(MAGIC.sub(r"\1pass", source))):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield abs(float(node.value))
