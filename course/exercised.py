"""Whether exercises judge as they should: solutions right, stubs and wrong answers not yet.

`python -m course.exercised NOTEBOOK ...` prints what is wrong, a line each.
"""

import contextlib
import io
import re
import sys
from pathlib import Path

import nbformat

from course.workshop.learner import exercises

MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)


def misjudged(notebook):
    """Run a notebook's code in this process and return what its exercises misjudge, a line each.

    At each check the stub and every wrong answer come first, then the solution.
    """
    names, problems = {"__name__": "__main__"}, []
    checks = {exercise.check: exercise for exercise in exercises(notebook)}
    for index, cell in enumerate(notebook.cells):
        if index in checks:
            problems += _misjudged(notebook.cells, checks[index], names)
        elif cell.cell_type == "code":
            _output(cell.source, names)
    return problems


def _misjudged(cells, exercise, names):
    solution, check = cells[exercise.solution], cells[exercise.check].source
    answers = solution.metadata["exercise"]
    expected = [(one["answer"], f"Not yet: .*{re.escape(one['says'])}") for one in _all(answers)]
    for answer, says in [*expected, (solution.source, "Right: ")]:
        _output(answer, names)
        said = _output(check, names).strip()
        if not re.match(says, said) or "\n" in said:
            yield f"exercise {exercise.number} says of {answer!r}: {said!r}, not {says!r}"


def _all(answers):
    return [answers["stub"], *answers["wrong"]]


def _output(source, names):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(MAGIC.sub(r"\1pass", source), names)
    return printed.getvalue()


def main(paths):
    """Print what the notebooks' exercises misjudge; return the exit status."""
    import matplotlib

    from lenet_helpers.runtime import reproducible

    matplotlib.use("agg")
    reproducible()
    problems = [
        f"{Path(path).stem}: {problem}"
        for path in paths
        for problem in misjudged(nbformat.read(path, as_version=4))
    ]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
