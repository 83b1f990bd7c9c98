"""What fits into a workshop's time: a small greedy planner."""

import math
from dataclasses import dataclass
from itertools import zip_longest

PLANS = {  # minutes in all, and its breaks
    "90 minutes": (90, [5]),
    "Half a day": (210, [15, 15]),
    "A full day": (360, [15, 45, 15]),
}
QUESTION = 2  # minutes that a question to the room takes
SHORTEST = 5  # minutes that are worth a line of their own


@dataclass(frozen=True)
class Part:
    """Something to do in a chapter: its kind is "chapter", "exercise" or "questions"."""

    chapter: str
    kind: str
    what: str
    minutes: int


@dataclass(frozen=True)
class Row:
    """A line of a schedule: start and end in minutes from the beginning."""

    start: int
    end: int
    chapter: str
    what: str


def chosen(chapters, minutes):
    """Choose what fits, greedily, and return it in the order of the workshop.

    chapters: a list of Part for each chapter, in order: its walk-through, exercises, questions.
    First every chapter is walked through; then come the first exercises of all, the second ones,
    and so on; questions to the room come last. What does not fit is left out, with its chapter's
    exercises if it is a walk-through.
    """
    picked, left, walked = set(), minutes, set()
    for part in _by_urgency(chapters):
        if part.minutes <= left and (part.kind == "chapter" or part.chapter in walked):
            picked.add(part)
            left -= part.minutes
            walked |= {part.chapter}
    return [part for parts in chapters for part in parts if part in picked]


def timetable(parts, breaks):
    """Return rows with their times; the breaks stand where even shares of the work are done.

    parts: list of Part; breaks: list of int, minutes of each.
    """
    work, done, now, rows = sum(part.minutes for part in parts), 0, 0, []
    waiting = list(breaks)
    for part in parts:
        rows.append(Row(now, now := now + part.minutes, part.chapter, part.what))
        done += part.minutes
        due = (len(breaks) - len(waiting) + 1) / (len(breaks) + 1)
        if waiting and done >= due * work and part is not parts[-1]:
            rows.append(Row(now, now := now + waiting.pop(0), "", "Break"))
    return rows


def whole_minutes(*minutes):
    """Return the sum of minutes, rounded up: int."""
    return math.ceil(sum(minutes) - 1e-9)


def _by_urgency(chapters):
    of_kind = {
        kind: [[part for part in parts if part.kind == kind] for parts in chapters]
        for kind in ("chapter", "exercise", "questions")
    }
    for parts in of_kind.values():
        for turn in zip_longest(*parts):
            yield from (part for part in turn if part)
