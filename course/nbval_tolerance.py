"""A pytest plugin: decimals within a cell's tolerance, everything else exactly as committed.

A code cell whose metadata hold {"approx": 0.004} may print decimals up to 0.004 away from the
committed ones. Its integers and its words still have to be the same.
"""

import re

DECIMAL = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?", re.IGNORECASE)
ROUNDING = 1e-12  # so that 0.105 and 0.100 lie 0.005 apart in binary, too
SPACES = re.compile(" +")  # columns are as wide as their longest decimal


class Approximately(str):
    """Text that equals another whose decimals lie within a tolerance of its own."""

    def __new__(cls, text, tolerance):
        self = super().__new__(cls, text)
        self.tolerance = tolerance
        return self

    def __eq__(self, other):
        if _words(self) != _words(other):
            return False
        pairs = zip(_decimals(self), _decimals(other), strict=True)
        return all(abs(a - b) <= self.tolerance + ROUNDING for a, b in pairs)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def pytest_itemcollected(item):
    cell = getattr(item, "cell", None)
    if cell is None or "approx" not in cell.metadata:
        return
    exact, tolerance = item.sanitize, cell.metadata["approx"]

    def sanitize(value):
        value = exact(value)
        return Approximately(value, tolerance) if isinstance(value, str) else value

    item.sanitize = sanitize


def _words(text):
    return SPACES.sub(" ", DECIMAL.sub("#", str(text)))


def _decimals(text):
    return [float(decimal) for decimal in DECIMAL.findall(str(text))]
