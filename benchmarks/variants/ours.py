"""What chapter 4 calls, `train`, and the same loop over networks that are not fused."""

from lenet_helpers.runtime import reproducible


def train(x_train, y_train, epochs, stopwatch, batch_size=10, fused=True, xla=True, **settings):
    """fused: as `train` does it; xla: whether the loop is compiled by XLA; settings: those of
    `reproducible`."""
    reproducible(**settings)
    import keras

    from lenet_helpers.models import article_lenet5, compile_article
    from lenet_helpers.training import loop

    if not fused:
        loop.fuse = lambda model: model
    loop.is_fast_under_xla = lambda network: xla
    model = compile_article(article_lenet5())
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, log: stopwatch.epoch(log))
    stopwatch.start()
    loop.train(model, x_train, y_train, batch_size=batch_size, epochs=epochs, callbacks=[clock])
