"""Files that are replaced whole, whatever happens, and turns."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lenet_helpers.files import locked, replaced

ROOT = Path(__file__).parents[1]


def write(path, content):
    with replaced(path) as file:
        file.write(content)


@contextlib.contextmanager
def full_disk(room):
    """Let no file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_made_with_its_folder_and_replaced(tmp_path):
    path = tmp_path / "new" / "file"
    write(path, b"one")
    path.chmod(0o640)
    with path.open("rb") as earlier:
        write(path, b"two")
        assert earlier.read() == b"one"
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["file"]


def test_a_block_that_fails_and_a_full_disk_change_nothing(tmp_path):
    path = tmp_path / "file"
    write(path, b"one")
    with contextlib.suppress(KeyError), replaced(path) as file:
        file.write(b"two")
        raise KeyError
    with full_disk(100_000), pytest.raises(OSError, match="too large"):
        write(path, bytes(200_000))
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_stays_a_link_and_a_tilde_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to("elsewhere/file")
    write("~/link", b"one")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere/file").read_bytes() == b"one"


def test_what_is_no_file_is_not_replaced(tmp_path):
    for path in (tmp_path, "/dev/null"):
        with pytest.raises(OSError, match="it is not a file"):
            write(path, b"one")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        write("/dev/null/file", b"one")


WRITE_FOR_EVER = """
import sys
from lenet_helpers.files import replaced
for number in range(10**9):
    with replaced(sys.argv[1]) as file:
        for _ in range(100):
            file.write(bytes([number % 256]) * 10_000)
    print(number, flush=True)
"""


def test_a_file_is_whole_after_kill_9(tmp_path):
    path = tmp_path / "file"
    command = [sys.executable, "-c", WRITE_FOR_EVER, path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        for _ in range(5):
            writer.stdout.readline()
        writer.kill()
    content = path.read_bytes()
    assert len(content) == 1_000_000
    assert len(set(content)) == 1


HOLD = """
import sys, time
from lenet_helpers.files import locked
with locked(sys.argv[1]) as mine:
    print(mine, flush=True)
    time.sleep(100)
"""


def test_a_turn_is_one_processs_and_ends_with_it(tmp_path):
    pytest.importorskip("fcntl")
    for path in (tmp_path, tmp_path / "lock"):
        command = [sys.executable, "-c", HOLD, path]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
            assert holder.stdout.readline() == b"True\n"
            with locked(path, wait=False) as mine:
                assert not mine
            holder.kill()
        with locked(path, wait=False) as mine:
            assert mine


def test_threads_take_turns(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "count"
    path.write_text("0")

    def count():
        for _ in range(50):
            with locked(tmp_path):
                write(path, str(int(path.read_text()) + 1).encode())

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "100"
