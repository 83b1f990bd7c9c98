"""Figures of chapter 2: from stored pixels to what the model reads."""

import numpy as np

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, INK, SHADES, frame, headed, write_values


def steps(stages, corner, side, subject):
    """What each step of preprocessing does to one image: the picture above, its numbers below.

    stages: dict, name of the step -> the image after it, (28, 28) or (28, 28, 1).
    corner: (row, column) of the part whose numbers are written; side: int, its pixels per side.
    """
    figure, panels = subplots(
        2,
        len(stages),
        figsize=(3.7 * len(stages), 7),
        layout="constrained",
        height_ratios=[1, 1.05],
    )
    figure.alt = "One digit after each step; below it, the numbers of a part of it."
    for (name, image), (above, below) in zip(stages.items(), panels.T, strict=True):
        is_float = image.dtype.kind == "f"
        top = 1 if is_float else INK
        pixels = image.reshape(28, 28)
        drawn = above.imshow(pixels, cmap=SHADES, vmin=0, vmax=top)
        above.add_patch(frame(corner, side))
        figure.colorbar(drawn, ax=(above, below), shrink=0.5)
        above.set(xticks=[], yticks=[], title=name)
        row, column = corner
        below.imshow(pixels, cmap=SHADES, vmin=0, vmax=top)
        below.set(xlim=(column - 0.5, column + side - 0.5), ylim=(row + side - 0.5, row - 0.5))
        write_values(below, pixels, corner, side, "{:.2f}" if is_float else "{:d}", top)
        below.set(xticks=[], yticks=[])
        below.set_xlabel(f"{image.dtype}, shape {image.shape}\n{image.nbytes:,} bytes", fontsize=13)
    figure.suptitle(headed("One image, step by step", subject), fontsize=12)
    figure.get_layout_engine().set(h_pad=0.1)  # so that the title keeps off a panel's
    return figure


def scaling_runs(runs, title):
    """How many images networks misread whose input was scaled in different ways: a dot per run.

    runs: DataFrame of `studies.scaling.read_scaling`, of one optimizer. title: str, the finding.
    """
    size = {"figsize": (11, 3.6), "sharex": True, "sharey": True}
    figure, panels = subplots(1, 2, layout="constrained", **size)
    figure.alt = f"{title}. Misread images in %, a dot for each run. Means:"
    rows = list(runs.groupby("pixels"))
    for axes, part in zip(panels, ("training", "validation"), strict=True):
        for place, (pixels, group) in enumerate(rows):
            own = group[f"{part}_error"]
            axes.plot(own, [place] * len(own), "o", color=BLUE, ms=9, alpha=0.75)
            axes.text(own.max() + 0.12, place, f"{own.mean():.2f} %", va="center", fontsize=13)
            figure.alt += f" {part} images, {pixels}, {own.mean():.2f} %;"
        axes.set_title(f"of the {part} images", fontsize=13)
        axes.set(xlabel="misread images in %, with their mean")
        axes.grid(axis="x", alpha=0.3)
    most = runs[["training_error", "validation_error"]].max().max()
    panels[0].set(xlim=(0, 1.25 * most), ylim=(len(rows) - 0.5, -0.5))
    panels[0].set_yticks(range(len(rows)), [pixels for pixels, _ in rows], fontsize=13)
    subtitle = f"a dot is one of {runs['seed'].nunique()} runs"
    figure.suptitle(f"{title}\n{subtitle}", fontsize=13)
    figure.alt = figure.alt[:-1] + "."
    return figure


def tanh_outputs(outputs, subject):
    """Where tanh puts its outputs, one panel per scaling of the pixels.

    outputs: dict, name of the scaling -> (N,) float in [-1, 1].
    """
    size = (3.7 * len(outputs), 3.9)
    figure, panels = subplots(1, len(outputs), figsize=size, sharey=True, layout="constrained")
    figure.alt = (
        "Histograms of outputs: raw, they pile up at -1 and 1; scaled, they spread around 0; "
        "scaled twice, all are near 0."
    )
    for axes, (name, values) in zip(panels, outputs.items(), strict=True):
        weights = np.full(len(values), 100 / len(values))
        axes.hist(values, bins=41, range=(-1, 1), weights=weights, color=BLUE)
        axes.set(title=name, xlabel="output of tanh", xlim=(-1.04, 1.04))
        axes.grid(axis="y", alpha=0.3)
    panels[0].set_ylabel("outputs in %")
    figure.suptitle(headed("Untrained first layer: raw pixels saturate it", subject), fontsize=12)
    return figure


def double_scaling(once, twice, subject):
    """An image scaled once and twice; only a fixed grey scale tells them apart.

    once, twice: (28, 28) float, the same image divided by 255 once and twice.
    """
    figure, panels = subplots(1, 3, figsize=(11, 4), layout="constrained")
    figure.alt = (
        "Three pictures: scaled once; scaled twice looks the same; on a fixed grey scale it is "
        "blank."
    )
    cases = [
        ("scaled once,\ngrey scale 0 to 1", once, 1),
        ("scaled twice,\ngrey scale chosen by imshow", twice, twice.max()),
        ("scaled twice,\ngrey scale 0 to 1", twice, 1),
    ]
    for axes, (title, image, top) in zip(panels, cases, strict=True):
        drawn = axes.imshow(image, cmap=SHADES, vmin=0, vmax=top)
        figure.colorbar(drawn, ax=axes, shrink=0.75, format="{x:.3g}")
        axes.set(xticks=[], yticks=[], title=title)
    figure.suptitle(headed("Dividing by 255 twice: imshow hides it", subject), fontsize=12)
    return figure
