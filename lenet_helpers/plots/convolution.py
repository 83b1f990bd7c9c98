"""A convolution's value as its parts: windows, kernels, and the sums of their products."""

import numpy as np
import seaborn as sns

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.diagram import COLOURS, FRAME
from lenet_helpers.plots.style import SHADES, frame

CELLS = {"cbar": False, "square": True, "linewidths": 1, "linecolor": "0.85"}
CELLS |= {"xticklabels": [], "yticklabels": []}


def one_window(image, kernel, corner, title):
    """Draw a window of an image, a kernel, and their products, with all values written.

    image: (rows, columns) float in [0, 1]; kernel: (side, side) float;
    corner: (row, column) of the window's first pixel; title: str, of the image.
    Returns a Figure.
    """
    window = _window(image, corner, len(kernel))
    product = window * kernel
    figure, (whole, *panels) = subplots(1, 4, figsize=(13, 3.7), layout="constrained")
    whole.imshow(image, cmap=SHADES)
    whole.add_patch(frame(corner, len(kernel), FRAME))
    whole.set(title=title, xlabel="column", ylabel="row")
    top = np.abs(kernel).max()
    signed = {"cmap": COLOURS, "vmin": -top, "vmax": top}
    tables = {
        "window": (window, {"cmap": SHADES, "vmin": 0, "vmax": 1}),
        "× kernel": (kernel, signed),
        "= products": (product, signed),
    }
    for axes, (name, (table, look)) in zip(panels, tables.items(), strict=True):
        sns.heatmap(table, ax=axes, annot=True, fmt="z.2f", **look, **CELLS)
        axes.set_title(name, fontsize=14)
    panels[-1].set_xlabel(f"their sum: {product.sum():.4f}", fontsize=14, weight="bold")
    figure.suptitle(f"{kernel.size} products, one number", fontsize=15)
    figure.get_layout_engine().set(h_pad=0.08)
    figure.alt = (
        f"{title}, a frame in it; beside it three tables of {len(kernel)} by {len(kernel)} "
        f"numbers: the window in the frame, the kernel, and their products, whose sum is "
        f"{product.sum():.4f}."
    )
    return figure


def sum_over_maps(maps, kernel, bias, corner):
    """Draw how one value of a convolution is a sum over all maps that it reads.

    maps: (side, side, n) float in [-1, 1]; kernel: (rows, rows, n) float; bias: float;
    corner: (row, column) of the windows' first value.
    Returns a Figure: above the maps with their windows framed, then the windows, the slices of
    the kernel, and below the sums of their products; at the right what becomes of them.
    """
    windows = _window(maps, corner, len(kernel))
    sums = (windows * kernel).sum(axis=(0, 1))
    total, top = sums.sum(), np.abs(kernel).max()
    ratios = [1] * len(sums) + [1.35]
    figure, panels = subplots(
        3, len(sums) + 1, figsize=(13, 6), layout="constrained", width_ratios=ratios
    )
    between = {"cmap": COLOURS, "vmin": -1, "vmax": 1}
    for number, (above, middle, below) in enumerate(panels.T[:-1]):
        above.imshow(maps[:, :, number], **between)
        above.add_patch(frame(corner, len(kernel), FRAME))
        above.set_title(f"map {number + 1}", fontsize=14)
        middle.imshow(windows[:, :, number], **between)
        below.imshow(kernel[:, :, number], cmap=COLOURS, vmin=-top, vmax=top)
        below.set_xlabel(_signed(sums[number], number > 0), fontsize=15, weight="bold")
    names = ("maps, ±1", "windows, ±1", f"× kernel, ±{top:.1f}")  # with the ends of their colours
    for axes, name in zip(panels[:, 0], names, strict=True):
        axes.set_ylabel(name, fontsize=14)
    for axes in panels[:, :-1].flat:
        axes.set(xticks=[], yticks=[])
    value = np.tanh(total + bias)
    for axes in panels[:, -1]:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    panels[2, -1].set_xlabel(f"= {_signed(total)}", fontsize=15, weight="bold")
    steps = f"then {_signed(bias, True)} (bias),\nthen tanh:\n{_signed(value)}"
    panels[2, -1].text(0.05, 0.5, steps, fontsize=15, weight="bold", va="center")
    figure.suptitle(f"{len(sums)} maps, {len(sums)} sums, one value of C3", fontsize=15)
    figure.alt = (
        f"{len(sums)} maps with the same window framed in each; below them the windows, the "
        "slices of one kernel, and the sums of their products: "
        f"{', '.join(f'{one:.2f}' for one in sums)}. They add up to {total:.2f}; with the bias "
        f"and tanh, the value is {value:.2f}."
    )
    return figure


def _signed(value, always=False):
    """Write a number with two decimals; always: with its sign apart, as a summand."""
    if always:
        return f"{'−' if value < 0 else '+'} {abs(value):.2f}"
    return f"{value:.2f}".replace("-", "−")


def _window(image, corner, side):
    row, column = corner
    return image[row : row + side, column : column + side]
