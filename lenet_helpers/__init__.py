"""LeNet-5 on MNIST, step by step: the parts that the notebooks share.

Import what you need by its full name, for example `from lenet_helpers.data import load_mnist`.
Importing the package itself loads nothing heavy, TensorFlow least of all.
"""

import sys

__version__ = "0.1.0"

if "google.colab" in sys.modules:
    from lenet_helpers.check import require

    require()
    del require
