"""The article's recipe with the loop over batches compiled, and prediction to go with it.

One compiled program runs some hundred updates a call, on a network whose convolutions are fused
with their pooling: each of the two makes an epoch shorter (benchmarks/training.py). Model, loss,
metrics and optimizer are Keras's own, so the mathematics is that of `fit`.
"""

import math
import numbers
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf

from lenet_helpers.preprocessing import check_images, split_validation, to_model_input
from lenet_helpers.training.fused import fuse, is_fast_under_xla
from lenet_helpers.training.progress import progress_callbacks
from lenet_helpers.training.state import variables_of

IMAGES_PER_CALL = 5400
PREDICTION_BATCH = 250


def train(
    model,
    images,
    labels,
    *,
    batch_size=10,
    epochs=20,
    validation_split=0.1,
    seed=0,
    callbacks=(),
    preprocess=to_model_input,
    augment=None,
    of_epoch=None,
    state=None,
):
    """Train a compiled Keras model as `model.fit` would, in compiled runs of many updates.

    The order of the images is a new one in each epoch. `fit` repeats one order in all epochs where
    `keras.utils.set_random_seed` was called (benchmarks/order.py measures what that does).

    images: (N, 28, 28) uint8; they stay uint8 until their batch is formed.
    labels: (N,) integers.
    validation_split: float in [0, 1), the share at the end of the arrays, as in `fit`; 0 for none.
    seed: all that is random in epoch e follows from seed and e, the order of the images by
        `epoch_order(n, seed, e)`.
    callbacks: Keras callbacks; their batch methods are called once per compiled run, as with
        `steps_per_execution`.
    preprocess: turns a uint8 batch into the model's input.
    augment: turns (n, 28, 28) uint8 and a NumPy Generator into distorted images of the same kind:
        called anew for all training images of an epoch, some thousand at a time.
    of_epoch: a function of an epoch, from 0, that returns its training images and labels, which
        take the place of the given ones. Labels are then whatever the loss and the metrics take.
    state: a `TrainingState`, kept as epochs finish; training goes on from what it holds, and
        becomes what it would have become without the interruption.
    Returns a Keras History with the running training metrics and the validation metrics of each
    epoch. Interrupting the kernel ends training early: model, optimizer and history are then those
    of the last finished epoch. Before the first has finished, they are as they were, and
    KeyboardInterrupt is raised.
    Raises ValueError if the model is not compiled, if there are no images, if labels are no array
    of digits, one for each image and output, if a number is out of range, or if a preprocessed
    image holds NaN or infinity; and TypeError for images that are not uint8.
    """
    _check(model, images, labels, "train on")
    for name, value, least in (
        ("batch_size", batch_size, 1),
        ("epochs", epochs, 1),
        ("seed", seed, 0),
    ):
        _check_whole(name, value, least)
    _check_inputs(images, preprocess)
    training, validation = _split(len(images), validation_split)
    updates = math.ceil((training.stop - training.start) / batch_size)
    callbacks = keras.callbacks.CallbackList(
        [*callbacks, *progress_callbacks()],
        add_history=True,
        model=model,
        epochs=epochs,
        steps=updates,
        verbose=0,
    )
    history = model.history
    run_updates = _compile_updates(model, preprocess)
    model.stop_training = False
    logs = {}
    callbacks.on_train_begin()
    if state:
        history.history = state.restore(model)
        history.epoch = list(range(len(history.history.get("loss", []))))
    finished, values = len(history.epoch), _values(model)
    try:
        for epoch in range(finished, epochs):
            callbacks.on_epoch_begin(epoch)
            _seed_layers(model, seed, epoch)
            order = epoch_order(training.stop, seed, epoch)
            given = of_epoch(epoch) if of_epoch else (images, labels)
            runs = _drawn(*given, order, batch_size, augment, [seed, epoch])
            logs = _run_epoch(model, run_updates, runs, callbacks)
            if validation:
                scores = evaluate(model, images[validation], labels[validation], preprocess)
                logs |= {f"val_{name}": value for name, value in scores.items()}
            callbacks.on_epoch_end(epoch, logs)
            if state:
                state.keep(model, history.history)
            finished, values = len(history.epoch), _values(model)
            if model.stop_training:
                break
    except KeyboardInterrupt:
        if len(history.epoch) == finished:
            _assign(model, values)
        callbacks.on_train_end(logs)
        if not history.epoch:
            raise KeyboardInterrupt(
                "Interrupted before an epoch was finished: the model is as it was."
            ) from None
        print(
            f"Interrupted after {len(history.epoch)} finished epochs: the model is that of the "
            "last of them.",
            file=sys.stderr,
        )
        return history
    callbacks.on_train_end(logs)
    return history


def epoch_order(n, seed, epoch):
    """The order in which an epoch visits n images: (n,) int, new in each epoch."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def predict(model, images, preprocess=to_model_input):
    """What the model puts out for each image: (N, classes) float32.

    images: (N, 28, 28) uint8. The compiled program is kept with the model; batches share the cores.
    Raises TypeError or ValueError if they are anything else.
    """
    check_images(images)
    if len(images) == 0:
        return np.empty((0, *model.output_shape[1:]), "float32")
    forward = _compiled_forward(model, preprocess)
    starts = range(0, len(images), PREDICTION_BATCH)
    batches = [_filled(images[start : start + PREDICTION_BATCH]) for start in starts]
    forward.get_concrete_function(batches[0])  # the threads would each trace it
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = list(pool.map(forward, batches))
    return np.concatenate(outputs)[: len(images)]


def _filled(batch):
    """The batch with blank images at its end, so that one compiled program serves all batches."""
    missing = PREDICTION_BATCH - len(batch)
    return np.pad(batch, [(0, missing), *[(0, 0)] * (batch.ndim - 1)]) if missing else batch


def evaluate(model, images, labels, preprocess=to_model_input):
    """The model's loss and metrics over all images: dict of float, named as in `fit`'s logs.

    Raises ValueError as `train`, and if there are no images.
    """
    _check(model, images, labels, "evaluate")
    labels, outputs = tf.constant(labels), tf.constant(predict(model, images, preprocess))
    model.reset_metrics()
    loss = model.compute_loss(y=labels, y_pred=outputs, training=False)
    _update_metrics(model, labels, outputs, loss, len(labels))
    return _as_floats(model.get_metrics_result())


def _check(model, images, labels, purpose):
    if not getattr(model, "compiled", False):
        raise ValueError("The model is not compiled: call model.compile(...) first.")
    for name, values in (("images", images), ("labels", labels)):
        if not isinstance(values, np.ndarray):
            kind = type(values).__name__
            raise ValueError(f"{name} must be a NumPy array, got {kind}: try np.asarray({name}).")
    check_images(images)
    if len(images) == 0:
        raise ValueError(f"There are no images to {purpose}.")
    _check_labels(labels, model.output_shape[-1])
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images but {len(labels)} labels.")


def _check_labels(labels, classes):
    if labels.ndim != 1:
        hint = " One-hot labels become digits by labels.argmax(axis=1)." if labels.ndim == 2 else ""
        raise ValueError(f"labels must have shape (N,), got {labels.shape}.{hint}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, got {labels.dtype}: try labels.astype(int).")
    others = np.setdiff1d(labels, np.arange(classes))
    if len(others):
        raise ValueError(f"Labels must be 0 to {classes - 1}, but {others[0]} is among them.")


def _check_whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}.")


def _check_inputs(images, preprocess):
    for start in range(0, len(images), IMAGES_PER_CALL):
        inputs = np.asarray(preprocess(tf.constant(images[start : start + IMAGES_PER_CALL])))
        if not np.isfinite(inputs).all():
            wrong = ~np.isfinite(inputs).reshape(len(inputs), -1).all(axis=1)
            raise ValueError(
                f"Image {start + wrong.argmax()} holds NaN or infinity after preprocessing: does "
                "it divide by zero?"
            )


def _values(model):
    return [variable.numpy() for variable in variables_of(model)]


def _assign(model, values):
    for variable, value in zip(variables_of(model), values, strict=True):
        variable.assign(value)


def _split(n, validation_split):
    return split_validation(n, validation_split) if validation_split else (slice(0, n), None)


def _seed_layers(model, seed, epoch):
    """Start the random numbers of Dropout and its like anew: Keras does not save their state."""
    states = [state for state in model.variables if state.path.endswith("seed_generator_state")]
    for number, state in enumerate(states):
        numbers = np.random.default_rng([seed, epoch, number])
        state.assign(numbers.integers(2**31, size=state.shape))


def _run_epoch(model, run_updates, runs, callbacks):
    model.reset_metrics()
    done = 0
    for images, labels, count in runs:
        callbacks.on_train_batch_begin(done)
        run_updates(images, labels, tf.constant(count))
        done += count
        logs = _as_floats(model.get_metrics_result())
        callbacks.on_train_batch_end(done - 1, logs)
        if model.stop_training:
            break
    return logs


def _drawn(images, labels, order, batch_size, augment, seed):
    """What each call gets: images (updates, batch, 28, 28), labels, and how many updates count."""
    for number, (batches, count) in enumerate(_runs(order, batch_size)):
        drawn = images[batches]
        if augment:
            flat = drawn.reshape(-1, *images.shape[1:])
            flat = augment(flat, np.random.default_rng([*seed, number]))
            drawn = flat.reshape(drawn.shape)
        yield drawn, labels[batches], count


def _runs(order, batch_size):
    """Cut an order into what one call gets: (updates, batch_size) indices, and how many count.

    All full calls have one shape, so that one program serves them: the last is filled up with
    updates that do not count. A ragged last batch comes alone.
    """
    updates = len(order) // batch_size
    batches = order[: updates * batch_size].reshape(updates, batch_size)
    size = min(updates, max(1, IMAGES_PER_CALL // batch_size))
    for start in range(0, updates, size or 1):
        run = batches[start : start + size]
        yield np.pad(run, [(0, size - len(run)), (0, 0)]), len(run)
    if updates * batch_size < len(order):
        yield order[np.newaxis, updates * batch_size :], 1


def _compile_updates(model, preprocess):
    """A program for images (updates, batch, 28, 28), their labels, and how many updates count."""
    network = fuse(model)
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=is_fast_under_xla(network))
    def run_updates(images, labels, count):
        for i in tf.range(count):
            _update(model, network, preprocess(images[i]), labels[i])

    return run_updates


def _update(model, network, inputs, labels):
    with tf.GradientTape() as tape:
        outputs = network(inputs, training=True)
        loss = model.compute_loss(x=inputs, y=labels, y_pred=outputs, training=True)
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    _update_metrics(model, labels, outputs, loss, labels.shape[0])


def _update_metrics(model, labels, outputs, loss, examples):
    for metric in model.metrics:
        if metric.name == "loss":
            metric.update_state(loss, sample_weight=examples)
        else:
            metric.update_state(labels, outputs)


def _compiled_forward(model, preprocess):
    kept = getattr(model, "_compiled_forward", None)
    if kept is None or kept[0] is not preprocess:
        network = fuse(model)

        @tf.function(jit_compile=is_fast_under_xla(network))
        def forward(images):
            return network(preprocess(images), training=False)

        kept = (preprocess, forward)
        model._compiled_forward = kept
    return kept[1]


def _as_floats(logs):
    return {name: float(value) for name, value in logs.items()}
