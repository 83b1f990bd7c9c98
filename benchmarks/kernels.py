"""Many learners at once: `python benchmarks/kernels.py`, on Linux.

1, 4 and 8 fresh kernels start together, one for each learner. Each runs chapter 04 from top to
bottom on all of MNIST, and stays open until the last is done, as in a room. Measured are:

time      seconds until a learner's chapter is done, its kernel's start included; of all: the last
CPU time  seconds that the threads of a kernel took together
CPU       of others: cores that were busy with anything else meanwhile, near 0 on a quiet machine
memory    peak of a kernel's resident set (VmHWM); of all kernels together: a page that several
          share counts once (PSS, looked at every second); of a server: that of a JupyterLab which
          has given out its page, since each learner has one, too

Every measurement goes into benchmarks/kernels.csv, with columns round, kernels, who (a learner's
number, all, others or server), measure, value, unit and the machine's. The instructor's guide
takes its table from there.
"""

import asyncio
import os
import subprocess
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from pathlib import Path

import nbformat
import pandas as pd
from measure import HERE, NOTEBOOKS, arguments, machine, write_csv
from nbclient import NotebookClient

from course.environment import kernel_environment
from course.execute import cleared
from course.lab import served
from course.project import data_in_use

COUNTS = ("1", "4", "8")


def main():
    parser = arguments(__doc__, "kernels", COUNTS, HERE / "kernels.csv", rounds=1, images=None)
    args = parser.parse_args()
    if not Path("/proc/self/smaps_rollup").is_file():
        parser.error("needs Linux, which tells in /proc what a process takes")
    if not data_in_use()[1]:
        parser.error("needs all of MNIST: see `python -m lenet_helpers check`")
    print(", ".join(f"{key} {value}" for key, value in machine().items()), end=", ")
    print(f"tensorflow {version('tensorflow')}")
    rows = []
    for number in range(args.rounds):
        for count in map(int, args.kernels):
            for row in measured(next(NOTEBOOKS.glob("04_*.ipynb")), count):
                print(number, count, *row, flush=True)
                rows.append((number, count, *row))
    rows = pd.DataFrame(rows, columns=["round", "kernels", "who", "measure", "value", "unit"])
    write_csv(rows, args.output)
    print(f"\n{summary(rows).to_string()}\n\nEvery measurement: {args.output}")


def measured(path, count):
    """Run a notebook in some kernels at once; yield who, measure, value and unit."""
    with tempfile.TemporaryDirectory() as folder:
        busy, begin = _busy(), time.perf_counter()
        learners, together = asyncio.run(_together(path, count, Path(folder)))
        seconds, busy = time.perf_counter() - begin, _busy() - busy
        with served(folder) as lab:
            yield "server", "memory", _mib(lab.pid, "status", "VmHWM"), "MiB"
    for who, (wall, cpu, memory) in enumerate(learners):
        yield who, "time", wall, "s"
        yield who, "CPU time", cpu, "s"
        yield who, "memory", memory, "MiB"
    yield "all", "time", max(wall for wall, _, _ in learners), "s"
    yield "all", "memory", together, "MiB"
    yield "others", "CPU", (busy - sum(cpu for _, cpu, _ in learners)) / seconds, "cores"


def summary(rows):
    """Median and range: DataFrame, indexed by kernels, who (each, all, ...), measure and unit."""
    numbered = rows["who"].astype(str).str.isdecimal()
    who = rows["who"].mask(numbered, "each")
    cases = rows.assign(who=who).groupby(["kernels", "who", "measure", "unit"], sort=False)["value"]
    return cases.agg(["median", "min", "max"]).round(2)


async def _together(path, count, folder):
    """What each learner took (seconds, CPU seconds, MiB), and the peak of all together in MiB."""
    clients = [_client(path) for _ in range(count)]
    async with AsyncExitStack() as kernels:
        runs = asyncio.gather(*(_run(client, kernels, folder) for client in clients))
        together = 0
        while not runs.done():
            pids = [client.km.provisioner.pid for client in clients if client.kc]
            with suppress(OSError, StopIteration):  # a kernel died: its run says so
                together = max(together, sum(_mib(pid, "smaps_rollup", "Pss") for pid in pids))
            await asyncio.wait([runs], timeout=1)
        return runs.result(), together


def _client(path):
    notebook = cleared(nbformat.read(path, as_version=4))
    where = {"metadata": {"path": str(Path(path).parent)}}
    return NotebookClient(notebook, timeout=None, kernel_name="python3", resources=where)


async def _run(client, kernels, folder):
    begin = time.perf_counter()
    environment = kernel_environment(folder)
    await kernels.enter_async_context(
        client.async_setup_kernel(env=environment, stderr=subprocess.DEVNULL)
    )
    for index, cell in enumerate(client.nb.cells):
        await client.async_execute_cell(cell, index)
    seconds, pid = time.perf_counter() - begin, client.km.provisioner.pid
    return seconds, _cpu_seconds(pid), _mib(pid, "status", "VmHWM")


def _mib(pid, file, name):
    """An amount that Linux tells of a process, in MiB: float."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kibibytes) / 1024


def _cpu_seconds(pid):
    # A program's name, which may hold blanks, stands in brackets before the numbers.
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, numbers[11:13])) / os.sysconf("SC_CLK_TCK")


def _busy():
    """Seconds since its start that the machine's cores did anything, added up: float."""
    user, nice, system, _, _, *others = map(int, Path("/proc/stat").read_text().split()[1:9])
    return sum([user, nice, system, *others]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
