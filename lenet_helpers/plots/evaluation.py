"""Figures of chapter 5: errors, and what is known about them."""

import numpy as np
import seaborn as sns

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, ORANGE, note, titled


def error_rates(results, subject):
    """Error rates of several results on one axis; only test errors carry an interval.

    results: DataFrame, columns result (str), images ("test" or "training"), error, low, high (%;
             low and high are NaN for training errors).
    subject: str, what our own numbers rest on, for the title.
    """
    figure, axes = subplots(figsize=(8.5, 0.5 * len(results) + 1.6), layout="constrained")
    figure.alt = (
        "Error rates on one axis: test errors with 95 % intervals, and, nearer to zero, the "
        "training errors."
    )
    places = np.arange(len(results))
    for images, colour, marker in (("test", BLUE, "o"), ("training", ORANGE, "D")):
        chosen = (results["images"] == images).to_numpy()
        some = results[chosen]
        axes.hlines(places[chosen], some["low"], some["high"], color=colour, alpha=0.5, linewidth=3)
        axes.plot(some["error"], places[chosen], marker, color=colour, label=f"{images} images")
    for place, error in zip(places, results["error"], strict=True):
        note(axes, f"{error:.2f} %", (error, place), (0, 8), "center")
    axes.set_yticks(places, results["result"])
    axes.set(xlabel="error rate in %; bars: 95 % Wilson interval", ylim=(len(results) - 0.5, -0.8))
    axes.set_xlim(left=-0.05 * results["error"].max())
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower right")
    return titled(figure, axes, "Test error is not training error", subject)


def seed_errors(runs, subject):
    """Test error of one recipe trained from several seeds: two kinds of chance in one figure.

    runs: DataFrame, columns seed, error, low, high (error and its interval in %).
    """
    figure, axes = subplots(figsize=(8.5, 4), layout="constrained")
    figure.alt = (
        "Test error of each seed with its 95 % interval, and a band: their mean, plus and minus "
        f"one standard deviation, {runs['error'].mean():.2f} ± {runs['error'].std():.2f} %."
    )
    mean, deviation = runs["error"].mean(), runs["error"].std()
    text = f"mean ± standard deviation over seeds: {mean:.2f} ± {deviation:.2f} %"
    axes.axhspan(mean - deviation, mean + deviation, color=ORANGE, alpha=0.25, lw=0, label=text)
    axes.axhline(mean, color=ORANGE)
    reach = [runs["error"] - runs["low"], runs["high"] - runs["error"]]
    text = "one run, with its 95 % Wilson interval"
    axes.errorbar(
        range(len(runs)), runs["error"], reach, fmt="o", color=BLUE, capsize=3, label=text
    )
    axes.set_xticks(range(len(runs)), runs["seed"])
    axes.set(xlabel="seed", ylabel="test error in %", ylim=(0, None))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower right")
    return titled(figure, axes, "Another seed, another error", subject)


def confusion(counts, rates, subject):
    """Confusion matrix twice: counts of images, and rates in % of the true digit's images.

    counts: (10, 10) int, rates: (10, 10) float in [0, 1]; rows are true digits.
    Only mistakes are coloured: the diagonal would drown them.
    """
    figure, panels = subplots(1, 2, figsize=(11, 6.4), layout="constrained", sharey=True)
    figure.alt = _most_confused(counts)
    _mistake_map(panels[0], counts, "d", "number of images (blank: none)")
    _mistake_map(panels[1], 100 * rates, ".1f", "% of the images of the true digit")
    panels[0].set_ylabel("true digit")
    figure.suptitle(f"Which digit is taken for which?\n{subject}", fontsize=12)
    return figure


def _most_confused(counts):
    mistakes = np.where(np.eye(10, dtype=bool), 0, counts)
    true, answer = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return (
        "Two confusion matrices of ten digits, counts and rates. The largest number off the "
        f"diagonal: {mistakes.max()} images of {true} were read as {answer}."
    )


def precision_recall_per_digit(table, subject):
    """Precision and recall of each digit on one axis.

    table: DataFrame, index digit, columns precision and recall in [0, 1].
    """
    figure, axes = subplots(figsize=(8.5, 4), layout="constrained")
    figure.alt = (
        "Precision and recall of each digit in %, two points per digit. Lowest: "
        f"{100 * table[['precision', 'recall']].min().min():.1f} %."
    )
    percent = 100 * table[["precision", "recall"]]
    axes.vlines(table.index, percent.min(axis=1), percent.max(axis=1), color="0.75", zorder=1)
    text = "precision: of its answers, how many are right"
    axes.plot(percent["precision"], "o", color=BLUE, ms=11, mfc="white", mew=2, label=text)
    text = "recall: of its images, how many are found"
    axes.plot(percent["recall"], "D", color=ORANGE, label=text)
    axes.set_xticks(table.index)
    axes.set(xlabel="digit", ylabel="precision, recall in %")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return titled(figure, axes, "Precision and recall of each digit", subject)


def mistakes(images, table, subject, columns=6):
    """Images that were misread, each with its label, the answer given and its confidence.

    images: (N, 28, 28) uint8; table: DataFrame from `most_confident_mistakes`, at least one row.
    """
    rows = -(-len(table) // columns)
    size = (1.6 * columns, 2.1 * rows + 0.7)
    figure, panels = subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
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
    figure.suptitle(f"The most confident mistakes\n{subject}", fontsize=12)
    return figure


def reliability(bins, error, subject):
    """Reliability diagram (accuracy against confidence), above the number of images per bin.

    bins: DataFrame from `reliability_bins`; error: float, the expected calibration error.
    """
    figure, (top, bottom) = subplots(
        2, 1, figsize=(8, 7), sharex=True, height_ratios=[3, 1], layout="constrained"
    )
    figure.alt = (
        "Accuracy against confidence, one point with an interval per bin, beside the diagonal of "
        "perfect calibration. Below: images per bin, "
        f"{int(bins['images'].iloc[-1]):,} of them in the last."
    )
    bins = bins[bins["images"] > 0]
    low, high = _wilson(bins["right"], bins["images"])
    reach = [bins["accuracy"] - low, high - bins["accuracy"]]
    text = "images of one bin, 95 % Wilson interval"
    top.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="perfectly calibrated")
    top.errorbar(
        bins["confidence"], bins["accuracy"], reach, fmt="o", color=BLUE, capsize=3, label=text
    )
    top.set(ylabel="accuracy in the bin", ylim=(-0.02, 1.02))
    top.grid(alpha=0.3)
    top.legend(loc="lower right")
    middle, width = (bins["lower"] + bins["upper"]) / 2, bins["upper"] - bins["lower"]
    bars = bottom.bar(middle, bins["images"], width, color=BLUE, edgecolor="white")
    bottom.bar_label(bars, fmt="{:,.0f}", fontsize=9, padding=2)
    bottom.set(yscale="log", xlim=(0, 1.01), ylim=(0.7, 10 * bins["images"].max()))
    bottom.set(xlabel="confidence (probability of the answer)", ylabel="images (log scale)")
    title = f"Does confidence mean accuracy? ECE = {100 * error:.2f} %"
    return titled(figure, top, title, subject)


def rejection(curve, targets, subject):
    """Accuracy on the kept images against the share that is rejected.

    curve:   DataFrame from `accuracy_against_rejection`.
    targets: DataFrame, rows of the curve to mark; the axis ends a little beyond the last.
    """
    figure, axes = subplots(figsize=(8.5, 4.2), layout="constrained")
    figure.alt = (
        "Accuracy on the kept images against the share of rejected ones, with some points marked."
    )
    end = min(1, 1.5 * targets["rejection_rate"].max() + 0.01)
    curve = curve[curve["rejection_rate"] <= end]
    low, high = _wilson(curve["kept"] - curve["wrong"], curve["kept"])
    rejected = 100 * curve["rejection_rate"]
    text = "95 % Wilson interval"
    axes.fill_between(rejected, 100 * low, 100 * high, color=BLUE, alpha=0.2, lw=0, label=text)
    axes.plot(rejected, 100 * curve["accuracy"], color=BLUE, label="accuracy on what is kept")
    for row in targets.itertuples():
        at = 100 * row.rejection_rate, 100 * row.accuracy
        axes.plot(*at, "D", color=ORANGE)
        note(axes, f"reject {at[0]:.1f} %: {at[1]:.2f} % right", at, (8, -14), "left")
    axes.set(xlabel="rejected images in %, least confident first", ylabel="accuracy in %")
    axes.set(xlim=(0, 100 * end), ylim=(100 * low[0], 100.05))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return titled(figure, axes, "Refusing to answer buys accuracy", subject)


def _mistake_map(axes, values, form, title):
    wrong = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    colours = sns.blend_palette(["white", BLUE], as_cmap=True)
    axes.imshow(wrong, cmap=colours.with_extremes(bad="0.92"), vmin=0)
    for (row, column), value in np.ndenumerate(values):
        if value > 0:
            colour = "white" if wrong[row, column] > 0.9 * np.nanmax(wrong) else "black"
            text = f"{value:{form}}"
            axes.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
    axes.set(title=title, xlabel="predicted digit", xticks=range(len(values)))
    axes.set_yticks(range(len(values)))


def _wilson(successes, images):
    # Imported here: chapters 1 to 3 draw without loading scikit-learn.
    from lenet_helpers.evaluation import wilson_interval

    pairs = zip(successes, images, strict=True)
    return np.transpose([wilson_interval(count, total) for count, total in pairs])
