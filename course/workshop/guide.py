"""`python -m course guide`: the instructor's guide, and slides for each chapter, as web pages."""

import hashlib
import html
import json
import os
import platform
import time
import tomllib

from course import texts
from course.execute import execute, read_notebook
from course.project import (
    BUILD,
    GUIDE,
    ROOT,
    chapter,
    damaged,
    data_in_use,
    notebook_paths,
)
from course.tags import without_tags
from course.workshop import notes, pages, schedule
from course.workshop.learner import exercises, title
from course.workshop.learner import times as stated_times
from course.workshop.parts import parts_of, sections_of
from course.workshop.sizing import read_kernels, sizing
from course.workshop.slides import SECTION, deck, slides
from lenet_helpers.files import replaced

FOLDER = BUILD / "guide"
TIMES = BUILD / "workshop-times.json"  # not to be handed out


def write_guide(measure=False):
    """Write the guide and a deck of slides for each chapter into build/guide/.

    measure: bool, run first the chapters whose time on this machine is not known yet.
    Raises ToolError if an exercise is not in order, a chapter has too many slides, or it fails
    while it is measured.
    """
    paths = notebook_paths()
    times = measured(paths) if measure else known_times(paths)
    notebooks = {path: read_notebook(path) for path in paths}
    written = {"index.html": pages.document("The instructor's guide", guide(notebooks, times))}
    for path, notebook in notebooks.items():
        written[f"slides/{path.stem}.html"] = deck(slides(notebook))
    for name, text in written.items():
        with replaced(FOLDER / name) as file:
            file.write(text.encode())
    print(
        f"The guide: {(FOLDER / 'index.html').relative_to(ROOT)}, and {len(paths)} decks of slides"
    )
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
            times[path.stem] = {"seconds": seconds, "data": name, "code": _fingerprint(path)}
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
        if path.stem in times and times[path.stem]["code"] == _fingerprint(path)
    }


def read_guide():
    """Return what guide.toml holds, a dict, with every part that the guide needs."""
    with damaged(GUIDE):
        text = tomllib.loads(GUIDE.read_text(encoding="utf-8"))
        for part in ("opening", "prerequisites", "times", "welcome", "left"):
            text[part].strip()
    return text


def guide(notebooks, times):
    """Return the instructor's guide, in Markdown.

    notebooks: dict, path -> notebook, in reading order.
    times:     dict from `known_times`.
    """
    text = read_guide()
    parts = [parts_of(path, notebook, times) for path, notebook in notebooks.items()]
    sizes = sizing(read_kernels())
    with damaged(GUIDE):
        sections = [_section(one["title"], one["text"].format(**sizes)) for one in text["sections"]]
    pieces = [
        "# The instructor's guide",
        text["opening"],
        _section("What learners need", text["prerequisites"], _needs_table(notebooks, text)),
        _section("Times", text["times"], _times_table(notebooks, parts, times), _machine(times)),
        *(_plan(name, parts, *plan, text) for name, plan in schedule.PLANS.items()),
        *sections,
        *(_chapter(path, notebook) for path, notebook in notebooks.items()),
    ]
    joined = "\n\n".join(piece.strip() for piece in pieces) + "\n"
    return without_tags(joined)


# --- parts of the guide ------------------------------------------------------------------------


def _times_table(notebooks, parts, times):
    lines = [
        "| chapter | reading alone | computing | measured here | before a class | to its stop "
        "| exercises |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (path, notebook), own in zip(notebooks.items(), parts, strict=True):
        reading, exercising, computing = stated_times(notebook)
        here = f"{times[path.stem]['seconds']:.0f} s" if path.stem in times else texts.NONE
        walks = [one.minutes for one in own if one.kind == "walk"]
        row = [
            *(f"{int(chapter(path))}. {title(notebook)}", reading, computing, here),
            f"{sum(walks)} min",
            f"{walks[0]} min" if walks[1:] else texts.NONE,
            exercising,
        ]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def _machine(times):
    if not times:
        return "Nothing was measured: `python -m course guide --measure` does it."
    data = ", ".join(sorted({one["data"] for one in times.values()}))
    return (
        f"Measured on the machine that wrote this guide, with the start of each kernel: "
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; "
        f"data: {data}. Your room's machines will have other times: run "
        "`python -m lenet_helpers check` on one of them."
    )


def _needs_table(notebooks, text):
    with damaged(GUIDE):
        needs = {path: text["needs"][chapter(path)] for path in notebooks}
    rows = [
        f"| {int(chapter(path))}. {title(one)} | {needs[path]} |" for path, one in notebooks.items()
    ]
    return "\n".join(["| chapter | needs |", "| --- | --- |", *rows])


def _plan(name, chapters, minutes, breaks, text):
    parts, left_out = schedule.chosen(chapters, schedule.time_for_chapters(minutes, breaks))
    welcome = schedule.Part("", "welcome", text["welcome"], schedule.WELCOME)
    rows = schedule.timetable([welcome, *parts], breaks)
    lines = ["| from | to | chapter | what |", "| --- | --- | --- | --- |"]
    lines += [f"| {_clock(r.start)} | {_clock(r.end)} | {r.chapter} | {r.what} |" for r in rows]
    end = rows[-1].end
    if end + schedule.SHORTEST <= minutes:
        lines.append(f"| {_clock(end)} | {_clock(minutes)} | | {text['left']} |")
    count = sum(part.kind == "exercise" for part in parts)
    about = f"{end} of {minutes} minutes are planned, {count} exercises among them."
    return _section(f"Schedule: {name.lower()}", "\n".join(lines), about, _left_out(left_out))


def _left_out(left_out):
    """What did not fit, a table: a line for the parts of a chapter that have the same reason."""
    reasons, whole = {}, set()
    for part, why in left_out:
        if part.chapter not in whole:
            reasons.setdefault((part.chapter, why), []).append(part)
        if part.kind == "walk" and not part.is_late:
            whole.add(part.chapter)
    rows = [f"| {number} | {_listed(parts)} | {why} |" for (number, why), parts in reasons.items()]
    return "\n".join(["| chapter | left out | why |", "| --- | --- | --- |", *rows]) if rows else ""


def _listed(parts):
    if parts[0].kind == "walk" and not parts[0].is_late:
        return "the whole chapter"
    questions = sum(part.kind == "question" for part in parts)
    named = [part.what for part in parts if part.kind != "question"]
    plural = "s" if questions > 1 else ""
    named += [f"{questions} question{plural} to the room"] if questions else []
    return "; ".join(named)


def _chapter(path, notebook):
    opening = notebook.cells[0].source
    subsections = {
        "Objectives": opening.partition("In this chapter you will")[2].strip(),
        "Minutes": _minutes(notebook),
        "Answers": "\n\n".join(_answers(notebook, one) for one in exercises(notebook)),
        "Notes beside the text": "\n\n".join(_notes(notebook)),
    }
    texts_ = [f"### {name}\n\n{content}" for name, content in subsections.items() if content]
    slides_ = f"[Slides](slides/{path.stem}.html): N shows the notes for whoever speaks."
    return _section(f"Chapter {int(chapter(path))} · {title(notebook)}", slides_, *texts_)


def _minutes(notebook):
    lines = ["| section | in front of a class | exercises |", "| --- | ---: | --- |"]
    for section, (minutes, asked) in sections_of(notebook).items():
        named = ", ".join(f"{one.number} ({one.minutes} min)" for one in asked) or texts.NONE
        lines.append(f"| {section} | {schedule.whole_minutes(minutes)} min | {named} |")
    return "\n".join(lines)


def _answers(notebook, one):
    """An exercise's solution, and a table of wrong answers with what the check says of them."""
    solution = notebook.cells[one.solution]
    rows = [
        f"<tr><td>{_code_block(wrong['answer'])}</td><td>{html.escape(wrong['says'])}</td></tr>"
        for wrong in solution.metadata["exercise"]["wrong"]
    ]
    head = "<tr><th>a typical wrong answer</th><th>the check's message contains</th></tr>"
    return (
        f"#### Exercise {one.number} · {one.title}\n\n*({one.difficulty}, {one.minutes} min)*\n\n"
        f"{_code_block(solution.source.removeprefix('# @title Solution').strip())}\n\n"
        f"<table>{head}{''.join(rows)}</table>"
    )


def _code_block(source):
    # A blank line would end what Markdown takes for HTML.
    return f"<pre>{html.escape(source, quote=False)}</pre>".replace("\n\n", "\n&#10;")


def _notes(notebook):
    """The notes for the instructor, below the section that they stand in."""
    section, shown = "", None
    for cell in filter(_is_text, notebook.cells):
        if notes.is_note(cell):
            yield from [f"*{section}*"] if section != shown else []
            yield notes.words(cell)
            shown = section
        else:
            section = [section, *SECTION.findall(cell.source)][-1]


def _is_text(cell):
    return cell.cell_type == "markdown"


def _section(heading, *contents):
    return "\n\n".join([f"## {heading}", *(content.strip() for content in contents)])


def _clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02}"


def _fingerprint(path):
    """A fingerprint of a chapter's code."""
    cells = read_notebook(path).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    return hashlib.sha256("\n\n".join(sources).encode()).hexdigest()[:16]
