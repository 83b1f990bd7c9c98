"""Figures of chapter 3: the network's parameters, and its loss; see also `diagram`."""

import numpy as np
import seaborn as sns

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, ORANGE, note


def parameter_counts(table, title):
    """Parameters of several networks, one stacked bar each.

    table: DataFrame, one row per layer that has parameters, one column per network.
    """
    figure, axes = subplots(figsize=(10, 3.6), layout="constrained")
    figure.alt = "Parameters per layer, stacked. In all: " + ", ".join(
        f"{name} {total:,}" for name, total in table.sum().items()
    )
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
        note(axes, f"{total:,.0f}", (total, place), (5, -3), "left")
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
    figure, panels = subplots(1, 2, figsize=(11, 4.1), layout="constrained")
    figure.alt = (
        "Loss and its push against the margin: with softmax twice, a squashed loss and a small "
        "push."
    )
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
