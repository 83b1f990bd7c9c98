"""What becomes of digits on photographed pages: `python benchmarks/photos.py`.

Every fiftieth test image is put on pages as people photograph them (`tests/handwriting/pages.py`),
and read by the network of chapter 4. It needs the full MNIST, and writes benchmarks/photos.csv: for
each kind of page the number of digits that were read right, refused, and misread.
"""

import argparse
import itertools
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from measure import HERE, write_csv

from lenet_helpers.checkpoints import load_checkpoint
from lenet_helpers.data import load_mnist
from lenet_helpers.runtime import reproducible
from lenet_helpers.training import predict
from tests.handwriting.pages import read_page

KINDS = ["black on white", "white on black", "ruled", "half in shadow"]
KINDS += ["cropped", "cropped, white on black"]
EVERY = 50


def main():
    args = _arguments()
    reproducible()
    digits = load_mnist()
    if not digits.is_full:
        raise SystemExit(f"This needs the full MNIST, and found {digits.name}: set LENET_MNIST.")
    network = load_checkpoint("article_lenet5")
    images, labels = digits.x_test[::EVERY], digits.y_test[::EVERY]
    rows = [(kind, len(labels), *_counts(kind, images, labels, network)) for kind in KINDS]
    table = pd.DataFrame(rows, columns=["page", "digits", "right", "refused", "misread"])
    write_csv(table, args.output)
    print(table.to_string(index=False))


def _counts(kind, images, labels, network):
    """How many of the digits are read right, refused and misread: three int."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        paths = [Path(folder) / f"{number}.bmp" for number in range(len(images))]
        pages = list(pool.map(read_page, itertools.repeat(kind), images, paths))
    is_read = np.array([not isinstance(page, str) for page in pages])
    inputs = np.reshape([page for page in pages if not isinstance(page, str)], (-1, 28, 28))
    right = predict(network, inputs).argmax(axis=1) == labels[is_read]
    return int(right.sum()), int((~is_read).sum()), int((~right).sum())


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=HERE / "photos.csv", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
