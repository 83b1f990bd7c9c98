"""Trained models that are committed, small, and verified before they are loaded."""

import hashlib
import importlib
import io
import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "artifacts"
INDEX = "checkpoints.json"
# The modules of lenet_helpers that define networks, in the order in which a name is looked up.
NETWORKS = ("models", "lenet1998.networks", "studies.networks")


class CheckpointError(Exception):
    """A committed checkpoint is missing, damaged or unknown."""


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
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != entry["sha256"]:
        raise CheckpointError(
            f"{path.name} in {folder} is damaged or was replaced: its SHA-256 is {found}, "
            f"expected {entry['sha256']}. {_remedy(entry)}"
        )
    model = _built(entry["network"], entry.get("network_options", {}))
    with np.load(path, allow_pickle=False) as weights:
        model.set_weights([weights[key] for key in sorted(weights)])
    return model


def save_checkpoint(model, name, made_by, folder=None, network_options=None):
    """Save a model's weights, and record its SHA-256 and origin.

    model:   a network of a module in NETWORKS, called like its function, built with
             network_options, a dict. Only weights are saved: a file of Keras's own holds the
             layers' settings too, which an older Keras, such as Colab's, cannot read.
    made_by: str, the chapter and the command, as shown when the checkpoint is missing:
             "chapter 04, by `python -m lenet_helpers seeds`".
    Returns the path of NAME.npz.
    """
    folder = Path(folder or FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    path.write_bytes(pack_weights(model))
    index = _index(folder)
    index[name] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "network": model.name,
        "made_by": made_by,
    }
    if network_options:
        index[name]["network_options"] = network_options
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
    return path


def pack_weights(model):
    """A model's weights in their order, and nothing else: bytes, an npz."""
    packed = io.BytesIO()
    weights = model.get_weights()
    np.savez(packed, **{f"{place:03}": weight for place, weight in enumerate(weights)})
    return packed.getvalue()


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
