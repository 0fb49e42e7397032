"""`verify.py`: the checker as one file, put together from its modules' own source."""

import ast
from importlib import resources

PACKAGE = "gateway.records.export.checker"
MODULES = ("primitives", "files", "contents", "main")
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
    texts = [_body(resources.files(PACKAGE).joinpath(f"{name}.py").read_text()) for name in MODULES]
    return (_HEAD + "\n\n\n".join(texts) + _TAIL).encode()


def _body(source: str) -> str:
    """A module without its docstring and its imports from here: all names stand in one file."""
    lines = source.splitlines()
    tree = ast.parse(source)
    drop: set[int] = set()
    for number, node in enumerate(tree.body):
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith((PACKAGE, "__future__"))
        docstring = number == 0 and isinstance(node, ast.Expr)
        if ours or docstring:
            drop |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in drop).strip()
