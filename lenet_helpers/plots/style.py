"""What all figures share: colours, titles, and notes on axes."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.patheffects import withStroke

from lenet_helpers.runtime import default_figures

default_figures()

BLUE, ORANGE = sns.color_palette("colorblind", 2)
GREY = "0.45"
SHADES, INK = "gray_r", 255  # how digits are drawn, and the largest pixel value


def headed(title, subject):
    """A title, and below it what it was computed from: all of MNIST goes without saying."""
    return title if subject == "MNIST" else f"{title}\n{subject}"


def titled(figure, axes, title, subject):
    """Give a figure of one panel its title, as `headed`."""
    axes.set_title(headed(title, subject), fontsize=12)
    return figure


def frame(corner, side, color=ORANGE):
    place, stroke = (
        (corner[1] - 0.5, corner[0] - 0.5),
        withStroke(linewidth=4.5, foreground="white"),
    )
    look = {"fill": False, "ec": color, "lw": 2.5, "path_effects": [stroke]}
    return plt.Rectangle(place, side, side, **look)


def write_values(axes, image, corner, side, form, top, size=11):
    row, column = corner
    part = image[row : row + side, column : column + side]
    for (down, right), value in np.ndenumerate(part):
        colour = "white" if abs(value) > top / 2 else "black"
        place = (column + right, row + down)
        written = form.format(value).replace("-", "−")
        axes.text(*place, written, ha="center", va="center", fontsize=size, color=colour)
