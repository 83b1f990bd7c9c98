"""`python -m tests.faults [--slow] [WORDS]`: try faults, and print how many came out right.

--slow: those with processes, ports and disks of their own, too; WORDS: of a group's name.
"""

import sys
import tempfile
import time
from collections import Counter

from tests.faults.world import World, read_faults


def main(words):
    """Try the faults that the words name, or all; return the exit status."""
    slow, wanted = "--slow" in words, " ".join(word for word in words if word != "--slow")
    tried, right, seconds = Counter(), Counter(), Counter()
    with tempfile.TemporaryDirectory() as folder, World(folder) as world:
        for fault in read_faults():
            if wanted not in fault.group or fault.slow > slow or not fault.is_possible:
                continue
            begin = time.monotonic()
            problems = world.wrong(fault)
            seconds[fault.group] += time.monotonic() - begin
            tried[fault.group] += 1
            right[fault.group] += not problems
            if problems:
                print("\n    ".join([f"WRONG {fault}", *problems]), flush=True)
    print("tried right wrong     s")
    for group in tried:
        print(_line(group, tried[group], right[group], seconds[group]))
    print(_line("in all", tried.total(), right.total(), seconds.total()))
    return 0 if tried == right else 1


def _line(what, tried, right, seconds):
    return f"{tried:5} {right:5} {tried - right:5} {seconds:5.0f}  {what}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
