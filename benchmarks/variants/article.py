"""The article's code as it stands there: float64 images, and `fit` with batches of 10."""

import keras
from keras import layers


def train(x_train, y_train, epochs, stopwatch, batch_size=10):
    x_train = x_train.reshape(x_train.shape[0], 28, 28, 1)
    x_train = x_train / 255.0

    model = keras.Sequential()
    model.add(keras.Input((28, 28, 1)))
    model.add(layers.Conv2D(filters=6, kernel_size=(5, 5), activation="tanh"))
    model.add(layers.AveragePooling2D(pool_size=(2, 2)))
    model.add(layers.Conv2D(filters=16, kernel_size=(5, 5), activation="tanh"))
    model.add(layers.AveragePooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(units=120, activation="tanh"))
    model.add(layers.Dense(units=10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, log: stopwatch.epoch(log))
    stopwatch.start()
    model.fit(
        x_train,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        validation_split=0.1,
        verbose=2,
        callbacks=[clock],
    )
