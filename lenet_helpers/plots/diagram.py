"""A network drawn from its own layers, with what each of them makes of one image."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Circle, ConnectionPatch, Polygon, Rectangle
from matplotlib.patheffects import withStroke

from lenet_helpers.plots.described import subplots
from lenet_helpers.plots.style import SHADES, frame, write_values

COLOURS = "PuOr_r"  # as in chapter 3's cells: purple below 0, orange above
LINE, FRAME = "0.45", sns.color_palette("colorblind")[2]
PARTS = [sns.color_palette("colorblind")[i] for i in (0, 1, 2, 4)]  # of a bar
MAP = 0.53  # a map's side is this times the root of its pixels: small maps can be seen, too
VALUE = 0.03  # a vector's value, from top to bottom
BETWEEN, GAP, STEP = 0.2, 1.0, 2.8  # two maps, two stages, and at least from left to left
FEW = 16  # so many units are drawn one by one


def network(model, image):
    """Draw a chain of layers: what each puts out for one image, as real values.

    model: built, of convolutions, poolings, Flatten and Dense, with square maps and no padding;
           its last layer puts out probabilities.
    image: (side, side, channels) float, as the model reads it.
    Returns a Figure. It follows figure 2 of LeCun et al. 1998, with the maps side by side, the
    pixels of small maps enlarged, and frames on all that one value of the last maps depends on.
    Raises ValueError for a layer of another kind.
    """
    operations = [_operation(layer) for layer in model.layers]
    stages = _stages(model, image)
    top = max(np.abs(stage.values).max() for stage in stages[1:])
    figure, axes = subplots(figsize=(13, 5), layout="constrained")
    figure.alt = _alt(stages)
    for stage in stages[1:]:
        _draw(axes, stage, COLOURS, -top, top)
    _draw(axes, stages[0], SHADES, 0, 1)
    upper, lower = _caption(axes, stages, operations)
    _frame(axes, model.layers, stages)
    for before, after in pairwise(stages):
        if not after.is_maps:
            _fan(axes, before, after)
    axes.set(aspect="equal", xlim=(-0.4, stages[-1].right + 1.6), ylim=(lower - 2.8, upper + 1.3))
    axes.axis("off")
    scale = ScalarMappable(Normalize(-top, top), COLOURS)
    below = axes.inset_axes((0, lower + 1.5, stages[0].width, 0.25), transform=axes.transData)
    bar = figure.colorbar(scale, cax=below, orientation="horizontal")
    bar.set_label("output of a layer", fontsize=12)
    axes.set_title(f"{model.name}: {model.count_params():,} parameters", fontsize=13)
    return figure


def path(model, image, maps):
    """Draw one map of each layer, large, and frame what one value of the last maps depends on.

    model, image: as in `network`.
    maps: dict, name of each layer that puts out maps -> number of the map that is drawn.
    Returns a Figure.
    """
    stages = _stages(model, image)
    steps = _steps(model.layers, stages)
    drawn = [stages[0], *(after for _, (_, after) in steps)]
    reaches = _reaches(steps)[::-1]
    figure, panels = subplots(1, len(drawn), figsize=(13, 3.5), layout="constrained")
    for axes, stage, (first, reach) in zip(panels, drawn, reaches, strict=True):
        is_input = stage is stages[0]
        look = {"cmap": SHADES} if is_input else {"cmap": COLOURS, "vmin": -1, "vmax": 1}
        axes.imshow(stage.values[:, :, maps.get(stage.name, 0)], **look)
        axes.add_patch(frame((first, first), reach, FRAME))
        if 0 < reach <= 2 and not is_input:
            values = stage.values[:, :, maps[stage.name]]
            write_values(axes, values, (first, first), reach, "{:z.1f}", 1.2, size=8)
        number = stage.values.shape[-1]
        part = "" if is_input else f", map {maps[stage.name] + 1} of {number}"
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"{stage.name}{part}", fontsize=14)
        axes.set_xlabel(f"frame {reach} × {reach}\nof {len(stage.values)} × {len(stage.values)}")
        axes.xaxis.label.set_size(13)
    for (left, right), (here, there) in zip(pairwise(panels), pairwise(reaches), strict=True):
        for end in (0, 1):  # the upper and the lower corners
            ends = [(sum(here) - 0.5, here[0] - 0.5 + end * here[1])]
            ends.append((there[0] - 0.5, there[0] - 0.5 + end * there[1]))
            line = ConnectionPatch(*ends, "data", "data", axesA=left, axesB=right, color=FRAME)
            line.set(linewidth=2, zorder=-1)
            figure.add_artist(line)
    figure.get_layout_engine().set(wspace=0.12)
    side = reaches[0][1]
    title = f"One value of {drawn[-1].name} depends on {side} × {side} pixels"
    figure.suptitle(title, fontsize=15)
    sides = ", ".join(f"{stage.name} {one[1]}" for stage, one in zip(drawn, reaches, strict=True))
    figure.alt = (
        "A handwritten digit and one map of each layer up to pooled maps; frames show what one "
        f"value of the last depends on. Sides of the frames: {sides}."
    )
    return figure


def parameter_bars(networks):
    """Draw the parameters of networks as stacked bars, with those of large layers written in.

    networks: DataFrame of int, a row for each layer, in order, and a column for each network.
    The layers before C5 are one part. Returns a Figure.
    """
    totals = networks.sum()
    parts = pd.concat([networks[:"S4"].sum().to_frame("C1 to S4").T, networks["C5":]])
    figure, axes = subplots(figsize=(12, 4.4), layout="constrained")
    left = np.zeros(len(totals))
    for (layer, counts), colour in zip(parts.iterrows(), PARTS, strict=True):
        bars = axes.barh(parts.columns, counts, left=left, color=colour, label=layer, height=0.7)
        written = [f"{layer}\n{n:,}" if n > totals.max() / 10 else "" for n in counts]
        axes.bar_label(bars, written, label_type="center", fontsize=13)
        left += counts.to_numpy()
    axes.bar_label(bars, [f" {total:,}" for total in totals], fontsize=15, weight="bold")
    axes.invert_yaxis()
    axes.tick_params(labelsize=13)
    axes.set(xlim=(0, 1.15 * totals.max()))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("trainable parameters", fontsize=13)
    axes.set_title("Three networks called LeNet-5, three numbers of parameters", fontsize=15)
    figure.legend(loc="outside lower center", ncols=len(parts), fontsize=12)
    each = "; ".join(f"{name} {total:,}" for name, total in totals.items())
    figure.alt = (
        f"Stacked bars of the parameters of three networks: {each}. C5 is the largest part of each."
    )
    return figure


@dataclass(frozen=True)
class Stage:
    """What a layer hands on, and where it is drawn: maps (side, side, n), or a vector (n,)."""

    name: str
    values: np.ndarray
    left: float

    @property
    def is_maps(self):
        return self.values.ndim == 3

    @property
    def is_units(self):
        return not self.is_maps and len(self.values) <= FEW

    @property
    def columns(self):
        return int(self.values.shape[-1] ** 0.5)

    @property
    def rows(self):
        return -(-self.values.shape[-1] // self.columns)

    @property
    def side(self):
        return MAP * self.values.shape[0] ** 0.5

    @property
    def width(self):
        return self.columns * (self.side + BETWEEN) - BETWEEN if self.is_maps else 0.55

    @property
    def height(self):
        if self.is_maps:
            return self.rows * (self.side + BETWEEN) - BETWEEN
        return (0.62 if self.is_units else VALUE) * len(self.values)

    @property
    def right(self):
        return self.left + self.width

    @property
    def size(self):
        if not self.is_maps:
            return f"{len(self.values)} values"
        side, _, maps = self.values.shape
        return f"{side}×{side}" if maps == 1 else f"{maps} maps, {side}×{side}"

    def corner(self, number):
        """Return where the upper left corner of a map is."""
        row, column = divmod(number, self.columns)
        step = self.side + BETWEEN
        return self.left + column * step, self.height / 2 - row * step


def _stages(model, image):
    """Return the image and what each layer makes of it, from left to right."""
    values = np.asarray(image)[np.newaxis]
    stages = [Stage("input", values[0], 0.0)]
    for layer in model.layers:
        values, last = layer(values), stages[-1]
        left = max(last.right + GAP, last.left + STEP)
        stages.append(Stage(layer.name, np.asarray(values)[0], left))
    return stages


def _alt(stages):
    sizes = [f"{stage.name} {' by '.join(map(str, stage.values.shape))}" for stage in stages]
    answer = stages[-1].values
    return (
        "A handwritten digit and what each layer of a network makes of it, from left to right: "
        f"{', '.join(sizes)}. The answer is {answer.argmax()}, with a probability of "
        f"{answer.max():.2f}."
    )


def _draw(axes, stage, colours, low, top):
    if stage.is_units:
        return _draw_units(axes, stage)
    if stage.is_maps:
        places = [(*stage.corner(number), stage.side, stage.side) for number in _maps(stage)]
        pictures = np.moveaxis(stage.values, -1, 0)
    else:
        places = [(stage.left, stage.height / 2, stage.width, stage.height)]
        pictures = [stage.values[:, np.newaxis]]
    for (x, y, width, height), picture in zip(places, pictures, strict=True):
        extent = (x, x + width, y - height, y)
        axes.imshow(picture, cmap=colours, vmin=low, vmax=top, extent=extent)
        axes.add_patch(Rectangle((x, y), width, -height, fill=False, edgecolor=LINE, lw=0.6))


def _maps(stage):
    return range(stage.values.shape[-1])


def _draw_units(axes, stage):
    """Draw the probabilities of an output layer, as shades of grey, and write the largest."""
    radius = stage.width / 2
    for unit, value in enumerate(stage.values):
        centre = (stage.left + radius, stage.height / 2 - 0.62 * (unit + 0.5))
        shade = {"facecolor": str(1 - 0.85 * value), "edgecolor": LINE}
        axes.add_patch(Circle(centre, radius, linewidth=0.6, **shade))
        colour = "white" if value > 0.5 else "black"
        axes.text(*centre, unit, ha="center", va="center_baseline", fontsize=11, color=colour)
        if value == stage.values.max():
            axes.text(
                stage.right + 0.15, centre[1], f"{value:.2f}", va="center_baseline", fontsize=12
            )


def _caption(axes, stages, operations):
    """Write names and sizes above the stages and operations below; return these two heights."""
    upper = max(stage.height for stage in stages) / 2 + 0.4
    for stage in stages:
        middle = stage.left + stage.width / 2
        axes.text(middle, upper + 0.6, stage.name, ha="center", fontsize=13, weight="bold")
        axes.text(middle, upper, stage.size, ha="center", fontsize=11)
    for operation, (before, after) in zip(operations, pairwise(stages), strict=True):
        middle = (before.left + before.width / 2 + after.left + after.width / 2) / 2
        axes.text(middle, -upper, operation, ha="center", va="top", fontsize=11)
    return upper, -upper


def _fan(axes, before, after):
    inside, middle = before.right + 0.05, before.height / 2
    right, far = after.left - 0.05, after.height / 2
    corners = [(inside, -middle), (inside, middle), (right, far), (right, -far)]
    axes.add_patch(Polygon(corners, facecolor="0.93", edgecolor="none", zorder=0))


def _frame(axes, layers, stages):
    """Frame one value of the last maps and, stage by stage before, all that it depends on.

    A convolution reads its window in every map, a pooling in the map of the same number.
    """
    steps = _steps(layers, stages)
    last = steps[-1][1][1]
    shown = last.rows // 2 * last.columns  # the map that the lines lead to
    (first, reach), *earlier = _reaches(steps)
    framed, frame = [shown], _frame_maps(axes, last, [shown], shown, first, reach)
    for (layer, (before, _)), (first, reach) in zip(reversed(steps), earlier, strict=True):
        if not _is_pooling(layer):
            framed = _maps(before)
            shown = (before.rows // 2 + 1) * before.columns - 1
        target, frame = frame, _frame_maps(axes, before, framed, shown, first, reach)
        for here, there in ((frame[1], target[0]), (frame[2], target[3])):
            axes.plot(*zip(here, there, strict=True), color=FRAME, zorder=-1, lw=2.6)


def _steps(layers, stages):
    """Return the steps that put out maps: (layer, (stage before, stage after)), in order."""
    return [step for step in zip(layers, pairwise(stages), strict=True) if step[1][1].is_maps]


def _reaches(steps):
    """Return what one value of the last maps depends on, from there back to the image.

    Each is (first, reach): the square's first row and column, and its side.
    """
    found = [((steps[-1][1][1].values.shape[0] - 1) // 2, 1)]
    for layer, _ in reversed(steps):
        window = layer.pool_size if _is_pooling(layer) else layer.kernel_size
        (first, reach), stride = found[-1], layer.strides[0]
        found.append((first * stride, (reach - 1) * stride + window[0]))
    return found


def _is_pooling(layer):
    return "Pooling" in type(layer).__name__


def _frame_maps(axes, stage, framed, shown, first, reach):
    """Frame the same square of values in some maps; return its corners in the one shown."""
    for number in framed:
        look = {"lw": 2.6, "path_effects": [withStroke(linewidth=4, foreground="white")]}
        corners = _window(stage, number, first, reach)
        axes.add_patch(Polygon(corners, fill=False, zorder=4, edgecolor=FRAME, **look))
    return _window(stage, shown, first, reach)


def _window(stage, number, first, reach):
    """Return the four corners of a square of values in a map, clockwise from the upper left."""
    pixel = stage.side / stage.values.shape[0]
    left, top = stage.corner(number)
    left, top, far = left + pixel * first, top - pixel * first, pixel * reach
    return [(left, top), (left + far, top), (left + far, top - far), (left, top - far)]


def _operation(layer):
    kind = type(layer).__name__
    if "Conv" in kind:
        text = ["{}×{}\nconvolution".format(*layer.kernel_size)]
    elif "Pooling" in kind:
        how = "max" if "Max" in kind else "average"
        text = ["{}×{}\n{}\npooling".format(*layer.pool_size, how)]
    elif kind in ("Flatten", "Dense"):
        text = ["fully\nconnected" if kind == "Dense" else "flatten"]
    else:
        raise ValueError(
            f"{layer.name} is a {kind}: only convolutions, poolings, Flatten and Dense."
        )
    if activation := getattr(layer, "activation", None):
        text.append(activation.__name__)
    if parameters := layer.count_params():
        text.append(f"{parameters:,}\nparameters")
    return "\n".join(text)
