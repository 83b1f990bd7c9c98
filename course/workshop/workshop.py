"""`python -m course workshop`: the learner's version and the instructor's guide."""

import hashlib
import json
import os
import platform
import re
import sys
import time
import tomllib

from course import texts
from course.execute import execute, read_notebook, write_notebook
from course.project import (
    BUILD,
    GUIDE,
    ROOT,
    chapter,
    damaged,
    data_in_use,
    notebook_paths,
    repository_address,
)
from course.tags import without_tags
from course.workshop import schedule
from course.workshop.learner import exercises, learners_version, title
from course.workshop.sizing import read_kernels, sizing
from lenet_helpers.files import replaced

WORKSHOP = BUILD / "workshop"
TIMES = BUILD / "workshop-times.json"  # not to be handed out
SECONDS = {"s": 1, "min": 60}


def workshop(measure=False):
    """Write the learner's version of every chapter, and GUIDE.md, under build/workshop/.

    measure: bool, run first the chapters whose time on this machine is not known yet.
    Raises ToolError if an exercise is not in order, or a chapter fails while it is measured.
    """
    paths, address = notebook_paths(), repository_address()
    times = measured(paths) if measure else known_times(paths)
    notebooks = {path: read_notebook(path) for path in paths}
    text = guide(notebooks, times)
    versions = {path: learners_version(one, address) for path, one in notebooks.items()}
    for path, version in versions.items():
        write_notebook(version, WORKSHOP / path.name)
    with replaced(WORKSHOP / "GUIDE.md") as file:
        file.write(text.encode())
    folder = WORKSHOP.relative_to(ROOT)
    print(f"{len(paths)} learner's notebooks and GUIDE.md: {folder}")
    print(f"Open them with: {sys.executable} -m jupyterlab {folder}")
    if len(times) < len(paths):
        print("Times in the guide are the chapters' own; --measure takes them on this machine.")


def measured(paths):
    """Run the chapters whose time is not known; return all times, as `known_times`."""
    name, _ = data_in_use()
    print(f"Chapters whose time is not known run once, on {name}.", flush=True)
    times = known_times(paths)
    for path in paths:
        if times.get(path.stem, {}).get("data") != name:
            start = time.perf_counter()
            execute(path)
            seconds = round(time.perf_counter() - start, 1)
            times[path.stem] = {"seconds": seconds, "data": name, "code": _code(path)}
            with replaced(TIMES) as file:
                file.write((json.dumps(times, indent=2) + "\n").encode())
    return times


def known_times(paths):
    """Return what was measured of chapters whose code is still the same: dict, by their names."""
    if not TIMES.exists():
        return {}
    with damaged(TIMES):
        times = json.loads(TIMES.read_text(encoding="utf-8"))
        for one in times.values():
            one["code"], one["data"], float(one["seconds"])
    return {
        path.stem: times[path.stem]
        for path in paths
        if path.stem in times and times[path.stem]["code"] == _code(path)
    }


def read_guide():
    """Return what guide.toml holds, a dict, with every part that the guide needs."""
    with damaged(GUIDE):
        text = tomllib.loads(GUIDE.read_text(encoding="utf-8"))
        for part in (text["opening"], text["welcome"], text["left"]):
            part.strip()
        for words in text["chapters"].values():
            for question in words.get("questions", []):
                question["ask"].strip(), question["answer"].strip()
    return text


def guide(notebooks, times, text=None):
    """Return the instructor's guide, in Markdown.

    notebooks: dict, path -> notebook, in reading order.
    times:     dict from `known_times`.
    text:      dict, what course/workshop/guide.toml holds, which is read if it is not given.
    """
    text = text or read_guide()
    words = {path: text["chapters"].get(chapter(path), {}) for path in notebooks}
    parts = [_parts(path, notebooks[path], times, words[path]) for path in notebooks]
    sizes = sizing(read_kernels())
    with damaged(GUIDE):
        sections = [_section(one["title"], one["text"].format(**sizes)) for one in text["sections"]]
    pieces = [
        "# The instructor's guide",
        text["opening"],
        _section("Times", _times_table(notebooks, times), _machine(times)),
        *(_plan(name, parts, *plan, text) for name, plan in schedule.PLANS.items()),
        *sections,
        *(_chapter(notebook, words[path]) for path, notebook in notebooks.items()),
    ]
    joined = "\n\n".join(piece.strip() for piece in pieces) + "\n"
    return without_tags(joined)


def minutes_of(span):
    """Return the minutes that a text such as "7 min" or "20 s" names: float.

    Raises ValueError for any other text.
    """
    amount, unit = span.split()
    if unit not in SECONDS:
        raise ValueError(f"{span!r} is no time; write it as '20 s' or '2 min'.")
    return float(amount) * SECONDS[unit] / 60


# --- parts of the guide ------------------------------------------------------------------------


def _parts(path, notebook, times, words):
    """What can be done in a chapter, for the planner: walk-through, exercises, questions."""
    number, (reading, computing) = chapter(path), _reading_and_computing(path, notebook, times)
    walk = schedule.whole_minutes(reading, computing)
    parts = [schedule.Part(number, "chapter", f"{title(notebook)}: read and run", walk)]
    for one in exercises(notebook):
        what = f"Exercise {one.number} · {one.title}"
        parts.append(schedule.Part(number, "exercise", what, one.minutes))
    for one in words.get("questions", []):
        what = f"Ask the room: {one['ask']}"
        parts.append(schedule.Part(number, "question", what, schedule.QUESTION))
    return parts


def _reading_and_computing(path, notebook, times):
    reading, computing = texts.TIMES.search(notebook.cells[0].source).groups()
    seconds = times.get(path.stem, {}).get("seconds")
    return minutes_of(reading), minutes_of(computing) if seconds is None else seconds / 60


def _times_table(notebooks, times):
    lines = [
        "| chapter | reading | computing | measured here | exercises |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for path, notebook in notebooks.items():
        reading, computing = texts.TIMES.search(notebook.cells[0].source).groups()
        here = f"{times[path.stem]['seconds']:.0f} s" if path.stem in times else texts.NONE
        all_of = exercises(notebook)
        minutes = f"{len(all_of)}, {sum(one.minutes for one in all_of)} min"
        name = f"{int(chapter(path))}. {title(notebook)}"
        lines.append(f"| [{name}]({path.name}) | {reading} | {computing} | {here} | {minutes} |")
    return "\n".join(lines)


def _machine(times):
    if not times:
        return "Nothing was measured: `python -m course workshop --measure` does it."
    data = ", ".join(sorted({one["data"] for one in times.values()}))
    return (
        f"Measured on the machine that wrote this guide, with the start of each kernel: "
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; "
        f"data: {data}. Your room's machines will have other times: run "
        "`python -m lenet_helpers check` on one of them."
    )


def _plan(name, chapters, minutes, breaks, text):
    parts = schedule.chosen(chapters, schedule.time_for_chapters(minutes, breaks))
    welcome = schedule.Part("", "welcome", text["welcome"], schedule.WELCOME)
    rows = schedule.timetable([welcome, *parts], breaks)
    lines = ["| from | to | chapter | what |", "| --- | --- | --- | --- |"]
    lines += [f"| {_clock(r.start)} | {_clock(r.end)} | {r.chapter} | {r.what} |" for r in rows]
    end = rows[-1].end
    if end + schedule.SHORTEST <= minutes:
        lines.append(f"| {_clock(end)} | {_clock(minutes)} | | {text['left']} |")
    count = sum(part.kind == "exercise" for part in parts)
    skipped = sum(len(parts) for parts in chapters) - len(parts)
    about = f"{end} of {minutes} minutes are planned, {count} exercises among them"
    about += f"; {skipped} parts did not fit." if skipped else "."
    return _section(f"Schedule: {name.lower()}", "\n".join(lines), about)


def _chapter(notebook, words):
    opening = notebook.cells[0].source
    number = re.search(r"# Chapter (\d+)", opening)[1]
    rows = [
        f"| {one.number} | {one.title} | {one.difficulty} | {one.minutes} min |"
        for one in exercises(notebook)
    ]
    head = ["| exercise | what | level | time |", "| --- | --- | --- | ---: |"]
    table = [*head, *rows] if rows else []
    asked = [f"- *{one['ask']}* {one['answer']}" for one in words.get("questions", [])]
    subsections = {
        "Objectives": opening.partition("In this chapter you will")[2].strip(),
        "Exercises": "\n".join(table),
        "Misconceptions": "\n".join(f"- {one}" for one in words.get("misconceptions", [])),
        "Questions to the room": "\n".join(asked),
        "If time runs out": words.get("stop", ""),
    }
    texts_ = [f"### {name}\n\n{content}" for name, content in subsections.items() if content]
    return _section(f"Chapter {number} · {title(notebook)}", *texts_)


def _section(heading, *contents):
    return "\n\n".join([f"## {heading}", *(content.strip() for content in contents)])


def _clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02}"


def _code(path):
    """A fingerprint of a chapter's code."""
    cells = read_notebook(path).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    return hashlib.sha256("\n\n".join(sources).encode()).hexdigest()[:16]
