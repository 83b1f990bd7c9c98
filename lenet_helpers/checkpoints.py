"""Trained models that are committed, small, and verified before they are loaded."""

import hashlib
import json
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent / "artifacts"
INDEX = "checkpoints.json"


class CheckpointError(Exception):
    """A committed checkpoint is missing, damaged or unknown."""


def load_checkpoint(name, folder=None):
    """Load a committed Keras model after verifying the SHA-256 of its file.

    name:   str, for example "article_lenet5": the file is NAME.keras.
    folder: path, `lenet_helpers/artifacts/` unless given.
    Returns a compiled Keras model.
    Raises CheckpointError, naming the command that makes it, if it is unknown, missing or damaged.
    """
    folder = Path(folder or FOLDER)
    entry = _entry(name, folder)
    path = folder / f"{name}.keras"
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing from {folder}. {_remedy(entry)}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != entry["sha256"]:
        raise CheckpointError(
            f"{path.name} in {folder} is damaged or was replaced: its SHA-256 is {found}, "
            f"expected {entry['sha256']}. {_remedy(entry)}"
        )
    import keras

    import lenet_helpers.layers  # noqa: F401  (registers our layers with Keras)

    with warnings.catch_warnings():
        # Checkpoints leave out the optimizer's state on purpose; Keras warns of that.
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        return keras.models.load_model(path)


def save_checkpoint(model, name, made_by, folder=None):
    """Save a compiled model without its optimizer's state, and record its SHA-256 and origin.

    made_by: str, the chapter and the command, as shown when the checkpoint is missing:
             "chapter 04, by `python -m lenet_helpers seeds`".
    Returns the path of NAME.keras.
    """
    folder = Path(folder or FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.keras"
    _without_optimizer_state(model).save(path)
    index = _index(folder)
    index[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "made_by": made_by,
    }
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
    return path


def _without_optimizer_state(model):
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile(**keras.saving.deserialize_keras_object(model.get_compile_config()))
    return copy


def _index(folder):
    path = folder / INDEX
    return json.loads(path.read_text()) if path.is_file() else {}


def _entry(name, folder):
    index = _index(folder)
    if name not in index:
        known = ", ".join(sorted(index)) or "none"
        raise CheckpointError(f"No checkpoint is called {name!r} in {folder}; known: {known}.")
    return index[name]


def _remedy(entry):
    return f"Check it out or install the helpers again; it is made by {entry['made_by']}."
