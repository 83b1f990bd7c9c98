"""A teacher: networks whose mean answer a smaller one, the student, learns besides the labels.

Both see the same distorted image, and the student sees many: Beyer et al. 2021, "Knowledge
distillation: a good teacher is patient and consistent". What the teacher answers to the distorted
images of some epochs is stored; the images are not, as they follow from their seed.
"""

import hashlib
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from lenet_helpers.checkpoints import load_checkpoint, pack_weights
from lenet_helpers.files import replaced
from lenet_helpers.studies import distortions
from lenet_helpers.studies.runner import BUILD
from lenet_helpers.training import predict

CACHE = BUILD / "teachers"
IMAGES_AT_A_TIME = 5000
TINY = 1e-30  # in place of 0 under a logarithm


@keras.saving.register_keras_serializable(package="lenet_helpers")
class DistillationLoss(keras.losses.Loss):
    """T^2 KL(teacher || student), both at temperature T, + share * cross-entropy of the labels.

    temperature: float T > 0: probabilities p count as p^(1/T), scaled to sum 1. T^2 keeps the
                 gradients' size when T changes. Hinton, Vinyals, Dean 2015, section 2.
    share:       float, how much the labels count.
    Labels are (batch, 1 + classes), the digit and the logarithms of the teacher's probabilities, as
    `lessons` gives them. Where they are (batch,), digits alone, as of validation images, the loss
    is their plain cross-entropy. Predictions are (batch, classes), probabilities.
    """

    def __init__(self, temperature=3.0, share=0.3, name="distillation", **kwargs):
        super().__init__(name=name, **kwargs)
        self.temperature, self.share = temperature, share

    def call(self, y_true, y_pred):
        digits = keras.losses.sparse_categorical_crossentropy(_digits(y_true), y_pred)
        if y_true.shape.rank == 1:
            return digits
        teacher = tf.nn.log_softmax(y_true[:, 1:] / self.temperature)
        student = tf.nn.log_softmax(tf.math.log(tf.maximum(y_pred, TINY)) / self.temperature)
        divergence = tf.reduce_sum(tf.exp(teacher) * (teacher - student), -1)
        return self.temperature**2 * divergence + self.share * digits

    def get_config(self):
        settings = {"temperature": self.temperature, "share": self.share}
        return {**super().get_config(), **settings}


@keras.saving.register_keras_serializable(package="lenet_helpers")
class DigitAccuracy(keras.metrics.MeanMetricWrapper):
    """Accuracy, of labels as `DistillationLoss` takes them."""

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(_is_right, name=name, dtype=dtype)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


def _is_right(y_true, y_pred):
    return keras.metrics.sparse_categorical_accuracy(_digits(y_true), y_pred)


def _digits(y_true):
    return y_true if y_true.shape.rank == 1 else y_true[:, 0]


def lessons(images, labels, networks, distort, epochs, seed=0, folder=None):
    """Return a function of an epoch that gives its distorted images, and what is said of them.

    images, labels: (N, 28, 28) uint8 and (N,) integers, what the student learns from.
    networks: names of committed checkpoints that read `to_model_input`. The mean of their
              probabilities is the teacher's answer, as it is chapter 10's: a network that is sure
              of a wrong digit is outweighed, whereas in a mean of logits it could outweigh all.
    distort:  dict, "function" of `distortions` and its arguments; without any, nothing is.
    epochs:   int, how many differently distorted epochs there are; they come round again.
    seed:     int; the images follow from it, not from the student's seed: students share them.
    folder:   path of what is stored, build/teachers/ unless given: a file for each epoch, written
              when it is first wanted, 20 bytes for an image.
    The function returns (N, 28, 28) uint8 and (N, 11) float32 for `DistillationLoss`.
    Raises CheckpointError for a network that is not there.
    """
    teacher = [load_checkpoint(name) for name in networks]
    folder = Path(folder or CACHE) / _key(teacher, images, distort, seed)

    def of_epoch(epoch):
        number = epoch % epochs
        distorted = _distorted(images, distortions.named(distort), [seed, number])
        path = folder / f"{number:03}.npz"
        answers = _stored(path)
        if answers is None:
            answers = mean_answers(teacher, distorted)
            with replaced(path) as file:
                np.savez(file, answers=answers)
        return distorted, np.column_stack([labels, answers]).astype("float32")

    return of_epoch


def mean_answers(networks, images):
    """The logarithms of the networks' mean probabilities: (N, classes) float16.

    As logarithms, because the small ones count at a high temperature and are 0 in float16.
    """
    mean = np.mean([predict(network, images) for network in networks], axis=0)
    return np.log(np.maximum(mean, TINY)).astype("float16")


def _key(teacher, images, distort, seed):
    """What stored answers follow from, as a name."""
    weights = [hashlib.sha256(pack_weights(network)).hexdigest() for network in teacher]
    pixels = hashlib.sha256(np.ascontiguousarray(images)).hexdigest()
    described = json.dumps([weights, pixels, distort, seed], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _distorted(images, distort, seed):
    if not distort:
        return images
    parts = [images[i : i + IMAGES_AT_A_TIME] for i in range(0, len(images), IMAGES_AT_A_TIME)]
    numbers = [np.random.default_rng([*seed, place]) for place in range(len(parts))]
    return np.concatenate([distort(*both) for both in zip(parts, numbers, strict=True)])


def _stored(path):
    """The answers in a file, or None if it is not there or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["answers"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
