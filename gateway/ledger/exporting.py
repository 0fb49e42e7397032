"""What goes with an export of the log: the checker as one file, and a page for whoever opens the folder."""

import ast
from pathlib import Path
from typing import Final

_FOLDER = Path(__file__).resolve().parent
SHARED: Final = ("standalone_keys", "standalone_stamps")
"""Modules that every checker has a copy of."""
_CHECKER: Final = "standalone"

README: Final = """\
AN EXPORT OF AN AI GATEWAY'S LEDGER

What this is
  Every step of every AI call that the gateway of {origin}
  recorded, up to {size} entries: facts, counts, codes and hashes. No text that anybody wrote, no names. Persons are
  keyed pseudonyms, so the entries are personal data all the same (UK GDPR Art 4(5)): handle them as such.

To check it
  python3 verify.py --key 'KEY' --witness 'KEY'
  It needs Python 3.9 or later and nothing else. Get the log's key from the council and the witness's key from the
  witness, by another way than this folder. If you kept a checkpoint from an earlier day, add --checkpoint FILE: then
  you also know that nothing from before that day was changed or removed.

What is here
  checkpoint            the newest signed statement of size and root, with the cosignatures that it has
  checkpoints.jsonl     every signed checkpoint of the database
  checkpoints.log       the same as noted outside the database, as they were signed
  cosignatures.jsonl    what witnesses under other administrators signed, and when
  timestamps.jsonl      time stamps (RFC 3161); timestamps/ has each with what it is over
  disposed.jsonl        records whose content was destroyed under the retention schedule
  tile/                 the tree's hashes and the entries, as C2SP tlog-tiles says (https://c2sp.org/tlog-tiles)
  key.txt               the log's key, for comparison only

What it shows, and what it does not, is in docs/ledger.md of the gateway.
"""


def script() -> str:
    """The checker as one file that needs only Python's standard library."""
    checker = (_FOLDER / f"{_CHECKER}.py").read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(checker), clean=False)
    return (
        f'"""{docstring}"""\n\nfrom __future__ import annotations\n\n'
        + "\n\n\n".join([*shared(), part(checker)])
        + "\n"
    )


def shared() -> list[str]:
    """The parts that every checker begins with."""
    return [part((_FOLDER / f"{name}.py").read_text("utf-8")) for name in SHARED]


def part(source: str) -> str:
    """A module as a part of one file: without its docstring and its imports of ours, whose names stand there too."""
    drop: set[int] = set()
    for number, node in enumerate(ast.parse(source).body):
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("gateway.", "__future__"))
        docstring = number == 0 and isinstance(node, ast.Expr)
        if ours or docstring:
            drop |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "\n".join(line for number, line in enumerate(source.splitlines(), 1) if number not in drop).strip()
