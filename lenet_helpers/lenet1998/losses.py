"""The losses of LeNet-5 as published in 1998, for outputs that are distances."""

import keras
import tensorflow as tf


class _DistanceLoss(keras.losses.Loss):
    """A loss of labels (batch,) and squared distances (batch, classes), the mean over a batch."""

    def call(self, y_true, y_pred):
        labels = tf.cast(tf.reshape(y_true, (-1,)), tf.int32)
        return self.per_example(tf.one_hot(labels, y_pred.shape[-1], dtype=y_pred.dtype), y_pred)


@keras.saving.register_keras_serializable(package="lenet_helpers")
class MeanDistance(_DistanceLoss):
    """The distance to the right class's code, y_D. LeCun et al. 1998, eq. 8.

    It has a trivial minimum when codes are trained as well; here they are fixed.
    """

    def per_example(self, truth, distances):
        return tf.reduce_sum(truth * distances, -1)

    def second_derivatives(self, truth, offsets):
        """For each of the network's last outputs: (batch, features), here 2 everywhere."""
        return 2 * tf.ones_like(offsets[:, 0])


@keras.saving.register_keras_serializable(package="lenet_helpers")
class RBFLoss(_DistanceLoss):
    """y_D + log(exp(-j) + sum_i exp(-y_i)): also pushes the wrong classes away.

    LeCun et al. 1998, eq. 9. The same as a softmax cross-entropy over one class more, with logits
    -y_0 ... -y_9 and -j: so computed, it cannot overflow.

    rubbish: the paper's constant j, the distance of a class "none of them". Past it, a wrong class
             is far enough away. The paper gives no value.
    """

    def __init__(self, rubbish, **kwargs):
        super().__init__(**kwargs)
        self.rubbish = rubbish

    def per_example(self, truth, distances):
        return tf.reduce_sum(truth * distances, -1) + tf.reduce_logsumexp(
            self._logits(distances), -1
        )

    def second_derivatives(self, truth, offsets):
        """For each of the network's last outputs x: (batch, features), exact, and never negative.

        offsets: (batch, classes, features), x - w. With p the softmax of the logits, it is the
        variance over classes of the slope 2 (x - w), which is 0 for "none", plus 2 p_none.
        """
        shares = tf.nn.softmax(self._logits(tf.reduce_sum(tf.square(offsets), -1)))
        of_classes, of_none = shares[:, :-1, tf.newaxis], shares[:, -1:]
        mean = tf.reduce_sum(of_classes * 2 * offsets, 1)
        return tf.reduce_sum(of_classes * tf.square(2 * offsets), 1) - mean * mean + 2 * of_none

    def get_config(self):
        return {**super().get_config(), "rubbish": self.rubbish}

    def _logits(self, distances):
        none = tf.fill((tf.shape(distances)[0], 1), tf.constant(-self.rubbish, distances.dtype))
        return tf.concat([-distances, none], -1)


@keras.saving.register_keras_serializable(package="lenet_helpers")
class SmallestDistance(keras.metrics.MeanMetricWrapper):
    """Accuracy where the answer is the class whose code is nearest."""

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(_nearest_is_right, name=name, dtype=dtype)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


def _nearest_is_right(y_true, y_pred):
    answers = tf.argmin(y_pred, -1, output_type=tf.int32)
    return tf.cast(answers == tf.cast(tf.reshape(y_true, (-1,)), tf.int32), y_pred.dtype)
