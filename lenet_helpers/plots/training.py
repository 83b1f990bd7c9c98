"""The figure of chapter 4: runs from several seeds."""

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import BLUE, GREY, ORANGE, titled


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
    return titled(figure, axes, "The same recipe from several seeds", "20 epochs each")
