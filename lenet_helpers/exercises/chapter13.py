"""The exercises of chapter 13."""

from lenet_helpers.exercises.judging import exercise, is_close, read_number, reject

MU, FACTOR = 0.1, 230  # of exercise 13.1, and of exercise 13.2
PAPER_RATE = 0.016  # the highest of the first pass. LeCun et al. 1998, section III.B


@exercise("a number")
def curvature_of_a_tenth(curvature):
    """Exercise 13.1: the curvature at which eta / (MU + h) is a tenth of eta / MU."""
    found, right = read_number(curvature), 9 * MU
    reject(is_close(found, MU, 1e-6), "at a curvature of mu the rate is half of the largest.")
    reject(
        is_close(found, 10 * MU, 1e-6),
        "that is what mu and the curvature make together: mu is in it, so take it off again.",
    )
    reject(
        found < MU,
        "below mu, the rate is more than half of the largest: look for a larger curvature.",
    )
    reject(
        not is_close(found, right, 1e-6),
        f"with it the rate is 1 / {(MU + found) / MU:.3g} of the largest, not 1 / 10.",
    )
    return "mu and the curvature together are ten times mu; eta does not matter."


@exercise("a number")
def mu_of_a_factor(mu, curvature, eta):
    """Exercise 13.2: the mu with which the highest of the rates is FACTOR times the lowest.

    curvature: (N,) float >= 0, of all weights; eta: float, of the first pass.
    """
    lowest, highest = float(curvature.min()), float(curvature.max())
    found, right = read_number(mu), (highest - FACTOR * lowest) / (FACTOR - 1)
    reject(found <= 0, "mu has to be larger than zero: it keeps the rate finite.")
    reject(
        is_close(found, highest / lowest, 1),
        "that is what the factor would be without mu: now choose mu.",
    )
    reached, is_right = (found + highest) / (found + lowest), is_close(found, right, right / 100)
    reject(
        not is_right and is_close(found, highest / FACTOR, right / 50),
        "almost: the smallest curvature is not zero.",
    )
    reject(
        not is_right,
        f"with it the highest rate is {reached:.0f} times the lowest, not {FACTOR} times.",
    )
    rate = eta / (right + lowest)
    return (
        f"mu = {right:.3f} does it for this network. The highest rate is {rate:.3f} then; the "
        f"paper's is {PAPER_RATE}. Values on both sides of this mu are tried below."
    )
