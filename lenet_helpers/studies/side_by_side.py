"""The seeds of a rung trained side by side on a GPU, with JAX: one program for all of them.

A network of 34,000 parameters leaves a GPU idle, for each of its steps is over before the next one
arrives. Here all seeds take every step together. What is trained is the network of `deep_network`
by the method `one_cycle`; other recipes are refused. It differs in nothing but its random numbers
and its rounding, and an epoch's last batch, which is filled up from the epoch's beginning.

    python -m lenet_helpers.studies.side_by_side patience --to DIR
    python -m lenet_helpers study take patience DIR

The first command needs JAX and NumPy; the second, on any machine, counts the errors with Keras.
"""

import argparse
import functools
import json
import math
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from lenet_helpers.checkpoints import FOLDER, INDEX
from lenet_helpers.data import load_mnist
from lenet_helpers.files import replaced
from lenet_helpers.preprocessing import INK, split_validation
from lenet_helpers.studies import recipes
from lenet_helpers.studies.make_run import training_images

EPSILON = 1e-3  # of Keras's batch normalisation
AT_A_TIME = 1000  # images that statistics and answers are counted on at a time
PRECISION = jnp.bfloat16
PARTS = 8  # of a batch, whose gradients of a kernel are summed: more work at the same time


# The network: `deep_network`, with weights as a list in the order of Keras's


def layers_of(options):
    """The layers of `deep_network`: list of (kind, its place or its number of outputs).

    Raises ValueError for the weighted mean, which no rung that is trained here has.
    """
    if options.get("weighted"):
        raise ValueError("Side by side, the last mean has no weights.")
    layers = []
    for place in range(1, len(options["maps"]) + 1):
        layers += [("convolution", place), ("normalisation", place)]
        if place in options["pooled"]:
            layers.insert(-1, ("pooling", place))
    for place in options.get("repeated", ()):
        layers += [("again", place), ("normalisation", place)]
    return layers


def first_weights(options, key):
    """Keras's start: Glorot's uniform kernels, scales 1, shifts 0. A list of (array, array)s."""
    maps, sizes = [1, *options["maps"]], options["kernel_sizes"]
    weights = []
    for kind, place in layers_of(options):
        if kind == "convolution":
            key, drawn = jax.random.split(key)
            shape = (sizes[place - 1], sizes[place - 1], maps[place - 1], maps[place])
            weights.append((_glorot(drawn, shape),))
        elif kind == "normalisation":
            weights.append((jnp.ones(maps[place]), jnp.zeros(maps[place])))
    return [*weights, (_glorot(key, (maps[-1], 10)), jnp.zeros(10))]


def _glorot(key, shape):
    field = math.prod(shape[:-2])
    limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def logits_of(options, weights, images, statistics=None):
    """The logits (N, 10) for images (N, 28, 28) in [0, 1], and each layer's (mean, variance).

    statistics: what normalises; of the images themselves unless given.
    """
    maps, found, kernels = images[..., jnp.newaxis], [], {}
    left = iter(weights)
    for kind, place in layers_of(options):
        if kind == "convolution":
            (kernels[place],) = next(left)
        if kind in ("convolution", "again"):
            maps = convolution(maps.astype(PRECISION), kernels[place].astype(PRECISION))
        elif kind == "pooling":
            maps = _pooled(maps)
        else:
            scale, shift = next(left)
            maps = maps.astype("float32")
            mean, variance = statistics[len(found)] if statistics else _moments(maps)
            found.append((mean, variance))
            factor = scale * jax.lax.rsqrt(variance + EPSILON)
            maps = jax.nn.relu(maps * factor + (shift - mean * factor)).astype(PRECISION)
    kernel, bias = next(left)
    return maps.astype("float32").mean((1, 2)) @ kernel + bias, found


@jax.custom_vjp
def convolution(maps, kernel):
    """The convolution of Keras, edges padded, as one product of matrices: (N, H, W, channels)."""
    return _patches(maps, kernel.shape[0]) @ kernel.reshape(-1, kernel.shape[-1])


def _forward(maps, kernel):
    return convolution(maps, kernel), (maps, kernel)


def _backward(kept, slope):
    maps, kernel = kept
    patches, back = jax.vjp(lambda maps: _patches(maps, kernel.shape[0]), maps)
    (to_maps,) = back(slope @ kernel.reshape(-1, kernel.shape[-1]).T)
    parts = math.gcd(PARTS, len(maps))
    patches = patches.reshape(parts, -1, patches.shape[-1])
    slope = slope.reshape(parts, -1, slope.shape[-1])
    of_parts = jnp.einsum("gpk,gpn->gkn", patches, slope, preferred_element_type="float32")
    return to_maps, of_parts.sum(0).reshape(kernel.shape).astype(kernel.dtype)


convolution.defvjp(_forward, _backward)


def _patches(maps, size):
    height, width = maps.shape[1:3]
    edge = size // 2
    padded = jnp.pad(maps, [(0, 0), (edge, edge), (edge, edge), (0, 0)])
    shifts = [padded[:, i : i + height, j : j + width] for i in range(size) for j in range(size)]
    return jnp.concatenate(shifts, -1)


def _pooled(maps):
    n, height, width, channels = maps.shape
    return maps.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


def _moments(maps):
    mean = maps.mean((0, 1, 2))
    return mean, jnp.square(maps - mean).mean((0, 1, 2))


# Distortions: `distortions.random_elastic` without bending


def distorted(images, key, settings):
    """Images (N, 28, 28) uint8, distorted as `random_elastic` does with displacement 0."""
    if not settings:
        return images
    if settings["function"] != "random_elastic" or settings["displacement"]:
        raise ValueError("Side by side, images are distorted by random_elastic without bending.")
    n, height, width = images.shape
    sources = _sources(n, key, settings)
    centre = jnp.array([height - 1, width - 1]) / 2
    pixels = jnp.stack(jnp.mgrid[:height, :width], -1) - centre
    # Sums, not a matrix product: a GPU would round its factors.
    turned = (sources[:, None, None, :, :2] * pixels[None, :, :, None, :]).sum(-1)
    places = turned + centre + sources[:, None, None, :, 2]
    return jnp.rint(_interpolated(images, places)).astype("uint8")


def _sources(n, key, settings):
    """Random maps from a distorted image to its source: (n, 2, 3), y before x."""
    keys = jax.random.split(key, 6)

    def draw(place, bound, shape=(n,)):
        return jax.random.uniform(keys[place], shape, minval=-bound, maxval=bound)

    size, squeeze = 1 + draw(0, settings["scaling"]), 1 + draw(1, settings["squeezing"])
    shear = draw(2, settings["shearing"])
    angle = draw(3, math.radians(settings["rotation"]))
    shift = draw(4, settings["translation"], (n, 2))
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    wide, tall = squeeze / size, 1 / (squeeze * size)
    x = [wide * cos + shear * sin, shear * cos - wide * sin]
    y = [tall * sin, tall * cos]
    return jnp.stack(
        [jnp.stack([y[1], y[0], shift[:, 1]], -1), jnp.stack([x[1], x[0], shift[:, 0]], -1)], 1
    )


def _interpolated(images, places):
    """Bilinear values (N, H, W) float32 at places (N, H, W, 2); 0 outside."""
    n, height, width = images.shape
    corner = jnp.floor(places).astype(int)
    part = places - corner
    flat, total = images.reshape(n, -1), 0.0
    for down in (0, 1):
        for right in (0, 1):
            y, x = corner[..., 0] + down, corner[..., 1] + right
            weight = jnp.abs(1 - down - part[..., 0]) * jnp.abs(1 - right - part[..., 1])
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            index = jnp.clip(y, 0, height - 1) * width + jnp.clip(x, 0, width - 1)
            value = jnp.take_along_axis(flat, index.reshape(n, -1), 1).reshape(index.shape)
            total += jnp.where(inside, weight * value, 0)
    return total


# Training: `methods.one_cycle`


def rate_at(step, recipe, updates):
    """The rate of an update: a rise during a tenth of them, then a fall along a cosine to 0."""
    highest, rise = recipe.options["learning_rate"], updates // 10
    rising = highest / 25 + (highest - highest / 25) * step / max(rise, 1)
    falling = highest * (1 + jnp.cos(jnp.pi * (step - rise) / (updates - rise))) / 2
    return jnp.where(step < rise, rising, falling)


def adamw(weights, slopes, moments, step, rate, decay):
    """AdamW of Keras; scales, shifts and biases do not decay. Returns weights and moments."""
    b1, b2, epsilon = 0.9, 0.999, 1e-7
    scaled = rate * jnp.sqrt(1 - b2 ** (step + 1.0)) / (1 - b1 ** (step + 1.0))

    def new(weight, slope, first, second):
        first, second = first + (slope - first) * (1 - b1), second + (slope**2 - second) * (1 - b2)
        shrunk = weight * (1 - decay * rate) if weight.ndim > 1 else weight
        return shrunk - scaled * first / (jnp.sqrt(second) + epsilon), first, second

    leaves, shape = jax.tree.flatten(weights)
    others = [jax.tree.leaves(tree) for tree in (slopes, *moments)]
    results = [new(*four) for four in zip(leaves, *others, strict=True)]
    weights, *moments = (jax.tree.unflatten(shape, part) for part in zip(*results, strict=True))
    return weights, moments


def loss_of(recipe, logits, labels, taught=None):
    """Cross-entropy of labels (N,), smoothed; or `DistillationLoss` if taught (N, 10) is given."""
    logs = jax.nn.log_softmax(logits)
    smoothing = 0 if taught is not None else recipe.options.get("smoothing", 0)
    right = jnp.take_along_axis(logs, labels[:, None], 1)[:, 0]
    digits = -((1 - smoothing) * right + smoothing * logs.mean(-1))
    if taught is None:
        return digits.mean()
    heat, share = (recipe.options["distillation"][name] for name in ("temperature", "share"))
    teacher, student = jax.nn.log_softmax(taught / heat), jax.nn.log_softmax(logits / heat)
    divergence = (jnp.exp(teacher) * (teacher - student)).sum(-1)
    return (heat**2 * divergence + share * digits).mean()


def start_of(recipe, seed):
    """What training changes, before its first step, of one seed: dict."""
    weights = first_weights(recipe.network_options, jax.random.key(seed))
    zeros, others, mean = (
        jax.tree.map(make, weights) for make in (jnp.zeros_like, jnp.zeros_like, jnp.copy)
    )
    return {"weights": weights, "moments": [zeros, others], "mean": mean, "step": 0}


def one_epoch(recipe, states, seeds, epoch, images, labels, taught=None):
    """Train all seeds for an epoch; return their states, and their (loss, accuracy).

    states: of `start_of`, stacked. images, labels: (N, 28, 28) uint8, (N,).
    taught: (N, 10), the logarithms of a teacher's answers to the images, which are then the
            distorted ones already, the same for all seeds.
    """
    n, size = len(images), recipe.batch_size
    steps = math.ceil(n / size)
    options = recipe.network_options

    def one(state, seed, number, places):
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), 1), state["step"])
        batch, of_teacher = images[places], None if taught is None else taught[places]
        if taught is None:
            batch = distorted(batch, key, recipe.options.get("distort"))
        batch = batch.astype("float32") / INK

        def loss(weights):
            logits, _ = logits_of(options, weights, batch)
            right = (logits.argmax(-1) == labels[places]).mean()
            return loss_of(recipe, logits, labels[places], of_teacher), right

        (value, right), slopes = jax.value_and_grad(loss, has_aux=True)(state["weights"])
        rate = rate_at(state["step"], recipe, recipe.epochs * steps)
        decay = recipe.options.get("weight_decay", 0)
        weights, moments = adamw(
            state["weights"], slopes, state["moments"], state["step"], rate, decay
        )
        kept = jnp.where(state["step"] > 0, recipe.options.get("averaging", 0), 0)
        mean = jax.tree.map(lambda a, b: kept * a + (1 - kept) * b, state["mean"], weights)
        step = state["step"] + 1
        return {"weights": weights, "moments": moments, "mean": mean, "step": step}, (value, right)

    def order(seed):
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), 2), epoch)
        return jnp.resize(jax.random.permutation(key, n), (steps, size))

    def step(states, places):
        return jax.vmap(one, (0, 0, None, 0))(states, seeds, None, places)

    orders = jax.vmap(order)(seeds).swapaxes(0, 1)
    states, logs = jax.lax.scan(step, states, orders)
    return states, jax.tree.map(lambda log: log.mean(0), logs)


def statistics_of(options, weights, images):
    """`methods.recount_statistics`: each normalisation's mean and variance of images, as list."""

    def part(images):
        return logits_of(options, weights, images.astype("float32") / INK)[1]

    found = jax.lax.map(part, images.reshape(-1, AT_A_TIME, *images.shape[1:]))
    return jax.tree.map(lambda each: each.mean(0), found)


def answers_of(options, teacher, images):
    """The logarithms of the mean probabilities of networks, (weights, statistics) stacked."""

    def part(images):
        pixels = images.astype("float32") / INK
        logits, _ = jax.vmap(lambda w, s: logits_of(options, w, pixels, s))(*teacher)
        return jax.nn.logsumexp(jax.nn.log_softmax(logits), axis=0) - jnp.log(len(logits))

    found = jax.lax.map(part, images.reshape(-1, AT_A_TIME, *images.shape[1:]))
    return found.reshape(-1, 10)


def train(recipe, seeds, images, labels, teacher=None, report=print):
    """Train the seeds of a recipe; return (weights, statistics) stacked, and each one's curve.

    images, labels: (N, 28, 28) uint8 and (N,), those trained on; N a multiple of 1,000.
    teacher: (network options, (weights, statistics) stacked), or None.
    report:  function of str, called after some epochs.
    A curve is a list of dict, an epoch each, as a study's runs have.
    """
    images, labels = jnp.asarray(images), jnp.asarray(labels.astype("int32"))
    seeds = jnp.asarray(list(seeds))
    states = jax.jit(jax.vmap(functools.partial(start_of, recipe)))(seeds)
    run = jax.jit(functools.partial(one_epoch, recipe), donate_argnums=0)
    seen, lesson = images, teacher and _lessons(recipe, teacher, images)
    logs, began = [], time.perf_counter()
    for epoch in range(recipe.epochs):
        if teacher:
            seen, taught = lesson(epoch)
        states, log = run(states, seeds, epoch, seen, labels, taught if teacher else None)
        logs.append(log)
        if epoch in (0, 1) or epoch % 20 == 19:
            loss, spent = float(log[0].mean()), time.perf_counter() - began
            report(f"epoch {epoch + 1}: {spent:.1f} s, loss {loss:.4f}")
    weights = states["mean"] if "averaging" in recipe.options else states["weights"]
    recount = functools.partial(statistics_of, recipe.network_options)
    statistics = jax.jit(jax.vmap(recount, (0, None)))(weights, images)
    return (weights, statistics), _curves(recipe, logs, len(images))


def _lessons(recipe, teacher, images):
    """A function of an epoch: its distorted images, and the logarithms of the teacher's answers."""
    options, networks = teacher
    distort = jax.jit(
        lambda images, number: distorted(
            images, jax.random.fold_in(jax.random.key(0), number), recipe.options.get("distort")
        )
    )
    ask = jax.jit(functools.partial(answers_of, options))
    answers = {}

    def lesson(epoch):
        number = epoch % recipe.options["teacher"]["epochs"]
        seen = distort(images, number)
        if number not in answers:
            answers[number] = ask(networks, seen)
        return seen, answers[number]

    return lesson


def _curves(recipe, logs, n):
    steps = math.ceil(n / recipe.batch_size)
    rates = [
        float(rate_at(steps * (epoch + 1) - 1, recipe, steps * recipe.epochs))
        for epoch in range(recipe.epochs)
    ]
    losses, rights = (np.array([log[part] for log in logs]) for part in (0, 1))
    return [
        [
            {"epoch": epoch + 1, "accuracy": float(right), "loss": float(loss), "learning_rate": r}
            for epoch, (right, loss, r) in enumerate(
                zip(rights[:, s], losses[:, s], rates, strict=True)
            )
        ]
        for s in range(losses.shape[1])
    ]


# Files: of each run, what `study take` makes a row of


def arrays_of(options, network):
    """The weights of one network, (weights, statistics), in Keras's order: list of arrays."""
    weights, statistics = (iter(part) for part in network)
    arrays = []
    for kind, _ in layers_of(options):
        if kind == "convolution":
            arrays += next(weights)
        elif kind == "normalisation":
            arrays += [*next(weights), *next(statistics)]
    return [np.asarray(array) for array in [*arrays, *next(weights)]]


def network_of(options, arrays):
    """The inverse of `arrays_of`."""
    arrays = iter(arrays)
    weights, statistics = [], []
    for kind, _ in layers_of(options):
        if kind == "convolution":
            weights.append((next(arrays),))
        elif kind == "normalisation":
            weights.append((next(arrays), next(arrays)))
            statistics.append((next(arrays), next(arrays)))
    return [*weights, tuple(arrays)], statistics


def train_rung(study, rung, seeds, folder, digits, report=print):
    """Train the seeds of a rung; write RUNG-SEED.npz, weights, and RUNG-SEED.json, of each run.

    folder: path; also of the teacher's networks, where those are no checkpoints.
    Raises ValueError for a recipe that is not `one_cycle`'s of a `deep_network`.
    """
    plan = recipes.STUDIES[study]
    recipe = plan.rungs[rung]
    if (recipe.network, recipe.method) != ("deep_network", "one_cycle"):
        raise ValueError(f"Side by side, only deep_network is trained, by one_cycle; not {rung}.")
    recipe.check(digits)
    images, labels = training_images(digits, recipe)
    split = recipe.validation_split
    part = split_validation(len(images), split)[0] if split else slice(None)
    teacher = _teacher(recipe, folder)
    began = time.perf_counter()
    networks, curves = train(recipe, seeds, images[part], labels[part], teacher, report)
    seconds = time.perf_counter() - began
    for place, seed in enumerate(seeds):
        network = jax.tree.map(lambda array, place=place: array[place], networks)
        arrays = arrays_of(recipe.network_options, network)
        record = {
            "settings": plan.settings(rung),
            "version": recipes.VERSION,
            "seconds": round(seconds / len(seeds), 2),
            "processor": f"{jax.devices()[0].device_kind}, {len(seeds)} seeds at a time",
            "made_by": f"JAX {jax.__version__}",
            "curve": curves[place],
        }
        with replaced(Path(folder) / f"{rung}-{seed}.npz") as file:
            np.savez(file, **{f"{number:03}": array for number, array in enumerate(arrays)})
        with replaced(Path(folder) / f"{rung}-{seed}.json") as file:
            file.write(json.dumps(record).encode())
    report(f"{rung}: {len(seeds)} runs in {seconds:.0f} s")


def _teacher(recipe, folder):
    """The networks that teach: (network options, (weights, statistics) stacked), or None."""
    if "teacher" not in recipe.options:
        return None
    index, found, options = json.loads((FOLDER / INDEX).read_text()), [], None
    for name in recipe.options["teacher"]["networks"]:
        if name in index:
            path, options = FOLDER / f"{name}.npz", index[name]["network_options"]
        else:
            path = Path(folder) / f"{name}.npz"
            if not path.is_file():
                raise FileNotFoundError(f"{name} teaches; train the study teachers --to it first.")
            options = recipes.STUDIES["teachers"].rungs[name.rpartition("-")[0]].network_options
        with np.load(path) as arrays:
            found.append(network_of(options, [arrays[key] for key in sorted(arrays)]))
    return options, jax.tree.map(lambda *arrays: jnp.stack(arrays), *found)


def main(words=None):
    """Train what the words name."""
    parser = argparse.ArgumentParser(prog="side_by_side", description=__doc__.partition("\n")[0])
    parser.add_argument("study", choices=recipes.STUDIES, metavar="STUDY")
    parser.add_argument("--rungs", help="A,B: some of its rungs; all unless given")
    parser.add_argument("--seeds", type=seeds, default="0,1,2,3,4", metavar="S,S")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder of the runs' files")
    args = parser.parse_args(words)
    known = recipes.STUDIES[args.study].rungs
    rungs = args.rungs.split(",") if args.rungs else known
    if unknown := [rung for rung in rungs if rung not in known]:
        parser.error(f"no rung of {args.study} is called {unknown[0]!r}; known: {', '.join(known)}")
    Path(args.to).mkdir(parents=True, exist_ok=True)
    digits = load_mnist()
    for rung in rungs:
        try:
            train_rung(args.study, rung, args.seeds, args.to, digits)
        except (ValueError, FileNotFoundError) as error:
            parser.error(f"{rung}: {error}")


def seeds(text):
    return [int(seed) for seed in text.split(",")]


if __name__ == "__main__":
    main()
