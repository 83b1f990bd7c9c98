"""What tests of figures look for in them."""

import matplotlib.pyplot as plt
import numpy as np

SUBJECT = "MNIST sample (5,000 digits)"


def texts(figure):
    """Return everything that is written in a figure, except tick labels."""
    ticks = {
        id(label)
        for axes in figure.axes
        for label in (*axes.get_xticklabels(which="both"), *axes.get_yticklabels(which="both"))
    }
    found = figure.findobj(plt.Text)
    return [text.get_text() for text in found if id(text) not in ticks and text.get_text()]


def overlapping(figure):
    """Return the pairs of texts in the first axes whose boxes cover each other."""
    figure.draw_without_rendering()
    written = [figure.axes[0].title, *figure.axes[0].texts]
    boxes = [(text.get_text(), text.get_window_extent().shrunk(0.9, 0.9)) for text in written]
    return [
        (one, other)
        for number, (one, box) in enumerate(boxes)
        for other, its_box in boxes[number + 1 :]
        if box.overlaps(its_box)
    ]


def shown(axes):
    return np.ma.filled(axes.images[0].get_array().astype(float), np.nan)
