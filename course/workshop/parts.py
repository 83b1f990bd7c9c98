"""What can be done in a chapter in front of a class, for the planner."""

from course import texts
from course.project import ToolError, chapter
from course.workshop import notes, schedule
from course.workshop.learner import exercises, title
from course.workshop.reading import reading_minutes
from course.workshop.slides import SECTION

SECONDS = {"s": 1, "min": 60}


def parts_of(path, notebook, times):
    """Return a chapter's walk-through to its stop, what is asked on the way, and its rest's.

    times: dict from `guide.known_times`.
    A walk in front of a class takes schedule.WALK times the reading; the computing counts to the
    first half. Returns a list of Part. Raises ToolError if a chapter has two stops.
    """
    number, name = chapter(path), title(notebook)
    stop, section = _stop(notebook)
    reading, computing = reading_and_computing(path, notebook, times)
    early = reading_minutes(notebook.cells[:stop]) / reading_minutes(notebook.cells)
    halves = [(early, computing, f"{name}, to the end of *{section}*" if section else name)]
    halves += [(1 - early, 0, f"{name}: the rest")] if section else []
    found = []
    for is_late, (share, more, what) in enumerate(halves):
        minutes = schedule.whole_minutes(schedule.WALK * reading * share, more)
        here = [("walk", what, minutes)]
        here += [one for place, *one in _asked(notebook) if (place >= stop) == is_late]
        found += [schedule.Part(number, *one, bool(is_late)) for one in here]
    return found


def sections_of(notebook):
    """Return dict, section -> [minutes in front of a class: float, its exercises: list].

    The minutes are schedule.WALK times the reading; computing and exercises are not in them.
    """
    asked, found, section = {one.start: one for one in exercises(notebook)}, {}, "Opening"
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            section = [section, *SECTION.findall(cell.source)][-1]
        own = found.setdefault(section, [0.0, []])
        own[0] += schedule.WALK * reading_minutes([cell])
        own[1] += [asked[place]] if place in asked else []
    return found


def reading_and_computing(path, notebook, times):
    """Return minutes, two floats: what the opening says, or for the second what was measured."""
    reading, computing = texts.TIMES.search(notebook.cells[0].source).groups()
    seconds = times.get(path.stem, {}).get("seconds")
    return minutes_of(reading), minutes_of(computing) if seconds is None else seconds / 60


def minutes_of(span):
    """Return the minutes that a text such as "7 min" or "20 s" names: float.

    Raises ValueError for any other text.
    """
    amount, unit = span.split()
    if unit not in SECONDS:
        raise ValueError(f"{span!r} is no time; write it as '20 s' or '2 min'.")
    return float(amount) * SECONDS[unit] / 60


def _asked(notebook):
    """What a room is asked: (place in the list of cells, kind, what, minutes), exercises first."""
    for one in exercises(notebook):
        yield one.start, "exercise", f"Exercise {one.number} · {one.title}", one.minutes
    for place, kind, text in _items(notebook):
        if kind == notes.QUESTION:
            yield place, "question", f"Ask the room: {text}", schedule.QUESTION


def _stop(notebook):
    """Where a chapter may stop, a place in its cells, and that section; its end, "" if nowhere."""
    stops = [place for place, kind, _ in _items(notebook) if kind == notes.STOP]
    if len(stops) > 1:
        raise ToolError(f"{title(notebook)!r} has {len(stops)} notes {notes.STOP!r}: keep one.")
    for place in stops:
        before = "\n".join(
            cell.source for cell in notebook.cells[:place] if cell.cell_type == "markdown"
        )
        return place, SECTION.findall(before)[-1]
    return len(notebook.cells), ""


def _items(notebook):
    """The items of all notes: (place in the list of cells, kind, text)."""
    for place, cell in enumerate(notebook.cells):
        if notes.is_note(cell):
            yield from ((place, *item) for item in notes.items(cell))
