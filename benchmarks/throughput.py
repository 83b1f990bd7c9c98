"""Runs of a study per hour: `python benchmarks/throughput.py`, needs all of MNIST.

The study command makes the same few runs with 1 worker and with 2, in turn, each time into a new
table, so that nothing is done already. Each run has one thread of its own, as its recipe says.

Every measurement goes into benchmarks/throughput.csv: columns round, workers, runs, seconds,
runs_per_hour, and the machine's.
"""

import tempfile
import time
from pathlib import Path

import pandas as pd
from measure import HERE, arguments, write_csv

from lenet_helpers.studies.runner import run_study

WORKERS = ("1", "2")
STUDY, RUNG, RUNS = "ladder", "one-cycle", 2


def main():
    args = arguments(
        __doc__, "workers", WORKERS, HERE / "throughput.csv", rounds=2, images=None
    ).parse_args()
    rows = []
    for number in range(args.rounds):
        for workers in map(int, args.workers):
            seconds = measured(workers)
            row = {"round": number, "workers": workers, "runs": RUNS, "seconds": round(seconds, 1)}
            rows.append(row | {"runs_per_hour": round(3600 * RUNS / seconds, 1)})
            print(rows[-1], flush=True)
    rows = pd.DataFrame(rows)
    write_csv(rows, args.output)
    print(f"\n{rows.groupby('workers')['runs_per_hour'].describe()}")


def measured(workers):
    """Seconds in which the runs are made by so many workers, their processes' start included."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        output = Path(folder) / "runs.csv"
        run_study(STUDY, [RUNG], range(RUNS), workers=workers, output=output, report=lambda _: None)
        return time.perf_counter() - begin


if __name__ == "__main__":
    main()
