"""Figures of chapters 07 and 13: the network of 1998, its answers and its curvatures."""

import numpy as np
from matplotlib.colors import ListedColormap

from lenet_helpers.lenet1998.glyphs import COLUMNS, ROWS
from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, INK, ORANGE, SHADES

# Names of `layers.STARTS` for titles.
STARTS = {"2.4/F": r"$\pm 2.4/F$, the paper's", "1/sqrt(F)": r"$\pm 1/\sqrt{F}$"}
LOOKS = [("o", ORANGE), ("s", "black"), ("^", BLUE), ("D", GREY)]  # of layers, from C1 to F6


def connection_table(table):
    """Which maps of S2 (rows) each map of C3 (columns) sees: a dark square where it does.

    table: (maps of S2, maps of C3) bool. LeCun et al. 1998, table I.
    """
    sources, targets = table.shape
    figure, axes = subplots(figsize=(8.5, 4.2), layout="constrained")
    figure.alt = (
        f"A table of {sources} rows, the maps of S2, by {targets} columns, the maps of C3. Each "
        f"column has {table.sum(axis=0).min()} to {table.sum(axis=0).max()} dark squares."
    )
    axes.imshow(table, cmap=ListedColormap(["white", BLUE]), vmin=0, vmax=1)
    axes.set_xticks(np.arange(targets + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(sources + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.8")
    axes.tick_params(which="minor", length=0)
    seen = [f"{target}\nsees {maps}" for target, maps in enumerate(table.sum(axis=0))]
    axes.set_xticks(range(targets), seen, fontsize=9)
    axes.set(yticks=range(sources), xlabel="map of C3", ylabel="map of S2")
    total = f"{table.sum()} of {table.size} possible pairs"
    axes.set_title(f"What C3 sees of S2\n{total}", fontsize=12)
    return figure


def glyphs(codes):
    """The codes of the ten digits as pictures.

    codes: (10, 84) of +1 and -1.
    """
    figure, panels = subplots(2, 5, figsize=(8.5, 6), layout="constrained")
    figure.alt = (
        "The ten digits as small black and white pictures of twelve rows and seven columns."
    )
    for digit, axes in enumerate(panels.flat):
        _code(axes, codes[digit])
        axes.set_title(f"{digit}")
    title = f"The ten codes, {COLUMNS} wide, {ROWS} high: ink +1, background -1"
    figure.suptitle(title, fontsize=12)
    return figure


def squashing(function):
    """The paper's squashing function, with its slope, beside plain tanh.

    function: from (N,) float to (N,) float.
    """
    x = np.linspace(-3, 3, 301)
    figure, axes = subplots(figsize=(8.5, 3.8), layout="constrained")
    figure.alt = (
        "Two curves: tanh, which flattens towards plus and minus 1, and the paper's scaled tanh, "
        "which passes through plus and minus 1 while it is still steep."
    )
    axes.plot(x, function(x), color=BLUE, label="scaled tanh of the paper")
    axes.plot(x, np.tanh(x), color=GREY, linestyle="--", label="tanh")
    axes.plot([-1, 1], function(np.array([-1.0, 1.0])), "o", color=ORANGE, label="F6's targets: ±1")
    axes.set(xlabel="weighted sum", ylabel="value of the unit", xlim=(-3, 3))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    axes.set_title("The scaled tanh reaches ±1 well before its flat ends", fontsize=12)
    return figure


def measured_curvatures(pairs, title):
    """Curvatures as the optimizer estimates them, against measured ones.

    pairs: dict, layer -> (N, 2) float, estimated and measured, a weight a row.
    The legend says each layer's median of measured / estimated, and how many are not drawn.
    """
    figure, axes = subplots(figsize=(8.5, 5), layout="constrained")
    figure.alt = "Estimated against measured curvatures, both axes logarithmic. "
    for (layer, values), (mark, color) in zip(pairs.items(), LOOKS[: len(pairs)], strict=True):
        estimated, measured = np.transpose(values)
        ratio = np.median(measured / estimated)
        text = f"{layer}: measured / estimated {ratio:.1f} (median)"
        if negative := np.sum(measured <= 0):
            text += f"; {negative} measured below 0"
        axes.plot(measured, estimated, mark, color=color, label=text, alpha=0.8)
        figure.alt += f"{text}. "
    ends = axes.get_xlim()[1] * np.array([3e-3, 1])
    axes.plot(ends, ends, color=GREY, linestyle="--", label="estimated = measured", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="measured curvature")
    axes.set_ylabel("estimated curvature")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    axes.set_title(title, fontsize=12)
    return figure


def rates(curvatures, mus, eta, paper, title):
    """How the rates eta / (mu + h) of all weights are spread: a column a start, a row a mu.

    curvatures: dict, start -> (N,) float >= 0; mus: list of float; eta: float.
    paper: the lowest and the highest rate that the paper gives.
    """
    size = (9, 1.1 * len(mus) + 1.4)
    figure, panels = subplots(
        len(mus), len(curvatures), figsize=size, layout="constrained", sharex=True, squeeze=False
    )
    figure.alt = "Histograms of learning rates on a logarithmic axis. "
    bins = np.geomspace(2e-5, 0.04, 80)
    for column, (start, h) in zip(panels.T, curvatures.items(), strict=True):
        column[0].set_title(f"start within {STARTS[start]}", fontsize=11)
        column[-1].set_xlabel("learning rate in the first pass (height: number of weights)")
        for axes, mu in zip(column, mus, strict=True):
            of_weights = eta / (mu + h)
            axes.axvspan(*paper, color=ORANGE, alpha=0.2, lw=0)
            axes.hist(of_weights, bins, color=BLUE)
            axes.set(xscale="log", xlim=bins[[0, -1]], yticks=[])
            text = f"median {np.median(of_weights):.2g}"
            axes.text(0.19, 0.85, text, transform=axes.transAxes, va="top", fontsize=10)
            figure.alt += f"Start within {start}, mu {mu:g}: {text}. "
    for axes, mu in zip(panels[:, 0], mus, strict=True):
        axes.set_ylabel(f"$\\mu$ = {mu:g}", fontsize=11)
    figure.suptitle(title, fontsize=12)
    return figure


def states_beside_codes(images, states, codes, labels, answers, subject):
    """Digits, what F6 makes of each, and the code of the answer: one column each.

    images: (N, 28, 28) uint8; states: (N, 84) float; codes: (10, 84); labels, answers: (N,) int.
    """
    size = (1.05 * len(images) + 0.8, 5.6)
    figure, panels = subplots(3, len(images), figsize=size, layout="constrained")
    figure.alt = (
        f"{len(images)} digits; below each, the values of F6 as a picture of twelve by seven, and "
        "the code of the answer. Where the answer is right, the two pictures look much alike."
    )
    for column, axes in enumerate(panels.T):
        axes[0].imshow(images[column], cmap=SHADES, vmin=0, vmax=INK)
        axes[0].set(xticks=[], yticks=[])
        wrong = answers[column] != labels[column]
        text = f"{labels[column]} as {answers[column]}" if wrong else f"{labels[column]}"
        marked = {"color": ORANGE, "fontweight": "bold"} if wrong else {}
        axes[0].set_title(text, fontsize=10, **marked)
        _code(axes[1], states[column])
        _code(axes[2], codes[answers[column]])
    for axes, name in zip(panels[:, 0], ["image", "F6", "code of the answer"], strict=True):
        axes.set_ylabel(name)
    greys = "white: -1 and below, black: 1 and above"
    figure.suptitle(f"What F6 draws ({greys})\n{subject}", fontsize=12)
    return figure


def training_by_pass(passes, published, behind, title):
    """Training errors of each run, pass by pass, of clean images beside those of distorted ones.

    passes: DataFrame, columns setting ("high rates, clean"), seed, pass, error (%).
    published: (pass, error), the paper's, on clean images.
    behind: (setting, seed) of a run that is drawn in black.
    """
    figure, panels = subplots(1, 2, figsize=(9.6, 4.6), sharey=True, layout="constrained")
    figure.alt = "Training errors in % by pass, logarithmic; one line a run. Last means: "
    looks = {"high rates": (ORANGE, "-"), "low rates": (BLUE, "-"), "control": (GREY, "--")}
    for axes, kind in zip(panels, ("clean", "distorted"), strict=True):
        for rates, (color, style) in looks.items():
            runs = passes[passes["setting"] == f"{rates}, {kind}"]
            if runs.empty:
                continue
            last = runs.loc[runs["pass"] == runs["pass"].max(), "error"].mean()
            figure.alt += f"{rates}, {kind}: {last:.2f} %; "
            for seed, run in runs.groupby("seed"):
                is_behind = (f"{rates}, {kind}", seed) == behind
                text = f"{rates}: mean {last:.2f} % in the last pass" if seed == 0 else None
                text = f"{rates}, seed {seed}" if is_behind else text
                look = {"color": "black" if is_behind else color, "lw": 2 if is_behind else 1}
                axes.plot(run["pass"], run["error"], style, label=text, **look)
        if kind == "clean":
            axes.plot(*published, "D", color="black", ms=8, label=f"the paper: {published[1]} %")
        axes.set(title=f"{kind} images", xlabel="pass", yscale="log", xticks=[1, 5, 10, 15, 20])
        axes.set_yticks([0.2, 0.5, 1, 2, 5, 10], ["0.2", "0.5", "1", "2", "5", "10"])
        axes.set_yticks([], minor=True)
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right", fontsize=9)
    panels[0].set_ylabel("training error in %, logarithmic")
    figure.suptitle(title, fontsize=12)
    return figure


def runs_beside_the_paper(errors, means, published, title):
    """Test errors of each setting's runs, with their mean and its interval, beside the paper's run.

    errors: Series, setting -> test errors (%) of its runs; means: DataFrame, indexed alike, columns
    mean, low, high (%); published: list, the paper's error (%) for each setting.
    """
    figure, axes = subplots(figsize=(8.5, 0.75 * len(errors) + 1.6), layout="constrained")
    figure.alt = f"Test errors of {len(errors)} settings, one row for each; one dot a run."
    names = []
    for place, (setting, of_runs) in enumerate(errors.items()):
        mean, median = means.loc[setting, "mean"], np.median(of_runs)
        names.append(f"{setting}\nmean {mean:.2f}, median {median:.2f} %")
        figure.alt += (
            f" {setting}: {min(of_runs):.2f} to {max(of_runs):.2f} %, mean {mean:.2f} %; the "
            f"paper: {published[place]} %."
        )
        dots = {"color": BLUE, "ms": 5, "alpha": 0.5, "label": None if place else "one run"}
        axes.plot(of_runs, np.full(len(of_runs), place + 0.15), "o", **dots)
    places = np.arange(len(errors))
    reach = [means["mean"] - means["low"], means["high"] - means["mean"]]
    look = {"fmt": "D", "color": ORANGE, "capsize": 4, "label": "mean, 95 % interval over seeds"}
    axes.errorbar(means["mean"], places - 0.15, xerr=reach, **look)
    look = {"color": "black", "linestyle": "--", "label": "the paper, one run"}
    axes.vlines(published, places - 0.4, places + 0.4, **look)
    axes.set_yticks(places, names)
    axes.set(xlabel="test error in %", ylim=(len(errors) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    axes.set_title(title, fontsize=12)
    return figure


def _code(axes, values):
    shades = np.reshape(values, (ROWS, COLUMNS))
    axes.imshow(shades, cmap=SHADES, vmin=-1, vmax=1)
    axes.set(xticks=[], yticks=[])
