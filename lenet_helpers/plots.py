"""Figures of the notebooks: arrays and DataFrames in, a Matplotlib Figure out."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from lenet_helpers.runtime import default_figures

default_figures()

BLUE, ORANGE = sns.color_palette("colorblind", 2)
GREY = "0.45"
SHADES, INK = "gray_r", 255  # how digits are drawn, and the largest pixel value


# Chapter 01


def digit_and_numbers(image, corner, side, title, subject):
    """One digit as a picture, and the numbers that a part of it is stored as.

    image:  (28, 28) uint8; corner: (row, column) of the part; side: int, its pixels per side.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.9), layout="constrained")
    left.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    left.add_patch(_frame(corner, side))
    left.set(title=f"{title}\n{subject}", xlabel="column", ylabel="row")
    row, column = corner
    right.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    right.set(xlim=(column - 0.5, column + side - 0.5), ylim=(row + side - 0.5, row - 0.5))
    _write_values(right, image, corner, side, "{:d}", INK)
    right.set(title="The numbers inside the frame", xlabel="column", ylabel="row")
    right.set(xticks=range(column, column + side), yticks=range(row, row + side))
    return figure


def digit_grid(images, labels, subject, columns=12):
    """The first images of each digit, one row per digit.

    images: (N, 28, 28) uint8; labels: (N,) int, each digit 0 to 9 at least `columns` times.
    """
    rows = [images[np.flatnonzero(labels == digit)[:columns]] for digit in range(10)]
    sheet = np.vstack([np.hstack(list(row)) for row in rows])
    side = images.shape[1]
    figure, axes = plt.subplots(figsize=(0.75 * columns + 0.5, 8.2), layout="constrained")
    axes.imshow(sheet, cmap=SHADES, vmin=0, vmax=INK, interpolation="nearest")
    axes.hlines(np.arange(1, 10) * side - 0.5, -0.5, sheet.shape[1] - 0.5, color="0.85", lw=1)
    axes.set_yticks(side * np.arange(10) + side / 2, range(10), fontsize=12)
    axes.set(xticks=[], ylabel="label")
    axes.tick_params(length=0)
    return titled(figure, axes, f"The first {columns} images of each digit", subject)


def label_counts(labels, subject):
    """How often each label occurs: seaborn's default bins beside one bar per digit.

    labels: (N,) int, 0 to 9.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
    sns.histplot(labels, ax=left, color=ORANGE)
    left.set(title="sns.histplot(y_train): bars miss their digits", xlabel="label")
    left.set(ylabel="number of images", xticks=range(10))
    sns.countplot(x=labels, ax=right, color=BLUE, saturation=1)
    right.bar_label(right.containers[0], fmt="{:,.0f}", fontsize=9, padding=2)
    right.set(title="One bar per digit", xlabel="label", ylim=(0, 1.08 * right.get_ylim()[1]))
    right.yaxis.set_major_formatter("{x:,.0f}")
    figure.suptitle(f"How many images of each digit?\n{subject}", fontsize=12)
    return figure


def mean_images(means, subject):
    """The mean image of each digit.

    means: (10, 28, 28) float, 0 to 255.
    """
    figure, panels = plt.subplots(2, 5, figsize=(10, 4.7), layout="constrained")
    for digit, axes in enumerate(panels.flat):
        drawn = axes.imshow(means[digit], cmap="cividis", vmin=0, vmax=INK)
        axes.set(xticks=[], yticks=[], title=f"mean {digit}")
    figure.colorbar(drawn, ax=panels, label="mean pixel value", shrink=0.9, pad=0.02)
    figure.suptitle(f"What all images of a digit have in common\n{subject}", fontsize=12)
    return figure


def pixel_values(counts, subject):
    """How often each pixel value occurs, on a logarithmic axis.

    counts: (256,) int, how many pixels hold the value 0, 1, ..., 255.
    """
    figure, axes = plt.subplots(figsize=(9.5, 4), layout="constrained")
    axes.stairs(counts, np.arange(len(counts) + 1) - 0.5, fill=True, color=BLUE)
    share = 100 * counts[0] / counts.sum()
    _note(
        axes, f"value 0, bare paper: {share:.1f} % of all pixels", (0, counts[0]), (10, -3), "left"
    )
    axes.set(yscale="log", xlim=(-4, 259), ylim=(counts[counts > 0].min() / 2, 3 * counts[0]))
    axes.set(xlabel="pixel value", ylabel="number of pixels (log scale)")
    axes.grid(axis="y", alpha=0.3)
    return titled(figure, axes, "Mostly paper, some ink, and a little in between", subject)


# Chapter 02


def steps(stages, corner, side, subject):
    """What each step of preprocessing does to one image: the picture above, its numbers below.

    stages: dict, name of the step -> the image after it, (28, 28) or (28, 28, 1).
    corner: (row, column) of the part whose numbers are written; side: int, its pixels per side.
    """
    figure, panels = plt.subplots(
        2,
        len(stages),
        figsize=(3.7 * len(stages), 7),
        layout="constrained",
        height_ratios=[1, 1.05],
    )
    for (name, image), (above, below) in zip(stages.items(), panels.T, strict=True):
        is_float = image.dtype.kind == "f"
        top = 1 if is_float else INK
        pixels = image.reshape(28, 28)
        drawn = above.imshow(pixels, cmap=SHADES, vmin=0, vmax=top)
        above.add_patch(_frame(corner, side))
        figure.colorbar(drawn, ax=(above, below), shrink=0.5)
        above.set(xticks=[], yticks=[], title=name)
        row, column = corner
        below.imshow(pixels, cmap=SHADES, vmin=0, vmax=top)
        below.set(xlim=(column - 0.5, column + side - 0.5), ylim=(row + side - 0.5, row - 0.5))
        _write_values(below, pixels, corner, side, "{:.2f}" if is_float else "{:d}", top)
        below.set(xticks=[], yticks=[])
        below.set_xlabel(f"{image.dtype}, shape {image.shape}\n{image.nbytes:,} bytes")
    figure.suptitle(f"One image, step by step\n{subject}", fontsize=12)
    return figure


def tanh_outputs(outputs, subject):
    """Where tanh puts its outputs, one panel per scaling of the pixels.

    outputs: dict, name of the scaling -> (N,) float in [-1, 1].
    """
    size = (3.7 * len(outputs), 3.9)
    figure, panels = plt.subplots(1, len(outputs), figsize=size, sharey=True, layout="constrained")
    for axes, (name, values) in zip(panels, outputs.items(), strict=True):
        weights = np.full(len(values), 100 / len(values))
        axes.hist(values, bins=41, range=(-1, 1), weights=weights, color=BLUE)
        axes.set(title=name, xlabel="output of tanh", xlim=(-1.04, 1.04))
        axes.grid(axis="y", alpha=0.3)
    panels[0].set_ylabel("outputs in %")
    figure.suptitle(f"Which pixels leave tanh room to answer?\n{subject}", fontsize=12)
    return figure


def double_scaling(once, twice, subject):
    """An image scaled once and twice; only a fixed grey scale tells them apart.

    once, twice: (28, 28) float, the same image divided by 255 once and twice.
    """
    figure, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
    cases = [
        ("scaled once,\ngrey scale 0 to 1", once, 1),
        ("scaled twice,\ngrey scale chosen by imshow", twice, twice.max()),
        ("scaled twice,\ngrey scale 0 to 1", twice, 1),
    ]
    for axes, (title, image, top) in zip(panels, cases, strict=True):
        drawn = axes.imshow(image, cmap=SHADES, vmin=0, vmax=top)
        figure.colorbar(drawn, ax=axes, shrink=0.75, format="{x:.3g}")
        axes.set(xticks=[], yticks=[], title=title)
    figure.suptitle(f"Dividing by 255 twice: imshow hides it\n{subject}", fontsize=12)
    return figure


def validation_balance(shares, subject):
    """Share of each digit in the training part and in the validation part.

    shares: DataFrame, index digit, columns training and validation, in %.
    """
    figure, axes = plt.subplots(figsize=(8.5, 4), layout="constrained")
    axes.vlines(shares.index, shares.min(axis=1), shares.max(axis=1), color="0.75", zorder=1)
    axes.plot(shares["training"], "o", color=BLUE, label="training part")
    axes.plot(shares["validation"], "D", color=ORANGE, label="validation part")
    axes.set_xticks(shares.index)
    axes.set(xlabel="digit", ylabel="share of the part in %")
    axes.grid(axis="y", alpha=0.3)
    axes.legend()
    return titled(figure, axes, "Are both parts mixed alike?", subject)


# Chapter 03


def parameter_counts(table, title):
    """Parameters of several networks, one stacked bar each.

    table: DataFrame, one row per layer that has parameters, one column per network.
    """
    figure, axes = plt.subplots(figsize=(10, 3.6), layout="constrained")
    colours = sns.color_palette("colorblind", len(table))
    start = np.zeros(table.shape[1])
    for (layer, counts), colour in zip(table.iterrows(), colours, strict=True):
        bars = axes.barh(
            table.columns, counts, left=start, color=colour, edgecolor="white", label=layer
        )
        is_wide = counts > 0.1 * table.sum().max()
        inside = [
            f"{layer} {count:,}" if wide else ""
            for count, wide in zip(counts, is_wide, strict=True)
        ]
        axes.bar_label(bars, inside, label_type="center", fontsize=9)
        start = start + counts.to_numpy()
    for place, total in enumerate(start):
        _note(axes, f"{total:,.0f}", (total, place), (5, -3), "left")
    axes.invert_yaxis()
    axes.set(xlabel="trainable parameters", xlim=(0, 1.12 * start.max()))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title(title, fontsize=12)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(table))
    return figure


def squashed_loss(curves):
    """Loss, and how hard it pushes, with probabilities taken as such and taken for logits.

    curves: dict, name of the case -> DataFrame, index margin (how far the right logit leads),
            columns loss and push (size of the loss's derivative by the right logit).
    """
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.1), layout="constrained")
    titles = {"loss": "The loss", "push": "Its push on the right logit"}
    for axes, (column, title) in zip(panels, titles.items(), strict=True):
        for (name, table), colour, dash in zip(
            curves.items(), (BLUE, ORANGE), ("-", "--"), strict=True
        ):
            axes.plot(table[column], color=colour, linestyle=dash, lw=2, label=name)
        axes.axvline(0, color=GREY, lw=0.8, linestyle=":")
        axes.set(title=title, xlabel="lead of the right logit; below 0 the answer is wrong")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("cross-entropy")
    panels[1].set_ylabel("size of the derivative")
    panels[0].legend()
    figure.suptitle("Softmax twice: the loss stays high, and its push is lost", fontsize=12)
    return figure


# Chapter 04


def shared_window(image, row=8, column=10, size=5):
    """The four windows under one 2x2 pool, drawn over an image, and the window they share.

    image: (28, 28) uint8; row, column: the first window's upper left pixel; size: of a window.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
    shifts = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for axes in (left, right):
        axes.imshow(image, cmap=SHADES, vmin=0, vmax=INK, alpha=0.35)
        axes.set(xlim=(column - 2.5, column + size + 2.5), ylim=(row + size + 2.5, row - 2.5))
        axes.set(xlabel="column in pixels", ylabel="row in pixels")
    for (down, across), colour in zip(shifts, sns.color_palette("colorblind", 4), strict=True):
        # Drawn a little inside each other, so that all four outlines can be seen.
        inset = 0.06 + 0.1 * (down + 2 * across)
        corner = (column + across - 0.5 + inset, row + down - 0.5 + inset)
        _box(left, corner, size - 2 * inset, colour, f"output ({down}, {across})")
    _box(right, (column - 0.5, row - 0.5), size + 1, "black", f"{size + 1} by {size + 1} pixels")
    left.set_title(f"Conv2D: four {size} by {size} windows, one by one")
    right.set_title("Fused: their common window, once")
    for axes in (left, right):
        axes.legend(loc="lower right", fontsize="small", framealpha=0.95)
    figure.suptitle("What one 2 by 2 pool looks at")
    return figure


def _box(axes, corner, size, colour, label):
    axes.add_patch(
        plt.Rectangle(corner, size, size, fill=False, edgecolor=colour, linewidth=2.5, label=label)
    )


def training_curves(history, subject):
    """Loss and accuracy by epoch, on training and validation images.

    history: DataFrame, index epoch (from 1), columns loss, accuracy, val_loss, val_accuracy.
    subject: str, what the numbers rest on, for the title.
    """
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for axes, measure, best in zip(panels, ("loss", "accuracy"), ("idxmin", "idxmax"), strict=True):
        running, validation = history[measure], history[f"val_{measure}"]
        axes.plot(running, color=ORANGE, label="training, running mean")
        axes.plot(validation, color=BLUE, label="validation")
        top, last = getattr(validation, best)(), validation.index[-1]
        axes.plot(top, validation[top], "*", color=BLUE, markersize=14, label=f"best: epoch {top}")
        axes.plot(last, validation[last], "s", color=BLUE, label=f"final: epoch {last}")
        axes.set(xlabel="epoch", ylabel=measure if measure == "accuracy" else "cross-entropy loss")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.suptitle(f"Loss and accuracy, epoch by epoch\n{subject}", fontsize=12)
    return figure


def seed_accuracies(runs, article):
    """Final validation accuracy of one recipe from several seeds, and the article's.

    runs: DataFrame, columns seed, val_accuracy; article: float, the article's.
    """
    figure, axes = plt.subplots(figsize=(8.5, 3.6), layout="constrained")
    accuracy = runs["val_accuracy"]
    mean, deviation = accuracy.mean(), accuracy.std()
    axes.axhspan(mean - deviation, mean + deviation, color=ORANGE, alpha=0.25, lw=0)
    axes.axhline(mean, color=ORANGE, label="mean ± standard deviation")
    axes.plot(range(len(runs)), accuracy, "o", color=BLUE, label="one run")
    axes.axhline(article, color=GREY, linestyle="--", label="the article's run")
    axes.set_xticks(range(len(runs)), runs["seed"])
    axes.set(xlabel="seed", ylabel="validation accuracy")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return titled(figure, axes, "The same recipe, another seed", "MNIST, 20 epochs each")


# Chapter 04: speed


def training_speed(runs):
    """Seconds an epoch of several ways to train: a bar to the median, a dot for each epoch.

    runs: DataFrame as `benchmarks/training.py` writes it; `train`, "ours", is among its variants.
    First epochs are left out: they also compile. How many times as long as `train` a variant takes
    is the median of what the rounds say in which both ran.
    """
    steady = runs[runs["epoch"] > 0]
    by_round = steady.pivot_table("seconds", "round", "variant", "median")
    longer = by_round.div(by_round["ours"], axis=0).median()
    seconds = steady.groupby("variant")["seconds"].median().sort_values(ascending=False)
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(seconds) + 1.5), layout="constrained")
    colours = [ORANGE if variant == "ours" else BLUE for variant in seconds.index]
    axes.barh(range(len(seconds)), seconds, color=colours, alpha=0.5)
    for place, (variant, median) in enumerate(seconds.items()):
        epochs = steady.loc[steady["variant"] == variant, "seconds"]
        axes.plot(epochs, np.full(len(epochs), place), "o", color="black", ms=3, alpha=0.5)
        text = f"{median:.1f} s"
        if variant != "ours":
            text += f", {longer[variant]:.1f} times as long as train()"
        _note(axes, text, (max(median, epochs.max()), place), (6, -3), "left")
    labels = runs.drop_duplicates("variant").set_index("variant")["label"]
    axes.set_yticks(range(len(seconds)), labels[seconds.index])
    axes.set(xlabel="seconds an epoch", xlim=(0, 1.6 * steady["seconds"].max()))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    machine = f"{runs['processor'][0]}, {runs['cores'][0]} cores"
    return titled(figure, axes, "One recipe, several ways to run it", machine)


# Chapter 05


def error_rates(results, subject):
    """Error rates of several results on one axis; only test errors carry an interval.

    results: DataFrame, columns result (str), images ("test" or "training"), error, low, high (%;
             low and high are NaN for training errors).
    subject: str, what our own numbers rest on, for the title.
    """
    figure, axes = plt.subplots(figsize=(8.5, 0.5 * len(results) + 1.6), layout="constrained")
    places = np.arange(len(results))
    for images, colour, marker in (("test", BLUE, "o"), ("training", ORANGE, "D")):
        chosen = (results["images"] == images).to_numpy()
        some = results[chosen]
        axes.hlines(places[chosen], some["low"], some["high"], color=colour, alpha=0.5, linewidth=3)
        axes.plot(some["error"], places[chosen], marker, color=colour, label=f"{images} images")
    for place, error in zip(places, results["error"], strict=True):
        _note(axes, f"{error:.2f} %", (error, place), (0, 8), "center")
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
    figure, axes = plt.subplots(figsize=(8.5, 4), layout="constrained")
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
    figure, panels = plt.subplots(1, 2, figsize=(11, 6.4), layout="constrained", sharey=True)
    _mistake_map(panels[0], counts, "d", "number of images (blank: none)")
    _mistake_map(panels[1], 100 * rates, ".1f", "% of the images of the true digit")
    panels[0].set_ylabel("true digit")
    figure.suptitle(f"Which digit is taken for which?\n{subject}", fontsize=12)
    return figure


def precision_recall_per_digit(table, subject):
    """Precision and recall of each digit on one axis.

    table: DataFrame, index digit, columns precision and recall in [0, 1].
    """
    figure, axes = plt.subplots(figsize=(8.5, 4), layout="constrained")
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
    figure, panels = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
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
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(8, 7), sharex=True, height_ratios=[3, 1], layout="constrained"
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
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
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
        _note(axes, f"reject {at[0]:.1f} %: {at[1]:.2f} % right", at, (8, -14), "left")
    axes.set(xlabel="rejected images in %, least confident first", ylabel="accuracy in %")
    axes.set(xlim=(0, 100 * end), ylim=(100 * low[0], 100.05))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return titled(figure, axes, "Refusing to answer buys accuracy", subject)


# Chapter 07


def feature_maps(image, outputs, subject):
    """One image's way through a network: what each layer puts out, and the answer.

    image:   (28, 28) uint8.
    outputs: dict, layer -> (height, width, maps) or (units,) float; the last one probabilities.
    All layers but the last share one scale of colour, which is symmetric about 0.
    """
    *names, answer = outputs
    sheets = [_layer_sheet(outputs[name]) for name in names]
    top = max(np.nanmax(np.abs(sheet)) for sheet in sheets)
    heights = [sheet.shape[0] / sheet.shape[1] + 0.06 for sheet in sheets]
    figure = plt.figure(figsize=(11, 7 * sum(heights) + 1), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 2.6])
    panels = right.subplots(len(sheets), 1, height_ratios=heights)
    for axes, name, sheet in zip(panels, names, sheets, strict=True):
        drawn = axes.imshow(sheet, cmap=_signed_colours(), vmin=-top, vmax=top)
        axes.set(xticks=[], yticks=[], title=f"{name}: {_counted(outputs[name])}")
    right.colorbar(drawn, ax=panels, label="output of the layer", shrink=0.5, aspect=30)
    above, below = left.subplots(2, 1)
    above.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    above.set(title="the image", xlabel="column", ylabel="row")
    digits = range(len(outputs[answer]))
    below.barh(digits, outputs[answer], color=BLUE)
    below.set(title="the answer", xlabel="probability", ylabel="digit", xlim=(0, 1), yticks=digits)
    below.invert_yaxis()
    figure.suptitle(f"One digit, layer by layer\n{subject}", fontsize=12)
    return figure


def kernels(convolutions, subject):
    """The kernels of convolutions: one row for each map read, one column for each map made.

    convolutions: dict, layer -> (height, width, maps read, maps made) float. Each has its own scale
    of colour, which is symmetric about 0.
    """
    sheets = {
        name: _grid(np.concatenate(kernel.transpose(2, 3, 0, 1)), kernel.shape[3])
        for name, kernel in convolutions.items()
    }
    heights = [sheet.shape[0] / sheet.shape[1] for sheet in sheets.values()]
    size = (10, 8 * sum(heights) + 2.5)
    figure, panels = plt.subplots(len(sheets), height_ratios=heights, figsize=size, squeeze=False)
    figure.set_layout_engine("constrained", h_pad=0.12)
    for axes, (name, sheet) in zip(panels.flat, sheets.items(), strict=True):
        side, _, read, made = convolutions[name].shape
        top = np.nanmax(np.abs(sheet))
        drawn = axes.imshow(sheet, cmap=_signed_colours(), vmin=-top, vmax=top)
        axes.set_xticks((side + 1) * np.arange(made) + side // 2, range(made))
        axes.set_yticks((side + 1) * np.arange(read) + side // 2, range(read))
        axes.set(title=f"{name}: {read * made} kernels", xlabel="map made", ylabel="map read")
        axes.tick_params(length=0)
        figure.colorbar(drawn, ax=axes, label="weight", pad=0.01, aspect=15)
    figure.suptitle(f"What the convolutions learned\n{subject}", fontsize=12)
    return figure


def connections(networks, read, made, subject):
    """How large the kernel between each two maps is; blank where there is none.

    networks: dict, network -> (maps read, maps made) float, from `kernel_norms`; each has its own
    scale of colour. read, made: str, the two layers.
    """
    rows, columns = next(iter(networks.values())).shape
    size = (0.55 * columns + 2, (0.42 * rows + 1) * len(networks) + 0.8)
    figure, panels = plt.subplots(len(networks), figsize=size, layout="constrained", squeeze=False)
    colours = sns.blend_palette(["white", BLUE], as_cmap=True)
    for axes, (name, norms) in zip(panels.flat, networks.items(), strict=True):
        drawn = axes.imshow(norms, cmap=colours, vmin=0, aspect="auto")
        for (row, column), norm in np.ndenumerate(norms):
            colour = "white" if norm > 0.7 * norms.max() else "black"
            text = f"{norm:.1f}" if norm else ""
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
        axes.set(title=name, xlabel=f"map of {made}", ylabel=f"map of {read}")
        axes.set(xticks=range(columns), yticks=range(rows))
        figure.colorbar(drawn, ax=axes, label="norm of the kernel", pad=0.02)
    figure.suptitle(f"Which maps of {made} read which maps of {read}?\n{subject}", fontsize=12)
    return figure


def embedding(points, labels, correct, axes_names, subject):
    """Images as points of a plane, coloured by digit, the misread ones marked.

    points: (N, 2) float; labels: (N,) int, 0 to 9; correct: (N,) bool; axes_names: two str.
    """
    figure, axes = plt.subplots(figsize=(9, 7), layout="constrained")
    for digit, colour in enumerate(sns.color_palette("colorblind", 10)):
        some = points[labels == digit]
        axes.scatter(*some.T, s=5, color=colour, alpha=0.5, lw=0)
        if len(some):
            _stamp(axes, str(digit), np.median(some, axis=0), colour)
    wrong = points[~correct]
    text = f"misread ({len(wrong)} of {len(points):,})"
    axes.scatter(*wrong.T, s=40, marker="x", color="black", lw=1.2, label=text)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1])
    axes.legend(loc="lower right")
    return titled(figure, axes, "The test images as the last hidden layer sees them", subject)


def relevance(image, maps, subject):
    """An image, and what hiding each place of it costs; each map has its own scale of colour.

    image: (28, 28) uint8; maps: dict, title -> (28, 28) float, from `interpret.occlusion`; lines
    show where the ink is.
    """
    size = (3.2 * (len(maps) + 1), 3.9)
    figure, (first, *panels) = plt.subplots(1, len(maps) + 1, figsize=size, layout="constrained")
    first.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
    first.set_title("the image")
    for axes, (title, values) in zip(panels, maps.items(), strict=True):
        drawn = axes.imshow(values, cmap="cividis")
        axes.contour(image, levels=[INK / 2], colors="white", linewidths=1)
        axes.set_title(title)
        figure.colorbar(drawn, ax=axes, shrink=0.75, label="loss of probability")
    for axes in (first, *panels):
        axes.set(xlabel="column", ylabel="row")
    figure.suptitle(f"What the answer depends on\n{subject}", fontsize=12)
    return figure


def randomisation(maps, correlations, subject):
    """Maps of one image while a network loses its weights layer by layer.

    maps: dict, method -> (stages, 28, 28) float; correlations: DataFrame, index stage, one column
    for each method: how alike the maps are to those of the first stage, over many images.
    """
    stages = correlations.index
    size = (2.1 * len(stages) + 0.6, 2.6 * len(maps) + 1)
    figure, panels = plt.subplots(
        len(maps), len(stages), figsize=size, layout="constrained", squeeze=False
    )
    for row, (method, pictures) in zip(panels, maps.items(), strict=True):
        row[0].set_ylabel(method)
        for axes, picture, stage in zip(row, pictures, stages, strict=True):
            axes.imshow(picture, cmap="cividis")
            axes.set(xticks=[], yticks=[], title=stage)
            axes.set_xlabel(f"rank correlation {correlations.loc[stage, method]:.2f}", fontsize=9)
    figure.suptitle(f"Does the map depend on what was learned?\n{subject}", fontsize=12)
    return figure


def distorted(examples, subject):
    """One digit under every corruption, one row each.

    examples: dict, corruption -> dict, severity as a text -> (28, 28) uint8.
    """
    columns = max(map(len, examples.values()))
    size = (1.15 * columns + 1.2, 1.4 * len(examples) + 0.8)
    figure, panels = plt.subplots(
        len(examples), columns, figsize=size, layout="constrained", squeeze=False
    )
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], frame_on=False)
    for row, (name, pictures) in zip(panels, examples.items(), strict=True):
        row[0].set_ylabel(name)
        for axes, (severity, picture) in zip(row, pictures.items(), strict=False):
            axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
            axes.set_title(severity, fontsize=9)
    figure.suptitle(f"One digit, distorted in seven ways\n{subject}", fontsize=12)
    return figure


def robustness(table, units, subject):
    """Accuracy against the severity of each corruption, with 95 % Wilson intervals.

    table: DataFrame from `corruptions.robustness`, at most three readers; units: dict, corruption
    -> its severity's name.
    """
    size = (12, 6.4)
    figure, panels = plt.subplots(2, 4, figsize=size, sharey=True, layout="constrained")
    styles = list(zip(sns.color_palette("colorblind", 3), ("o-", "D--", "s:"), strict=True))
    by_corruption = table.groupby("corruption", sort=False)
    for axes, (name, rows) in zip(panels.flat, by_corruption, strict=False):
        for (reader, curve), (colour, dash) in zip(
            rows.groupby("reader", sort=False), styles, strict=False
        ):
            low, high = 100 * curve["low"], 100 * curve["high"]
            axes.fill_between(curve["severity"], low, high, color=colour, alpha=0.25, lw=0)
            values = 100 * curve["accuracy"]
            axes.plot(curve["severity"], values, dash, color=colour, ms=4, label=reader)
        axes.axhline(10, color=GREY, linestyle="-", lw=1, label="guessing")
        axes.set(title=name, xlabel=units[name], ylim=(0, 102))
        axes.locator_params(axis="x", nbins=8, steps=[1, 2, 5, 10])
        axes.grid(alpha=0.3)
    for axes in panels[:, 0]:
        axes.set_ylabel("accuracy in %")
    panels[-1, -1].set_axis_off()
    panels[-1, -1].legend(*panels[0, 0].get_legend_handles_labels(), loc="center", frameon=False)
    text = "bands: 95 % Wilson intervals"
    figure.suptitle(f"How much distortion does reading survive?\n{subject}\n{text}", fontsize=12)
    return figure


def adversarial(image, moved, step, answers, subject):
    """An image, the step that fools the network, and the image after it.

    image, moved: (28, 28) uint8; step: int, in grey levels; answers: two str, before and after.
    """
    figure, panels = plt.subplots(1, 3, figsize=(10, 4.2), layout="constrained")
    change = moved.astype(int) - image
    for axes, picture, title in zip(panels[::2], (image, moved), answers, strict=True):
        axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
        axes.set_title(title)
    drawn = panels[1].imshow(change, cmap=_signed_colours(), vmin=-step, vmax=step)
    panels[1].set_title(f"the change: {step} grey levels at most")
    figure.colorbar(drawn, ax=panels[1], shrink=0.7, label="grey levels")
    for axes in panels:
        axes.set(xlabel="column", ylabel="row")
    figure.suptitle(f"The smallest step that fools the network\n{subject}", fontsize=12)
    return figure


def accuracy_by_step(table, subject):
    """Accuracy against the size of a step, one line for each choice of direction.

    table: DataFrame, columns direction (str), step (grey levels), accuracy, low, high in [0, 1].
    """
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    lines = table.groupby("direction", sort=False)
    for (direction, rows), colour, dash in zip(lines, (BLUE, ORANGE), ("o-", "D--"), strict=False):
        low, high = 100 * rows["low"], 100 * rows["high"]
        axes.fill_between(rows["step"], low, high, color=colour, alpha=0.25, lw=0)
        axes.plot(rows["step"], 100 * rows["accuracy"], dash, color=colour, ms=5, label=direction)
    axes.axhline(10, color=GREY, linestyle=":", label="guessing")
    axes.set(xlabel="step in grey levels of 255", ylabel="accuracy in %", ylim=(0, 102))
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return titled(figure, axes, "Steps of the same size, in two directions", subject)


def label_errors(images, table, subject, columns=5):
    """Images whose label people doubted, with the votes, and what the network answered.

    images: (N, 28, 28) uint8; table: DataFrame from `evaluation.label_errors`, and a column answer.
    """
    rows = -(-len(table) // columns)
    size = (2.2 * columns, 2.9 * rows + 0.9)
    figure, panels = plt.subplots(rows, columns, figsize=size, squeeze=False)
    figure.set_layout_engine("constrained", h_pad=0.1)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], frame_on=False)
    for axes, row in zip(panels.flat, table.itertuples(), strict=False):
        axes.imshow(images[row.image], cmap=SHADES, vmin=0, vmax=INK)
        votes = f"votes: {row.votes_label}, {row.votes_suggested}, {row.votes_neither}"
        axes.set_title(f"label {row.label} or {row.suggested}?\n{votes}", fontsize=10)
        colour = BLUE if row.answer == row.label else "black"
        axes.set_xlabel(f"network: {row.answer}", color=colour, fontsize=11, fontweight="bold")
    text = "votes: for the label, for the other digit, for neither; blue: answered as labelled"
    figure.suptitle(f"Labels that people doubted\n{subject}\n{text}", fontsize=12)
    return figure


def handwriting(names, steps, squeezed, answers, subject):
    """Drawn digits on their way into MNIST's form, and squeezed without it: a column for each.

    names: str, what was drawn; steps: `handwriting.Normalised`; squeezed: (N, 28, 28) uint8.
    answers: dict with "normalised" and "squeezed", (N,) the digits read.
    """
    rows = ["drawn", "cropped", "sized", "centred: the input", "squeezed: the input"]
    figure, panels = plt.subplots(
        len(rows), len(names), figsize=(1.15 * len(names) + 1, 6.6), layout="constrained"
    )
    for column, (name, each) in enumerate(zip(names, steps, strict=True)):
        pictures = [each.given, each.cropped, each.sized, each.centred, squeezed[column]]
        for panel, picture in zip(panels[:, column], pictures, strict=True):
            panel.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
            panel.set(xticks=[], yticks=[])
        panels[0, column].set_title(textwrap.fill(name, 10), fontsize=9)
        for row, way in ((3, "normalised"), (4, "squeezed")):
            panels[row, column].set_xlabel(f"read as {answers[way][column]}", fontsize=9)
    for panel, row in zip(panels[:, 0], rows, strict=True):
        panel.set_ylabel(textwrap.fill(row, 12), fontsize=9)
    figure.suptitle(f"From a drawing to what the network gets\n{subject}", fontsize=12)
    return figure


def photos(rows, subject):
    """Photos of digits, the ink that was found in them, and what the network gets: a row for each.

    rows: dict, what it is -> (photo (H, W, 3) uint8, ink and input, (h, w) uint8, answer).
    """
    titles = ["the file", "the ink in it", "the input"]
    size = (6.6, 2.2 * len(rows) + 0.8)
    figure, panels = plt.subplots(len(rows), 3, figsize=size, layout="constrained", squeeze=False)
    for row, (name, (photo, ink, image, answer)) in zip(panels, rows.items(), strict=True):
        row[0].imshow(photo)
        for axes, picture in zip(row[1:], (ink, image), strict=True):
            axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
        row[0].set_ylabel(name)
        row[2].set_xlabel(f"read as {answer}")
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title)
    figure.suptitle(f"From a photo to what the network gets\n{subject}", fontsize=12)
    return figure


def screenshots(pictures, title, dpi=110):
    """Pictures of a screen one below the other, each pixel as it was.

    pictures: list of (H, W, 3) uint8 of the same width; dpi: int, at which the figure is saved.
    """
    bottom = sum(len(picture) for picture in pictures)
    height = bottom + 50  # for the title
    figure = plt.figure(figsize=(pictures[0].shape[1] / dpi, height / dpi), dpi=dpi)
    for picture in pictures:
        bottom -= len(picture)
        axes = figure.add_axes((0, bottom / height, 1, len(picture) / height))
        axes.imshow(picture, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
    figure.suptitle(title, fontsize=12)
    return figure


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


def titled(figure, axes, title, subject):
    """Give a figure of one panel its title, and below it what it was computed from."""
    axes.set_title(f"{title}\n{subject}", fontsize=12)
    return figure


def _note(axes, text, at, shift, align):
    axes.annotate(text, at, shift, textcoords="offset points", ha=align, fontsize=9)


def _frame(corner, side):
    row, column = corner
    place = (column - 0.5, row - 0.5)
    return plt.Rectangle(place, side, side, fill=False, edgecolor=ORANGE, linewidth=2.5)


def _write_values(axes, image, corner, side, form, top):
    row, column = corner
    part = image[row : row + side, column : column + side]
    for (down, right), value in np.ndenumerate(part):
        colour = "white" if value > top / 2 else "black"
        place = (column + right, row + down)
        axes.text(*place, form.format(value), ha="center", va="center", fontsize=8, color=colour)


def _signed_colours():
    return sns.blend_palette([BLUE, "white", ORANGE], as_cmap=True).with_extremes(bad="0.85")


def _layer_sheet(values):
    """Maps side by side, at most eight in a row; units as cells, forty in a row."""
    if values.ndim == 1:
        return np.pad(values, (0, -len(values) % 40), constant_values=np.nan).reshape(-1, 40)
    maps = values.transpose(2, 0, 1)
    return _grid(maps, min(8, len(maps)))


def _grid(pictures, columns):
    """Pictures (N, height, width) on one sheet, row by row, with a gap of NaN between them."""
    count, height, width = pictures.shape
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + 1, width + 1), np.nan)
    cells[:count, :height, :width] = pictures
    sheet = cells.reshape(rows, columns, height + 1, width + 1).transpose(0, 2, 1, 3)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _counted(values):
    if values.ndim == 1:
        return f"{len(values)} units"
    height, width, maps = values.shape
    return f"{maps} maps of {height} by {width}"


def _stamp(axes, text, at, colour):
    box = {"boxstyle": "circle", "facecolor": "white", "edgecolor": colour, "alpha": 0.9}
    axes.text(*at, text, ha="center", va="center", fontsize=12, color="black", bbox=box)
