"""What goes with an export of the log: the checker as one file, and a page for whoever opens the folder."""

from pathlib import Path
from typing import Final

_FOLDER = Path(__file__).resolve().parent
_JOIN: Final = "from gateway.ledger.standalone_keys import Check, Key, fastest\n"
_FUTURE: Final = "from __future__ import annotations\n"

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
    keys = (_FOLDER / "standalone_keys.py").read_text("utf-8")
    checker = (_FOLDER / "standalone.py").read_text("utf-8")
    _, _, body = keys.partition(_FUTURE)
    if _JOIN not in checker or not body:
        raise ValueError("the parts of the checker don't fit together")
    return checker.replace(_JOIN, f"# --- keys and signatures ---\n{body.strip()}\n# --- the check ---\n")
