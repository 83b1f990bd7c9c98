"""The reader's own copies of the chapters, which `python -m course lab` opens."""

import hashlib
import json

import nbformat

from course.execute import read_notebook
from course.project import ROOT, notebook_paths, repository_address
from course.stamp import learners
from course.workshop.learner import with_outer_links
from course.workshop.notes import without_notes
from lenet_helpers.files import replaced

COPIES = ROOT / "my_notebooks"
RECORD = ".copied.json"  # name of a copy -> the digest of what it held when it was made


def chapters():
    """Return what the copies begin with: dict, name in the folder -> text of the notebook.

    Those in `learn/` are empty, those in `read/` complete, but for the instructor's notes.
    """
    files = {f"learn/{name}": text for name, text in learners().items()}
    for path in notebook_paths():
        notebook = with_outer_links(without_notes(read_notebook(path)), repository_address())
        files[f"read/{path.name}"] = nbformat.writes(notebook) + "\n"
    return files


def renew_copies(files, folder=COPIES):
    """Make the copies that are missing, and renew those that nobody changed; return the others.

    files: dict from `chapters`.
    A copy that was changed is left alone. Returns the names of those whose chapter has changed
    since they were made: a list of str.
    """
    record_path, old = folder / RECORD, []
    record = json.loads(record_path.read_text("utf-8")) if record_path.is_file() else {}
    for name, text in files.items():
        path, new = folder / name, text.encode()
        held = path.read_bytes() if path.is_file() else None
        if held not in (None, new) and _digest(held) != record.get(name):
            old += [name] if record.get(name) != _digest(new) else []
            continue
        if held != new:
            with replaced(path) as file:
                file.write(new)
        record[name] = _digest(new)
    with replaced(record_path) as file:
        file.write(json.dumps(record, indent=2).encode())
    return old


def _digest(content):
    return hashlib.sha256(content).hexdigest()
