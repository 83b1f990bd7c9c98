"""A pytest plugin: a chapter's exercises are judged in the kernel that has run its cells.

A test each: the solution is right, the stub and the typical wrong answers are not yet. They come
after the last cell, so that nothing an answer draws or builds moves an output that is compared.
"""

import math
import re

import pytest
from nbval.plugin import IPyNbFile

from course.workshop.learner import exercises


class Chapter(IPyNbFile):
    """A notebook: its cells, as nbval has them, then its exercises."""

    def collect(self):
        yield from super().collect()
        for one in exercises(self.nb):
            name = f"Exercise {one.number}"
            yield JudgedExercise.from_parent(self, name=name, exercise=one)


class JudgedExercise(pytest.Item):
    """An exercise whose answers are given in the kernel, and what its check says is compared."""

    cell_num = math.inf  # after every cell

    def __init__(self, *, exercise, **others):
        super().__init__(**others)
        self.exercise = exercise

    def runtest(self):
        if problems := list(misjudged(self.parent.nb.cells, self.exercise, self._printed)):
            pytest.fail("\n".join(problems), pytrace=False)

    def reportinfo(self):
        return self.path, None, self.name

    def _printed(self, source):
        printed = []

        def keep(message):
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed.append(content["text"])
            elif message["msg_type"] == "error":
                printed.append(f"{content['ename']}: {content['evalue']}")

        seconds = self.config.option.nbval_cell_timeout
        self.parent.kernel.kc.execute_interactive(
            source, store_history=False, allow_stdin=False, timeout=seconds, output_hook=keep
        )
        return "".join(printed)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(parent):
    found = yield
    return [
        Chapter.from_parent(parent, path=one.path) if type(one) is IPyNbFile else one
        for one in found
    ]


def misjudged(cells, exercise, printed):
    """Give an exercise's answers, the solution last; yield what its check misjudges, a line each.

    printed: function, source -> what it prints where the chapter ran.
    """
    solution, check = cells[exercise.solution], cells[exercise.check].source
    answers = solution.metadata["exercise"]
    expected = [
        (one["answer"], f"Not yet: .*{re.escape(one['says'])}")
        for one in [answers["stub"], *answers["wrong"]]
    ]
    for answer, says in [*expected, (solution.source, "Right: ")]:
        said = f"{printed(answer)}{printed(check)}".strip()
        if not re.match(says, said) or "\n" in said:
            yield f"exercise {exercise.number} says of {answer!r}: {said!r}, not {says!r}"
