"""How the networks of studies are compiled and trained."""

import keras
import numpy as np
import pytest

from lenet_helpers.preprocessing import to_model_input
from lenet_helpers.studies import distortions, methods, teacher
from lenet_helpers.studies.recipes import Recipe
from lenet_helpers.training import loop, predict

NUMBERS = np.random.default_rng(0)
IMAGES = NUMBERS.integers(0, 256, (205, 28, 28)).astype("uint8")
LABELS = NUMBERS.integers(0, 10, 205)
# Fused, so that it compiles fast.
SMALL = {"maps": [2, 2], "units": 4}


class EachUpdate(keras.callbacks.Callback):
    """Keep the rate and the weights after each update."""

    def __init__(self):
        super().__init__()
        self.rates, self.weights = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.weights.append(self.model.get_weights())


@pytest.fixture(scope="module", autouse=True)
def _an_update_a_call_without_xla():
    """Each update is seen, and compiling takes half the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "IMAGES_PER_CALL", 10)
        patch.setattr(loop, "is_fast_under_xla", lambda network: False)
        yield


@pytest.fixture(scope="module")
def trained():
    """Return a function that trains a small network by one_cycle, seen update by update."""

    def train(topology=SMALL, validation_split=0, images=200, **options):
        keras.utils.set_random_seed(0)
        recipe = Recipe(
            "lenet_topology",
            "one_cycle",
            epochs=2,
            batch_size=10,
            validation_split=validation_split,
            network_options=topology,
            options={"learning_rate": 0.01, **options},
        )
        model, seen = methods.build(recipe), EachUpdate()
        given = IMAGES[:images], LABELS[:images]
        seen.history = methods.one_cycle(model, *given, recipe, 0, [seen]).history
        return model, seen

    return train


@pytest.fixture(scope="module")
def plain(trained):
    """Return a network trained without anything optional, and what was seen of that."""
    return trained()


def test_the_rate_rises_for_a_tenth_and_then_falls_to_0(trained):
    _, seen = trained(images=205)
    assert len(seen.rates) == 42, "20 full batches and a ragged one, twice"
    assert np.argmax(seen.rates) == 3
    assert max(seen.rates) == pytest.approx(0.01)
    assert (np.diff(seen.rates[3:]) < 0).all()
    assert seen.rates[-1] < 1e-4


def test_without_averaging_the_last_weights_stay(plain):
    model, seen = plain
    for found, expected in zip(model.get_weights(), seen.weights[-1], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_average_of_the_weights_takes_their_place(trained):
    model, seen = trained(averaging=0.9)
    # Keras starts the average with the weights after the first update.
    for place, found in enumerate(model.get_weights()):
        average = seen.weights[0][place]
        for weights in seen.weights[1:]:
            average = 0.9 * average + 0.1 * weights[place]
        np.testing.assert_allclose(found, average, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"distort": {"function": "random_elastic", "displacement": 2.0}}, {"smoothing": 0.2}],
)
def test_distortions_and_smoothing_change_what_is_learned(options, plain, trained):
    model, _ = trained(**options)
    assert np.abs(model.get_weights()[0] - plain[0].get_weights()[0]).max() > 1e-4


@pytest.fixture
def teacher_of_sevens(monkeypatch, tmp_path):
    """Let the teacher, whoever it is, answer 7 to everything; list what it was shown."""
    shown = []

    def answers(networks, images):
        shown.append(images)
        return np.log(np.where(np.arange(10) == 7, 0.91, 0.01)) * np.ones((len(images), 1))

    monkeypatch.setattr(teacher, "CACHE", tmp_path)
    monkeypatch.setattr(teacher, "mean_answers", answers)
    return shown


TEACHER = {"networks": ["size_983"], "epochs": 2, "seed": 5}


@pytest.mark.parametrize(("share", "follows"), [(0.0, True), (1000.0, False)])
def test_a_student_follows_the_teacher_and_its_share_of_the_labels(
    share, follows, teacher_of_sevens, trained
):
    model, _ = trained(teacher=TEACHER, distillation={"share": share})
    sevens = predict(model, IMAGES)[:, 7]
    assert (sevens.min() > 0.4) == follows


def test_a_teacher_sees_the_training_images_and_the_others_validate(teacher_of_sevens, trained):
    limits = {"function": "random_elastic", "translation": 3.0}
    _, seen = trained(validation_split=0.2, teacher=TEACHER, distillation={}, distort=limits)
    assert [len(images) for images in teacher_of_sevens] == [160, 160]
    first = distortions.named(limits)(IMAGES[:160], np.random.default_rng([5, 0, 0]))
    np.testing.assert_array_equal(teacher_of_sevens[0], first)
    assert seen.history["val_accuracy"][-1] == pytest.approx((LABELS[160:200] == 7).mean())


def test_decay_shrinks_kernels_alone(trained):
    # Adam's own steps are bounded by the rate: what a strong decay pulls to 0 shows.
    normalised = SMALL | {"normalised": True}
    model, _ = trained(topology=normalised, weight_decay=50.0)
    scales = [w for w in model.trainable_weights if w.path.endswith("gamma")]
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    assert len(scales) == 3
    assert all(np.abs(kernel).max() < 0.2 for kernel in kernels)
    assert all(np.abs(scale).min() > 0.5 for scale in scales)


def first_statistics(model, images):
    """Return mean and variance of what the first normalisation gets: (maps,) each."""
    layer = methods.normalisations(model)[0]
    below = keras.Model(model.inputs[0], model.layers[model.layers.index(layer) - 1].output)
    values = below(to_model_input(images)).numpy()
    return values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))


NORMALISED = {"topology": SMALL | {"normalised": True}, "averaging": 0.9}


def test_recounted_statistics_are_those_of_the_images(trained):
    model, _ = trained(**NORMALISED)
    layer = methods.normalisations(model)[0]
    weights = [weight.numpy() for weight in model.trainable_weights]
    mean, variance = first_statistics(model, IMAGES)
    assert np.abs(layer.moving_mean - mean).max() > 1e-3, "training leaves others"
    methods.recount_statistics(model, IMAGES, images_at_a_time=41)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-4, atol=1e-6)
    # Within the parts: how the parts' means differ is left out.
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=0.05)
    assert layer.momentum == keras.layers.BatchNormalization().momentum
    for before, after in zip(weights, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(before, after)


def test_one_cycle_recounts_on_images_as_they_are(trained):
    moved = {"function": "random_elastic", "translation": 9.0}
    model, _ = trained(**NORMALISED, distort=moved, recount=True)
    mean, _ = first_statistics(model, IMAGES[:200])
    np.testing.assert_allclose(
        methods.normalisations(model)[0].moving_mean, mean, rtol=1e-4, atol=1e-6
    )


def test_a_network_without_statistics_is_named(plain):
    with pytest.raises(ValueError, match="has no batch normalisation whose statistics"):
        methods.recount_statistics(plain[0], IMAGES)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothed_labels_are_shared_out_evenly(smoothing):
    labels, probabilities = LABELS[:6], NUMBERS.dirichlet(np.ones(10), 6)
    truth = (1 - smoothing) * np.eye(10)[labels] + smoothing / 10
    expected = -(truth * np.log(probabilities)).sum(axis=1)
    found = methods.smoothed_crossentropy(smoothing)(labels, probabilities)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_impossible_smoothing_is_refused(smoothing):
    with pytest.raises(ValueError, match=r"smoothing must be in \[0, 1\)"):
        methods.smoothed_crossentropy(smoothing)
