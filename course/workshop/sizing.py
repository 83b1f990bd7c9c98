"""How large a machine a room needs: what `benchmarks/kernels.py` measured, for the guide."""

import math

import pandas as pd

from course.project import ROOT, damaged

KERNELS = ROOT / "benchmarks/kernels.csv"
ROOM = 20  # learners
CORES = (4, 8, 16)
SPARE = 1.2  # times what was measured
STEP = 0.5  # GB in which a memory limit is given
GB = 2**20 / 1e9  # of a MiB


def sizing(rows):
    """Return the numbers and tables of the guide's section on many learners at once.

    rows: DataFrame, benchmarks/kernels.csv.
    Returns a dict of str, by the names that guide.toml uses.
    """
    most = rows["kernels"].max()
    server = _value(rows, who="server", measure="memory", how="max") * GB
    kernel = _value(rows, who="each", measure="memory", how="max") * GB
    share = _value(rows, kernels=most, who="all", measure="memory") * GB / most
    cpu = _value(rows, kernels=most, who="each", measure="CPU time")
    first = rows.iloc[0]
    return {
        "kernels": _table(rows),
        "machine": f"{first.cores} cores ({first.processor}), Python {first.python}",
        "rounds": "measured once"
        if rows["round"].nunique() == 1
        else "the median of several rounds",
        "kernel_gb": f"{kernel:.2f}",
        "server_gb": f"{server:.2f}",
        "limit_gb": f"{math.ceil(SPARE * (kernel + server) / STEP) * STEP:.1f}",
        "share_gb": f"{share + server:.1f}",
        "room": f"{ROOM}",
        "room_gb": f"{math.ceil(ROOM * (share + server))}",
        "cpu_minutes": f"{cpu / 60:.1f}",
        "waiting": _waiting(ROOM * cpu),
    }


def read_kernels():
    """Return benchmarks/kernels.csv: DataFrame, one row for each measurement."""
    with damaged(KERNELS):
        rows = pd.read_csv(KERNELS)
        sizing(rows)
    return rows


def _value(rows, measure, who, kernels=None, how="median"):
    """The median, or the max, over learners and rounds of what was measured."""
    whose = rows["who"].str.isdecimal() if who == "each" else rows["who"].eq(who)
    chosen = rows[whose & rows["measure"].eq(measure)]
    if kernels is not None:
        chosen = chosen[chosen["kernels"].eq(kernels)]
    return chosen["value"].agg(how)


def _table(rows):
    lines = [
        "| learners at once | the last is done after | CPU time of each | memory of each, at most "
        "| memory together | busy with other things |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for count in sorted(rows["kernels"].unique()):
        of = {"rows": rows, "kernels": count}
        cells = [
            f"{count}",
            f"{_value(**of, who='all', measure='time'):.0f} s",
            f"{_value(**of, who='each', measure='CPU time'):.0f} s",
            f"{_value(**of, who='each', measure='memory', how='max') * GB:.2f} GB",
            f"{_value(**of, who='all', measure='memory') * GB:.2f} GB",
            f"{_value(**of, who='others', measure='CPU'):.1f} cores",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _waiting(cpu):
    lines = ["| cores | Chapter 4 is done after |", "| ---: | ---: |"]
    lines += [f"| {cores} | {math.ceil(cpu / cores / 60)} min |" for cores in CORES]
    return "\n".join(lines)
