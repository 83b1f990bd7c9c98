"""Trained models that are committed, small, and verified before they are loaded."""

import hashlib
import importlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np

from lenet_helpers.commands import ToolError, blaming
from lenet_helpers.files import locked, replaced

FOLDER = Path(__file__).parent / "artifacts"
INDEX = "checkpoints.json"
# The modules of lenet_helpers that define networks, in the order in which a name is looked up.
NETWORKS = ("models", "lenet1998.networks", "studies.networks")


class CheckpointError(ToolError):
    """A checkpoint is missing, damaged or unknown, or cannot be written."""


def load_checkpoint(name, folder=None):
    """Build a network and give it committed weights, after verifying the SHA-256 of its file.

    name:   str, for example "article_lenet5": the file is NAME.npz.
    folder: path, `lenet_helpers/artifacts/` unless given.
    Returns a compiled Keras model.
    Raises CheckpointError, naming the command that makes it, if it is unknown, missing or damaged.
    """
    folder = Path(folder or FOLDER)
    entry = _entry(name, folder)
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise CheckpointError(f"{path.name} is missing from {folder}. {_remedy(entry)}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise CheckpointError(
            f"{path.name} in {folder} is damaged or was replaced: its SHA-256 is {found}, "
            f"expected {entry['sha256']}. {_remedy(entry)}"
        )
    try:
        model = _built(entry["network"], entry.get("network_options", {}))
        unpack_weights(model, content)
    except (TypeError, ValueError, zipfile.BadZipFile) as error:  # those of another network
        raise CheckpointError(
            f"{path.name} in {folder} does not fit the network {entry['network']!r} of {INDEX}: "
            f"{error}"
        ) from error
    return model


def save_checkpoint(model, name, made_by, folder=None, network_options=None):
    """Save a model's weights, and record its SHA-256 and origin.

    model:   a network of a module in NETWORKS, called like its function, built with
             network_options, a dict. Only weights are saved: a file of Keras's own holds the
             layers' settings too, which an older Keras, such as Colab's, cannot read.
    name:    str of letters, digits, and any of _ . + -
    made_by: str, the chapter and the command, as shown when the checkpoint is missing:
             "`python -m lenet_helpers study run ladder --rungs affine`, seed 0".
    Returns the path of NAME.npz.
    Raises CheckpointError if the name is no file's or another command's, if the index is damaged,
    or if nothing can be written, as on a full disk. Then the files are as they were.
    """
    check_name(name)
    folder = Path(folder or FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path, content = folder / f"{name}.npz", pack_weights(model)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "network": model.name}
    entry |= {"made_by": made_by}
    entry |= {"network_options": network_options} if network_options else {}
    with locked(folder):
        index = _index(folder)
        if name in index and index[name]["made_by"] != made_by:
            raise CheckpointError(
                f"{name} is there already, made by {index[name]['made_by']}: choose another name."
            )
        text = json.dumps(index | {name: entry}, indent=2, sort_keys=True) + "\n"
        try:
            # Both are written before either takes its place, the weights first.
            with replaced(folder / INDEX) as index_file, replaced(path) as weights_file:
                index_file.write(text.encode())
                index_file.flush()
                weights_file.write(content)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be written: {error}.") from error
    return path


def check_name(name):
    """Raise CheckpointError if no checkpoint can be called so."""
    if not re.fullmatch(r"\w[\w.+-]*", name):
        raise CheckpointError(f"No checkpoint can be called {name!r}: use letters, digits, _ . + -")


def pack_weights(model):
    """A model's weights in their order, and nothing else: bytes, an npz."""
    packed = io.BytesIO()
    weights = model.get_weights()
    np.savez(packed, **{f"{place:03}": weight for place, weight in enumerate(weights)})
    return packed.getvalue()


def unpack_weights(model, content):
    """Give a model the weights that `pack_weights` packed. Raises ValueError if they do not fit."""
    with np.load(io.BytesIO(content), allow_pickle=False) as weights:
        model.set_weights([weights[key] for key in sorted(weights)])


def _built(network, options):
    """Build and compile a network; a module may have its own `compile_for_output`."""
    from lenet_helpers.models import compile_article

    homes = (importlib.import_module(f"lenet_helpers.{home}") for home in NETWORKS)
    home = next((home for home in homes if hasattr(home, network)), None)
    if home is None:
        raise CheckpointError(f"No network is called {network!r} in {', '.join(NETWORKS)}.")
    compiled = getattr(home, "compile_for_output", compile_article)
    return compiled(getattr(home, network)(**options))


def _index(folder):
    """What the index holds: dict of dict, by the names of the checkpoints."""
    path = folder / INDEX
    if not path.exists():
        return {}
    with blaming(path, remedy="It was left as it is: check it out again.", error=CheckpointError):
        index = json.loads(path.read_text(encoding="utf-8"))
        for name, entry in index.items():
            for key in ("sha256", "network", "made_by"):
                if not isinstance(entry.get(key), str):
                    raise ValueError(f"{name} has no {key}")
    return index


def _entry(name, folder):
    index = _index(folder)
    if name not in index:
        known = ", ".join(sorted(index)) or "none"
        raise CheckpointError(f"No checkpoint is called {name!r} in {folder}; known: {known}.")
    return index[name]


def _remedy(entry):
    return f"Check it out or install the helpers again; it is made by {entry['made_by']}."
