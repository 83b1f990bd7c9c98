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
    read_word,
    reject,
)

IMAGES, FEW, MANY = 1000, 10, 100  # trained on in exercise 4.1, and in a batch
RATE = 0.05  # of the step that exercise 4.2 tries
PATIENCE = 3  # of exercise 4.3
COLLEAGUE = 98.80  # percent, of exercise 4.4
NEWS = 2.8  # deviations, of exercise 4.4: Student's t, 95 %, for a deviation from 5 runs


@exercise("a function of a size of batches and a number of epochs, and a number of epochs")
def larger_batches(training, epochs, images, labels):
    """Exercise 4.1: a function (batch_size, epochs) -> a network trained on IMAGES images.

    epochs: how many make as many updates with batches of MANY images as one with FEW does.
    images, labels: those that validate, as the model's input. Sets the seed before each training.
    """
    import keras

    epochs = read_number(epochs, "my_epochs")
    right = MANY // FEW
    reject(epochs == 1, f"one epoch makes {IMAGES // MANY} updates in place of {IMAGES // FEW}.")
    reject(epochs == 1 / right, f"the other way round: batches of {MANY} make fewer updates.")
    reject(epochs == IMAGES // FEW, "these are updates; the question is for epochs.")
    reject(epochs != right, f"an epoch makes {IMAGES // FEW} updates, or {IMAGES // MANY}.")
    cases = {(FEW, 1): IMAGES // FEW, (MANY, 1): IMAGES // MANY, (MANY, right): IMAGES // FEW}
    losses, made = [], []
    for (size, count), updates in cases.items():
        keras.utils.set_random_seed(0)  # the same new weights each time
        model = call(training, size, count)
        scores = model.evaluate(images, labels, verbose=0, return_dict=True)
        losses.append(scores["loss"])
        made.append(int(model.optimizer.iterations))
        asked = f"with batch_size={size} and epochs={count}"
        reject(
            len(made) > 1 and made[-1] == updates + made[-2],
            f"{asked} the network goes on from an earlier training: build it in the function.",
        )
        reject(
            made[-1] == math.ceil(0.9 * updates), "a part validates: leave validation_split out."
        )
        reject(made[-1] != updates, f"{asked} it makes {made[-1]} updates, not {updates}.")
    few, many, same = losses
    return (
        f"loss on the validation images: {few:.2f} after an epoch with batches of {FEW}, "
        f"{many:.2f} with batches of {MANY}, and {same:.2f} after as many updates with batches of "
        f"{MANY}, in {right} epochs. Such an update helps more, but reads {right} times "
        "as many images."
    )


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
    reject(
        tuple(call(stop, [2, 1, 1, 1, 1, 0], 2)) != (4, 2),
        "it should use the patience that it is given.",
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


@exercise("a number and a word")
def news_or_noise(distance, verdict, runs):
    """Exercise 4.4: COLLEAGUE's distance from the mean of the runs in deviations; news or noise.

    runs: DataFrame, a row per run, with its val_accuracy in [0, 1].
    """
    distance, n = read_number(distance, "my_distance"), len(runs)
    mean, deviation = 100 * runs["val_accuracy"].mean(), 100 * runs["val_accuracy"].std()
    one = (COLLEAGUE - mean) / deviation
    right, two = one / math.sqrt(1 + 1 / n), math.sqrt(2)
    for wrong, why in {
        COLLEAGUE - mean: "these are percentage points: divide them by a standard deviation.",
        one: f"that is for a mean without noise; a mean of {n} runs varies, too.",
        one / two: f"that is for two single runs; one side is a mean of {n}.",
        one * math.sqrt(n / 2): f"that is for two means of {n} runs; one side is a single run.",
        one * math.sqrt(n): "that is how the mean varies; the colleague's run varies, too.",
        one / (1 + 1 / math.sqrt(n)): "add the squares of the deviations, not the deviations.",
        -right: "the right size, with the wrong sign: the colleague's run is the better one.",
    }.items():
        reject(is_close(distance, wrong, 0.006), why)
    reject(not is_close(distance, right, 0.05), "no. Begin with the deviation of the difference.")
    verdict, truth = read_word(verdict), "noise" if right < NEWS else "news"
    reject(verdict not in ("news", "noise"), 'my_verdict should be "news" or "noise".')
    reject(verdict != truth, f"the distance is right; below {NEWS} it is noise, else news.")
    least = mean + NEWS * deviation * math.sqrt(1 + 1 / n)
    return (
        f"{right:.1f} deviations are {truth}. A single run would have to reach {least:.2f} % to "
        f"lie {NEWS} deviations above the mean of our {n}."
    )
