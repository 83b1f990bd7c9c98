"""Keras's own `fit` with the article's batches, as chapter 4 calls it."""

from lenet_helpers.runtime import reproducible


def train(x_train, y_train, epochs, stopwatch, compiled=False, fused=False):
    """compiled: by XLA, with 540 updates a call; fused: with `FusedConvPool` in the network."""
    reproducible()
    import keras

    from lenet_helpers.models import article_lenet5
    from lenet_helpers.preprocessing import to_model_input
    from lenet_helpers.training.fused import fuse

    model = fuse(article_lenet5()) if fused else article_lenet5()
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=compiled,
        steps_per_execution=540 if compiled else 1,
    )
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, log: stopwatch.epoch(log))
    images = to_model_input(x_train)
    stopwatch.start()
    model.fit(
        images,
        y_train,
        batch_size=10,
        epochs=epochs,
        validation_split=0.1,
        verbose=2,
        callbacks=[clock],
    )
