"""The one place where randomness, threads and TensorFlow's log are set."""

import contextlib
import importlib
import os
import sys
import tempfile


def reproducible(seed=0, threads=1, onednn=False):
    """Make the numbers that follow repeatable, and TensorFlow quiet.

    seed:    int, for Python, NumPy and Keras (initial weights, shuffling, dropout).
    threads: int, TensorFlow's threads inside one operation and between operations. The products
             of these small networks are too short to share: one thread is the fastest.
    onednn:  bool, whether TensorFlow uses oneDNN's kernels, which round differently.

    Call it before anything imports TensorFlow: threads and oneDNN cannot be changed afterwards.
    On one machine the same settings give the same bits; another processor rounds differently.
    Raises RuntimeError if TensorFlow already runs with other settings.
    """
    _set_onednn(onednn)
    with _hidden_native_stderr():
        tensorflow = importlib.import_module("tensorflow")
        keras = importlib.import_module("keras")
        _set_threads(tensorflow, threads)
        tensorflow.config.list_logical_devices()
    tensorflow.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def _set_onednn(onednn):
    wanted = "1" if onednn else "0"
    if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != wanted:
        raise _too_late(f"oneDNN {'on' if onednn else 'off'}")
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = wanted


def _set_threads(tensorflow, threads):
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise _too_late(f"{threads} threads") from error


def _too_late(setting):
    return RuntimeError(
        f"TensorFlow already runs and cannot change to {setting}: restart the kernel and call "
        "reproducible() before anything else imports TensorFlow."
    )


@contextlib.contextmanager
def _hidden_native_stderr():
    """Hold back what native code writes to stderr; show it only if the body fails.

    TensorFlow 2.21 logs while it loads and looks for a GPU, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
