"""What a learner wrote into a copy stays, and what nobody touched follows the chapters."""

import subprocess
import sys

import nbformat

from course.copies import RECORD, chapters, renew_copies
from course.project import ROOT, notebook_paths

NAME = "learn/01_a.ipynb"


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != RECORD
    }


def test_each_chapter_is_there_empty_and_complete():
    files = chapters()
    names = [path.name for path in notebook_paths()]
    assert list(files) == [f"{folder}/{name}" for folder in ("learn", "read") for name in names]
    for name, text in files.items():
        nbformat.validate(nbformat.reads(text, as_version=4))
        assert "](../" not in text
        assert ('"image/png"' in text) == name.startswith("read/")


def test_a_missing_copy_is_made_and_an_untouched_one_follows_its_chapter(tmp_path):
    assert renew_copies({NAME: "old"}, tmp_path) == []
    assert renew_copies({NAME: "new", "read/02_b.ipynb": "b"}, tmp_path) == []
    assert texts(tmp_path) == {NAME: "new", "read/02_b.ipynb": "b"}


def test_a_copy_that_was_changed_is_never_overwritten(tmp_path):
    renew_copies({NAME: "old"}, tmp_path)
    (tmp_path / NAME).write_text("my answer")
    assert renew_copies({NAME: "old"}, tmp_path) == []
    assert renew_copies({NAME: "new"}, tmp_path) == [NAME]
    assert texts(tmp_path) == {NAME: "my answer"}
    (tmp_path / RECORD).unlink()
    assert renew_copies({NAME: "new"}, tmp_path) == [NAME]
    assert texts(tmp_path) == {NAME: "my answer"}
    (tmp_path / NAME).rename(tmp_path / "mine.ipynb")
    assert renew_copies({NAME: "new"}, tmp_path) == []
    assert texts(tmp_path) == {NAME: "new", "mine.ipynb": "my answer"}


def test_a_copy_that_is_the_chapter_needs_no_record(tmp_path):
    renew_copies({NAME: "same"}, tmp_path)
    (tmp_path / RECORD).unlink()
    assert renew_copies({NAME: "same"}, tmp_path) == []
    assert renew_copies({NAME: "new"}, tmp_path) == []
    assert texts(tmp_path) == {NAME: "new"}


def test_git_ignores_the_copies():
    command = ["git", "check-ignore", "--quiet", "my_notebooks/learn/01_explore.ipynb"]
    assert subprocess.call(command, cwd=ROOT) == 0


def test_lab_makes_them_and_says_where():
    command = [sys.executable, "-m", "course", "lab", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no command overwrites: my_notebooks" in done.stdout
    assert (ROOT / "my_notebooks/learn/01_explore.ipynb").is_file()
