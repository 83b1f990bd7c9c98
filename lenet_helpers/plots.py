"""Figures of the notebooks: arrays and DataFrames in, a Matplotlib Figure out."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

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
    return _titled(figure, axes, f"The first {columns} images of each digit", subject)


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
    return _titled(figure, axes, "Mostly paper, some ink, and a little in between", subject)


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
    return _titled(figure, axes, "Are both parts mixed alike?", subject)


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
    return _titled(figure, axes, "The same recipe, another seed", "MNIST, 20 epochs each")


# Chapter 04: speed


def training_speed(runs):
    """Seconds an epoch of several ways to train: a bar to the median, a dot for each epoch.

    runs: DataFrame as `benchmarks/training.py` writes it; the article's code is among its variants.
    First epochs are left out: they also compile. How many times as fast as the article's code a
    variant is, is the median of what the rounds say.
    """
    steady = runs[runs["epoch"] > 0]
    by_round = steady.pivot_table("seconds", "round", "variant", "median")
    faster = by_round.rdiv(by_round["article"], axis=0).median()
    seconds = steady.groupby("variant")["seconds"].median().sort_values(ascending=False)
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(seconds) + 1.5), layout="constrained")
    colours = [ORANGE if variant == "ours" else BLUE for variant in seconds.index]
    axes.barh(range(len(seconds)), seconds, color=colours, alpha=0.5)
    for place, (variant, median) in enumerate(seconds.items()):
        epochs = steady.loc[steady["variant"] == variant, "seconds"]
        axes.plot(epochs, np.full(len(epochs), place), "o", color="black", ms=3, alpha=0.5)
        text = f"{median:.1f} s, {faster[variant]:.1f} times as fast"
        _note(axes, text, (max(median, epochs.max()), place), (6, -3), "left")
    labels = runs.drop_duplicates("variant").set_index("variant")["label"]
    axes.set_yticks(range(len(seconds)), labels[seconds.index])
    axes.set(xlabel="seconds an epoch", xlim=(0, 1.45 * steady["seconds"].max()))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    machine = f"{runs['processor'][0]}, {runs['cores'][0]} cores"
    return _titled(figure, axes, "One recipe, several ways to run it", machine)


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
    return _titled(figure, axes, "Test error is not training error", subject)


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
    return _titled(figure, axes, "Another seed, another error", subject)


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
    return _titled(figure, axes, "Precision and recall of each digit", subject)


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
    return _titled(figure, top, title, subject)


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
    return _titled(figure, axes, "Refusing to answer buys accuracy", subject)


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


def _titled(figure, axes, title, subject):
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
