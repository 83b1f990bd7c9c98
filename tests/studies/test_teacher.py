"""What a student learns from a teacher: the loss, and the answers that are stored."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, rel_entr, softmax

from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.preprocessing import to_model_input
from lenet_helpers.studies import teacher
from lenet_helpers.studies.teacher import DigitAccuracy, DistillationLoss, lessons, mean_answers

NUMBERS = np.random.default_rng(0)
IMAGES = NUMBERS.integers(0, 256, (9, 28, 28), dtype=np.uint8)
DIGITS = NUMBERS.integers(0, 10, 9)
# Logits as trained networks have them: many a probability is far below float32's step at 1.
TEACHERS, STUDENTS = NUMBERS.normal(0, 12, (2, 9, 10))
NETWORKS = ["size_983", "size_2910"]
DISTORT = {"function": "random_elastic", "displacement": 0.0, "rotation": 20.0}


@pytest.mark.parametrize(("temperature", "share"), [(1.0, 0.0), (3.0, 0.3), (5.0, 2.0)])
def test_the_loss_is_that_of_the_paper(temperature, share):
    soft = [softmax(logits / temperature, -1) for logits in (TEACHERS, STUDENTS)]
    divergence = rel_entr(*soft).sum(-1)
    # Keras takes no probability for less than 1e-7.
    of_labels = -log_softmax(STUDENTS, -1)[range(9), DIGITS].clip(min=np.log(1e-7))
    labels = np.column_stack([DIGITS, TEACHERS])
    loss = DistillationLoss(temperature, share)(labels, softmax(STUDENTS, -1))
    assert float(loss) == pytest.approx(
        (temperature**2 * divergence + share * of_labels).mean(), rel=1e-4
    )


def test_a_student_that_answers_as_the_teacher_loses_nothing_and_is_not_moved():
    logits = tf.constant(TEACHERS, "float32")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        labels = tf.constant(np.column_stack([DIGITS, TEACHERS]), "float32")
        loss = DistillationLoss(3.0, 0.0)(labels, tf.nn.softmax(logits))
    assert float(loss) == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, logits), 0, atol=1e-5)


def test_labels_alone_count_as_they_do_without_a_teacher():
    probabilities = softmax(STUDENTS / 10, -1)
    plain = keras.losses.SparseCategoricalCrossentropy()
    found = DistillationLoss()(DIGITS, probabilities)
    assert float(found) == pytest.approx(float(plain(DIGITS, probabilities)), rel=1e-6)


@pytest.mark.parametrize("labels", [DIGITS, np.column_stack([DIGITS, TEACHERS])])
def test_accuracy_counts_the_digits(labels):
    metric = DigitAccuracy()
    metric.update_state(tf.constant(labels), tf.constant(STUDENTS))
    assert float(metric.result()) == pytest.approx((STUDENTS.argmax(-1) == DIGITS).mean())


@pytest.mark.parametrize("made", [DistillationLoss(2.0, 0.5, name="mine"), DigitAccuracy()])
def test_serialisation(made):
    config = keras.saving.serialize_keras_object(made)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


def test_the_answers_are_the_networks_mean_probabilities():
    networks = [load_checkpoint(name) for name in NETWORKS]
    mean = np.mean([network(to_model_input(IMAGES)) for network in networks], axis=0)
    answers = mean_answers(networks, IMAGES)
    assert answers.dtype == np.float16
    np.testing.assert_allclose(np.exp(answers.astype(float)), mean, rtol=1e-2)


# Stored answers


@pytest.fixture
def given(monkeypatch, tmp_path):
    """Return a function that makes lessons, and the list of how many images were answered."""
    monkeypatch.setattr(teacher, "IMAGES_AT_A_TIME", 4)
    answered = []

    def counted(networks, images):
        answered.append(len(images))
        return mean_answers(networks, images)

    monkeypatch.setattr(teacher, "mean_answers", counted)

    def make(images=IMAGES, networks=NETWORKS, distort=DISTORT, epochs=3, **others):
        return lessons(images, DIGITS, networks, distort, epochs, folder=tmp_path, **others)

    return make, answered


def test_the_teacher_sees_the_distorted_images_that_it_gives(given):
    images, labels = given[0]()(0)
    assert (images != IMAGES).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(labels[:, 0], DIGITS)
    networks = [load_checkpoint(name) for name in NETWORKS]
    np.testing.assert_array_equal(labels[:, 1:], mean_answers(networks, images))


def test_epochs_differ_and_come_round_again_from_what_is_stored(given, tmp_path):
    make, answered = given
    of_epoch = make()
    first, second, fourth = of_epoch(0), of_epoch(1), of_epoch(3)
    for one, same in zip(first, fourth, strict=True):
        np.testing.assert_array_equal(one, same)
    assert (first[0] != second[0]).any()
    assert (first[1] != second[1]).any()
    # Another student, later.
    for one, same in zip(second, make(epochs=2)(1), strict=True):
        np.testing.assert_array_equal(one, same)
    assert answered == [9, 9]
    (folder,) = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["000.npz", "001.npz"]


@pytest.mark.parametrize(
    "changed",
    [
        {"networks": NETWORKS[::-1]},
        {"networks": NETWORKS[:1]},
        {"images": IMAGES[:, ::-1]},
        {"distort": {**DISTORT, "rotation": 21.0}},
        {"distort": {}},
        {"seed": 1},
    ],
)
def test_answers_of_anything_else_are_not_taken(changed, given):
    make, answered = given
    make()(0)
    make(**changed)(0)
    assert answered == [9, 9]


@pytest.mark.parametrize("damage", ["cut short", "altered", "empty", "no archive"])
def test_damaged_answers_are_made_again(damage, given, tmp_path):
    make, answered = given
    _, labels = make()(0)
    (path,) = tmp_path.glob("*/*.npz")
    content = path.read_bytes()
    middle = content.index(b"\n") + 5
    altered = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    damaged = {"cut short": content[: len(content) // 2], "altered": altered, "empty": b""}
    path.write_bytes(damaged.get(damage, b"[]"))
    np.testing.assert_array_equal(make()(0)[1], labels)
    assert answered == [9, 9]
    assert path.read_bytes() == content


def test_answers_are_written_whole_or_not_at_all(given, tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        given[0]()(0)
    assert not list(tmp_path.glob("*/*"))
    assert not list(tmp_path.glob("*/.*"))


def test_without_distortion_the_images_are_given_as_they_are(given):
    np.testing.assert_array_equal(given[0](distort=None)(2)[0], IMAGES)
