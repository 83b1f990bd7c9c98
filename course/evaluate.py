"""The values of the tags in a text, asked of the kernel that has just run the cells above it."""

import ast

from course.tags import TagError, tags

VALUES = "values"  # of a Markdown cell's metadata: expression -> value at the last refresh
PLAIN = (
    "(lambda value: repr(value if type(value) in (int, float, str, tuple) else "
    "__import__('numpy').asarray(value).tolist()))({})"
)
SECONDS = 60


def expressions(text):
    """Return the expressions that a text's numbers are bound to, a list. Raises TagError."""
    return [tag.expression for tag in tags(text) if tag.expression]


def evaluate(text, ask):
    """Return the values that the expressions in a text have in a kernel, and what is wrong.

    ask: function, dict of code -> the kernel's reply, as `user_expressions` has it.
    Returns (dict, expression -> int, float or str; list of str, a problem each).
    """
    asked = expressions(text)
    replies = ask({one: PLAIN.format(one) for one in asked}) if asked else {}
    values, problems = {}, []
    for expression, reply in replies.items():
        try:
            values[expression] = _value(reply)
        except TagError as error:
            problems.append(f"{expression!r}: {error}")
    return values, problems


def evaluate_cells(cells, ask):
    """Evaluate Markdown cells, writing values into their metadata; return the problems, a list.

    An expression that fails, as it may on other data, keeps the value that was recorded.
    """
    problems = []
    for cell in cells:
        recorded = cell.metadata.pop(VALUES, {})
        try:
            values, wrong = evaluate(cell.source, ask)
            kept = recorded.keys() & set(expressions(cell.source))
            values = {expression: recorded[expression] for expression in kept} | values
        except TagError as error:
            values, wrong = {}, [str(error)]
        if values:
            cell.metadata[VALUES] = values
        problems += [f"cell {cell.id!r}: {problem}" for problem in wrong]
    return problems


def texts_after(notebook, index):
    """Return the Markdown cells between a code cell, by its index, and the next one: a list.

    An index of -1 gives those before the first code cell.
    """
    after = []
    for cell in notebook.cells[index + 1 :]:
        if cell.cell_type == "code":
            break
        after.append(cell)
    return [cell for cell in after if cell.cell_type == "markdown"]


def asking(execute):
    """Return `ask` for a function that executes code as a blocking Jupyter client does."""

    def ask(code):
        reply = execute(
            "", silent=True, store_history=False, user_expressions=code, reply=True, timeout=SECONDS
        )
        return reply["content"]["user_expressions"]

    return ask


def _value(reply):
    if reply["status"] == "error":
        raise TagError(f"{reply['ename']}: {reply['evalue']}")
    plain = ast.literal_eval(reply["data"]["text/plain"])
    try:
        value = ast.literal_eval(plain)
    except (ValueError, SyntaxError):
        raise TagError(f"its value is {plain[:60]}, no plain number") from None
    if isinstance(value, float):
        return float(f"{value:.12g}")  # what differs between processors lies beyond
    return str(value) if isinstance(value, tuple | list) else value
