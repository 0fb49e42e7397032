"""`verify.py`: the checker as one file, put together from its modules' own source."""

from importlib import resources

from gateway.ledger.exporting import part, shared

PACKAGE = "gateway.records.export.checker"
MODULES = ("primitives", "files", "contents", "shown", "outside", "main")
_HEAD = '''"""Check a release package of the council's AI gateway. Needs Python 3.9 or newer and nothing else.

    python -I data/proofs/verify.py .        in the package's folder
"""

from __future__ import annotations

'''
_TAIL = """

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def verify_py() -> bytes:
    """The file's bytes."""
    own = [part(resources.files(PACKAGE).joinpath(f"{name}.py").read_text("utf-8")) for name in MODULES]
    return (_HEAD + "\n\n\n".join([*shared(), *own]) + _TAIL).encode()
