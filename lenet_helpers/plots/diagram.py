"""A network drawn from its own layers: a built Keras model in, a Matplotlib Figure out."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import seaborn as sns
from matplotlib.patches import Circle, Polygon, Rectangle

from lenet_helpers.plots.described import subplots

CONVOLVED, POOLED, UNITS = sns.color_palette("colorblind", 3)
PAPER, INK, LINE = "white", "0.15", "0.45"
PIXEL = 0.1  # a map's pixel in the drawing's unit: maps are to scale
GAP, STEP = 1.0, 1.75  # between two stages, and at least from left to left, for the captions
TOP, BOTTOM = 1.95, -2.0  # heights of the captions
FEW = 16  # so many units are drawn one by one


def network(model):
    """Draw a chain of layers: maps as stacks of planes, to scale, and vectors as columns.

    model: built, of convolutions, poolings, Flatten and Dense, with square maps.
    Returns a Figure. The style is that of LeCun et al. 1998, figure 2.
    Raises ValueError for a layer of another kind.
    """
    shape = model.input_shape[1:]
    stages = [Stage("input", shape, PAPER)]
    stages += [Stage(layer.name, layer.output.shape[1:], _colour(layer)) for layer in model.layers]
    lefts = np.cumsum([0] + [max(stage.width + GAP, STEP) for stage in stages[:-1]])
    figure, axes = subplots(figsize=(11.5, 5), layout="constrained")
    sizes = [f"{stage.name} {' by '.join(map(str, stage.shape))}" for stage in stages]
    figure.alt = f"A network drawn to scale, from left to right: {', '.join(sizes)}."
    for stage, left in zip(stages, lefts, strict=True):
        _draw(axes, stage, left)
    for layer, places in zip(model.layers, pairwise(zip(stages, lefts, strict=True)), strict=True):
        _connect(axes, layer, *places)
    axes.set(aspect="equal", xlim=(-0.4, lefts[-1] + 0.7), ylim=(BOTTOM - 1.3, TOP + 0.7))
    axes.axis("off")
    total = sum(layer.count_params() for layer in model.layers)
    axes.set_title(f"{model.name}, drawn from its layers: {total:,} parameters", fontsize=13)
    return figure


@dataclass(frozen=True)
class Stage:
    """What a layer hands on: maps (side, side, n) or a vector (n,)."""

    name: str
    shape: tuple
    colour: object

    @property
    def is_maps(self):
        return len(self.shape) == 3

    @property
    def side(self):
        return PIXEL * self.shape[0]

    @property
    def shift(self):
        """From one plane of the stack to the next, to the right and down."""
        return min(0.13, 0.9 / self.shape[-1])

    @property
    def spread(self):
        return self.shift * (self.shape[-1] - 1)

    @property
    def width(self):
        return self.side + self.spread if self.is_maps else 0.24

    @property
    def height(self):
        if self.is_maps:
            return self.side + self.spread
        return 0.24 * self.shape[0] if self.shape[0] <= FEW else 0.17 * self.shape[0] ** 0.5

    @property
    def size(self):
        """The shape as the paper writes it: 6 @ 24×24."""
        if self.is_maps:
            return f"{self.shape[2]} @ {self.shape[0]}×{self.shape[1]}"
        return f"{self.shape[0]} values"


def _colour(layer):
    kinds = {"Conv": CONVOLVED, "Pooling": POOLED, "Flatten": PAPER, "Dense": UNITS}
    for kind, colour in kinds.items():
        if kind in type(layer).__name__:
            return colour
    raise ValueError(f"{layer.name} is a {type(layer).__name__}; the drawing knows {list(kinds)}.")


def _draw(axes, stage, left):
    if stage.is_maps:
        _draw_planes(axes, stage, left)
    elif stage.shape[0] <= FEW:
        _draw_units(axes, stage, left)
    else:
        corner = (left, -stage.height / 2)
        axes.add_patch(Rectangle(corner, stage.width, stage.height, **_pen(stage.colour)))
    middle = left + stage.width / 2
    axes.text(middle, TOP + 0.3, stage.name, ha="center", fontsize=12, weight="bold", color=INK)
    axes.text(middle, TOP, stage.size, ha="center", fontsize=10, color=INK)


def _draw_planes(axes, stage, left):
    top = stage.height / 2
    for plane in range(stage.shape[2]):
        shift = plane * stage.shift
        corner = (left + shift, top - shift - stage.side)
        axes.add_patch(Rectangle(corner, stage.side, stage.side, **_pen(stage.colour)))


def _draw_units(axes, stage, left):
    radius = stage.width / 2
    for unit in range(stage.shape[0]):
        centre = (left + radius, stage.height / 2 - (2 * unit + 1) * radius)
        axes.add_patch(Circle(centre, 0.9 * radius, **_pen(stage.colour)))
        axes.text(*centre, unit, ha="center", va="center_baseline", fontsize=8, color=INK)


def _connect(axes, layer, before, after):
    (start, left), (end, right) = before, after
    if end.is_maps:
        _connect_windows(axes, layer, before, after)
    else:
        inside = left + start.width
        corners = [
            (inside, -start.height / 2),
            (inside, start.height / 2 - (start.spread if start.is_maps else 0)),
            (right, end.height / 2),
            (right, -end.height / 2),
        ]
        axes.add_patch(Polygon(corners, facecolor="0.93", edgecolor="none", zorder=0))
    middle = (left + start.width / 2 + right + end.width / 2) / 2
    axes.text(middle, BOTTOM, _operation(layer), ha="center", va="top", fontsize=10, color=INK)


def _connect_windows(axes, layer, before, after):
    """Join a window of the front plane to the one pixel that is computed from it."""
    end, _ = after
    is_pooling = "Pooling" in type(layer).__name__
    reach = (layer.pool_size if is_pooling else layer.kernel_size)[0]
    row = end.shape[0] // 4
    column = end.shape[0] - 1 - row
    stride = layer.strides[0]
    source = _window(*before, stride * row, stride * column, reach)
    target = _window(*after, row, column, 1)
    for window in (source, target):
        axes.add_patch(Polygon(window, facecolor=INK, alpha=0.25, edgecolor="none", zorder=4))
        axes.add_patch(Polygon(window, fill=False, edgecolor=INK, lw=0.9, zorder=4))
    for here, there in zip(source, target, strict=True):
        axes.plot(*zip(here, there, strict=True), color=LINE, lw=0.6, zorder=3)


def _window(stage, left, row, column, reach):
    """Return the four corners of a square of pixels on the front plane."""
    top = stage.height / 2 - stage.spread - PIXEL * row
    left = left + stage.spread + PIXEL * column
    far = PIXEL * reach
    return [(left, top), (left + far, top), (left + far, top - far), (left, top - far)]


def _operation(layer):
    kind = type(layer).__name__
    if "Conv" in kind:
        text = ["{}×{}\nconvolution".format(*layer.kernel_size)]
    elif "Pooling" in kind:
        how = "max" if "Max" in kind else "average"
        text = ["{}×{}\n{}\npooling".format(*layer.pool_size, how)]
    else:
        text = ["fully\nconnected" if "Dense" in kind else "flatten"]
    if activation := getattr(layer, "activation", None):
        text.append(activation.__name__)
    if parameters := layer.count_params():
        text.append(f"{parameters:,}\nparameters")
    return "\n".join(text)


def _pen(colour):
    return {"facecolor": _light(colour), "edgecolor": INK, "linewidth": 0.9, "zorder": 2}


def _light(colour):
    return PAPER if colour == PAPER else sns.light_palette(colour, 10)[3]
