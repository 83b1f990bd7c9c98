"""Figures of chapter 4: what training does, and how fast."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, INK, ORANGE, SHADES, note, titled


def shared_window(image, row=8, column=10, size=5):
    """The four windows under one 2x2 pool, drawn over an image, and the window they share.

    image: (28, 28) uint8; row, column: the first window's upper left pixel; size: of a window.
    """
    figure, (left, right) = subplots(1, 2, figsize=(9, 4.6), layout="constrained")
    figure.alt = (
        "Two crops of a handwritten digit. Left: four overlapping square windows, one pixel apart. "
        "Right: the one window, a pixel larger, that covers them all."
    )
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


def training_curves(history, subject):
    """Loss and accuracy by epoch, on training and validation images.

    history: DataFrame, index epoch (from 1), columns loss, accuracy, val_loss, val_accuracy.
    subject: str, what the numbers rest on, for the title.
    """
    figure, panels = subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    figure.alt = (
        "Two panels, loss and accuracy by epoch. The training curves improve until the end; the "
        "validation curves flatten after the first epochs. Best and final epoch are marked."
    )
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
    figure, axes = subplots(figsize=(8.5, 3.6), layout="constrained")
    figure.alt = (
        "Final validation accuracy of the same recipe from several seeds, one dot per seed, with "
        "the band of mean and standard deviation, and the article's run as a dashed line."
    )
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
    figure, axes = subplots(figsize=(9, 0.55 * len(seconds) + 1.5), layout="constrained")
    figure.alt = (
        "Seconds per epoch of several ways to train the same network, as horizontal bars with "
        "every single measurement as a dot. The article's code takes longest."
    )
    colours = [ORANGE if variant == "ours" else BLUE for variant in seconds.index]
    axes.barh(range(len(seconds)), seconds, color=colours, alpha=0.5)
    for place, (variant, median) in enumerate(seconds.items()):
        epochs = steady.loc[steady["variant"] == variant, "seconds"]
        axes.plot(epochs, np.full(len(epochs), place), "o", color="black", ms=3, alpha=0.5)
        text = f"{median:.1f} s"
        if variant != "ours":
            text += f", {longer[variant]:.1f} times as long as train()"
        note(axes, text, (max(median, epochs.max()), place), (6, -3), "left")
    labels = runs.drop_duplicates("variant").set_index("variant")["label"]
    axes.set_yticks(range(len(seconds)), labels[seconds.index])
    axes.set(xlabel="seconds an epoch", xlim=(0, 1.6 * steady["seconds"].max()))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    machine = f"{runs['processor'][0]}, {runs['cores'][0]} cores"
    return titled(figure, axes, "One recipe, several ways to run it", machine)


def _box(axes, corner, size, colour, label):
    axes.add_patch(
        plt.Rectangle(corner, size, size, fill=False, edgecolor=colour, linewidth=2.5, label=label)
    )
