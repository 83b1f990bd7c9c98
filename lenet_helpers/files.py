"""Files that are replaced whole, and turns at writing them."""

import contextlib
import errno
import os
import shutil
import uuid
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextlib.contextmanager
def replaced(path):
    """Yield a new binary file that takes the place of `path` when the block ends.

    path: str or Path, with "~" or through a link as a user gives it; its folder is made.
    Whatever happens, `path` holds what it held or all that was written: if the block raises, or the
    disk is full, nothing changes. A process that is killed may leave a hidden file .NAME.*.part.
    Raises OSError if the file cannot be written.
    """
    path = Path(os.path.realpath(Path(path).expanduser()))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    new = [one for one in path.parents if not one.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        if not path.exists():
            _remove_empty(new)


def _remove_empty(folders):
    """Remove folders, the innermost first, as far as they are empty."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


@contextlib.contextmanager
def locked(path, wait=True):
    """Let processes and threads take turns: yield whether it is this one's turn.

    path: of an existing folder, or of a file that is made, and stays.
    wait: bool, whether to wait for whoever has the turn now.
    The turn ends with the block, or with the process, however that ends. Windows has no such locks:
    there every turn is granted, so let one command at a time write.
    """
    if fcntl is None:
        yield True
        return
    flags = os.O_RDONLY if Path(path).is_dir() else os.O_RDWR | os.O_CREAT
    handle = os.open(path, flags, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
