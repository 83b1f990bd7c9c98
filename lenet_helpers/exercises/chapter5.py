"""The exercises of chapter 5."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from lenet_helpers.evaluation import wilson_interval
from lenet_helpers.exercises.judging import call, exercise, is_close, read_number, reject

FEW = 3, 250  # mistakes and images of exercise 5.2

# of exercise 5.1: its second run is to be chosen
OTHER_RUNS = pd.DataFrame({"val_errors": [9, 5, 7], "test_errors": [4, 8, 6]}, index=[3, 2, 1])
CHOSEN = OTHER_RUNS["val_errors"].idxmin()


@exercise("a function of a table of runs")
def error_to_report(report, runs):
    """Exercise 5.1: the mistakes in test images of the run that the validation images choose.

    report: function, such a table -> int; runs: DataFrame, columns val_errors and test_errors.
    """
    given = read_number(call(report, runs.copy()), "what your function returns")
    validation, test = runs["val_errors"], runs["test_errors"]
    right = test[validation.idxmin()]
    if given != right:
        reject(given == test.min(), "the test images still choose: that is their smallest number.")
        reject(
            given == validation.min(),
            "those are the chosen run's mistakes in validation images, which have chosen it.",
        )
        reject(given == validation.idxmin(), "that is the run: return its mistakes in test images.")
        reject(
            is_close(given, test.mean()),
            "the mean is fair to the recipe; here one run is to be chosen, by validation images.",
        )
    reject(given != right, "take the run with the fewest mistakes in validation images.")
    reject(
        call(report, OTHER_RUNS.copy()) != OTHER_RUNS["test_errors"][CHOSEN],
        "right for these runs, but not for others: use the table that your function is given.",
    )
    return (
        f"{right} mistakes, not {test.min()}; the mean of all {len(runs)} is {test.mean():.0f}. "
        "Choosing by validation images makes the number fair, not small."
    )


@exercise("two numbers, the ends of an interval")
def interval_of_few(low, high):
    """Exercise 5.2: Wilson's interval, in percent, of the error rate of FEW."""
    given = np.array([read_number(low, "the lower end"), read_number(high, "the upper end")])
    mistakes, images = FEW
    right = 100 * np.array(wilson_interval(mistakes, images))
    error = 100 * mistakes / images
    reach = 2 * np.sqrt(error * (100 - error) / images)
    exact = 100 * np.array(binomtest(mistakes, images).proportion_ci())

    def same(ends):
        return np.allclose(given, ends, rtol=0, atol=0.006)

    if not same(right):
        reject(same(right[::-1]), "you have exchanged the ends.")
        reject(np.allclose(given, right / 100, rtol=0.02), "those are shares; give percent.")
        reject(
            same([error - reach, error + reach]),
            "that is the rule of thumb. With so few mistakes it fails: no error rate is negative.",
        )
        reject(same(exact), 'that is another interval: give `method="wilson"`, as above.')
    reject(
        not same(right),
        f"take {mistakes} mistakes in {images} images, and all as in the cell above.",
    )
    return (
        f"{right[0]:.2f} to {right[1]:.2f} %: so few images hardly tell a good network from a poor "
        f"one. The rule of thumb would begin at {error - reach:.2f} %: with few mistakes it fails."
    )


@exercise("two numbers from 0 to 1")
def always_one(precision, recall, labels):
    """Exercise 5.3: precision and recall of 1 for a program that always answers 1."""
    precision, recall, right = read_number(precision), read_number(recall), np.mean(labels == 1)
    reject(max(precision, recall) > 1, "neither is more than 1: from 0 to 1, not in percent.")
    reject(
        is_close(recall, right, 1e-4) and is_close(precision, 1),
        "you have exchanged them: recall asks of all ones, precision of all answers.",
    )
    reject(recall != 1, "recall: of all images that show a 1, how many are answered with 1?")
    off = abs(precision - right)
    reject(1e-4 < off < 6e-3, "precision is close, but guessed or rounded: let Python compute it.")
    reject(off > 1e-4, "precision: of all its answers 1, how many are right?")
    return f"it finds every 1. Its precision, {right:.2f}, is just the share of 1s."


@exercise("a number of images")
def promised_mistakes(mistakes, bins):
    """Exercise 5.4: how many mistakes the confidence of the last bin leads one to expect.

    bins: DataFrame from `evaluation.reliability_bins`.
    """
    mistakes, last = read_number(mistakes), bins.iloc[-1]
    promised, made = last["images"] * (1 - last["confidence"]), last["images"] - last["right"]
    if not is_close(mistakes, promised, 0.5):
        reject(
            is_close(mistakes, made, 0.5),
            "so many were made. Asked is how many there should be, if confidence were accuracy.",
        )
        reject(
            is_close(mistakes, last["images"] - promised, 0.5),
            "those are the right answers that it promises; the others are mistakes.",
        )
        reject(0 <= mistakes < 1, "that is a share of the bin's images: how many images is it?")
        reject(True, "of each image, 1 - confidence is the probability that its answer is wrong.")
    return f"{promised:.0f} promised, {made:.0f} made: the bin is {_verdict(promised, made)}."


def _verdict(promised, made):
    return "overconfident" if made > promised else "not overconfident"
