"""The finished runs of a study: files of each, gathered into a table.

A run is there once RUNG-SEED.json is, its row and curve, written after its weights, RUNG-SEED.npz.
NAME.csv has a row per run, and NAME_epochs.csv a row per epoch of each. They are committed and the
files are not: in a fresh clone the rows stand alone. Where both are there, the row counts.
"""

import contextlib
import csv
import hashlib
import io
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from lenet_helpers.commands import ToolError, blaming
from lenet_helpers.files import locked, replaced
from lenet_helpers.studies.recipes import read_settings

KEY = ["study", "rung", "seed"]
COUNTS = ["version", "parameters", "fixed_parameters", "epochs", "train_images", "train_errors"]
SURE = 2**16 - 1  # stands for a probability of 1 in `write_probabilities`
ERRORS = ["val_errors", "test_errors"]  # empty where nothing validates, or the test set stays shut
COLUMNS = [*KEY, "settings", *COUNTS, *ERRORS, "seconds", "threads", "processor", "cores"]
COLUMNS += ["tensorflow", "python", "finished", "weights_sha256"]


class TableError(ToolError):
    """A table cannot be read or written; the message says what is wrong and what to do."""


class RunTable:
    """The runs of one study.

    path:    of the CSV.
    weights: folder of the runs' own files.
    study:   str, its name.
    rungs:   names in the order in which rows are sorted; other rungs come last.
    """

    def __init__(self, path, weights, study, rungs=()):
        self.path, self.weights = Path(path), Path(weights)
        self.study = study
        self.places = {rung: place for place, rung in enumerate(rungs)}

    def runs(self):
        """The finished runs, gathered or not: dict, (rung, seed) -> row, a dict of str.

        Raises TableError if a file is damaged, or of another study.
        """
        rows = _rows(self.path, self.study)
        return rows | {key: row for key, (row, _) in self._waiting(rows).items()}

    def prepare(self):
        """Make the folders, gather, and raise TableError if nothing could be written."""
        for folder in (self.path.parent, self.weights):
            with _writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder) as probe:
                    probe.write(bytes(2**16))
        self.gather()

    def claim(self, rung, seed):
        """Context manager: whether this process, and no other, may make a run in its block."""
        return locked(self.weights / f".{rung}-{seed}.lock", wait=False)

    def has_weights(self, row):
        """Whether the weights of a row are in their file here."""
        path = self._file(row, "npz")
        return path.is_file() and _sha256(path.read_bytes()) == row["weights_sha256"]

    def add(self, row, curve, weights):
        """Write the files of a finished run, and gather it, in place of a row with other weights.

        row: dict, all of COLUMNS but the last; curve: list of dict, one per epoch, each with
        "epoch"; weights: bytes.
        Returns the whole row. Raises TableError if that fails; then the run is as it was.
        """
        row = row | {"weights_sha256": _sha256(weights)}
        _replace(self._file(row, "npz"), weights)
        record = {"row": row, "curve": curve}
        _replace(self._file(row, "json"), (json.dumps(record, indent=1) + "\n").encode())
        self.gather(_run_key(row))
        return row

    def gather(self, new=None):
        """Bring runs that only have files of their own into the CSVs. Raises TableError.

        new: (rung, seed) of a run that is to take the place of a row with other weights.
        """
        with _writing(self.path), locked(self.path.parent):
            rows = _rows(self.path, self.study)
            epochs = _epochs(self.path, rows)
            waiting = self._waiting(rows, new)
            if not waiting:
                return
            for key, (row, curve) in waiting.items():
                of_run = {name: row[name] for name in KEY}
                rows[key], epochs[key] = row, [of_run | epoch for epoch in curve]
            keys = sorted(rows, key=self._place)
            _replace(epochs_path(self.path), _as_csv(row for key in keys for row in epochs[key]))
            _replace(self.path, _as_csv(rows[key] for key in keys))

    def _waiting(self, rows, new=None):
        """The runs whose own files say more than the CSV's rows: dict, key -> (row, curve)."""
        found = {}
        for path in sorted(self.weights.glob("*.json")):
            with _blaming(path):
                record = json.loads(path.read_text(encoding="utf-8"))
                row = {name: _as_text(record["row"][name]) for name in COLUMNS}
                curve = [
                    {name: _as_text(value) for name, value in epoch.items()}
                    for epoch in record["curve"]
                ]
                _check(row, self.study)
                _check_epochs(row, curve)
                if path != self._file(row, "json"):
                    raise ValueError(f"it is of {row['rung']}, seed {row['seed']}")
            key = _run_key(row)
            if key not in rows or (key == new and not _have_same_weights(row, rows[key])):
                found[key] = row, curve
        return found

    def _file(self, row, suffix):
        return self.weights / f"{row['rung']}-{row['seed']}.{suffix}"

    def _place(self, key):
        rung, seed = key
        return self.places.get(rung, len(self.places)), rung, seed


def read_runs(path):
    """The runs of a table: DataFrame, one row per run; counts are Int64, missing where empty.

    Raises TableError if the file is damaged, or a row contradicts itself.
    """
    _rows(path)
    whole = dict.fromkeys(["seed", *COUNTS, *ERRORS], "Int64")
    return pd.read_csv(path, dtype=whole)


def read_epochs(path):
    """The epochs of a table's runs: DataFrame, one row per run and epoch.

    path: of the runs' CSV. Raises TableError if a file is damaged, or an epoch is missing.
    """
    _epochs(path, _rows(path))
    epochs = pd.read_csv(epochs_path(path))
    return epochs.merge(read_runs(path)[["rung", "seed"]], on=["rung", "seed"])


def epochs_path(path):
    """Where the epochs of the runs in a CSV stand."""
    path = Path(path)
    return path.with_name(f"{path.stem}_epochs.csv")


def misread_path(path):
    """Where `runner.write_misread` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_misread.csv")


def recounted_path(path):
    """Where `runner.write_recounted` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_recounted.csv")


def robustness_path(path):
    """Where `runner.write_robustness` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_robustness.csv")


def probabilities_path(path):
    """Where `runner.write_probabilities` writes; path: of the runs' CSV."""
    path = Path(path)
    return path.with_name(f"{path.stem}_probabilities.npz")


def read_probabilities(path):
    """What the runs of a table answer to their validation images, and what these are labelled.

    path: of the runs' CSV.
    Returns (dict, rung -> (seeds, N, 10) float32, in the order of the seeds; (N,) uint8).
    Raises TableError if they are not stored, or damaged.
    """
    stored, rungs = probabilities_path(path), {}
    remedy = f"`python -m lenet_helpers study probabilities {Path(path).stem}` makes it anew."
    blamed = blaming(stored, "cannot be read", remedy, TableError)
    with blamed, np.load(stored, allow_pickle=False) as arrays:
        labels = arrays["labels"]
        runs = [name.rpartition("-") for name in arrays.files if name != "labels"]
        for rung, _, seed in sorted(runs, key=lambda run: (run[0], int(run[2]))):
            rungs.setdefault(rung, []).append(arrays[f"{rung}-{seed}"])
    return {rung: np.stack(seeds) / np.float32(SURE) for rung, seeds in rungs.items()}, labels


def counted_on(runs):
    """The column of a table's runs that its choices or results rest on.

    "test_errors" where the test set was opened, "val_errors" where it stayed shut.
    """
    return "val_errors" if runs["test_errors"].isna().all() else "test_errors"


def read_right(path, images=range(10_000)):
    """Which images each run of a table gets right: DataFrame of bool, a row per run.

    path:   of the runs' CSV.
    images: (N,) int, the rows of the test set; or, of a study that keeps it shut, the rows of the
            training set that validate.
    Index rung and seed, of the rungs that were listed; columns are the images.
    Raises TableError if the list of misread images is not that of these runs.
    """
    runs, listed = read_runs(path), pd.read_csv(misread_path(path))
    errors = runs[runs["rung"].isin(listed["rung"])].set_index(["rung", "seed"])[counted_on(runs)]
    misread = listed.groupby(["rung", "seed"])["image"]
    if not misread.count().reindex(errors.index).eq(errors).all():
        raise TableError(
            f"{misread_path(path)} is not of the runs in {path}. "
            f"`python -m lenet_helpers study misread {Path(path).stem}` makes it anew."
        )
    right = pd.DataFrame(True, index=errors.index, columns=images)
    for run, wrong in misread:
        right.loc[run, wrong] = False
    return right


def write_rows(path, rows):
    """Write dicts of plain values as a CSV; return its path. Raises TableError."""
    _replace(path, _as_csv(rows))
    return path


def write_arrays(path, arrays):
    """Write arrays as a compressed npz; return its path. Raises TableError."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    _replace(path, content.getvalue())
    return path


def _replace(path, content):
    with _writing(path), replaced(path) as file:
        file.write(content)


def _rows(path, study=None):
    """The rows of a CSV of runs: dict, (rung, seed) -> dict of str."""
    with _blaming(path):
        rows = {}
        for number, row in _read(Path(path), lambda columns: columns == COLUMNS):
            with _at(number):
                study = study or row["study"]
                _check(row, study)
                if _run_key(row) in rows:
                    raise ValueError(f"it repeats {row['rung']} {row['seed']}")
            rows[_run_key(row)] = row
    return rows


def _epochs(path, rows):
    """The epochs of the runs in a CSV: dict, (rung, seed) -> list of dict of str."""
    path = epochs_path(path)
    with _blaming(path):
        epochs = {key: [] for key in rows}
        for number, row in _read(path, lambda columns: columns[:4] == [*KEY, "epoch"]):
            with _at(number):
                epochs.get(_run_key(row), []).append(row)
        for key, row in rows.items():
            _check_epochs(row, epochs[key])
    return epochs


def _read(path, are_expected):
    """The rows of a CSV, with the numbers of their lines."""
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
    return [(number, dict(zip(header, row, strict=True))) for number, row in enumerate(rows, 2)]


def _check(row, study):
    """Raise ValueError if a row is of another study, no run's, or contradicts itself."""
    if row["study"] != study:
        raise ValueError(f"it is of study {row['study']!r}")
    for name in ["seed", *COUNTS, *ERRORS]:
        if not row[name].isdecimal() and (name not in ERRORS or row[name]):
            raise ValueError(f"{name} is {row[name]!r}, not a whole number")
    if not re.fullmatch("[0-9a-f]{64}", row["weights_sha256"]):
        raise ValueError(f"weights_sha256 is {row['weights_sha256']!r}, no SHA-256")
    try:
        recipe, opens_test_set = read_settings(row["settings"])
    except (TypeError, KeyError) as error:
        raise ValueError(f"its settings are no recipe's: {error}") from error
    agree = {
        "epochs": int(row["epochs"]) == recipe.epochs,
        "threads": row["threads"] == str(recipe.threads),
        "train_errors": int(row["train_errors"]) <= int(row["train_images"]) <= recipe.images,
        "val_errors": (row["val_errors"] != "") == (recipe.validation_split > 0),
        "test_errors": (row["test_errors"] != "") == opens_test_set,
    }
    for name, agrees in agree.items():
        if not agrees:
            raise ValueError(f"its {name}, {row[name] or 'none'}, contradict the rest of the row")


def _check_epochs(row, epochs):
    """Raise ValueError if the epochs of a run are not all there once, in order, in numbers."""
    found = [epoch["epoch"] for epoch in epochs]
    if found != [str(number) for number in range(1, int(row["epochs"]) + 1)]:
        raise ValueError(
            f"the epochs of {row['rung']}, seed {row['seed']}, are not 1 to {row['epochs']}"
        )
    for epoch in epochs:
        for name, value in epoch.items():
            if name not in KEY and value:
                float(value)


def _have_same_weights(row, other):
    return row["weights_sha256"] == other["weights_sha256"]


def _run_key(row):
    return row["rung"], int(row["seed"])


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _as_text(value):
    return "" if value is None else str(value)


def _as_csv(rows):
    rows = list(rows)
    columns = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@contextlib.contextmanager
def _at(number):
    try:
        yield
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _blaming(path):
    problem = "cannot be read as runs of a study"
    remedy = "It was left as it is: mend it, move it away, or give another --output."
    return blaming(path, problem, remedy, TableError)


@contextlib.contextmanager
def _writing(path):
    try:
        yield
    except OSError as error:
        raise TableError(
            f"{path} cannot be written: {error.strerror or error}. "
            "Runs that were finished before are intact. Mend that and give the same command again."
        ) from error
