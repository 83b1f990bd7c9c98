"""Evaluation measures against cases worked out by hand, invariants, and bad input."""

import numpy as np
import pytest

from lenet_helpers.data import load_mnist
from lenet_helpers.evaluation import (
    holm,
    label_errors,
    mcnemar,
    most_confident_mistakes,
    reliability_bins,
    resample_errors,
    wilson_interval,
)

NAN = float("nan")


def probabilities_for(answers, confidence):
    """(N, 10) rows that give `confidence` to the answer and share the rest equally."""
    answers, confidence = np.asarray(answers), np.asarray(confidence, dtype=float)
    rows = np.repeat((1 - confidence)[:, np.newaxis] / 9, 10, axis=1)
    rows[np.arange(len(answers)), answers] = confidence
    return rows


@pytest.fixture
def guesses():
    """1,000 images, 80 % right, with confidences in (0.1, 1): an arbitrary classifier."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 1000)
    slip = np.where(random.random(1000) < 0.2, random.integers(1, 10, 1000), 0)
    return labels, (labels + slip) % 10, random.uniform(0.2, 1, 1000)


# Wilson interval


def test_wilson_agrees_with_a_published_example():
    """Newcombe 1998, table I, method 3: 81 of 263 gives 0.2553 to 0.3662."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(5, 4), (-1, 4), (0, 0)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match=f"got {successes} of {n}"):
        wilson_interval(successes, n)


# Most confident mistakes


def test_most_confident_mistakes_by_hand():
    probabilities = probabilities_for([3, 1, 5, 7, 2], [0.6, 0.99, 0.9, 0.6, 0.7])
    table = most_confident_mistakes(probabilities, np.array([8, 1, 6, 2, 3]), count=3)
    assert table["image"].tolist() == [2, 4, 0]
    assert table["label"].tolist() == [6, 3, 8]
    assert table["predicted"].tolist() == [5, 2, 3]
    assert table["confidence"].tolist() == pytest.approx([0.9, 0.7, 0.6])
    assert table["truth"].tolist() == pytest.approx([0.1 / 9, 0.3 / 9, 0.4 / 9])


def test_equally_confident_mistakes_keep_their_order():
    probabilities = probabilities_for([1] * 5, [0.8] * 5)
    table = most_confident_mistakes(probabilities, np.array([2, 2, 1, 2, 2]), count=9)
    assert table["image"].tolist() == [0, 1, 3, 4]


def test_no_mistakes_give_an_empty_table():
    table = most_confident_mistakes(probabilities_for([1, 2], [0.9, 0.9]), [1, 2], count=5)
    assert len(table) == 0
    assert "confidence" in table


@pytest.mark.parametrize(
    ("probabilities", "labels", "count", "message"),
    [
        (np.full((2, 9), 1 / 9), [1, 2], 1, r"shape \(N, 10\), got \(2, 9\)"),
        (np.zeros((0, 10)), [], 1, r"got \(0, 10\)"),
        (np.ones((1, 10)), [1], 1, "sum to 1"),
        (np.array([[-1.0, 2] + [0] * 8]), [1], 1, "non-negative"),
        (np.full((1, 10), NAN), [1], 1, "non-negative"),
        (np.full((2, 10), 0.1), [1], 1, "lengths differ"),
        (np.full((1, 10), 0.1), [1], 0, "count must be at least 1"),
    ],
)
def test_most_confident_mistakes_refuse(probabilities, labels, count, message):
    with pytest.raises(ValueError, match=message):
        most_confident_mistakes(probabilities, labels, count)


# Calibration


def test_reliability_bins_by_hand():
    confidence = [0.0, 0.5, 0.51, 0.9, 1.0]
    table = reliability_bins(confidence, np.array([False, True, True, False, True]), bins=2)
    assert table["images"].tolist() == [2, 3]
    assert table["right"].tolist() == [1, 2]
    assert table["confidence"].tolist() == pytest.approx([0.25, 2.41 / 3])
    assert table["accuracy"].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert table["lower"].tolist() == [0, 0.5]
    assert table["upper"].tolist() == [0.5, 1]


def test_every_image_falls_into_its_bin(guesses):
    labels, predicted, confidence = guesses
    table = reliability_bins(confidence, labels == predicted)
    assert len(table) == 15
    assert table["images"].sum() == 1000
    assert table["right"].sum() == (labels == predicted).sum()
    filled = table.query("images > 0")
    assert (filled["lower"] < filled["confidence"]).all()
    assert (filled["confidence"] <= filled["upper"]).all()
    assert table.query("images == 0")[["confidence", "accuracy"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([], [], "confidence must be a non-empty"),
        ([[0.5]], [True], "confidence must be a non-empty 1-D"),
        ([0.5, 1.1], [True, True], r"\[0, 1\]"),
        ([-0.1], [True], r"\[0, 1\]"),
        ([NAN], [True], r"\[0, 1\]"),
        ([0.5], [1], "booleans"),
        ([0.5, 0.5], [True], "lengths differ: {'confidence': 2, 'correct': 1}"),
    ],
)
def test_reliability_bins_refuse(confidence, correct, message):
    with pytest.raises(ValueError, match=message):
        reliability_bins(confidence, correct)


def test_reliability_bins_refuse_no_bins():
    with pytest.raises(ValueError, match="bins must be at least 1"):
        reliability_bins([0.5], [True], bins=0)


# McNemar


def test_mcnemar_by_hand():
    """Nine images decide, eight of them for a: p = 2 (C(9,0) + C(9,1)) / 2^9 = 20 / 512."""
    a = np.array([True] * 8 + [False] + [True] * 5 + [False] * 2)
    b = np.array([False] * 8 + [True] + [True] * 5 + [False] * 2)
    test = mcnemar(a, b)
    assert (test.both_right, test.only_a, test.only_b, test.both_wrong) == (5, 8, 1, 2)
    assert test.p_value == pytest.approx(20 / 512)


def test_mcnemar_of_equals():
    right = np.array([True, False, True])
    assert mcnemar(right, right).p_value == 1
    assert mcnemar(np.array([True, False]), np.array([False, True])).p_value == 1


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([], [], "non-empty"),
        ([1, 0], [0, 1], "booleans"),
        ([True, False], [True], "lengths differ: {'correct_a': 2, 'correct_b': 1}"),
    ],
)
def test_mcnemar_refuses(a, b, message):
    with pytest.raises(ValueError, match=message):
        mcnemar(a, b)


def test_holm_follows_an_example_by_hand():
    """Sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which the third raises to 0.06."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.02]) == pytest.approx([0.02])
    assert holm([0.4, 0.6, 0.9]) == pytest.approx([1, 1, 1])


def test_holm_keeps_the_order_and_never_lowers_a_p_value():
    p_values = np.random.default_rng(5).random(50) ** 4
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all()
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()


@pytest.mark.parametrize("bad", [[], [[0.1]], [0.1, 1.2], [-0.1], [np.nan]])
def test_holm_refuses(bad):
    with pytest.raises(ValueError, match=r"p-value|p_values"):
        holm(bad)


def test_resampled_errors_vary_with_writers():
    writers = np.repeat(np.arange(100), 10)
    clustered = np.repeat(np.arange(100) < 10, 10)[np.newaxis]  # ten writers are always misread
    spread = (np.arange(1000) % 10 == 0)[np.newaxis]  # each writer once
    found = resample_errors({"clustered": clustered, "spread": spread}, writers, draws=4000)
    assert found["spread"].std() == pytest.approx(0, abs=1e-12)
    assert found["clustered"].mean() == pytest.approx(0.1, abs=0.002)
    assert found["clustered"].std() == pytest.approx(0.03, rel=0.1)  # sqrt(0.1 * 0.9 / 100)


def test_the_variance_over_runs_is_unbiased():
    misread = np.array([0, 1, 2, 4, 8])  # by each run, of each writer's ten images
    runs = misread[:, np.newaxis] > np.tile(np.arange(10), 100)
    rates = resample_errors({"runs": runs}, np.repeat(np.arange(100), 10), draws=4000)["runs"]
    assert rates.mean() == pytest.approx(0.3, abs=0.01)
    assert rates.var() == pytest.approx(np.var(misread / 10, ddof=1) / 5, rel=0.08)


def test_recipes_are_compared_with_the_same_writers():
    wrong = np.random.default_rng(0).random((1, 300)) < 0.1
    found = resample_errors({"a": wrong, "b": wrong.copy()}, np.arange(300) // 3, draws=50)
    np.testing.assert_array_equal(found["a"], found["b"])


def test_writers_of_many_images_count_with_all_of_them():
    wrong = np.array([[True] * 90 + [False] * 10])
    rates = resample_errors({"one": wrong}, [0] * 90 + [1] * 10, draws=500)["one"]
    assert set(rates.round(6)) == {0.0, 0.9, 1.0}


@pytest.mark.parametrize("wrong", [np.zeros(4, bool), np.zeros((1, 3), bool), np.zeros((1, 4))])
def test_resampled_errors_refuse(wrong):
    with pytest.raises(ValueError, match=r"'one' must be booleans of shape \(runs, 4\)"):
        resample_errors({"one": wrong}, np.arange(4))


def test_inputs_are_left_alone(guesses):
    labels, predicted, confidence = guesses
    copies = [values.copy() for values in guesses]
    reliability_bins(confidence, labels == predicted)
    most_confident_mistakes(probabilities_for(predicted, confidence), labels, count=5)
    for values, copy in zip(guesses, copies, strict=True):
        np.testing.assert_array_equal(values, copy)


def test_the_doubted_labels_are_the_published_ones():
    table = label_errors()
    votes = table.filter(like="votes_")
    assert len(table) == 15
    assert (votes.sum(axis=1) == 5).all()
    assert (table["votes_label"] < 3).all()
    assert (table["votes_suggested"] >= 3).sum() == 10  # the paper's counts: 10 corrected,
    assert (table["votes_neither"] >= 3).sum() == 3  # 3 that show neither digit,
    assert (votes.max(axis=1) < 3).sum() == 2  # and 2 without a majority


def test_the_doubted_labels_are_those_of_the_test_set():
    digits = load_mnist()
    if not digits.is_full:
        pytest.skip("the sample holds no test images of MNIST")
    table = label_errors()
    np.testing.assert_array_equal(digits.y_test[table["image"]], table["label"])
