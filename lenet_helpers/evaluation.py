"""What a test set says about a classifier: small functions of labels, predictions, confidences."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

CLASSES = 10
LABEL_ERRORS = Path(__file__).parent / "artifacts/label_errors.csv"


def wilson_interval(successes, n):
    """95 % Wilson score interval of a proportion: (low, high), floats in [0, 1].

    successes: int, 0 <= successes <= n, for example the images classified correctly.
    n:         int, n >= 1, the images looked at.
    Wilson 1927; unlike the textbook p +- 1.96 s it stays inside [0, 1] and holds near the ends.
    Raises ValueError if the counts lie outside their ranges.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"expected 0 <= successes <= n and n >= 1, got {successes} of {n}")
    interval = binomtest(successes, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def most_confident_mistakes(probabilities, labels, count):
    """The wrong answers that the model was surest of, surest first.

    probabilities: (N, 10) float, rows that sum to 1.
    labels:        (N,) integers 0-9.
    count:         int >= 1, how many at most.
    Returns a DataFrame with columns image (row in the arrays), label, predicted (int), confidence
    (probability of the answer given) and truth (probability of the right one), floats in [0, 1].
    Equal confidences keep the order of the images.
    Raises ValueError on wrong shapes, on rows that are no probabilities, and if count < 1.
    """
    probabilities, labels = _probabilities(probabilities), _digits(labels, "labels")
    _same_length(probabilities=probabilities, labels=labels)
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    surest = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:count]
    image = wrong[surest]
    columns = {
        "image": image,
        "label": labels[image],
        "predicted": predicted[image],
        "confidence": probabilities[image, predicted[image]],
        "truth": probabilities[image, labels[image]],
    }
    return pd.DataFrame(columns)


def label_errors():
    """The images of MNIST's test set whose label fewer than three of five people confirmed.

    Returns a DataFrame, one row per image: image (row in the test set), label (the published one),
    suggested (another digit that the people were shown), and their votes: votes_label,
    votes_suggested, votes_neither, which sum to 5.
    Northcutt, Athalye and Mueller 2021; github.com/cleanlab/label-errors, mturk/mnist_mturk.json,
    commit 5457895: the rows of that file with fewer than three votes for the given label.
    """
    return pd.read_csv(LABEL_ERRORS)


def reliability_bins(confidence, correct, bins=15):
    """Confidence and accuracy in equal-width bins of confidence, for a reliability diagram.

    confidence: (N,) float in [0, 1], the largest predicted probability of each image.
    correct:    (N,) bool, whether that prediction was right.
    Returns a DataFrame of `bins` rows with columns lower, upper (bin m is lower < c <= upper, the
    first also takes 0), images (int), right (int), confidence and accuracy (mean over the bin's
    images, NaN where it has none). Guo et al. 2017, section 2.
    Raises ValueError if the lengths differ, a confidence lies outside [0, 1] or bins < 1.
    """
    confidence, correct = _confidence(confidence), _correct(correct)
    _same_length(confidence=confidence, correct=correct)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence, side="left")
    images = np.bincount(place, minlength=bins)
    right = np.bincount(place, weights=correct, minlength=bins).astype(np.int64)
    summed = np.bincount(place, weights=confidence, minlength=bins)
    empty = np.full(bins, np.nan)
    columns = {
        "lower": edges[:-1],
        "upper": edges[1:],
        "images": images,
        "right": right,
        "confidence": np.divide(summed, images, out=empty.copy(), where=images > 0),
        "accuracy": np.divide(right, images, out=empty.copy(), where=images > 0),
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same images: four counts that sum to N, and McNemar's exact p-value."""

    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    p_value: float


def mcnemar(correct_a, correct_b):
    """McNemar's exact test: do two models differ in accuracy on images of this kind?

    correct_a, correct_b: (N,) bool, whether each model was right on each of the same images.
    Returns a PairedTest. Only images on which exactly one model is right count; if the models were
    equally good, each would win such an image with probability 1/2, so p is a two-sided binomial
    test (1.0 where there is no such image). McNemar 1947; Dietterich 1998, section 3.1.
    Raises ValueError if the arrays are empty, not boolean or differ in length.
    """
    a, b = _correct(correct_a), _correct(correct_b)
    _same_length(correct_a=a, correct_b=b)
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    decided = only_a + only_b
    p_value = float(binomtest(only_a, decided).pvalue) if decided else 1.0
    return PairedTest(int((a & b).sum()), only_a, only_b, int((~a & ~b).sum()), p_value)


def holm(p_values):
    """Holm's correction for several tests at once: adjusted p-values.

    p_values: (N,) float in [0, 1], N >= 1, one for each test, in any order.
    Returns an (N,) float array of adjusted p-values in the same order. If those below a level are
    rejected, the probability that any true null hypothesis is among them is at most that level.
    The smallest p is multiplied by N, the next by N - 1, and so on; none becomes smaller than the
    one before it, or larger than 1. Holm 1979.
    Raises ValueError if the array is empty or not 1-D, or a p-value lies outside [0, 1].
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    if p_values.ndim != 1 or p_values.size == 0:
        raise ValueError(f"p_values must be a non-empty 1-D array, got shape {p_values.shape}")
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError("each p-value must lie in [0, 1]")
    order = np.argsort(p_values)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    return adjusted.clip(max=1)


def resample_errors(wrong, writers, draws=10_000):
    """Error rates with other writers and other seeds, by the bootstrap.

    wrong:   dict, name -> (runs, N) bool, what the runs of a recipe misread of the same N images.
    writers: (N,) integers, who wrote each image.
    draws:   int >= 1. Each draws as many writers as there are, with replacement and the same for
             all recipes, with all their images; and then one run of each recipe fewer than it has,
             but at least one: so the variance over runs is unbiased (Rao and Wu 1988), and as many
             as it has would make it too small, with five runs by a fifth.
    Returns a dict, name -> (draws,) float in [0, 1], the mean error rate of the runs. The 2.5th
    and the 97.5th percentile of it, or of a difference of two, are the ends of a 95 % interval.
    The same at each call. Efron and Tibshirani 1993, chapters 8 and 13.
    Raises ValueError if an array is not 2-D and boolean, or has not one column for each writer.
    """
    wrong = {name: np.asarray(runs) for name, runs in wrong.items()}
    for name, runs in wrong.items():
        if runs.ndim != 2 or runs.shape[1] != len(writers) or runs.dtype != bool:
            raise ValueError(
                f"{name!r} must be booleans of shape (runs, {len(writers)}), "
                f"got shape {runs.shape} of {runs.dtype}"
            )
    _, who = np.unique(writers, return_inverse=True)
    images, rng = np.bincount(who), np.random.default_rng(0)
    stacked = np.concatenate([np.ones((1, len(who)), bool), *wrong.values()])
    of_writer = np.array([np.bincount(who, run) for run in stacked]).T
    totals = np.empty((draws, len(stacked)))
    for draw in totals:
        drawn = np.bincount(rng.integers(len(images), size=len(images)), minlength=len(images))
        draw[:] = drawn @ of_writer
    rates, ends = totals[:, 1:] / totals[:, :1], np.cumsum([len(runs) for runs in wrong.values()])
    found = {}
    for name, of_recipe in zip(wrong, np.split(rates, ends[:-1], axis=1), strict=True):
        runs = of_recipe.shape[1]
        runs_drawn = rng.integers(runs, size=(draws, max(1, runs - 1)))
        found[name] = np.take_along_axis(of_recipe, runs_drawn, axis=1).mean(axis=1)
    return found


def _digits(values, name):
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be a non-empty 1-D array of integers, "
            f"got shape {values.shape} of {values.dtype}"
        )
    if values.min() < 0 or values.max() >= CLASSES:
        raise ValueError(f"{name} must hold digits 0-9, got {values.min()} to {values.max()}")
    return values


def _correct(values):
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0 or values.dtype != bool:
        raise ValueError(
            "right or wrong must be a non-empty 1-D array of booleans, "
            f"got shape {values.shape} of {values.dtype}"
        )
    return values


def _confidence(values):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"confidence must be a non-empty 1-D array, got shape {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("each confidence must lie in [0, 1]")
    return values


def _probabilities(values):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] == 0 or values.shape[1] != CLASSES:
        raise ValueError(f"probabilities must have shape (N, {CLASSES}), got {values.shape}")
    if not (values >= 0).all() or not np.allclose(values.sum(axis=1), 1, atol=1e-4):
        raise ValueError("each row of probabilities must be non-negative and sum to 1")
    return values


def _same_length(**arrays):
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"lengths differ: {lengths}")
