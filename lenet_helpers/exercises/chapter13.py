"""The exercises of chapter 13."""

import numpy as np

from lenet_helpers.exercises.judging import (
    call,
    exercise,
    is_close,
    read_number,
    read_numbers,
    reject,
)

CURVATURE = np.array([100.0, 1.0])  # of the chapter's two weights
TURNED = np.array([[50.5, 49.5], [49.5, 50.5]])  # second derivatives, turned by half a right angle
PAPER_MU, SAFE_MU = 0.02, 0.5  # LeCun et al. 1998, section III.B; chapter 7's low rates
BRACKETS = "it divides by mu only: put mu + curvature in brackets."


@exercise("a function of weights, gradient, curvature, eta and mu")
def update_of_1998(update):
    """Exercise 13.1: a function (N,), (N,), (N,), float, float -> (N,), the weights one step on."""
    draw = np.random.default_rng(0)
    for eta, mu in ((0.3, 2.0), (1.0, 0.5), (0.05, 0.1)):
        weights, gradient = draw.normal(size=(2, 2))
        curvature = draw.uniform(1, 9, 2)
        rate = eta / (mu + curvature)
        given = (weights.copy(), gradient.copy(), curvature.copy(), eta, mu)
        found = read_numbers(call(update, *given), (2,), "what your function returns")
        for wrong, reason in (
            (weights + rate * gradient, "it steps uphill: subtract the rate times the gradient."),
            (rate * gradient, "that is the step: subtract it from the weights."),
            (weights - rate, "it leaves out the gradient."),
            (weights - eta / mu * gradient, "it leaves out the curvature: one rate for all."),
            (weights - eta / curvature * gradient, "it leaves out mu."),
            (weights - (eta / mu + curvature) * gradient, BRACKETS),
            (weights - eta / mu + curvature * gradient, BRACKETS),
        ):
            reject(np.allclose(found, wrong), reason)
        right = weights - rate * gradient
        reject(
            not np.allclose(found, right),
            f"with eta = {eta:g} and mu = {mu:g} it is {np.abs(found - right).max():.2g} off.",
        )
    left = (1 - CURVATURE / (10 + CURVATURE)) ** 10
    return (
        f"with eta = 1 and mu = 10, ten steps of the example leave {left[0]:.2f} and "
        f"{left[1]:.2f}: mu holds back the weight of small curvature most."
    )


@exercise("two weights")
def turned_loss(weights):
    """Exercise 13.2: the two weights after ten steps on the turned loss, with own rates."""
    found, right = read_numbers(weights, (2,)), _ten_steps(1 / np.diag(TURNED))
    for wrong, reason in (
        (_ten_steps(1 / CURVATURE), "the curvatures are those of `turned` now: np.diag."),
        (np.ones(2) - TURNED @ np.ones(2) / 50.5, "that is one step: take ten."),
    ):
        reject(np.allclose(found, wrong, atol=1e-3), reason)
    reject(
        np.allclose(found, 0, atol=1e-3),
        "that is the loss along the axes: here, own rates do not reach zero.",
    )
    reject(not np.allclose(found, right, atol=0.006), "start at np.ones(2), with 1 / curvature.")
    return (
        f"{right[0]:.2f} of the way is left. One and one lie in the steepest direction, of "
        "curvature 100, but both rates are 1 / 50.5: each step jumps across zero, to 0.98 of the "
        "distance on the other side. Along the axes, one step was enough."
    )


@exercise("a number")
def constant_of_the_loss(c, curvature, eta):
    """Exercise 13.3: the c with which c times our loss steps at PAPER_MU as ours does at SAFE_MU.

    curvature: (N,) float >= 0, of all weights with our loss; eta: float, of the first pass.
    """
    found, right = read_number(c), PAPER_MU / SAFE_MU
    reject(is_close(found, 1 / right, 1e-6), "turn it round: 0.02 / c is to be 0.5.")
    reject(is_close(found, PAPER_MU * SAFE_MU, 1e-6), "0.02 / c is to be 0.5, not c / 0.02.")
    reject(not is_close(found, right, 1e-6), "divide above and below by c: c cancels beside h.")
    of_other = eta * right / (PAPER_MU + right * curvature)
    apart = np.max(np.abs(of_other / (eta / (SAFE_MU + curvature)) - 1))
    lowest = eta / (PAPER_MU + right * curvature.max())
    return (
        f"c = {right:g}. For all {len(curvature):,} weights, eta c / (0.02 + c h) and "
        f"eta / (0.5 + h) agree to {apart:.0e}. That loss's lowest rate, eta / (0.02 + c h), "
        f"is {lowest:.4f}."
    )


def _ten_steps(rates):
    """Two weights after ten steps from one and one on the turned loss."""
    weights = np.ones(2)
    for _ in range(10):
        weights = weights - rates * (TURNED @ weights)
    return weights
