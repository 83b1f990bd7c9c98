"""Figures of chapter 4: one step of gradient descent, and runs from several seeds."""

import numpy as np

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, ORANGE, titled

PROBE = 0.001  # a rate so small that the loss still falls as its gradient says


def loss_after_a_step(loss_after, marked, subject):
    """The loss after one step of gradient descent, by learning rate, with some rates marked.

    loss_after: a function of a learning rate, 0 for no step, that returns the loss after the step.
    marked: dict of losses by learning rate. subject: str, whose loss it is.
    """
    figure, axes = subplots(figsize=(8, 4.5), layout="constrained")
    figure.alt = (
        "The loss after one step, against the learning rate. It falls from a rate of 0 on, first "
        "along a dashed straight line, reaches its lowest point and rises again. Marked: "
        + ", ".join(f"{loss:.2f} at a rate of {rate:g}" for rate, loss in marked.items())
        + "."
    )
    before, rates = loss_after(0), np.linspace(0, 1.1 * max(marked), 100)
    losses = [loss_after(rate) for rate in rates]
    slope = (loss_after(PROBE) - before) / PROBE
    axes.axhline(before, color=GREY, linestyle=":", label=f"before the step: {before:.2f}")
    axes.plot(rates, losses, color=BLUE, label="after the step")
    start = {"color": GREY, "linestyle": "--", "label": "the slope at the start"}
    axes.plot([0, -before / slope], [before, 0], **start)
    axes.plot(marked.keys(), marked.values(), "o", color=ORANGE, markersize=9)
    for number, (rate, loss) in enumerate(marked.items()):
        shift = (9, -4 if number else 9) if rate < 0.05 * max(rates) else (-5, -18)
        text = f"rate {rate:g}: {loss:.2f}"
        axes.annotate(text, (rate, loss), shift, textcoords="offset points", fontsize=9)
    axes.set(xlabel="learning rate", ylabel="loss", ylim=(0, 1.15 * max(losses)))
    axes.set_xlim(-0.03 * max(rates), 1.1 * max(rates))
    axes.legend(loc="lower right")
    return titled(figure, axes, "Too long a step overshoots the lowest point", subject)


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
    band = {"color": ORANGE, "alpha": 0.25, "lw": 0, "label": "± standard deviation"}
    axes.axhspan(mean - deviation, mean + deviation, **band)
    axes.axhline(mean, color=ORANGE, label="mean")
    axes.plot(range(len(runs)), accuracy, "o", color=BLUE, label="one run")
    axes.axhline(100 * article, color=GREY, linestyle="--", label="the article's run")
    axes.set_xticks(range(len(runs)), runs["seed"])
    axes.set(xlabel="seed", ylabel="validation accuracy in %")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=4)
    return titled(figure, axes, "The seed alone changes the accuracy", "one recipe, 20 epochs")
