"""What fits into a workshop's time: a small greedy planner."""

import math
from dataclasses import dataclass
from itertools import accumulate, zip_longest

PLANS = {  # minutes in all, and its breaks
    "90 minutes": (90, [5]),
    "Half a day": (210, [15, 15]),
    "A full day": (360, [15, 45, 15]),
}
WELCOME = 5  # minutes until everybody has opened the first chapter
QUESTION = 2  # minutes that a question to the room takes
SHORTEST = 5  # minutes that are worth a line of their own
FREE = 1 / 20  # of the time, for what takes longer than planned
WITHIN = 15  # minutes that a break may come early or late rather than split a chapter


@dataclass(frozen=True)
class Part:
    """Something to do in a chapter: its kind is "chapter", "exercise" or "question"."""

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


def time_for_chapters(minutes, breaks):
    """Return what is left of a workshop's minutes: int."""
    return math.floor(minutes * (1 - FREE)) - sum(breaks) - WELCOME


def chosen(chapters, minutes):
    """Choose what fits, greedily; return it, and what is left out, in the order of the workshop.

    chapters: a list of Part for each chapter, in order: its walk-through, exercises, questions.
    First every chapter is walked through, with its first exercise: whoever only listens learns
    little. Then come the second exercises of all, the third ones, and so on; then questions to the
    room, and last a chapter without exercises, which is an appendix. What does not fit is left
    out, with its chapter's exercises if it is a walk-through.
    Returns (list of Part, list of (Part, str: why it is left out)).
    """
    picked, why, left, walked = set(), {}, minutes, set()
    for parts in _by_urgency(chapters):
        chapter, needed = parts[0].chapter, sum(part.minutes for part in parts)
        if parts[0].kind != "chapter" and chapter not in walked:
            why |= dict.fromkeys(parts, "its chapter is left out")
        elif needed > left:
            why |= dict.fromkeys(parts, f"{needed} min, and {left} min were left")
        else:
            picked |= set(parts)
            walked.add(chapter)
            left -= needed
    ordered = [part for parts in chapters for part in parts]
    return (
        [part for part in ordered if part in picked],
        [(part, why[part]) for part in ordered if part in why],
    )


def timetable(parts, breaks):
    """Return rows with their times; breaks divide the work evenly, and stand between chapters.

    parts: list of Part; breaks: list of int, minutes of each. A break stands within a chapter
    where otherwise it would be WITHIN minutes further from its place.
    """
    waiting = dict(zip(_ends_before_breaks(parts, len(breaks)), breaks, strict=False))
    now, rows = 0, []
    for place, part in enumerate(parts):
        rows.append(Row(now, now := now + part.minutes, part.chapter, part.what))
        if place in waiting:
            rows.append(Row(now, now := now + waiting[place], "", "Break"))
    return rows


def whole_minutes(*minutes):
    """Return the sum of minutes, rounded up: int."""
    return math.ceil(sum(minutes) - 1e-9)


def _by_urgency(chapters):
    """Yield lists of parts that are chosen together or not at all."""
    of_kind = {
        kind: [[part for part in parts if part.kind == kind] for parts in chapters]
        for kind in ("chapter", "exercise", "question")
    }
    walked = list(zip(of_kind["chapter"], of_kind["exercise"], strict=True))
    yield from ([*walks, *exercises[:1]] for walks, exercises in walked if exercises)
    later = [exercises[1:] for exercises in of_kind["exercise"]]
    for parts in (later, of_kind["question"]):
        for turn in zip_longest(*parts):
            yield from ([part] for part in turn if part)
    yield from (walks for walks, exercises in walked if not exercises)


def _ends_before_breaks(parts, count):
    """The places in the list of parts after which a break comes, at most one after each part."""
    done = list(accumulate(part.minutes for part in parts))
    count, places = min(count, len(parts) - 1), []
    for number in range(1, count + 1):
        due = done[-1] * number / (count + 1)
        first = places[-1] + 1 if places else 0
        last = len(parts) - 1 - (count - number)
        places.append(min(range(first, last), key=lambda i: _far(parts, done, i, due)))
    return places


def _far(parts, done, place, due):
    within = parts[place].chapter == parts[place + 1].chapter
    return abs(done[place] - due) + WITHIN * within
