"""What a network's answer depends on, and what misleads it.

Models are built Keras Sequentials that read (N, 28, 28, 1) in [0, 1] and put out one number per
digit, the largest for their answer; `in_article_form` makes one of LeNet-5 as published. Images are
the stored pixels, (N, 28, 28) uint8.
"""

from lenet_helpers.interpret.attacks import fgsm, fgsm_signs
from lenet_helpers.interpret.features import in_article_form
from lenet_helpers.interpret.relevance import (
    occlusion,
    randomised,
    rank_correlation,
    saliency,
)
