"""Compiled training against Keras's own `fit`, and what happens at its edges."""

import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from lenet_helpers.data import load_mnist
from lenet_helpers.models import article_lenet5, compile_article
from lenet_helpers.preprocessing import to_model_input
from lenet_helpers.training import epoch_order, evaluate, loop, predict, train
from lenet_helpers.training.fused import fuse, is_fast_under_xla
from lenet_helpers.training.state import TrainingState, variables_of


@pytest.fixture(scope="module")
def digits():
    loaded = load_mnist()
    return loaded.x_train[:2400], loaded.y_train[:2400]


def new_model(seed=0):
    keras.utils.set_random_seed(seed)
    return compile_article(article_lenet5())


def other_model(dropout=0.0):
    """Layers that are not fused, and that keep a state."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.MaxPooling2D(4),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class StepLosses(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


@pytest.mark.parametrize("build", [new_model, other_model])
def test_the_first_200_updates_are_those_of_fit(build, digits, monkeypatch):
    images, labels = (array[:2000] for array in digits)
    monkeypatch.setattr(loop, "IMAGES_PER_CALL", 10)
    ours, theirs = StepLosses(), StepLosses()
    train(build(), images, labels, epochs=1, validation_split=0, callbacks=[ours])
    order = epoch_order(2000, 0, 0)
    build().fit(
        to_model_input(images)[order],
        labels[order],
        batch_size=10,
        shuffle=False,
        verbose=0,
        callbacks=[theirs],
    )
    assert len(ours.losses) == 200
    np.testing.assert_allclose(ours.losses, theirs.losses, atol=1e-5)


@pytest.mark.parametrize("seeded, orders", [(True, 1), (False, 3)])
def test_fit_repeats_one_order_of_the_images_where_a_seed_is_set(seeded, orders):
    keras.utils.clear_session()
    tf.random.set_seed(None)
    if seeded:
        keras.utils.set_random_seed(0)
    seen = []

    class Watcher(layers.Layer):
        def call(self, inputs):
            tf.py_function(lambda batch: seen.append(batch.numpy()[:, 0].tolist()), [inputs], [])
            return inputs

    model = keras.Sequential([keras.Input((1,)), Watcher(), layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    numbers = np.arange(20.0)[:, np.newaxis]
    model.fit(numbers, numbers, batch_size=10, epochs=3, verbose=0)
    epochs = [tuple(first + second) for first, second in zip(seen[::2], seen[1::2], strict=True)]
    assert len(set(epochs)) == orders


def test_the_logs_of_two_epochs_are_those_of_fit(digits):
    images, labels = digits
    ours = train(other_model(), images, labels, batch_size=64, epochs=2).history
    model, inputs = other_model(), to_model_input(images)
    for epoch in range(2):
        order = epoch_order(2160, 0, epoch)
        theirs = model.fit(
            inputs[order],
            labels[order],
            batch_size=64,
            shuffle=False,
            validation_data=(inputs[2160:], labels[2160:]),
            verbose=0,
        ).history
        assert set(theirs) == set(ours)
        for name, values in theirs.items():
            assert values[0] == pytest.approx(ours[name][epoch], abs=1e-4), name


@pytest.mark.parametrize("n, batch_size", [(2400, 10), (5407, 10), (1003, 100), (7, 10), (60, 1)])
def test_every_example_is_trained_once_per_epoch(n, batch_size):
    order = epoch_order(n, 3, 1)
    runs = list(loop._runs(order, batch_size))
    visited = np.concatenate([batches[:count].ravel() for batches, count in runs])
    np.testing.assert_array_equal(visited, order)
    assert len({batches.shape for batches, _ in runs}) <= 2, "one program, and one for the rest"


def test_xla_compiles_what_it_is_fast_at():
    assert is_fast_under_xla(fuse(article_lenet5()))
    assert not is_fast_under_xla(fuse(other_model()))


def test_epochs_and_seeds_shuffle_differently():
    orders = [tuple(epoch_order(50, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_resuming_gives_the_same_bits(tmp_path, digits):
    images, labels = digits
    whole = other_model(dropout=0.3)
    train(whole, images, labels, batch_size=32, epochs=3)
    resumed, state = other_model(dropout=0.3), kept(tmp_path)
    train(other_model(dropout=0.3), images, labels, batch_size=32, epochs=2, state=state)
    train(resumed, images, labels, batch_size=32, epochs=3, state=state)
    for expected, found in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def kept(folder):
    return TrainingState(folder / "state.npz", "a test", seconds_apart=0)


class CtrlC(keras.callbacks.Callback):
    """Interrupts an epoch, from 0, after its first updates."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.now = epoch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch:
            signal.raise_signal(signal.SIGINT)


def all_values(model):
    return [np.asarray(variable) for variable in variables_of(model)]


def test_interrupting_leaves_what_the_last_finished_epoch_left(digits, capsys, ctrl_c):
    images, labels = digits
    whole, broken = other_model(dropout=0.3), other_model(dropout=0.3)
    train(whole, images, labels, batch_size=32, epochs=1)
    history = train(broken, images, labels, batch_size=32, epochs=5, callbacks=[CtrlC(1)])
    assert history.epoch == [0]
    assert len(history.history["val_accuracy"]) == 1
    assert "Interrupted after 1 finished" in capsys.readouterr().err
    for expected, found in zip(all_values(whole), all_values(broken), strict=True):
        np.testing.assert_array_equal(found, expected)
    again = train(broken, images, labels, batch_size=32, epochs=1, seed=1)
    assert again.history["val_loss"][0] < history.history["val_loss"][0]


def test_interrupting_the_first_epoch_leaves_the_model_as_it_was(digits, ctrl_c):
    model = other_model()
    before = model.get_weights()
    with pytest.raises(KeyboardInterrupt, match="the model is as it was"):
        train(model, *digits, batch_size=32, epochs=2, callbacks=[CtrlC(0)])
    for expected, found in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert model.optimizer.iterations == 0


def test_callbacks_can_stop_training(digits):
    images, labels = digits
    stop = keras.callbacks.EarlyStopping(monitor="loss", min_delta=100, patience=1)
    history = train(other_model(), images, labels, batch_size=32, epochs=5, callbacks=[stop])
    assert len(history.epoch) == 2


def test_predict_and_evaluate_are_those_of_keras(digits):
    images, labels = (array[:1234] for array in digits)
    model = new_model()
    inputs = to_model_input(images)
    np.testing.assert_allclose(predict(model, images), model.predict(inputs, verbose=0), atol=1e-6)
    _, forward = model._compiled_forward
    assert forward.experimental_get_tracing_count() == 1, "the threads share one program"
    theirs = model.evaluate(inputs, labels, verbose=0, return_dict=True)
    assert evaluate(model, images, labels) == pytest.approx(theirs, abs=1e-6)
    assert predict(model, images[:0]).shape == (0, 10)


def test_what_is_no_image_is_not_predicted(digits):
    for images, error in ((list(digits[0][:3]), "this is a list"), (digits[0][:3] / 255, "scaled")):
        with pytest.raises(TypeError, match=error):
            predict(new_model(), images)


def test_prediction_follows_the_weights(digits):
    model = new_model()
    before = predict(model, digits[0][:10])
    model.set_weights([weight * 2 for weight in model.get_weights()])
    assert np.abs(predict(model, digits[0][:10]) - before).max() > 1e-3


def test_the_image_that_is_nan_after_preprocessing_is_named(digits, monkeypatch):
    images, labels = (array[:50].copy() for array in digits)
    images[37] = 0
    monkeypatch.setattr(loop, "IMAGES_PER_CALL", 20)

    def by_the_brightest(images):
        inputs = to_model_input(images)
        return inputs / keras.ops.max(inputs, axis=(1, 2, 3), keepdims=True)

    model = new_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match="Image 37 holds NaN"):
        train(model, images, labels, preprocess=by_the_brightest)
    for expected, found in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_each_epoch_can_have_images_and_labels_of_its_own(digits, tmp_path):
    images, labels = (array[:200] for array in digits)
    others = images[::-1, ::-1], labels[::-1].astype("float32")
    asked = []

    def of_epoch(epoch):
        asked.append(epoch)
        return others if epoch else (images[:180], labels[:180])

    model = other_model()
    history = train(model, images, labels, epochs=2, of_epoch=of_epoch)
    assert asked == [0, 1]
    # The same, an epoch at a time.
    given = zip(others, (images, labels), strict=True)
    again, state = other_model(), kept(tmp_path)
    train(again, images, labels, epochs=1, state=state)
    images, labels = (np.concatenate([a[:180], b[180:]]) for a, b in given)
    scores = train(again, images, labels.astype(int), epochs=2, state=state)
    for one, same in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    assert history.history["val_loss"][-1] == scores.history["val_loss"][-1]
