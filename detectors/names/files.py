"""Where a model of names lies on disk, and which it is, told without loading it."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from detectors.errors import ConfigError

OURS: Final = "council-names"
"""What the shipped model is called in `names: model:`."""
SHIPPED: Final = Path(__file__).parent / "weights"
_FILES: Final = ("card.json", "model.onnx", "tokenizer.json")


def folder_of(model: str) -> Path | None:
    """The folder of an encoder, None for a spaCy pipeline."""
    if model == OURS:
        return SHIPPED
    return Path(model) if (Path(model) / _FILES[1]).is_file() else None


def files_digest(model: str) -> str:
    """A hash that changes with the model. Raises ConfigError where it is not there."""
    folder = folder_of(model)
    try:
        if folder is not None:
            digests = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES]
            return "+".join([*digests, f"onnxruntime-{version('onnxruntime')}"])
        meta = Path(model) / "meta.json"
        own = json.loads(meta.read_text("utf-8"))["version"] if meta.is_file() else version(model)
    except (OSError, ValueError, KeyError, PackageNotFoundError) as error:
        raise ConfigError(f"the names model {model!r} can't be read: {error}") from error
    return f"{model}-{own}"
