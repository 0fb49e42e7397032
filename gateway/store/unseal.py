"""Opening sealed texts: for the ledger's own recovery, and for whoever hands an opener on.

No command and no route leads here by itself: opening content for a person needs a case, a role and a reason, and is an
entry of its own.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyStore
from gateway.ledger.manifest import GENESIS, part_name
from gateway.ledger.words import decode
from gateway.store import tables


def unseal(keystore: KeyStore, part: Mapping[str, Any]) -> str:
    """The original text of a row of `part`. Raises Unsealable, KeyGone."""
    return original(keystore, part)[0]


def original(keystore: KeyStore, part: Mapping[str, Any]) -> tuple[str, bytes]:
    """The original text of a row of `part`, and the salt of its commitment. Raises Unsealable, KeyGone."""
    name = part_name(part["id"], part["conversation"], part["controller"], part["retention_class"])
    key = sealing.unwrap(keystore, part["controller"], part["retention_class"], part["wrapped"] or b"", name)
    return decode(sealing.open_text(key, part["box"] or b"", name)), sealing.salt_of(key)


def texts_of(connection: Connection, keystore: KeyStore, root: bytes | None) -> list[tuple[str, str]]:
    """Original and redacted text of every link of a manifest that has both. Raises Unsealable, KeyGone."""
    pairs: list[tuple[str, str]] = []
    node, part = tables.node, tables.part
    while root is not None and root != GENESIS:
        query = select(node.c.prev, node.c.kept_id, node.c.sent_id).where(node.c.root == root)
        link = connection.execute(query).first()
        if link is None:
            raise sealing.Unsealable("a link of the manifest is gone")
        root = link.prev
        if link.sent_id is None:
            continue
        kept = connection.execute(select(part).where(part.c.id == link.kept_id)).mappings().one()
        sent = connection.execute(select(part.c.text).where(part.c.id == link.sent_id)).scalar_one()
        pairs.append((unseal(keystore, dict(kept)), decode(sent)))
    return pairs
