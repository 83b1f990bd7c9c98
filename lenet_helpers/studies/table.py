"""The table of a study's finished runs: a CSV, another of their epochs, and their weights.

NAME.csv has a row per run and NAME_epochs.csv a row per epoch of each. A row of the second counts
only if its run stands in the first, which is replaced last: a run is there as a whole, or not.
"""

import contextlib
import csv
import hashlib
import io
import os
import re
import tempfile
from pathlib import Path

import pandas as pd

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

KEY = ["study", "rung", "seed"]
COUNTS = ["version", "parameters", "fixed_parameters", "epochs", "train_images", "train_errors"]
ERRORS = ["val_errors", "test_errors"]  # empty where nothing validates, or the test set stays shut
COLUMNS = [*KEY, "settings", *COUNTS, *ERRORS, "seconds", "threads", "processor", "cores"]
COLUMNS += ["tensorflow", "python", "finished", "weights_sha256"]


class TableError(Exception):
    """A table cannot be read or written; the message says what is wrong and what to do."""


class RunTable:
    """The files of one study.

    path:    of the CSV.
    weights: folder of the weights, one file RUNG-SEED.npz for each run.
    study:   str, its name.
    rungs:   names in the order in which rows are sorted; other rungs come last.
    """

    def __init__(self, path, weights, study, rungs=()):
        self.path = Path(path)
        self.epochs_path = self.path.with_name(f"{self.path.stem}_epochs.csv")
        self.weights = Path(weights)
        self.study = study
        self.places = {rung: place for place, rung in enumerate(rungs)}

    def runs(self):
        """The finished runs: list of dict of str, as they stand in the file.

        Raises TableError if the file is damaged, or no table of this study.
        """
        with _blaming(self.path, self.study):
            rows = _read(self.path, lambda columns: columns == COLUMNS)
            for number, row in enumerate(rows, 2):
                _check(row, self.study, number)
            _check_keys(rows, ["rung", "seed"])
        return rows

    def epochs(self):
        """The epochs of the finished runs: list of dict of str."""
        finished = {_run_key(row) for row in self.runs()}
        with _blaming(self.epochs_path, self.study):
            rows = _read(self.epochs_path, lambda columns: columns[:4] == [*KEY, "epoch"])
            _check_keys(rows, ["rung", "seed", "epoch"])
        return [row for row in rows if _run_key(row) in finished]

    def prepare(self):
        """Make the folders, and raise TableError if nothing could be written into them."""
        for folder in (self.path.parent, self.weights):
            with _writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(bytes(2**16))

    def add(self, row, curve, weights):
        """Write a finished run, in place of one of the same rung and seed.

        row: dict, all of COLUMNS but the last; curve: list of dict, one per epoch, each with
        "epoch"; weights: bytes.
        Raises TableError if that fails; then the table is as it was.
        """
        row = row | {"weights_sha256": hashlib.sha256(weights).hexdigest()}
        curve = [{name: row[name] for name in KEY} | epoch for epoch in curve]
        with _locked(self.path.parent):
            replace_file(self.weights / f"{row['rung']}-{row['seed']}.npz", weights)
            epochs = self._sorted(self.epochs(), curve)
            replace_file(self.epochs_path, _as_csv(epochs))
            replace_file(self.path, _as_csv(self._sorted(self.runs(), [row])))

    def _sorted(self, rows, new):
        new = [{name: _as_text(value) for name, value in row.items()} for row in new]
        replaced = {_run_key(row) for row in new}
        return sorted([row for row in rows if _run_key(row) not in replaced] + new, key=self._place)

    def _place(self, row):
        place = self.places.get(row["rung"], len(self.places))
        return place, row["rung"], int(row["seed"]), int(row.get("epoch", 0))


def read_runs(path):
    """The runs of a table: DataFrame, one row per run; counts are Int64, missing where empty."""
    whole = dict.fromkeys(["seed", *COUNTS, *ERRORS], "Int64")
    return pd.read_csv(path, dtype=whole)


def read_epochs(path):
    """The epochs of a table's runs: DataFrame, one row per run and epoch.

    path: of the runs' CSV.
    """
    path = Path(path)
    runs = read_runs(path)[["rung", "seed"]]
    epochs = pd.read_csv(path.with_name(f"{path.stem}_epochs.csv"))
    return epochs.merge(runs, on=["rung", "seed"])


def misread_path(path):
    """Where `study.write_misread` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_misread.csv")


def recounted_path(path):
    """Where `study.write_recounted` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_recounted.csv")


def read_right(path, images=10_000):
    """Which test images each run of a table gets right: DataFrame of bool, a row per run.

    path:   of the runs' CSV; images: int, how many test images there are.
    Index rung and seed; columns 0, 1, ... are the rows of the test set.
    Raises TableError if the list of misread images is not that of these runs.
    """
    errors = read_runs(path).dropna(subset="test_errors").set_index(["rung", "seed"])["test_errors"]
    misread = pd.read_csv(misread_path(path)).groupby(["rung", "seed"])["image"]
    if not misread.count().reindex(errors.index).eq(errors).all():
        raise TableError(
            f"{misread_path(path)} is not of the runs in {path}. "
            f"`python -m lenet_helpers misread {Path(path).stem}` makes it anew."
        )
    right = pd.DataFrame(True, index=errors.index, columns=range(images))
    for run, wrong in misread:
        right.loc[run, wrong] = False
    return right


def write_rows(path, rows):
    """Write dicts of plain values as a CSV; return its path. Raises TableError."""
    replace_file(path, _as_csv(rows))
    return path


def replace_file(path, content):
    """Write bytes to a file so that, whatever happens, it holds either what it held or all.

    Raises TableError.
    """
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _read(path, are_expected):
    if not path.exists():
        return []
    if not path.is_file():
        raise ValueError("it is not a file")
    text = path.read_text(encoding="utf-8")
    if not text:
        raise ValueError("it is empty")
    if not text.endswith("\n"):
        raise ValueError("its last line is not complete")
    header, *rows = csv.reader(io.StringIO(text), strict=True)
    if not are_expected(header):
        raise ValueError(f"its columns are of another version: {', '.join(header)}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(f"line {number} has {len(row)} fields, not {len(header)}")
    return [dict(zip(header, row, strict=True)) for row in rows]


def _check(row, study, number):
    if row["study"] != study:
        raise ValueError(f"line {number} is of study {row['study']!r}")
    for name in ["seed", *COUNTS, *ERRORS]:
        if not row[name].isdecimal() and (name not in ERRORS or row[name]):
            raise ValueError(f"line {number}: {name} is {row[name]!r}, not a whole number")
    if not re.fullmatch("[0-9a-f]{64}", row["weights_sha256"]):
        raise ValueError(f"line {number}: weights_sha256 is {row['weights_sha256']!r}, no SHA-256")


def _check_keys(rows, names):
    seen = set()
    for number, row in enumerate(rows, 2):
        key = tuple(row[name] for name in names)
        if key in seen:
            raise ValueError(f"line {number} repeats {' '.join(key)}")
        seen.add(key)


def _run_key(row):
    return row["rung"], str(row["seed"])


def _as_text(value):
    return "" if value is None else str(value)


def _as_csv(rows):
    columns = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@contextlib.contextmanager
def _blaming(path, study):
    try:
        yield
    except (ValueError, csv.Error, OSError) as error:
        raise TableError(
            f"{path} cannot be read as runs of the study {study!r}: {error}. It was left as it is: "
            "mend it, move it away, or give another --output."
        ) from error


@contextlib.contextmanager
def _writing(path):
    try:
        yield
    except OSError as error:
        raise TableError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Runs that were finished before are intact. Mend that and give the same command again."
        ) from error


@contextlib.contextmanager
def _locked(folder):
    """Let commands that write into the same folder take turns, where the system offers it."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)
