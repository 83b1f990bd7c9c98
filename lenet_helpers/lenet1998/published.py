"""What others reached in 1998."""

import pandas as pd

from lenet_helpers.checkpoints import FOLDER

PUBLISHED_1998_CSV = FOLDER / "published_1998.csv"


def published_in_1998():
    """Test errors of LeCun et al. 1998, figure 9: DataFrame, one row per classifier.

    Columns classifier, preparation ("" for none; "distortions" are of the training images), error
    (%). Preparations are as on the authors' page of MNIST, where they differ from the figure.
    """
    return pd.read_csv(PUBLISHED_1998_CSV, keep_default_na=False)
