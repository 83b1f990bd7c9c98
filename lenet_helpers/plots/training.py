"""Figures of chapter 4: runs from several seeds, and what a fused layer looks at."""

import matplotlib.pyplot as plt

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, INK, ORANGE, SHADES, titled


def shared_window(image, size):
    """The four windows under one 2x2 pool, each over the same part of an image, and their union.

    image: (28, 28) uint8; size: of a window, in pixels.
    """
    row, column = 8, 10  # where a digit's strokes are
    figure, panels = subplots(1, 5, figsize=(12, 3.2), layout="constrained", sharey=True)
    figure.alt = (
        "Five copies of a crop of a handwritten digit. In four of them a square window, each one "
        "pixel further right or down; in the last the one window, a pixel larger, that covers them."
    )
    windows = [(f"output ({y}, {x})", y, x, size, BLUE) for y in (0, 1) for x in (0, 1)]
    windows.append(("all four at once", 0, 0, size + 1, ORANGE))
    for axes, (title, down, across, side, colour) in zip(panels, windows, strict=True):
        axes.imshow(image, cmap=SHADES, vmin=0, vmax=INK, alpha=0.5)
        corner = (column + across - 0.5, row + down - 0.5)
        axes.add_patch(plt.Rectangle(corner, side, side, fill=False, ec=colour, lw=3))
        axes.set(xlim=(column - 2.5, column + size + 2.5), ylim=(row + size + 2.5, row - 2.5))
        axes.set(title=f"{title}: {side} × {side} pixels", xlabel="column in pixels")
        axes.title.set_fontsize(10)
    panels[0].set_ylabel("row in pixels")
    figure.suptitle("What the four outputs under one 2 × 2 pool look at")
    return figure


def seed_accuracies(runs, article):
    """Final validation accuracy of one recipe from several seeds, and the article's, in percent.

    runs: DataFrame, columns seed, val_accuracy; article: float, the article's; both in [0, 1].
    """
    figure, axes = subplots(figsize=(7, 4), layout="constrained")
    figure.alt = (
        "Final validation accuracy of the same recipe from several seeds, one dot per seed, with "
        "the band of mean and standard deviation, and the article's run as a dashed line."
    )
    accuracy = 100 * runs["val_accuracy"]
    mean, deviation = accuracy.mean(), accuracy.std()
    axes.axhspan(mean - deviation, mean + deviation, color=ORANGE, alpha=0.25, lw=0)
    axes.axhline(mean, color=ORANGE, label="mean ± standard deviation")
    axes.plot(range(len(runs)), accuracy, "o", color=BLUE, label="one run")
    axes.axhline(100 * article, color=GREY, linestyle="--", label="the article's run")
    axes.set_xticks(range(len(runs)), runs["seed"])
    axes.set(xlabel="seed", ylabel="validation accuracy in %")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    return titled(figure, axes, "The same recipe from several seeds", "20 epochs each")
