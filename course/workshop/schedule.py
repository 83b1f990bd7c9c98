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
WALK = 1.25  # times its reading: how long a chapter takes in front of a class
QUESTION = 2  # minutes that a question to the room takes
SHORTEST = 5  # minutes that are worth a line of their own
FREE = 1 / 20  # of the time, for what takes longer than planned
APPENDIX = "Appendix: "  # how the title of one begins
WITHIN = 15  # minutes that a break may come early or late rather than split a chapter


@dataclass(frozen=True)
class Part:
    """Something to do in a chapter: its kind is "walk", "exercise" or "question".

    is_late: bool, whether it comes after the place where the chapter may stop.
    """

    chapter: str
    kind: str
    what: str
    minutes: int
    is_late: bool = False


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

    chapters: a list of Part for each chapter, in order: its walk-through to where it may stop, the
    exercises and questions on the way, and the same of its rest.
    First every chapter is walked through to its stop, with its first exercise: whoever only listens
    learns little. Then come the second exercises of all, a question to the room in each, the third
    exercises, and so on; then in the same way the rests of the chapters, and last the
    appendices. What does not fit is left out, and what needs it, too: of the
    chapters, all later ones.
    Returns (list of Part, list of (Part, str: why it is left out)).
    """
    picked, why, left, needs = set(), {}, minutes, _needs(chapters)
    for parts in _by_urgency(chapters):
        needed = sum(part.minutes for part in parts)
        if needs[parts[0]] not in {None, *picked}:
            why |= dict.fromkeys(parts, "what it needs is left out")
        elif needed > left:
            why |= dict.fromkeys(parts, f"{needed} min, and {left} min were left")
        else:
            picked |= set(parts)
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


def _needs(chapters):
    """The walk that each part needs, dict of Part: its own, or for a walk the one before it."""
    needs, first = {}, None
    for parts in chapters:
        walk = first
        for part in parts:
            needs[part] = walk
            walk = part if part.kind == "walk" else walk
        first = parts[0]
    return needs


def _by_urgency(chapters):
    """Yield lists of parts that are chosen together or not at all."""
    appendices = [parts for parts in chapters if parts[0].what.startswith(APPENDIX)]
    others = [parts for parts in chapters if parts not in appendices]
    for is_late in (False, True):
        walks, exercises, questions = (
            [
                [one for one in parts if (one.kind, one.is_late) == (kind, is_late)]
                for parts in others
            ]
            for kind in ("walk", "exercise", "question")
        )
        together = [[*walk, *first[:1]] for walk, first in zip(walks, exercises, strict=True)]
        yield from filter(None, together)
        later = [
            [part for pair in zip_longest(first[1:], asked) for part in pair if part]
            for first, asked in zip(exercises, questions, strict=True)
        ]
        for turn in zip_longest(*later):
            yield from ([part] for part in turn if part)
    for parts in appendices:
        yield from ([part] for part in parts)


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
