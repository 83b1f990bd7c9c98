"""Time and memory as the task grows: `python benchmarks/scaling.py`.

batch      seconds an epoch against the batch size: ours after the first epoch, the article's code
           in its first (with the second or two that it takes to begin)
examples   seconds an epoch of ours against the number of training images
seeds      seconds an epoch and seed, with 1 and 2 seeds at once, each on 1 or 2 threads
evaluate   seconds for the 10,000 test images: `model.evaluate` and ours, first and later calls
studies    runs an hour of chapter 04's recipe with 4 epochs, by as many processes at a time
start      seconds of a fresh Python until it has done something, its exit included
memory     peak memory in MiB of fresh processes: preparing images and training on them

Everything runs in fresh processes, round by round. Every measurement goes into
benchmarks/scaling.csv, with columns round, table, case, variant, value, unit and the machine's.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pandas as pd
from measure import HERE, arguments, call, chapter_cells, machine, write_csv
from tasks import ARTICLE_IMPORTS

from lenet_helpers.studies.recipes import STUDIES, Recipe, Study
from lenet_helpers.studies.runner import run_study


# Each table takes the data's path and a number of training images, and yields a case, a variant,
# a value and its unit.
def batch(data, images):
    for size in (1, 10, 32, 128):
        yield f"batch size {size}", "ours", _steady(data, images, batch_size=size), "s"
        if size > 1:
            epochs, _ = call(
                "measure:run_variant", "article", data, images, 1, {"batch_size": size}
            )
            yield f"batch size {size}", "article", epochs[0]["seconds"], "s"


def examples(data, images):
    for part in (10, 5, 2, 1):
        yield f"{images // part} examples", "ours", _steady(data, images // part), "s"


def seeds(data, images):
    for threads in (1, 2):
        for count in (1, 2):
            with ThreadPoolExecutor(count) as pool:
                runs = [
                    pool.submit(_steady, data, images, epochs=4, seed=seed, threads=threads)
                    for seed in range(count)
                ]
                seconds = median(run.result() for run in runs) / count
            yield f"{count} at once, {threads} threads each", "ours", seconds, "s"


def evaluate(data, images):
    for variant, function in (("article", "evaluate_as_article"), ("ours", "evaluate_ours")):
        (first, *later), _ = call(f"tasks:{function}", data)
        yield "first call", variant, first, "s"
        yield "later calls", variant, median(later), "s"


def studies(data, images):
    os.environ["LENET_MNIST"] = data
    for workers, threads in ((1, 1), (1, 2), (2, 1)):
        recipe = Recipe("article_lenet5", "article", 4, 10, images=images, threads=threads)
        STUDIES["throughput"] = Study("throughput", {"article": recipe})
        seeds = range(2 * workers)
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            output = Path(folder) / "runs.csv"
            run_study("throughput", seeds=seeds, workers=workers, output=output, report=_ignore)
            hours = (time.perf_counter() - begin) / 3600
        yield f"{workers} at a time, {threads} threads each", "ours", len(seeds) / hours, "runs/h"


def start(data, images):
    yield "Python alone", "Python", _seconds_of("pass"), "s"
    yield "import lenet_helpers", "ours", _seconds_of("import lenet_helpers"), "s"
    yield "chapter 01's imports and digits", "ours", _seconds_of(chapter_cells("01")[0]), "s"
    yield "the article's imports", "article", _seconds_of(ARTICLE_IMPORTS), "s"


def memory(data, images):
    yield "importing", "article", call("tasks:run", ARTICLE_IMPORTS)[1], "MiB"
    yield "preparing images", "article", call("tasks:prepare_as_article", data)[1], "MiB"
    yield "all of chapter 02", "ours", call("tasks:run", "\n".join(chapter_cells("02")))[1], "MiB"
    for variant in ("article", "ours"):
        _, peak = call("measure:run_variant", variant, data, images, 1, {})
        yield "training an epoch", variant, peak, "MiB"


TABLES = (batch, examples, seeds, studies, evaluate, start, memory)
TABLES = {table.__name__: table for table in TABLES}


def main():
    args = arguments(__doc__, "tables", TABLES, HERE / "scaling.csv").parse_args()
    print(", ".join(f"{key} {value}" for key, value in machine().items()), end=", ")
    print(f"tensorflow {version('tensorflow')}, {args.images} training images")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "mnist.npz")
        call("measure:write_data", data)
        for number in range(args.rounds):
            for table in args.tables:
                for row in TABLES[table](data, args.images):
                    print(number, table, *row, flush=True)
                    rows.append((number, table, *row))
    rows = pd.DataFrame(rows, columns=["round", "table", "case", "variant", "value", "unit"])
    write_csv(rows, args.output)
    print(f"\n{summary(rows).to_string()}\n\nEvery measurement: {args.output}")


def summary(rows):
    """Median and range over the rounds: DataFrame, indexed by table, case, variant and unit."""
    cases = rows.groupby(["table", "case", "variant", "unit"], sort=False)["value"]
    return cases.agg(["median", "min", "max"]).round(2)


def _ignore(line):
    pass


def _steady(data, images, epochs=2, **options):
    """Median seconds of our epochs after the first."""
    run, _ = call("measure:run_variant", "ours", data, images, epochs, options)
    return median(epoch["seconds"] for epoch in run[1:])


def _seconds_of(code):
    environment = os.environ | {"MPLBACKEND": "agg"}
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
