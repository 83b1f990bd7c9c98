"""What chapter 04 calls."""

from lenet_helpers.runtime import reproducible


def train(x_train, y_train, epochs, stopwatch, batch_size=10, **settings):
    """settings: those of `reproducible`."""
    reproducible(**settings)
    import keras

    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.training import train

    model = compile_article(article_lenet5())
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, log: stopwatch.epoch(log))
    stopwatch.start()
    train(model, x_train, y_train, batch_size=batch_size, epochs=epochs, callbacks=[clock])
