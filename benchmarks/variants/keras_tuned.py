"""Keras's own `fit`, tuned: float32 images, tf.data in memory, XLA, 540 updates a call."""

import keras
import tensorflow as tf

from lenet_helpers.models import article_lenet5
from lenet_helpers.preprocessing import split_validation, to_model_input


def train(x_train, y_train, epochs, stopwatch, batch_size=10):
    images = to_model_input(x_train)
    training, validation = split_validation(len(images))
    updates = training.stop // batch_size
    model = article_lenet5()
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
        steps_per_execution=min(540, updates),
    )

    def batches(part, size):
        data = tf.data.Dataset.from_tensor_slices((images[part], y_train[part]))
        if part == training:
            data = data.shuffle(part.stop)
        return data.batch(size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)

    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, log: stopwatch.epoch(log))
    data, val_data = batches(training, batch_size), batches(validation, batch_size)
    stopwatch.start()
    model.fit(data, validation_data=val_data, epochs=epochs, verbose=2, callbacks=[clock])
