"""Figures of several chapters' studies: networks' errors, sizes, mistakes and learning rates."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from lenet_helpers.lenet1998.plots import STARTS
from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, INK, ORANGE, SHADES, headed, titled

MARKS = {"2.4/F": (ORANGE, "s"), "1/sqrt(F)": (BLUE, "o")}  # of `layers.STARTS`


def error_gallery(images, labels, answers, subject, doubtful=None, framed=None):
    """Every misread image, with label and answer above it, as in figure 8 of the paper.

    images: (N, 28, 28) uint8; labels, answers: (N,) int.
    doubtful: (N,) bool, whose labels are in doubt: their text is orange, and has a question mark.
    framed:  (N,) bool, which get a frame; the subject says what it marks.
    """
    doubtful = np.zeros(len(images), bool) if doubtful is None else doubtful
    framed = np.zeros(len(images), bool) if framed is None else framed
    rows = max(1, -(-len(images) // 12))
    size = (9.6, 1.02 * rows + 0.8)
    figure, panels = subplots(rows, 12, figsize=size, layout="constrained", squeeze=False)
    figure.alt = (
        f"All {len(images)} misread images, each with what it is and what was answered: "
        + ", ".join(
            f"{label} as {answer}{' (framed)' * bool(frame)}"
            for label, answer, frame in zip(labels, answers, framed, strict=True)
        )
    )
    for axes in panels.flat:
        axes.axis("off")
    shown = zip(panels.flat, images, labels, answers, doubtful, framed, strict=False)
    for axes, image, label, answer, doubt, frame in shown:
        axes.imshow(image, cmap=SHADES, vmin=0, vmax=INK)
        if frame:
            around = Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, color=BLUE, lw=3)
            axes.add_patch(around)
        text = f"{label}{'?' if doubt else ''}→{answer}"
        look = {"color": ORANGE, "weight": "bold"} if doubt else {"color": "black"}
        axes.set_title(text, fontsize=9, pad=2, **look)
    key = "what it is → what was answered"
    if doubtful.any():
        key = "label → answer; orange, with ?: label in doubt"
    figure.suptitle(f"All {len(images)} mistakes: {key}\n{subject}")
    return figure


def ladder(
    table, runs, title, subject, marks=None, side_steps=(), bold=(), words=None, hollow=None
):
    """Test errors on the way from one network to another, one change a step.

    table: DataFrame in order of the steps, index step (str), columns mean, low, high (%); a step
        of one run has no interval, and NaN as its ends.
    runs:  DataFrame, columns step, error (%), one row per run.
    marks: dict, name -> error (%), drawn as lines.
    side_steps: steps that the next one does not start from: with an arrow, and hollow marks.
    bold: steps whose name is bold.
    words: dict, step -> what it is (str), written after its name.
    hollow: str, what the legend says of side steps.
    The axis is logarithmic if the errors span more than a factor of 3.
    """
    height = min(0.4 * len(table), 5) + 1.6
    figure, axes = subplots(figsize=(8.5, height), layout="constrained")
    aside = table.index.isin(side_steps)
    climbed = table["mean"][~aside]
    end = f"rung {climbed.index[-1]}" if aside.any() else "the bottom"
    figure.alt = (
        f"Test errors of {len(table)} networks, one row for each, from {climbed.iloc[0]:.2f} % at "
        f"the top to {climbed.iloc[-1]:.2f} % at {end}. Every run is a dot, and each mean has its "
        "interval."
    )
    if aside.any():
        figure.alt += f" Hollow, because nothing starts from them: {', '.join(table.index[aside])}."
    places = pd.Series(range(len(table)), table.index)
    for chosen, face, text in (
        (~aside, ORANGE, "mean, 95 % interval over seeds"),
        (aside, "white", hollow or "side step: no rung starts from it"),
    ):
        if chosen.any():
            # arrays: of a Series of one, Matplotlib takes float(), of which Colab's pandas warns
            mean, low, high = table.loc[chosen, ["mean", "low", "high"]].to_numpy().T
            look = {"fmt": "D", "color": ORANGE, "mfc": face, "capsize": 4}
            reach = [mean - low, high - mean]
            axes.errorbar(mean, places[chosen].to_numpy(), xerr=reach, label=text, **look)
    dots = {"color": BLUE, "ms": 4, "alpha": 0.5, "label": "one run"}
    axes.plot(runs["error"], runs["step"].map(places) + 0.2, "o", **dots)
    names = [f"{name}: {words[name]}" if words else name for name in places.index]
    names = ["↳ " * int(side) + name for name, side in zip(names, aside, strict=True)]
    axes.set_yticks(range(len(table)), names)
    for label, step in zip(axes.get_yticklabels(), table.index, strict=True):
        label.set_fontweight("bold" if step in bold else "normal")
    axes.set(xlabel="test error in %", ylim=(len(table) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.3)
    marks = marks or {}
    for (name, error), style in zip(marks.items(), ("--", ":", "-."), strict=False):
        axes.axvline(error, color=GREY, linestyle=style, label=f"{name}: {error:g} %")
    ends = [table["low"].min(), runs["error"].min(), table["high"].max(), *marks.values()]
    if max(ends) > 3 * min(ends):
        _logarithmic(axes.xaxis)
        axes.set(xlabel="test error in %, logarithmic", xlim=(0.8 * min(ends), 1.25 * max(ends)))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return titled(figure, axes, title, subject)


def _logarithmic(axis, ticks=(0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3, 5)):
    """A scale of errors in %, from some hundredths to some whole ones, with plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def sizes(runs, known, title, subject):
    """Test error against the number of parameters, both on logarithmic scales.

    runs: DataFrame, columns parameters (int), error (%), distorted (bool, whether it was trained on
        distorted images: these are hollow), one row per run.
    known: dict, name -> (parameters, error), at most three networks to compare with.
    """
    figure, axes = subplots(figsize=(8.5, 4.8), layout="constrained")
    figure.alt = "Test error against parameters, both axes logarithmic. Means:"
    for distorted, one in runs.groupby("distorted"):
        label = f"trained {'on gentle' if distorted else 'without'} distortions"
        face = "white" if distorted else ORANGE
        axes.plot(one["parameters"], one["error"], "o", color=ORANGE, ms=4, alpha=0.5)
        means = one.groupby("parameters")["error"].mean()
        axes.plot(means, "D", color=ORANGE, mfc=face, ms=9, label=label)
        for size, error in means.items():
            look = {"color": ORANGE, "weight": "bold", "textcoords": "offset points"}
            axes.annotate(f"{error:.2f} %", (size, error), xytext=(9, 7), **look)
            figure.alt += f" {error:.2f} % with {size:,}, {label};"
    looks = [(GREY, "s"), (BLUE, "v"), (BLUE, "P")]
    for (name, (size, error)), (color, mark) in zip(
        known.items(), looks[: len(known)], strict=True
    ):
        axes.plot(size, error, mark, color=color, ms=9, label=f"{name}: {error:.2f} %")
        figure.alt += f" {name}: {error:.2f} % with {size:,};"
    figure.alt = figure.alt[:-1] + "."
    axes.set(xscale="log", xlabel="parameters, logarithmic")
    axes.set_ylabel("test error in %, logarithmic")
    _logarithmic(axes.yaxis)
    ticks = [1_000, 3_000, 10_000, 30_000, 60_000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.margins(0.12)
    axes.grid(alpha=0.3)
    axes.legend(title="dots: one run each; others: means", loc="lower left")
    return titled(figure, axes, title, subject)


def with_and_without(table, title, subject):
    """Training and validation error by size, of networks trained with and without distortions.

    table: DataFrame, a row for each network: columns parameters (int), training, validation (%),
        distorted (bool).
    """
    figure, panels = subplots(1, 2, figsize=(8.5, 3.8), layout="constrained", sharey=True)
    figure.alt = "Errors by number of parameters, without distortions and with gentle ones."
    sizes = sorted(table["parameters"].unique())
    looks = {False: ("o-", ORANGE, "no distortions"), True: ("s--", BLUE, "gentle distortions")}
    for axes, name in zip(panels, ["training", "validation"], strict=True):
        highest = table.groupby("parameters")[name].max()
        for distorted, ours in table.groupby("distorted"):
            style, color, label = looks[distorted]
            errors = ours.set_index("parameters")[name].loc[sizes]
            axes.plot(range(len(sizes)), errors, style, color=color, label=label, ms=7)
            shown = ", ".join(f"{error:.2f} %" for error in errors)
            figure.alt += f" {name.capitalize()}, {label}: {shown}."
            for place, (size, error) in enumerate(errors.items()):
                up = 8 if error == highest[size] else -16
                look = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
                axes.annotate(f"{error:.2f}", (place, error), (0, up), **look)
        axes.set(title=f"{name} images", xlabel="parameters", xlim=(-0.4, len(sizes) - 0.6))
        axes.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
        axes.margins(y=0.15)
        axes.grid(axis="y", alpha=0.3)
    panels[0].set(ylabel="error in %")
    panels[1].legend()
    figure.suptitle(headed(title, subject), fontsize=12)
    return figure


def recalibrated(counts, hollow, subject):
    """Mistakes of networks before and after recalibration, one a row, the fewest first.

    counts: DataFrame, index name (str), columns "as trained" and "recalibrated".
    hollow: names of those that were not chosen among.
    """
    counts = counts.sort_values("recalibrated")
    size = (8.5, 0.32 * len(counts) + 1.7)
    figure, axes = subplots(figsize=size, layout="constrained")
    figure.alt = "Mistakes as trained, and recalibrated: " + "; ".join(
        f"{name}: {before}, then {after}" for name, before, after in counts.itertuples()
    )
    rows = np.arange(len(counts))
    before, after = counts["as trained"].to_numpy(), counts["recalibrated"].to_numpy()
    aside = counts.index.isin(list(hollow))
    axes.hlines(rows, before, after, color=GREY, lw=1.5, zorder=1)
    for chosen, filled, more in ((~aside, True, ""), (aside, False, ", larger or tried later")):
        for found, mark, color, name in (
            (before, "o", BLUE, "as trained"),
            (after, "D", ORANGE, "recalibrated"),
        ):
            look = {"color": color, "mfc": color if filled else "white", "ls": "", "ms": 7}
            axes.plot(found[chosen], rows[chosen], mark, label=name + more, **look)
    axes.set_yticks(rows, counts.index, fontsize=9)
    axes.set(xlabel="mistakes", ylim=(len(counts) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    fewer = (after < before).sum()
    title = f"Recalibrated, {fewer} of {len(counts)} networks make fewer mistakes"
    return titled(figure, axes, title, subject)


def steps(changes, several, title, subject):
    """What each step of a ladder changes, with its interval.

    changes: DataFrame, index step (str), columns "fewer mistakes", low, high and "Holm's p": filled
        where this is below a twentieth.
    several: steps that change more than one thing: with a dagger.
    """
    size = (8.5, 0.3 * len(changes) + 1.5)
    figure, axes = subplots(figsize=size, layout="constrained")
    figure.alt = "Fewer mistakes by each step, with 95 % intervals: "
    rows, mean = np.arange(len(changes)), changes["fewer mistakes"].to_numpy()
    ends = np.array([mean - changes["low"], changes["high"] - mean])
    known = changes["Holm's p"].to_numpy() < 0.05
    for chosen, face, text in (
        (known, ORANGE, "Holm's p below 0.05"),
        (~known, "white", "not known"),
    ):
        look = {"fmt": "D", "color": ORANGE, "mfc": face, "capsize": 3, "label": text}
        axes.errorbar(mean[chosen], rows[chosen], xerr=ends[:, chosen], **look)
    axes.axvline(0, color=GREY, lw=1)
    names = [f"{step} †" if step in several else step for step in changes.index]
    axes.set_yticks(rows, names)
    figure.alt += "; ".join(
        f"{step}: {row['fewer mistakes']:.1f}, from {row['low']:.1f} to {row['high']:.1f}"
        for step, row in changes.iterrows()
    )
    right = axes.secondary_yaxis("right")
    right.set_yticks(rows, [f"{p:.3f}" for p in changes["Holm's p"]])
    right.tick_params(length=0)
    right.set_ylabel("Holm's p")
    axes.set(xlabel="fewer mistakes (mean, 95 % interval)", ylim=(len(changes) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return titled(figure, axes, title, subject)


def distortions(images, distorted, subject):
    """Images, one a row, each followed by distortions of it.

    images: (N, 28, 28) uint8; distorted: (draws, N, 28, 28) uint8.
    """
    columns = np.concatenate([images[np.newaxis], distorted])
    size = (1.05 * len(columns) + 0.4, 1.05 * len(images) + 1)
    figure, panels = subplots(
        len(images), len(columns), figsize=size, layout="constrained", squeeze=False
    )
    figure.alt = (
        "Digits, one a row, each followed by distortions of it: a little moved, turned, larger or "
        "smaller, and with bent strokes."
    )
    for axes, picture in zip(panels.flat, columns.swapaxes(0, 1).reshape(-1, 28, 28), strict=True):
        axes.imshow(picture, cmap=SHADES, vmin=0, vmax=INK)
        axes.set(xticks=[], yticks=[])
    panels[0, 0].set_title("as written", fontsize=10)
    for place, axes in enumerate(panels[0, 1:], 1):
        axes.set_title(f"epoch {place}", fontsize=10)
    figure.suptitle(f"Each epoch distorts every training image anew\n{subject}", fontsize=12)
    return figure


def deslanted(images, upright, subject):
    """Images as written, and below each the same one deslanted.

    images, upright: (N, height, width), at least two; each row has its own scale of grey.
    """
    size = (1.05 * len(images) + 0.4, 3.2)
    figure, panels = subplots(2, len(images), figsize=size, layout="constrained")
    figure.alt = (
        "Digits as they were written, and below each the same one deslanted: most stand "
        "upright, a few lean more than before."
    )
    for row, pictures, name in zip(
        panels, (images, upright), ("as written", "deslanted"), strict=True
    ):
        row[0].set_ylabel(name, fontsize=10)
        for axes, picture in zip(row, pictures, strict=True):
            axes.imshow(picture, cmap=SHADES, vmin=0, vmax=np.max(pictures))
            axes.set(xticks=[], yticks=[])
    figure.suptitle(
        f"Each row of pixels moves until the measured slant is zero\n{subject}", fontsize=12
    )
    return figure


def errors_by_mu(runs, limit, title):
    """Validation errors against mu, after the first pass and after the last: a dot per seed.

    runs: DataFrame, as of `grid.runs_of_1998`; limit: % drawn as a line.
    """
    last = runs["epochs"].max()
    figure, panels = subplots(1, 2, figsize=(9, 4.6), layout="constrained", sharey=True)
    mus = sorted(runs["mu"].dropna().unique())
    figure.alt = "Validation errors against mu. "
    for axes, epoch in zip(panels, (1, last), strict=True):
        for side, (start, (color, mark)) in zip((-1, 1), MARKS.items(), strict=True):
            shown = runs[(runs["start"] == start) & (runs["epoch"] == epoch) & runs["mu"].notna()]
            places = (
                shown["mu"].map(mus.index)
                + 0.12 * side
                + 0.02 * (shown["seed"] - runs["seed"].median())
            )
            look = {"color": color, "ms": 5, "alpha": 0.7, "label": f"start within {STARTS[start]}"}
            axes.plot(places, shown["error"], mark, **look)
            above = shown[shown["error"] > limit].groupby("mu").size()
            of_all = ", ".join(f"{n} with mu {mu:g}" for mu, n in above.items()) or "none"
            figure.alt += f"Start {start}, pass {epoch}: above {limit} % are {of_all}. "
        axes.axhline(limit, color=GREY, linestyle="--", label=f"limit, {limit} %")
        axes.set_xticks(range(len(mus)), [f"{mu:g}" for mu in mus])
        _up_to_all(axes)
        axes.set_xlabel("$\\mu$")
        axes.set_title(f"after pass {epoch}", fontsize=11)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("validation error in %, logarithmic")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title, fontsize=12)
    return figure


def errors_by_rate(runs, curvatures, eta, limit, title):
    """Validation errors after the first pass against the rate: own rates' median, or the one rate.

    runs: DataFrame, as of `grid.runs_of_1998`. curvatures: dict, start -> (N,) float >= 0, of a
    fresh network's weights; eta: float, the paper's in the first pass; limit: % drawn as a line.
    """
    size = (9, 4.6)
    figure, panels = subplots(1, 2, figsize=size, layout="constrained", sharex=True, sharey=True)
    figure.alt = f"Validation errors after pass 1 by learning rate; above {limit} % are "
    for axes, (start, h) in zip(panels, curvatures.items(), strict=True):
        shown = runs[(runs["start"] == start) & (runs["epoch"] == 1)]
        medians = shown["mu"].map(lambda mu, h=h: np.median(eta / (mu + h)), na_action="ignore")
        for rates, name, look in (
            (medians, "a rate for each weight: median", {"color": BLUE, "marker": "o"}),
            (shown["rate"], "one rate for all weights", {"color": "black", "marker": "x", "ms": 7}),
        ):
            axes.plot(rates, shown["error"], linestyle="", alpha=0.7, label=name, **look)
            failed = sorted(rates[shown["error"] > limit].dropna().unique())
            listed = ", ".join(f"{rate:.2g}" for rate in failed) or "none"
            figure.alt += f"{name}, start {start}: {listed}; "
        axes.axhline(limit, color=GREY, linestyle="--", label=f"limit, {limit} %")
        axes.set_title(f"start within {STARTS[start]}", fontsize=11)
        axes.set(xscale="log", xlabel="learning rate in the first pass")
        _up_to_all(axes)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("validation error after pass 1 in %, logarithmic")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title, fontsize=12)
    return figure


def errors_by_pass(curves, title):
    """Validation errors by pass, a panel for each kind of rate: means, and thin lines for seeds.

    curves: dict, "mu" and "rate" -> dict, setting -> (seeds, passes) float, errors in %.
    """
    kinds = {"mu": "a rate for each weight, by $\\mu$", "rate": "one rate for all weights"}
    size = (9, 4.8)
    figure, panels = subplots(1, len(kinds), figsize=size, layout="constrained", sharey=True)
    figure.alt = "Validation errors by pass, their means after the first and the last pass: "
    for axes, (kind, name) in zip(panels, kinds.items(), strict=True):
        shades = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(curves[kind])))
        for (value, errors), color in zip(curves[kind].items(), shades, strict=True):
            passes, means = np.arange(errors.shape[1]) + 1, errors.mean(axis=0)
            axes.plot(passes, errors.T, color=color, lw=0.7, alpha=0.5)
            text = f"{value:g}: {means[0]:.2f} → {means[-1]:.2f} %"
            axes.plot(passes, means, color=color, lw=2.5, label=text)
            figure.alt += f"{kind} {text}; "
        axes.legend(title="mean after first → last pass", loc="upper right")
        axes.set_title(name, fontsize=11)
        axes.set_xlabel("pass")
        _up_to_all(axes)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("validation error in %, logarithmic")
    figure.suptitle(title, fontsize=12)
    return figure


def _up_to_all(axes):
    """An upright scale of validation errors from the best run's to guessing."""
    _logarithmic(axes.yaxis, (1, 2, 5, 10, 20, 50, 90))
    axes.set_ylim(0.8, 100)
