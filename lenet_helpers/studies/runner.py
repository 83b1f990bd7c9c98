"""Runs of a study, rungs x seeds: over this machine's cores, or over machines with Dask.

A finished run is written at once and never made again. Commands that are at work on one study at
the same time share its runs. On one machine:

    python -m lenet_helpers study run ladder --rungs article --seeds 5

On several, each with the same helpers and MNIST, and N runs at a time on each:

    dask scheduler                                # on one of them
    dask worker tcp://HOST:8786 --nthreads N      # on each
    python -m lenet_helpers study run ladder --scheduler tcp://HOST:8786

Interrupted, that command leaves the workers to end the runs that they are at, for nothing.
"""

import collections
import contextlib
import functools
import json
import logging
import socket
import statistics
import time
import urllib.parse
import warnings
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np

from lenet_helpers.checkpoints import FOLDER, check_name, save_checkpoint
from lenet_helpers.commands import ToolError, blaming
from lenet_helpers.data import load_mnist
from lenet_helpers.runtime import named_path, reproducible
from lenet_helpers.studies import recipes
from lenet_helpers.studies.fresh_run import Failure, Job, run_fresh
from lenet_helpers.studies.table import (
    SURE,
    RunTable,
    counted_on,
    misread_path,
    probabilities_path,
    read_runs,
    recounted_path,
    robustness_path,
    write_arrays,
    write_rows,
)

BUILD = Path(__file__).resolve().parents[2] / "build"
# Seconds to wait for a Dask scheduler, and for the first of its workers, which start slowly.
PATIENCE, PATIENCE_FOR_WORKERS = 5, 30
# The distortions that `write_robustness` measures, with how severe they are.
SEVERE = {"translation": 4, "rotation": 40, "noise": 0.3, "contrast": 0.4}
PAUSE = 2  # seconds between two looks at runs that another command, or a scheduler, is making


class StudyError(ToolError):
    """A study cannot be run, or not to its end; the message says why and what to do."""


def run_study(
    study,
    rungs=None,
    seeds=range(5),
    *,
    weights=False,
    workers=None,
    scheduler=None,
    output=None,
    report=print,
):
    """Make every run of a study that is not in its table yet; return the table, a DataFrame.

    study:     str, one of recipes.STUDIES.
    rungs:     names of some of its rungs; all unless given.
    seeds:     iterable of int.
    weights:   bool, whether to make finished runs again whose weights are not here, as in a fresh
               clone. Where this machine comes to other weights, their row takes the table's place.
    workers:   int, runs at a time on this machine; as many as its cores bear unless given.
    scheduler: str, address of a Dask scheduler, "tcp://host:port": runs on its workers instead.
    output:    path of the CSV, artifacts/STUDY.csv unless given. Weights go into build/studies/,
               or beside another CSV into a folder of its name.
    report:    function of str, called as runs finish.
    Raises ToolError: StudyError, or TableError if a file is damaged or cannot be written.
    """
    jobs = _jobs(study, rungs, seeds)
    table = _table(study, output)
    table.prepare()
    before = table.runs()
    _check_recipes(jobs, before, table)
    report(_how_many(jobs, table, weights))
    failures, clock = [], _Clock()
    while missing := _missing(jobs, table, weights, failures):
        clock.left = collections.Counter(job.rung for job in missing)
        with _spread(missing, table, weights, workers, scheduler) as (at_a_time, outcomes):
            ended = _follow(outcomes, before, clock, at_a_time, report)
        failures += [end for end in ended if isinstance(end, Failure)]
        if not ended:
            clock.wait(report)
    if failures:
        raise _failed(failures, table)
    report(f"All {len(jobs)} runs are in {table.path}")
    return read_runs(table.path)


def take_runs(study, folder, report=print):
    """Bring the runs of a study that `side_by_side` left in a folder into its table.

    folder: path; of its files, only those of the study's rungs are taken, and no run twice.
    report: function of str, called for each run.
    Raises ToolError if there is none, or a file is damaged or of another recipe.
    """
    from lenet_helpers.studies.make_run import taken_run

    table, digits = _table(study, None), load_mnist()
    table.prepare()
    reproducible(onednn=True)
    seeds = _seeds_in(folder)
    jobs = _jobs(study, None, seeds) if seeds else []
    jobs = [job for job in jobs if _record(folder, job).is_file()]
    if not jobs:
        raise StudyError(f"No run of {study} is in {folder}.")
    for job in _missing(jobs, table, weights=False):
        path = _record(folder, job)
        with blaming(path, "is no run", "It was left as it is.", StudyError):
            record = json.loads(path.read_text(encoding="utf-8"))
            run = taken_run(job, record, path.with_suffix(".npz").read_bytes(), digits)
        row = table.add(*run)
        report(f"{job.rung}, seed {job.seed}: {_errors(row)}")


def _record(folder, job):
    return Path(folder) / f"{job.rung}-{job.seed}.json"


def _seeds_in(folder):
    return sorted({int(path.stem.rpartition("-")[2]) for path in Path(folder).glob("*-*.json")})


def keep_run(study, rung, name, seed=0):
    """Make a finished run a committed checkpoint; return the path of NAME.npz.

    Raises ToolError if the run is not there, or the name is another checkpoint's.
    Which seed is kept should be fixed before any run.
    """
    check_name(name)
    table = _table(study, None)
    _known(rung, recipes.STUDIES[study].rungs, f"rung of study {study}")
    runs = _finished(table)
    reproducible()
    from lenet_helpers.studies.methods import load_run

    model, recipe = load_run(runs, rung, seed, table.weights)
    made_by = f"`python -m lenet_helpers study run {study} --rungs {rung}`, seed {seed}"
    return save_checkpoint(model, name, made_by, network_options=recipe.network_options)


def write_misread(study, rungs=None, report=print):
    """Write which images each finished run of a study misreads; return the CSV's path.

    They are test images if the study opens the test set, and validation images if it does not.
    rungs: names of some of its rungs; all unless given.
    STUDY_misread.csv has columns rung, seed and image (row in the test or training set), a row
    per mistake. The weights of the runs must be in build/studies/.
    Raises ToolError if weights are missing, or do not misread as many images as the table says.
    """
    table, rows = _table(study, None), []
    counted = counted_on(_finished(table))
    reproducible(onednn=True)
    for run, _, _, places, wrong in _counted_again(table, counted, rungs):
        rows += [{"rung": run.rung, "seed": run.seed, "image": place} for place in places[wrong]]
        report(f"{run.rung}, seed {run.seed}: {len(wrong)} misread")
    return write_rows(misread_path(table.path), rows)


def write_recounted(study, report=print):
    """Write how many validation images each run misreads after `methods.recount_statistics`.

    STUDY_recounted.csv has columns rung, seed, val_errors (as trained) and recounted, a row for
    each finished run of a network that normalises batches. No test image is looked at.
    The weights of the runs must be in build/studies/. Returns the CSV's path.
    Raises ToolError if there is no such run, if weights are missing, or do not misread as many
    images as the table says.
    """
    table, digits, rows = _table(study, None), load_mnist(), []
    _need_validation(table)
    reproducible(onednn=True)
    from lenet_helpers.studies.make_run import training_places
    from lenet_helpers.studies.methods import normalisations, recount_statistics, training_part

    for run, model, recipe, places, before in _counted_again(table, "val_errors"):
        if not normalisations(model):
            continue
        seen = training_places(digits, recipe)[training_part(recipe.images, recipe)]
        preprocess = recipes.find(recipe.preprocess, "preprocessing")
        recount_statistics(model, digits.x_train[seen], preprocess)
        after = len(_misread(model, recipe, digits.x_train[places], digits.y_train[places]))
        errors = {"val_errors": len(before), "recounted": after}
        rows.append({"rung": run.rung, "seed": run.seed} | errors)
        report(f"{run.rung}, seed {run.seed}: {len(before)} misread, recounted {after}")
    if not rows:
        raise StudyError(f"No network of {study} normalises batches.")
    return write_rows(recounted_path(table.path), rows)


def write_probabilities(study, rungs=None, report=print):
    """Write what each finished run answers to its validation images; return the file's path.

    rungs: names of some of the study's rungs; all unless given.
    STUDY_probabilities.npz is what `table.read_probabilities` reads. No test image is looked at.
    The weights of the runs must be in build/studies/.
    Raises ToolError if the study keeps no validation images, and where `write_misread` does.
    """
    table, arrays, digits = _table(study, None), {}, load_mnist()
    _need_validation(table)
    reproducible(onednn=True)
    from lenet_helpers.training import predict

    for run, model, recipe, places, wrong in _counted_again(table, "val_errors", rungs):
        preprocess = recipes.find(recipe.preprocess, "preprocessing")
        outputs = predict(model, digits.x_train[places], preprocess)
        arrays[f"{run.rung}-{run.seed}"] = np.round(outputs * SURE).astype("uint16")
        arrays.setdefault("labels", digits.y_train[places])
        report(f"{run.rung}, seed {run.seed}: {len(wrong)} misread")
    return write_arrays(probabilities_path(table.path), arrays)


def _need_validation(table):
    if _finished(table)["val_errors"].isna().all():
        raise StudyError(f"The study {table.study} keeps no validation images.")


def write_robustness(study, rungs=None, report=print):
    """Write how many distorted test images each finished run reads; return the CSV's path.

    rungs: names of some of its rungs; all unless given.
    STUDY_robustness.csv has columns rung, seed, corruption, severity, images and right, a row for
    each run and each of SEVERE, counted on every fifth test image. The weights of the runs must be
    in build/studies/.
    Raises ToolError if no run has opened the test set, and where `write_misread` does.
    """
    table, readers, digits = _table(study, None), {}, load_mnist()
    reproducible(onednn=True)
    from lenet_helpers.interpret.corruptions import CORRUPTIONS, robustness
    from lenet_helpers.studies.methods import answers

    for run, model, recipe, _, wrong in _counted_again(table, "test_errors", rungs):
        readers[run.rung, run.seed] = functools.partial(answers, model, recipe)
        report(f"{run.rung}, seed {run.seed}: {len(wrong)} misread, undistorted")
    if not readers:
        raise StudyError(f"No run of {study} has opened the test set.")
    severe = {name: replace(CORRUPTIONS[name], severities=[one]) for name, one in SEVERE.items()}
    found = robustness(readers, digits.x_test[::5], digits.y_test[::5], severe)
    found[["rung", "seed"]] = found["reader"].to_list()
    columns = ["rung", "seed", "corruption", "severity", "images", "right"]
    return write_rows(robustness_path(table.path), found[columns].to_dict("records"))


def _counted_again(table, counted, rungs=None):
    """Each finished run that has errors in a column of its table, counted once more: an iterator.

    Yields the run's row, its network and Recipe, the rows of the images in the test or training
    set, and the places among them of those that are misread.
    """
    from lenet_helpers.studies.make_run import training_places
    from lenet_helpers.studies.methods import load_run, training_part

    digits, runs = load_mnist(), _finished(table)
    for rung in rungs or []:
        _known(rung, dict.fromkeys(runs["rung"]), f"finished rung of {table.study}")
    runs = runs[runs["rung"].isin(rungs or runs["rung"])].dropna(subset=counted)
    for run in runs.itertuples():
        model, recipe = load_run(runs, run.rung, run.seed, table.weights)
        images, labels, places = digits.x_test, digits.y_test, np.arange(len(digits.y_test))
        if counted == "val_errors":
            places = training_places(digits, recipe)[training_part(recipe.images, recipe).stop :]
            images, labels = digits.x_train[places], digits.y_train[places]
        wrong = _misread(model, recipe, images, labels)
        if len(wrong) != getattr(run, counted):
            raise StudyError(
                f"{run.rung}, seed {run.seed}, misreads {len(wrong)} images here, not "
                f"{getattr(run, counted)} as when it was trained. Another machine rounds "
                "differently."
            )
        yield run, model, recipe, places, wrong


def _misread(model, recipe, images, labels):
    from lenet_helpers.studies.methods import answers

    return np.flatnonzero(answers(model, recipe, images) != labels)


def _finished(table):
    """The runs of a study, DataFrame."""
    table.prepare()
    if not table.path.is_file():
        command = f"python -m lenet_helpers study run {table.study}"
        raise StudyError(f"No run of {table.study} is there yet: `{command}` makes them.")
    return read_runs(table.path)


def table_path(study):
    """Where the runs of a study stand: Path of a CSV."""
    return _table(study, None).path


def listing():
    """The studies and their rungs, as text."""
    lines = []
    for name, plan in recipes.STUDIES.items():
        lines += [f"{name}: {plan.about}", f"    rungs: {', '.join(plan.rungs)}"]
    return "\n".join(lines)


def _jobs(study, rungs, seeds):
    """Every run asked for, seed by seed: a study that is cut short has a bit of every rung."""
    plan = _known(study, recipes.STUDIES, "study")
    rungs = list(dict.fromkeys(plan.rungs if rungs is None else rungs))
    seeds = list(dict.fromkeys(seeds))
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
    plan = _known(study, recipes.STUDIES, "study")
    if output is None:
        build = BUILD / "studies"
        path = (FOLDER if plan.committed else build) / f"{study}.csv"
        return RunTable(path, build / study, study, plan.rungs)
    if Path(output).suffix != ".csv":
        raise StudyError(f"The output must be a file .csv, not {output}.")
    try:
        path = named_path(output, "The output")
    except ValueError as error:
        raise StudyError(str(error)) from None
    return RunTable(path, path.with_suffix(""), study, plan.rungs)


def _check_recipes(jobs, rows, table):
    """Raise StudyError if a finished run of the rungs asked for was made by another recipe."""
    now = {job.rung: {"version": str(job.version), "settings": job.settings} for job in jobs}
    for (rung, _), row in rows.items():
        for name, wanted in now.get(rung, {}).items():
            if row[name] != wanted:
                raise StudyError(
                    f"{table.path} has runs of {rung} that another recipe made. Its {name}:\n"
                    f"    there {row[name]}\n    now   {wanted}\n"
                    f"Delete the rows of {rung} and {table.weights}/{rung}-*.json to make them "
                    "again, or give another --output."
                )


def _missing(jobs, table, weights, failures=()):
    """The jobs without a row, or, if weights are asked for, without its weights here."""
    rows, failed = table.runs(), {failure.job for failure in failures}
    return [
        job
        for job in jobs
        if job not in failed
        and (
            (row := rows.get((job.rung, job.seed))) is None
            or (weights and not table.has_weights(row))
        )
    ]


def _how_many(jobs, table, weights):
    done = len(jobs) - len(_missing(jobs, table, weights))
    line = f"{table.study}: {len(jobs)} runs, of which {done} are done already"
    bare = done - len(jobs) + len(_missing(jobs, table, weights=True))
    if bare:
        line += f"; {bare} of them without weights here, which --weights makes again"
    return line


def _spread(jobs, table, weights, workers, scheduler):
    """Context manager: how many runs go on at a time, and an iterator of outcomes as they come.

    An outcome is a Run, written, or a Failure. Runs that another command is at are left out.
    """

    @contextlib.contextmanager
    def claimed(job):
        with table.claim(job.rung, job.seed) as is_free:
            yield is_free and bool(_missing([job], table, weights))

    if scheduler is not None:
        return _on_cluster(jobs, table, claimed, scheduler)
    threads = max(recipes.read_settings(job.settings)[0].threads for job in jobs)
    return _on_cores(jobs, table, claimed, workers or max(1, joblib.cpu_count() // threads))


@contextlib.contextmanager
def _on_cores(jobs, table, claimed, workers):
    started = []

    def turn(job):
        with claimed(job) as is_mine:
            if is_mine:
                return _written(run_fresh(job, started.append, table.weights / "unfinished"), table)

    # A thread waits for each run's process.
    parallel = joblib.Parallel(
        workers,
        backend="threading",
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="n_jobs",
    )
    outcomes = parallel(joblib.delayed(turn)(job) for job in jobs)
    try:
        yield workers, (outcome for outcome in outcomes if outcome is not None)
    finally:
        with warnings.catch_warnings(action="ignore"):  # that runs are cancelled, which is meant
            outcomes.close()
        for process in started:
            process.kill()


@contextlib.contextmanager
def _on_cluster(jobs, table, claimed, address):
    """On the workers of a Dask scheduler; a worker that dies is made up for."""
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise StudyError("Dask is not installed: pip install -e '.[cluster]'") from error
    address = _scheduler(address)
    # What goes wrong is said here; Dask would add the tracebacks of its attempts to reconnect.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StudyError(f"No Dask scheduler answers at {address}: {error}") from error
    with _closing(client), contextlib.ExitStack() as claims:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_FOR_WORKERS)
        except TimeoutError as error:
            raise StudyError(
                f"The Dask scheduler at {address} has no workers. On each machine, start "
                f"`dask worker {address} --nthreads N`, N runs at a time."
            ) from error
        try:
            futures = {
                client.submit(run_fresh, job, pure=False): job
                for job in jobs
                if claims.enter_context(claimed(job))
            }
            done = _ended(client, futures)
            outcomes = (_written(_outcome(run, futures[run]), table) for run in done)
            yield sum(client.nthreads().values()), outcomes
        except (distributed.CancelledError, distributed.comm.CommClosedError) as error:
            raise StudyError(
                f"The Dask scheduler at {address} is gone. Finished runs are in the table; the "
                "same command makes the missing ones."
            ) from error


@contextlib.contextmanager
def _closing(client, **options):
    try:
        yield
    finally:
        # asyncio cannot change a timeout that has just passed, and closing may try to.
        with contextlib.suppress(TimeoutError, RuntimeError):
            client.close(**options)


def _ended(client, futures):
    """Futures as they end; now and then the scheduler is asked whether it is still at work.

    Raises CommClosedError if it does not answer: Dask's own client waits for ever for a frozen one.
    """
    from distributed import wait
    from distributed.comm import CommClosedError

    left = set(futures)
    while left:
        try:
            with client.as_current():
                done = wait(left, timeout=PAUSE, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            try:
                client.sync(client.scheduler.identity, callback_timeout=PATIENCE)
            except TimeoutError as error:
                with _closing(client, timeout=0):
                    raise CommClosedError("it does not answer") from error
            continue
        left -= done
        yield from done


def _scheduler(address):
    """A scheduler's address in full. Raises StudyError if nobody greets there as Dask does.

    Dask's own client waits for minutes for a server that is frozen or speaks HTTP.
    """
    try:
        parts = urllib.parse.urlsplit(address if "://" in address else f"tcp://{address}")
        place = parts.hostname, parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        parts, place = None, ()
    if not place or parts.scheme != "tcp" or not all(place):
        raise StudyError(f"{address!r} is no scheduler's address: give one like tcp://host:8786.")
    address = f"tcp://{parts.netloc}"
    try:
        with socket.create_connection(place, timeout=PATIENCE) as connection:
            greeting = connection.recv(8)  # begins with its length
    except OSError as error:
        raise StudyError(f"No Dask scheduler answers at {address}: {error}.") from error
    if len(greeting) < 8 or int.from_bytes(greeting, "little") > 2**20:
        raise StudyError(f"No Dask scheduler answers at {address}: something else does.")
    return address


def _outcome(future, job):
    if future.status == "error":
        return Failure(job, f"{type(future.exception()).__name__}: {future.exception()}")
    return future.result()


def _written(outcome, table):
    """Add a Run to the table; return it with its whole row. A Failure is returned as it is."""
    if isinstance(outcome, Failure):
        return outcome
    return outcome._replace(row=table.add(*outcome))


def _follow(outcomes, before, clock, at_a_time, report):
    """Report each run as it finishes, and how far the study is; return the outcomes.

    before: the runs as `RunTable.runs` gave them at the start.
    """
    ended = []
    for outcome in outcomes:
        ended.append(outcome)
        if isinstance(outcome, Failure):
            row = outcome.job._asdict()
            what = f"failed: {outcome.reason}"
        else:
            row = outcome.row
            what = f"{_errors(row)} in {row['seconds']:.0f} s"
            what += _beside(row, before.get((row["rung"], row["seed"])))
        report(f"{row['rung']}, seed {row['seed']}: {what}; {clock.tick(row, at_a_time)}")
    return ended


def _errors(row):
    counts = [("training", "train_errors"), ("validation", "val_errors"), ("test", "test_errors")]
    found = [f"{row[name]} {kind}" for kind, name in counts if row[name] not in (None, "")]
    return f"{', '.join(found)} errors"


def _beside(row, before):
    """What a run that was made again says beside the row that was there."""
    if before is None:
        return ""
    if before["weights_sha256"] == row["weights_sha256"]:
        return ", the very weights of the table"
    return (
        f", in place of {_errors(before)} (TensorFlow {before['tensorflow']}, "
        f"{before['processor']}; here {row['tensorflow']}, {row['processor']})"
    )


def _failed(failures, table):
    for failure in failures:
        path = table.weights / f"{failure.job.rung}-{failure.job.seed}.log"
        path.write_text(f"{failure.log or failure.reason}\n", encoding="utf-8")
    return StudyError(
        f"{len(failures)} runs failed; what they printed is in {table.weights / '*.log'}. The "
        f"others are in {table.path}. The same command makes only the missing ones."
    )


class _Clock:
    """How many runs are left, and about how long they will take.

    A run is expected to take the mean of its rung's, or of all before one of its rung is finished.
    """

    def __init__(self):
        self.left = collections.Counter()
        self.seconds = collections.defaultdict(list)
        self.waits = False

    def tick(self, row, at_a_time):
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
        return f"{runs} left, about {_duration(seconds / at_a_time)}"

    def wait(self, report):
        """Let another command go on with the runs that are left, and say so once."""
        if not self.waits:
            report(f"Another command is making the last {self.left.total()}: waiting for them")
        self.waits = True
        time.sleep(PAUSE)


def _duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
