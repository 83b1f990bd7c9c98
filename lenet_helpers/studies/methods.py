"""How the networks of a study are compiled and trained: the functions that recipes name.

Each takes a network that is not compiled, (N, 28, 28) uint8 images, (N,) labels, the Recipe, a
seed, further callbacks, and a `TrainingState` to go on from or None; trains the network in place,
for all of the recipe's epochs; and returns a Keras History.
"""

import hashlib
import math
from pathlib import Path

import keras
import numpy as np

from lenet_helpers.checkpoints import CheckpointError, unpack_weights
from lenet_helpers.lenet1998.losses import MeanDistance, RBFLoss
from lenet_helpers.lenet1998.networks import compile_1998
from lenet_helpers.lenet1998.optimizer import (
    CurvatureEstimate,
    StochasticDiagonalLM,
    TrainingRecord,
    paper_rate,
)
from lenet_helpers.models import compile_article
from lenet_helpers.preprocessing import split_validation, to_model_input
from lenet_helpers.studies import distortions
from lenet_helpers.studies.recipes import find, read_settings
from lenet_helpers.studies.teacher import DigitAccuracy, DistillationLoss, lessons
from lenet_helpers.training import predict, train


def article(model, images, labels, recipe, seed, callbacks=(), state=None):
    """The article's recipe: Adam with Keras's defaults, cross-entropy.

    options: optimizer ("SGD", ...) and learning_rate, if it is another.
    """
    compile_article(model, _by_keras(recipe.options) if recipe.options else "adam")
    return _train(model, images, labels, recipe, seed, callbacks, state)


def _by_keras(options):
    return getattr(keras.optimizers, options["optimizer"])(options["learning_rate"])


def paper(model, images, labels, recipe, seed, callbacks=(), state=None):
    """The recipe of 1998: the loss of eq. 9, and the stochastic diagonal LM of appendix C.

    options: rubbish (the constant j), mu, and recorded (whether the logs get what
    `TrainingRecord` adds; off unless given).
    """
    compile_1998(model, StochasticDiagonalLM(mu=recipe.options["mu"]), _loss(recipe))
    seen = training_part(len(images), recipe)
    rates = keras.callbacks.LearningRateScheduler(
        lambda epoch, now: paper_rate(epoch, recipe.epochs)
    )
    curvature = CurvatureEstimate(images[seen], labels[seen], seed)
    record = [TrainingRecord()] if recipe.options.get("recorded") else []
    callbacks = [curvature, rates, *record, *callbacks]
    return _train(model, images, labels, recipe, seed, callbacks, state)


def one_cycle(model, images, labels, recipe, seed, callbacks=(), state=None):
    """AdamW with a rate that rises during a tenth of training and then falls to 0.

    options: learning_rate (the highest), weight_decay, smoothing of the labels, averaging (the
    momentum of an exponential moving average of the weights, which takes their place in the end),
    distort, recount (whether `recount_statistics` follows, on the training images as they are),
    each but the first 0 or off unless given; and teacher, what `lessons` takes besides, with
    distillation, the arguments of `DistillationLoss`, which is then the loss.
    """
    options = recipe.options
    seen = training_part(len(images), recipe)
    updates = recipe.epochs * math.ceil(len(images[seen]) / recipe.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(
        options["learning_rate"] / 25,
        decay_steps=updates - updates // 10,
        warmup_target=options["learning_rate"],
        warmup_steps=updates // 10,
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=options.get("weight_decay", 0),
        use_ema="averaging" in options,
        ema_momentum=options.get("averaging", 0),
    )
    # Decay is for kernels: it would pull scales to 0 where nothing brings them back.
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    loss, metric, of_epoch = _aim(options, images[seen], labels[seen])
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
    history = _train(model, images, labels, recipe, seed, callbacks, state, of_epoch)
    optimizer.finalize_variable_values(model.trainable_variables)
    if options.get("recount"):
        recount_statistics(model, images[seen], find(recipe.preprocess, "preprocessing"))
    return history


def _aim(options, images, labels):
    """The loss, the metric, and what gives each epoch's images and labels if a teacher does."""
    if "teacher" not in options:
        return smoothed_crossentropy(options.get("smoothing", 0)), "accuracy", None
    of_epoch = lessons(images, labels, distort=options.get("distort"), **options["teacher"])
    return DistillationLoss(**options["distillation"]), DigitAccuracy(), of_epoch


def smoothed_crossentropy(smoothing):
    """Return the cross-entropy of probabilities with labels that are not quite sure: a Keras loss.

    smoothing: float in [0, 1): so much of each label is shared out evenly over all classes. 0 is
               the plain cross-entropy. Szegedy et al. 2016, section 7.
    Labels are (batch,) integers, as Keras's own smoothing does not take them.
    Raises ValueError for another smoothing.
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be in [0, 1), got {smoothing}.")

    def loss(y_true, y_pred):
        truth = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), y_pred.shape[-1])
        return keras.losses.categorical_crossentropy(truth, y_pred, label_smoothing=smoothing)

    return loss


def recount_statistics(model, images, preprocess=to_model_input, images_at_a_time=1000):
    """Count what batch normalisation subtracts and divides by anew: from images, as they are.

    Training leaves running means of the last batches: of distorted images, under weights that
    moved on, and that an average may have replaced since.
    images: (N, 28, 28) uint8; preprocess: turns them into what the model reads.
    The weights that are trained stay as they are.
    Izmailov et al. 2018 (stochastic weight averaging), section 3.2.
    Raises ValueError if no layer normalises batches.
    """
    layers = normalisations(model)
    if not layers:
        raise ValueError(f"{model.name} has no batch normalisation whose statistics count.")
    usual = [layer.momentum for layer in layers]
    parts = np.array_split(images, math.ceil(len(images) / images_at_a_time))
    for number, part in enumerate(parts):
        for layer in layers:
            layer.momentum = number / (number + 1)  # the mean of all parts so far
        model(preprocess(part), training=True)
    for layer, momentum in zip(layers, usual, strict=True):
        layer.momentum = momentum


def normalisations(model):
    """The layers that normalise batches: list, in order."""
    return [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]


def distances(model, images, labels, recipe, seed, callbacks=(), state=None):
    """A network with an RBF output, trained by one of Keras's optimizers.

    options: optimizer ("SGD", "Adam", ...), learning_rate, rubbish, and falling: whether the rate
    falls from pass to pass in the proportions of the paper's.
    """
    rate = recipe.options["learning_rate"]
    compile_1998(model, _by_keras(recipe.options), _loss(recipe))
    if recipe.options.get("falling"):
        falling = keras.callbacks.LearningRateScheduler(
            lambda epoch, now: rate * paper_rate(epoch, recipe.epochs) / paper_rate(0)
        )
        callbacks = [falling, *callbacks]
    return _train(model, images, labels, recipe, seed, callbacks, state)


def _train(model, images, labels, recipe, seed, callbacks, state, of_epoch=None):
    return train(
        model,
        images,
        labels,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        seed=seed,
        callbacks=callbacks,
        preprocess=find(recipe.preprocess, "preprocessing"),
        augment=None if of_epoch else distortions.named(recipe.options.get("distort")),
        of_epoch=of_epoch,
        state=state,
    )


def training_part(n, recipe):
    """The slice of n images that a recipe trains on: all, or all but the validation images."""
    split = recipe.validation_split
    return split_validation(n, split)[0] if split else slice(n)


def _loss(recipe):
    rubbish = recipe.options["rubbish"]
    return MeanDistance() if rubbish is None else RBFLoss(rubbish)


# What all of them share


def build(recipe):
    """Return the network of a Recipe, new and not compiled."""
    return find(recipe.network, "networks")(**recipe.network_options)


def answers(model, recipe, images):
    """The digit that a network answers for each image: (N,) int.

    images: (N, 28, 28) uint8; the Recipe says how the network reads them and answers.
    """
    outputs = predict(model, images, find(recipe.preprocess, "preprocessing"))
    return outputs.argmax(1) if recipe.answer == "largest" else outputs.argmin(1)


def load_run(runs, rung, seed, folder):
    """Return the trained network of a run, and its Recipe.

    runs: DataFrame of `table.read_runs`; folder: path of its weights, RUNG-SEED.npz.
    Raises CheckpointError if the run is not in the table, or the weights are not there or not its.
    """
    found = runs[(runs["rung"] == rung) & (runs["seed"] == seed)]
    if len(found) != 1:
        raise CheckpointError(f"The table has {len(found)} runs of {rung} with seed {seed}.")
    run = found.iloc[0]
    path = Path(folder) / f"{rung}-{seed}.npz"
    command = f"study run {run['study']} --rungs {rung} --seeds {seed + 1} --weights"
    remedy = f"`python -m lenet_helpers {command}` makes it."
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing from {folder}. {remedy}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != run["weights_sha256"]:
        raise CheckpointError(f"{path} is damaged, or of another run than the table's. {remedy}")
    recipe, _ = read_settings(run["settings"])
    model = build(recipe)
    unpack_weights(model, content)
    return model, recipe
