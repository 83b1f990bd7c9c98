"""Runs of a study, rungs x seeds: over this machine's cores, or over machines with Dask.

A finished run is written at once and never made again. On one machine:

    python -m lenet_helpers study ladder --rungs article --seeds 5

On several, each with the same helpers and MNIST, and N runs at a time on each:

    dask scheduler                                # on one of them
    dask worker tcp://HOST:8786 --nthreads N      # on each
    python -m lenet_helpers study ladder --scheduler tcp://HOST:8786

Interrupted, that command leaves the workers to end the runs that they are at, for nothing.
"""

import collections
import contextlib
import logging
import statistics
from pathlib import Path

import joblib
import numpy as np

from lenet_helpers.checkpoints import FOLDER, CheckpointError, save_checkpoint
from lenet_helpers.reporting import ROOT
from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Failure, Job, run_fresh
from lenet_helpers.studies.table import (
    RunTable,
    TableError,
    misread_path,
    read_runs,
    recounted_path,
    write_rows,
)

BUILD = ROOT / "build"
# Seconds to wait for a Dask scheduler, and for the first of its workers, which start slowly.
PATIENCE, PATIENCE_FOR_WORKERS = 5, 30


class StudyError(Exception):
    """A study cannot be run, or not to its end; the message says why and what to do."""


def run_study(
    study, rungs=None, seeds=range(5), *, workers=None, scheduler=None, output=None, report=print
):
    """Make every run of a study that is not in its table yet; return the table, a DataFrame.

    study:     str, one of recipes.STUDIES.
    rungs:     names of some of its rungs; all unless given.
    seeds:     iterable of int.
    workers:   int, runs at a time on this machine; as many as its cores bear unless given.
    scheduler: str, address of a Dask scheduler, "tcp://host:port": runs on its workers instead.
    output:    path of the CSV, artifacts/STUDY.csv unless given. Weights go into build/studies/,
               or beside another CSV into a folder of its name.
    report:    function of str, called as runs finish.
    Raises StudyError.
    """
    jobs = _jobs(study, rungs, seeds)
    table = _table(study, output)
    try:
        missing = _missing(jobs, table)
        table.prepare()
        report(f"{study}: {len(jobs)} runs, of which {len(jobs) - len(missing)} are done already")
        if missing:
            with _spread(missing, workers, scheduler, table.weights / "unfinished") as (
                at_a_time,
                outcomes,
            ):
                _keep(outcomes, table, _Clock(missing, at_a_time), report)
    except TableError as error:
        raise StudyError(str(error)) from error
    report(f"All {len(jobs)} runs are in {table.path}")
    return read_runs(table.path)


def keep_run(study, rung, name, seed=0):
    """Make a finished run a committed checkpoint; return the path of NAME.npz.

    Raises StudyError if the run is not there. Which seed is kept should be fixed before any run.
    """
    table = _table(study, None)
    model, recipe = _loaded(table, _finished(table), rung, seed)
    made_by = f"`python -m lenet_helpers study {study} --rungs {rung}`, seed {seed}"
    return save_checkpoint(model, name, made_by, network_options=recipe.network_options)


def write_misread(study, report=print):
    """Write which test images each finished run of a study misreads; return the CSV's path.

    STUDY_misread.csv has columns rung, seed and image (row in the test set), a row per mistake.
    The weights of the runs must be in build/studies/.
    Raises StudyError if weights are missing, or do not misread as many images as the table says.
    """
    from lenet_helpers.data import load_mnist

    table = _table(study, None)
    digits = load_mnist()
    rows = []
    runs = _finished(table)
    if runs["test_errors"].isna().all():
        raise StudyError(f"The study {study} does not open the test set.")
    for run in runs.dropna(subset="test_errors").itertuples():
        model, recipe = _loaded(table, runs, run.rung, run.seed)
        wrong = _as_counted(run, run.test_errors, model, recipe, digits.x_test, digits.y_test)
        rows += [{"rung": run.rung, "seed": run.seed, "image": image} for image in wrong]
        report(f"{run.rung}, seed {run.seed}: {len(wrong)} misread")
    return _written(misread_path(table.path), rows)


def write_recounted(study, report=print):
    """Write how many validation images each run misreads after `methods.recount_statistics`.

    STUDY_recounted.csv has columns rung, seed, val_errors (as trained) and recounted, a row for
    each finished run of a network that normalises batches. No test image is looked at.
    The weights of the runs must be in build/studies/. Returns the CSV's path.
    Raises StudyError if there is no such run, if weights are missing, or do not misread as many
    images as the table says.
    """
    from lenet_helpers.data import load_mnist
    from lenet_helpers.studies.methods import normalisations, recount_statistics, training_part

    table = _table(study, None)
    digits = load_mnist()
    rows = []
    runs = _finished(table)
    if runs["val_errors"].isna().all():
        raise StudyError(f"The study {study} keeps no validation images.")
    for run in runs.dropna(subset="val_errors").itertuples():
        model, recipe = _loaded(table, runs, run.rung, run.seed)
        if not normalisations(model):
            continue
        seen = training_part(recipe.images, recipe)
        kept = slice(seen.stop, recipe.images)
        images, labels = digits.x_train[kept], digits.y_train[kept]
        before = len(_as_counted(run, run.val_errors, model, recipe, images, labels))
        preprocess = recipes.find(recipe.preprocess, "preprocessing")
        recount_statistics(model, digits.x_train[seen], preprocess)
        after = len(_misread(model, recipe, images, labels))
        rows.append({"rung": run.rung, "seed": run.seed, "val_errors": before, "recounted": after})
        report(f"{run.rung}, seed {run.seed}: {before} misread, recounted {after}")
    if not rows:
        raise StudyError(f"No network of {study} normalises batches.")
    return _written(recounted_path(table.path), rows)


def _misread(model, recipe, images, labels):
    from lenet_helpers.studies.methods import answers

    return np.flatnonzero(answers(model, recipe, images) != labels)


def _as_counted(run, expected, model, recipe, images, labels):
    """The places of misread images, which must be as many as when the run was made."""
    wrong = _misread(model, recipe, images, labels)
    if len(wrong) != expected:
        raise StudyError(
            f"{run.rung}, seed {run.seed}, misreads {len(wrong)} images here, not {expected} "
            "as when it was trained. Another machine rounds differently."
        )
    return wrong


def _written(path, rows):
    try:
        return write_rows(path, rows)
    except TableError as error:
        raise StudyError(str(error)) from error


def _finished(table):
    if not table.path.is_file():
        command = f"python -m lenet_helpers study {table.study}"
        raise StudyError(f"No run of {table.study} is there yet: `{command}` makes them.")
    return read_runs(table.path)


def _loaded(table, runs, rung, seed):
    from lenet_helpers.studies.methods import load_run

    try:
        return load_run(runs, rung, seed, table.weights)
    except CheckpointError as error:
        raise StudyError(str(error)) from error


def listing():
    """The studies and their rungs, as text."""
    lines = []
    for name, plan in recipes.STUDIES.items():
        lines += [f"{name}: {plan.about}", f"    rungs: {', '.join(plan.rungs)}"]
    return "\n".join(lines)


def _jobs(study, rungs, seeds):
    """Every run asked for, seed by seed: a study that is cut short has a bit of every rung."""
    plan = _known(study, recipes.STUDIES, "study")
    rungs = list(plan.rungs if rungs is None else rungs)
    seeds = list(seeds)
    if not rungs or not seeds:
        raise StudyError("No runs: give at least one rung and one seed.")
    for rung in rungs:
        _known(rung, plan.rungs, f"rung of study {study}")
    return [
        Job(study, rung, seed, plan.settings(rung), recipes.VERSION)
        for seed in seeds
        for rung in rungs
    ]


def _known(name, things, kind):
    if name not in things:
        raise StudyError(f"No {kind} is called {name!r}; known: {', '.join(things)}.")
    return things[name]


def _table(study, output):
    rungs = _known(study, recipes.STUDIES, "study").rungs
    if output is None:
        return RunTable(FOLDER / f"{study}.csv", BUILD / "studies" / study, study, rungs)
    if Path(output).suffix != ".csv":
        raise StudyError(f"The output must be a file .csv, not {output}.")
    return RunTable(output, Path(output).with_suffix(""), study, rungs)


def _missing(jobs, table):
    """The jobs without a row. Raises StudyError if a row of their rungs was made otherwise."""
    wanted = {job.rung: job for job in jobs}
    done = set()
    for row in table.runs():
        if row["rung"] in wanted:
            _check_same(row, wanted[row["rung"]], table.path)
            done.add((row["rung"], int(row["seed"])))
    return [job for job in jobs if (job.rung, job.seed) not in done]


def _check_same(row, job, path):
    for name, wanted in (("version", str(job.version)), ("settings", job.settings)):
        if row[name] != wanted:
            raise StudyError(
                f"{path} has runs of {job.rung} that another recipe made. Its {name}:\n"
                f"    there {row[name]}\n    now   {wanted}\n"
                f"Delete the rows of {job.rung} to make them again, or give another --output."
            )


def _spread(jobs, workers, scheduler, unfinished):
    if scheduler is not None:
        return _on_cluster(jobs, scheduler)
    threads = max(recipes.read_settings(job.settings)[0].threads for job in jobs)
    return _on_cores(jobs, workers or max(1, joblib.cpu_count() // threads), unfinished)


@contextlib.contextmanager
def _on_cores(jobs, workers, unfinished):
    """Yield how many runs go on at a time, and an iterator of outcomes as they come."""
    started = []
    # A thread waits for each run's process.
    parallel = joblib.Parallel(
        workers,
        backend="threading",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="n_jobs",
    )
    try:
        yield (
            workers,
            parallel(joblib.delayed(run_fresh)(job, started.append, unfinished) for job in jobs),
        )
    finally:
        for process in started:
            process.kill()


@contextlib.contextmanager
def _on_cluster(jobs, address):
    """As `_on_cores`, on the workers of a Dask scheduler; a worker that dies is made up for."""
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise StudyError("Dask is not installed: pip install -e '.[cluster]'") from error
    # What goes wrong is said here; Dask would add the tracebacks of its attempts to reconnect.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StudyError(f"No Dask scheduler answers at {address}: {error}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_FOR_WORKERS)
            futures = {client.submit(run_fresh, job, pure=False): job for job in jobs}
            done = distributed.as_completed(futures, loop=client.loop)
            yield sum(client.nthreads().values()), (_outcome(run, futures[run]) for run in done)
        except TimeoutError as error:
            raise StudyError(
                f"The Dask scheduler at {address} has no workers. On each machine, start "
                f"`dask worker {address} --nthreads N`, N runs at a time."
            ) from error
        except (distributed.CancelledError, distributed.comm.CommClosedError) as error:
            raise StudyError(
                f"The Dask scheduler at {address} is gone. Finished runs are in the table; the "
                "same command makes the missing ones."
            ) from error


def _outcome(future, job):
    if future.status == "error":
        return Failure(job, f"{type(future.exception()).__name__}: {future.exception()}")
    return future.result()


def _keep(outcomes, table, clock, report):
    """Write each run as it finishes, and report how far the study is."""
    failures = []
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            failures.append(outcome)
            row = outcome.job._asdict()
            what = f"failed: {outcome.reason}"
        else:
            table.add(*outcome)
            row = outcome.row
            what = _errors(row)
        report(f"{row['rung']}, seed {row['seed']}: {what}; {clock.tick(row)}")
    if failures:
        logs = _write_logs(failures, table.weights)
        raise StudyError(
            f"{len(failures)} runs failed; what they printed is in {logs}. The others are in "
            f"{table.path}. The same command makes only the missing ones."
        )


def _errors(row):
    counts = [("training", "train_errors"), ("validation", "val_errors"), ("test", "test_errors")]
    found = [f"{row[name]} {kind}" for kind, name in counts if row[name] is not None]
    return f"{', '.join(found)} errors in {row['seconds']:.0f} s"


def _write_logs(failures, folder):
    for failure in failures:
        path = folder / f"{failure.job.rung}-{failure.job.seed}.log"
        path.write_text(f"{failure.log or failure.reason}\n", encoding="utf-8")
    return folder / "*.log"


class _Clock:
    """How many runs are left, and about how long they will take.

    A run is expected to take the mean of its rung's, or of all before one of its rung is finished.
    """

    def __init__(self, jobs, at_a_time):
        self.left = collections.Counter(job.rung for job in jobs)
        self.at_a_time = at_a_time
        self.seconds = collections.defaultdict(list)

    def tick(self, row):
        """Take a run off, and say what is left."""
        self.left[row["rung"]] -= 1
        if "seconds" in row:
            self.seconds[row["rung"]].append(row["seconds"])
        runs = self.left.total()
        if not runs or not self.seconds:
            return f"{runs} left"
        means = {rung: statistics.mean(seconds) for rung, seconds in self.seconds.items()}
        mean = statistics.mean(means.values())
        seconds = sum(means.get(rung, mean) * count for rung, count in self.left.items())
        return f"{runs} left, about {_duration(seconds / self.at_a_time)}"


def _duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
