"""Where tests look for the shared data sets, which are not part of the project."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def shared(path: str) -> Path:
    """A file or folder of the shared data; skips the test, saying why, where it is absent."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"needs the shared data set `{path}`, which is not part of the project and not beside it")
    return found
