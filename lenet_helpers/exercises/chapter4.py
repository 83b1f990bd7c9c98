"""The exercises of chapter 4."""

import itertools
import math

import numpy as np

from lenet_helpers.exercises.judging import (
    call,
    exercise,
    is_close,
    read_number,
    read_numbers,
    reject,
)

EPOCHS, BATCH = 5, 64  # of exercise 4.1
RATE = 0.05  # of the step that exercise 4.2 tries
PATIENCE = 3  # of exercise 4.3


@exercise("a whole number")
def updates_of_five_epochs(updates, training):
    """Exercise 4.1: the updates of EPOCHS with batches of BATCH images."""
    updates, images = read_number(updates), training.stop - training.start
    right = EPOCHS * math.ceil(images / BATCH)
    everything = round(images / 0.9)  # with the images that validate
    reject(updates == right // EPOCHS, f"that is one epoch; the question is for {EPOCHS}.")
    reject(
        updates == EPOCHS * (images // BATCH),
        "the last batch of an epoch is smaller, and makes an update all the same.",
    )
    reject(
        updates in (EPOCHS * images / BATCH, math.ceil(EPOCHS * images / BATCH)),
        "each epoch starts afresh: its last, smaller batch is not filled up from the next.",
    )
    reject(
        updates in (EPOCHS * math.ceil(everything / BATCH), EPOCHS * (everything // BATCH)),
        "these are all images; those that validate make no update.",
    )
    reject(updates in (images, EPOCHS * images), "these are images; an update takes a whole batch.")
    reject(updates == EPOCHS * math.ceil(images / 10), f"the batches have {BATCH} images, not 10.")
    reject(
        updates == EPOCHS * BATCH, "batches are counted by dividing: images / images in a batch."
    )
    reject(updates <= 0, "there is at least one update in an epoch.")
    much, of_each = "many" if updates > right else "few", EPOCHS * images / updates
    reject(updates != right, f"too {much}: that would be {of_each:,.1f} images for each update.")
    return f"{right // EPOCHS:,} an epoch, {images % BATCH} images in the last batch of each."


@exercise("a function of a model, images, labels and a rate")
def one_step(step, model, images, labels):
    """Exercise 4.2: a function (model, images, labels, rate) -> the loss before its step.

    model: built; its weights are given back as they were. images, labels: of one batch.
    """
    start = model.get_weights()
    loss, gradient = _loss_and_gradient(model, images, labels)
    try:
        given = read_number(call(step, model, images, labels, RATE), "what your function returns")
        moved = _flat(model.get_weights()) - _flat(start)
        after, _ = _loss_and_gradient(model, images, labels)
    finally:
        model.set_weights(start)
    reject(
        not moved.any(), "no weight has changed: `weight.assign_sub(change)` changes it in place."
    )
    same = _same_direction(moved, gradient)
    reject(same(RATE), "the loss has grown: a step goes against the gradient, so subtract.")
    reject(same(-1), "the step is the whole gradient: multiply it by the learning rate.")
    reject(same(-RATE * len(labels)), "almost: the loss is the mean over the images, not the sum.")
    still = np.mean(moved[gradient != 0] == 0)
    reject(still > 0.5, f"{still:.0%} of the weights stay where they are: change all of them.")
    reject(
        not same(-RATE),
        "the weights move, but not by -rate * gradient of the mean cross-entropy of these images.",
    )
    reject(
        is_close(given, after, 1e-4) and not is_close(loss, after, 1e-4),
        "the weights are right. But this is the loss after the step; return the one before it.",
    )
    reject(
        not is_close(given, loss, 1e-3),
        f"the weights are right. But the loss before the step was {loss:.4f}, not {given:.4f}.",
    )
    return f"one step with a rate of {RATE:g} took the loss from {loss:.2f} to {after:.2f}."


def _loss_and_gradient(model, images, labels):
    """The mean cross-entropy and its gradient, one array for all weights of a model."""
    import keras
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy()(labels, model(images))
    gradients = tape.gradient(loss, model.trainable_variables)
    return float(loss), _flat([one.numpy() for one in gradients])


def _flat(arrays):
    return np.concatenate([array.ravel() for array in arrays])


def _same_direction(moved, gradient):
    """A function that says whether the weights have moved by a multiple of the gradient."""
    return lambda factor: np.allclose(moved, factor * gradient, rtol=0.01, atol=1e-5)


@exercise("a function of losses and a patience")
def early_stopping(stop, epochs):
    """Exercise 4.3: a function (losses, patience) -> (last epoch, epoch whose weights are kept).

    epochs: DataFrame, a row per seed and epoch, with their val_loss.
    """
    series = [each["val_loss"].tolist() for _, each in epochs.groupby("seed")]
    answers = [_stopped(stop, losses) for losses in [*series, [3, 2, 1], [2, 1, 1, 1, 1, 0]]]
    *runs, falling, level = answers
    rights = [_stops(losses, PATIENCE) for losses in series]
    for (last, kept), (right_last, right_kept), losses in zip(runs, rights, series, strict=True):
        shown = ", ".join(f"{loss:.4f}" for loss in losses[:right_last])
        reject((last, kept) == (right_last - 1, right_kept - 1), "almost: count epochs from one.")
        reject(
            (last, kept) == (right_kept, right_last),
            "you have exchanged them: first the last epoch, then the one whose weights are kept.",
        )
        reject(
            last == right_last + 1 and kept == right_kept,
            f"too late: with a patience of {PATIENCE}, as many epochs without a new best end it.",
        )
        reject(
            last > right_last and last == _last_by_neighbours(losses),
            "compare each loss with the best so far, not with the epoch before.",
        )
        reject(
            (last, kept) != (right_last, right_kept),
            f"losses of {shown}: it is {right_last} and {right_kept}, not {last:g} and {kept:g}.",
        )
    reject(falling != (3, 3), "losses of 3, 2, 1 never stop the training: the last epoch is kept.")
    reject(
        level == (5, 6),
        "for losses of 2, 1, 1, 1, 1, 0: epoch 6 has the smallest loss, but the training has "
        "stopped before it.",
    )
    reject(
        level != _stops([2, 1, 1, 1, 1, 0], PATIENCE),
        "for losses of 2, 1, 1, 1, 1, 0: a loss that equals the best is not below it.",
    )
    lasts, kepts = (", ".join(map(str, column)) for column in zip(*rights, strict=True))
    spared = sum(
        min(losses) == losses[kept - 1] for losses, (_, kept) in zip(series, rights, strict=True)
    )
    return (
        f"the stored runs would end with epochs {lasts}, and keep the weights of {kepts}. In "
        f"{spared} of {len(series)} runs, no later epoch had a lower loss."
    )


def _stopped(stop, losses):
    answer = call(stop, list(losses), PATIENCE)
    return tuple(read_numbers(answer, (2,), "what your function returns").tolist())


def _stops(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch + 1, best + 1


def _last_by_neighbours(losses):
    """The last epoch, if each loss is compared with the one before it."""
    waited = 0
    for epoch, (before, loss) in enumerate(itertools.pairwise(losses), start=2):
        waited = 0 if loss < before else waited + 1
        if waited == PATIENCE:
            return epoch
    return len(losses)
