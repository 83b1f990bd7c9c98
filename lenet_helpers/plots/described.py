"""Figures that display themselves, with a text for a reader who cannot see them."""

import base64
import html
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


class DescribedFigure(Figure):
    """A Matplotlib Figure that displays itself with the alternative text in `alt`, a str."""

    alt = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        if not self.alt.strip():
            raise ValueError("This figure needs an alternative text: figure.alt = '...'.")
        picture = io.BytesIO()
        self.savefig(picture, dpi=110, bbox_inches="tight", metadata={"Software": None})
        return mimebundle(picture.getvalue(), self.alt)


def subplots(*args, **kwargs):
    """Return what `plt.subplots` does; the figure, given a text, is what a cell may end with."""
    figure, axes = plt.subplots(*args, FigureClass=DescribedFigure, **kwargs)
    plt.close(figure)  # or Jupyter would display it a second time
    return figure, axes


def blank_figure(**kwargs):
    """Return what `plt.figure` does, as `subplots` here does."""
    figure = plt.figure(FigureClass=DescribedFigure, **kwargs)
    plt.close(figure)
    return figure


def mimebundle(png, alt):
    """Return what IPython needs to display a picture with an alternative text: (data, metadata).

    png: bytes. JupyterLab takes the alternative text from HTML only, others from the metadata.
    """
    picture = base64.b64encode(png).decode()
    shown = f'<img src="data:image/png;base64,{picture}" alt="{html.escape(alt)}">'
    data = {"image/png": picture, "text/html": shown, "text/plain": alt}
    return data, {"image/png": {"alt": alt}}
