"""A version for everything that can change a finding: code, configuration, model, libraries."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_APART = {"evaluate", "training"}
"""Folders that find nothing in use."""
_LIBRARIES = ("presidio-analyzer", "regex", "spacy", "tokenizers")


@cache
def code_digest() -> str:
    """A hash over this package's source files, so that a change of a pattern is a change of version."""
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if not _APART & set(relative.parts):
            digest.update(f"{relative.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def suite_version(config_digest: str, model_version: str) -> str:
    """Sixteen hexadecimal digits over code, configuration, model and libraries."""
    libraries = ",".join(f"{name}={version(name)}" for name in _LIBRARIES)
    whole = "\0".join((code_digest(), config_digest, model_version, libraries))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
