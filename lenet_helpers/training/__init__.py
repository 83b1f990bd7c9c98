"""Training and prediction: Keras's mathematics, with the loop over batches compiled."""

from lenet_helpers.training.loop import epoch_order, evaluate, predict, train
