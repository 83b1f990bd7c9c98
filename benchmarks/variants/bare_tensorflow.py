"""TensorFlow without Keras: an epoch is one XLA program, Adam is written out.

The convolution, the first weights and the order of the images are ours, so that what ours takes
longer is what Keras's loss, metrics, optimizer and callbacks cost.
"""

from lenet_helpers.preprocessing import split_validation
from lenet_helpers.runtime import reproducible


def train(x_train, y_train, epochs, stopwatch, batch_size=10):
    reproducible()
    import tensorflow as tf

    from lenet_helpers.models import article_lenet5
    from lenet_helpers.training import epoch_order
    from lenet_helpers.training.fused import conv_tanh_pool

    weights = [tf.Variable(value) for value in article_lenet5().get_weights()]
    means = [tf.Variable(tf.zeros_like(w)) for w in weights]
    squares = [tf.Variable(tf.zeros_like(w)) for w in weights]
    step = tf.Variable(0.0)

    def measure(images, labels):
        c1, c1_bias, c3, c3_bias, c5, c5_bias, last, last_bias = weights
        maps = tf.cast(images, tf.float32)[..., tf.newaxis] / 255
        maps = conv_tanh_pool(maps, c1.value(), c1_bias.value())
        maps = conv_tanh_pool(maps, c3.value(), c3_bias.value())
        hidden = tf.tanh(tf.reshape(maps, (-1, c5.shape[0])) @ c5 + c5_bias)
        logits = hidden @ last + last_bias
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        right = tf.argmax(logits, -1, tf.int32) == labels
        return tf.reduce_mean(losses), tf.reduce_mean(tf.cast(right, tf.float32))

    def update(gradients):
        step.assign_add(1.0)
        rate = 0.001 * tf.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean.assign_add((gradient - mean) * 0.1)
            square.assign_add((gradient**2 - square) * 0.001)
            weight.assign_sub(rate * mean / (tf.sqrt(square) + 1e-7))

    @tf.function(jit_compile=True)
    def train_epoch(images, labels):
        total = tf.zeros(2)
        for i in tf.range(images.shape[0]):
            with tf.GradientTape() as tape:
                loss, accuracy = measure(images[i], labels[i])
            update(tape.gradient(loss, weights))
            total += tf.stack([loss, accuracy])
        return total / images.shape[0]

    @tf.function(jit_compile=True)
    def validate(images, labels):
        total = tf.zeros(2)
        for i in tf.range(images.shape[0]):
            total += tf.stack(measure(images[i], labels[i]))
        return total / images.shape[0]

    def batches(part):
        images = x_train[part].reshape(-1, batch_size, 28, 28)
        return images, y_train[part].reshape(-1, batch_size).astype("int32")

    training, validation = split_validation(len(x_train))
    stopwatch.start()
    for epoch in range(epochs):
        scores = train_epoch(*batches(epoch_order(training.stop, 0, epoch)))
        val_scores = validate(*batches(validation))
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        stopwatch.epoch(dict(zip(names, [*scores.numpy(), *val_scores.numpy()], strict=True)))
