"""How answers are read and judged: `exercise` makes a check of a function that rejects."""

import functools
import math
import numbers
import re
import warnings

import numpy as np
from scipy.stats import ttest_ind

DOTS = "the dots are still there. Put your answer in their place, and run that cell."


class NotYet(Exception):
    """Why an answer is not right yet; the learner reads its text."""


def exercise(expected):
    """Let a judge of answers print its verdict and never raise.

    expected: str, what an answer is, for answers that cannot be read at all.
    The judge returns why an answer is right, or raises NotYet.
    """

    def decorate(judge):
        @functools.wraps(judge)
        def check(*given):
            print(_verdict(judge, given, expected))

        return check

    return decorate


def expect_answers(shell):
    """Let a check that runs before its answer say "Not yet", where Python would raise a NameError.

    shell: the IPython shell. Answers have names that begin with my_; one that is missing when a
    cell calls a check is ... there, as it is before a learner has written it.
    """

    def fill(cell):
        if "check." in cell.raw_cell:
            for name in re.findall(r"\bmy_\w+", cell.raw_cell):
                shell.user_ns.setdefault(name, ...)

    shell.events.register("pre_run_cell", fill)


def reject(wrong, reason):
    if wrong:
        raise NotYet(reason)


def require_equal(shape, right, reasons):
    """Reject a shape that is not right; the reasons say of each of its numbers why it is so."""
    for place, (found, wanted, why) in enumerate(zip(shape, right, reasons, strict=False), 1):
        reject(found != wanted, f"number {place} of the shape is not {found}: {why}.")
    reject(len(shape) != len(right), f"the shape has {len(right)} numbers, yours {len(shape)}.")


def is_close(a, b, tolerance=0.01):
    return abs(a - b) <= tolerance


def kind_of(answer):
    name = type(answer).__name__
    article = "an" if name.lower().startswith((*"aeio", "ndarray")) else "a"
    return "None" if answer is None else f"{article} {name}"


def read_word(answer):
    """The answer as the checks write words, so that case and blanks do not matter."""
    return answer.strip().lower() if isinstance(answer, str) else answer


def read_number(answer, what="the answer"):
    reject(answer is ..., DOTS)
    value = unboxed(answer)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise NotYet(f"{what} should be a number; this is {kind_of(answer)}.")
    reject(not math.isfinite(value), f"{what} is {value}: something was divided by zero, or empty.")
    return value


def read_numbers(answer, shape, what="the answer"):
    reject(answer is ..., DOTS)
    array = np.asarray(answer)
    reject(
        array.dtype.kind not in "iuf",
        f"{what} should be a list or an array of numbers; this is {kind_of(answer)}.",
    )
    reject(array.shape != shape, f"{what} should have shape {shape}, not {array.shape}.")
    reject(not np.isfinite(array).all(), f"{what} holds values that are not numbers.")
    return array


def unboxed(answer):
    """A single number out of its array, tensor or series; anything else as it is."""
    single = hasattr(answer, "__array__") and np.size(answer) == 1
    return np.asarray(answer).item() if single else answer


def read_shape(answer):
    if isinstance(answer, np.ndarray) and answer.ndim == 1:
        answer = answer.tolist()
    reject(
        not isinstance(answer, (tuple, list)),
        f"a shape is a tuple of whole numbers, such as (2, 3); this is {kind_of(answer)}.",
    )
    for one in answer:
        whole = isinstance(one, (numbers.Integral, type(None)))
        reject(not whole, f"a shape holds whole numbers; yours holds {kind_of(one)}.")
    reject(not answer, "an empty tuple is the shape of a single number.")
    return tuple(answer)


def call(function, *given):
    reject(not callable(function), f"a function is wanted; this is {kind_of(function)}.")
    try:
        result = function(*given)
    except Exception as error:
        reason = f"your function stopped with {_name(error)}: {error}"
        raise NotYet(reason + _advice(error)) from error
    reject(result is ..., DOTS)
    reject(result is None, "your function returns None: does it end with `return ...`?")
    return result


def welch_interval(after, before):
    """Both ends of Welch's 95 % interval of the mean of after minus that of before: (2,) float."""
    return np.array(ttest_ind(after, before, equal_var=False).confidence_interval())


def _verdict(judge, given, expected):
    if any(part is ... for part in given):
        return f"Not yet: {DOTS}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f"Right: {judge(*given)}"
    except NotYet as reason:
        return f"Not yet: {reason}"
    except Exception as error:
        return f"Not yet: the answer should be {expected}; this one led to {_name(error)}."


def _advice(error):
    changed = "read-only" in str(error)
    return ". Leave the array that it is given as it is, and make a new one." if changed else ""


def _name(error):
    return type(error).__name__
