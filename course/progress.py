"""How far a notebook has run, on a terminal or in a log."""

import sys
import threading
import time

TICK = 0.5  # seconds between two rewritings of a terminal's line
PAUSE = 20  # seconds between two lines of a log, which keeps each of them


class Progress:
    """Show a notebook's name, the code cell that runs, and the seconds since it began.

    Use it as a context manager and call `cell(number)` as each code cell starts.
    On a terminal one line is rewritten; elsewhere few lines are added.
    """

    def __init__(self, name, cells, stream=None):
        self.name, self.cells, self.number = name, cells, 0
        self.stream = stream or sys.stdout
        self.rewrites = self.stream.isatty()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def cell(self, number):
        self.number = number
        if self.rewrites:
            self._write()

    def __enter__(self):
        self.start = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._stop.set()
        self._thread.join()
        self._write(last=True, word="failed" if kind else "done")

    def _watch(self):
        while not self._stop.wait(TICK if self.rewrites else PAUSE):
            self._write()

    def _write(self, last=False, word=""):
        seconds = time.monotonic() - self.start
        line = f"{self.name:<16} cell {self.number:>2} of {self.cells:<2} {seconds:7.1f} s  {word}"
        if self.rewrites:
            line = f"\r\033[K{line.rstrip()}" + ("\n" if last else "")
        else:
            line = line.rstrip() + "\n"
        self.stream.write(line)
        self.stream.flush()
