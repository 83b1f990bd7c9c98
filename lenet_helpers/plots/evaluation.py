"""Figures of chapters 5 and 6: errors, and what is known about them."""

import numpy as np

from lenet_helpers.evaluation import wilson_interval
from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, ORANGE, headed, titled


def precision_recall_per_digit(table, subject):
    """Precision and recall of each digit, with 95 % Wilson intervals.

    table: DataFrame, index digit, columns right, images and answers (int), and precision and
           recall in [0, 1]: right / answers and right / images.
    """
    figure, axes = subplots(figsize=(8.5, 4.4), layout="constrained")
    figure.alt = (
        "Precision and recall of each digit in %, each with its 95 % interval. Lowest: precision "
        f"of {table['precision'].idxmin()}, {100 * table['precision'].min():.1f} %, and recall of "
        f"{table['recall'].idxmin()}, {100 * table['recall'].min():.1f} %."
    )
    for name, of, shift, look in (
        ("precision", "answers", -0.15, {"fmt": "o", "mfc": "white", "mew": 2, "color": BLUE}),
        ("recall", "images", 0.15, {"fmt": "D", "color": ORANGE}),
    ):
        low, high = _wilson(table["right"], table[of])
        reach = 100 * np.array([table[name] - low, high - table[name]])
        text = f"{name}: right / {of} of this digit"
        axes.errorbar(table.index + shift, 100 * table[name], reach, capsize=3, label=text, **look)
    axes.set_xticks(table.index)
    axes.set(xlabel="digit", ylabel="precision, recall in %")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return titled(figure, axes, "Precision and recall of each digit, 95 % intervals", subject)


def seed_errors(runs, single, subject):
    """Test errors of one recipe trained from several seeds: two kinds of noise at one level.

    runs:   DataFrame, columns seed, error and noise (in %): a run's test error, and its standard
            deviation over test images.
    single: dict, name -> error of runs by others, to be compared.
    """
    figure, axes = subplots(figsize=(8.5, 4.4), layout="constrained")
    mean, deviation = runs["error"].mean(), runs["error"].std()
    figure.alt = (
        f"Test errors of {len(runs)} seeds, {runs['error'].min():.2f} to {runs['error'].max():.2f} "
        f"%, each with a bar of one standard deviation over images, {runs['noise'].mean():.2f} "
        f"%, and a band of one standard deviation over seeds, {mean:.2f} ± {deviation:.2f} %. "
        "Beside them, "
        + ", ".join(f"{name}: {error:.2f} %" for name, error in single.items())
        + "."
    )
    text = f"seeds: mean ± one standard deviation, {mean:.2f} ± {deviation:.2f} %"
    axes.axhspan(mean - deviation, mean + deviation, color=ORANGE, alpha=0.25, lw=0, label=text)
    axes.axhline(mean, color=ORANGE)
    text = "test images: one run ± one standard deviation"
    look = {"fmt": "o", "capsize": 2, "markersize": 4, "elinewidth": 1}
    axes.errorbar(range(len(runs)), runs["error"], runs["noise"], color=BLUE, label=text, **look)
    places = len(runs) + len(runs) // 20 + np.arange(len(single))
    axes.plot(places, list(single.values()), "o", color=GREY, markersize=6)
    shown = range(0, len(runs), max(1, len(runs) // 8))
    names = [*runs["seed"].iloc[shown], *single]
    axes.set_xticks([*shown, *places], names)
    axes.set(xlabel="seed", ylabel="test error in %")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="upper left")
    return titled(figure, axes, "Noise in a test error", subject)


def mistakes(images, table, subject):
    """Images that were misread, each with its label, the answer given and its confidence.

    images: (N, 28, 28) uint8; table: DataFrame from `most_confident_mistakes`, at least one row.
    """
    rows = -(-len(table) // 6)
    size = (9.6, 2.1 * rows + 0.7)
    figure, panels = subplots(rows, 6, figsize=size, layout="constrained", squeeze=False)
    figure.alt = "Misread images, the most confident mistake first: " + "; ".join(
        f"{row.label} read as {row.predicted}" for row in table.itertuples()
    )
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], visible=False)
    for axes, row in zip(panels.flat, table.itertuples(), strict=False):
        axes.set_visible(True)
        axes.imshow(images[row.image], cmap="gray_r", vmin=0, vmax=255)
        text = f"{row.label} read as {row.predicted}\n{100 * row.confidence:.3f} % sure"
        axes.set_title(text, fontsize=10)
    figure.suptitle(headed("The most confident mistakes", subject), fontsize=12)
    return figure


def _wilson(successes, images):
    pairs = zip(successes, images, strict=True)
    return np.transpose([wilson_interval(count, total) for count, total in pairs])
