"""Manifests: which texts a record holds, in order, as a hash chain that later records of the conversation extend.

root(0) = SHA-256(0x04); root(n) = SHA-256(0x04 || root(n-1) || SHA-256(entry n)), an entry being canonical JSON
of role and commitments. A leaf names base, count, new and root, so that it stays small and the storage
of a conversation that resends its history grows with what is new only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ledger import blind, sealing
from gateway.ledger.canonical import digest
from gateway.ledger.identifiers import Numbers
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.mac import Mac, mac, random_bytes
from gateway.ledger.rows import Base, BlindRow, KnownPart, Link, NodeRow, PartRow
from gateway.ledger.words import commit, encode

GENESIS = hashlib.sha256(b"\x04").digest()


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """A text to be recorded: as it came (`kept`) and as it left (`sent`; None where it must not be searchable).
    `named` are the values found in it, by label."""

    role: str
    place: str
    kept: str
    sent: str | None
    named: blind.Named = ()


@dataclass(frozen=True, slots=True)
class Home:
    """Where contents are recorded."""

    ref: str
    conversation: int
    controller: str
    retention_class: str


@dataclass(frozen=True, slots=True, repr=False)
class Manifest:
    """A manifest and the rows it needs."""

    base: Base
    nodes: tuple[NodeRow, ...]
    parts: tuple[PartRow, ...]
    index: tuple[BlindRow, ...] = ()

    @property
    def root(self) -> bytes:
        """The last root."""
        return self.nodes[-1].root if self.nodes else self.base.root

    def fact(self) -> dict[str, Any]:
        """How a leaf names it."""
        count = self.base.count + len(self.nodes)
        return {"base": self.base.root.hex(), "count": count, "new": len(self.nodes), "root": self.root.hex()}


def entry(role: str, kept: bytes, sent: bytes | None, box_hash: bytes, place: bytes) -> bytes:
    """SHA-256 of a manifest entry: commitments to original, redacted text and place, hash of the sealed bytes."""
    sent_hex = "" if sent is None else sent.hex()
    return digest({"role": role, "kept": kept.hex(), "sent": sent_hex, "box": box_hash.hex(), "place": place.hex()})


def extend(root: bytes, entry_hash: bytes) -> bytes:
    """The next root of a chain."""
    return hashlib.sha256(b"\x04" + root + entry_hash).digest()


def part_name(number: int, conversation: int, controller: str, retention_class: str) -> bytes:
    """The additional data that ties a sealed text to its row, conversation, controller and class."""
    return f"part/{number}/{conversation}/{controller}/{retention_class}".encode()


def parts_key(secret: bytes, conversation: int, controller: str, retention_class: str) -> bytes:
    """The key of the digests by which a conversation's texts are found again."""
    return mac(secret, f"parts/{conversation}/{controller}/{retention_class}".encode())


class Binder:
    """Builds manifests for one conversation: reuses what is known, seals what is new."""

    def __init__(self, home: Home, keystore: KeyStore, numbers: Numbers, secret: bytes) -> None:
        self._home = home
        self._keystore = keystore
        self._numbers = numbers
        self._key = parts_key(secret, home.conversation, home.controller, home.retention_class)
        self._mac = Mac(self._key)

    def links(self, contents: Sequence[Content]) -> list[Link]:
        """The keyed digests by which the store knows these contents again."""
        chain = self._key
        links: list[Link] = []
        for each in contents:
            kept, sent = self._digest(each.kept), self._sent_digest(each)
            said = f"{each.role}\n{each.place}\n".encode("utf-8", "surrogatepass") + kept + (sent or b"-")
            chain = self._mac(b"chain" + chain + said)
            links.append(Link(chain, kept))
        return links

    def bind(
        self, contents: Sequence[Content], links: Sequence[Link], base: Base | None, known: Mapping[bytes, KnownPart]
    ) -> Manifest:
        """The manifest of `contents`, whose first `base.count` are on record already."""
        start = base or Base(GENESIS, 0)
        fresh = dict(known)
        nodes: list[NodeRow] = []
        parts: list[PartRow] = []
        index: list[BlindRow] = []
        root = start.root
        for position in range(start.count, len(contents)):
            each, link = contents[position], links[position]
            part, key = self._part(each, link, fresh, parts)
            sent_id, sent_root = self._sent(each, part, parts)
            # A part that is known may not be indexed: an answer is not inspected before it is sent back as history.
            index.extend(BlindRow(digest, part.id) for digest in self._blind(each))
            place = each.place.encode("utf-8", "surrogatepass")
            place_root = mac(sealing.place_salt(key), place)
            previous = root
            root = extend(root, entry(each.role, part.kept_root, sent_root, part.box_hash, place_root))
            nodes.append(
                NodeRow(
                    root=root, prev=previous, position=position + 1, ref=self._home.ref, role=each.role,
                    kept_id=part.id, sent_id=sent_id, kept_root=part.kept_root, sent_root=sent_root,
                    box_hash=part.box_hash, place_root=place_root,
                    place=sealing.seal_place(key, place, self._name(part.id)), digest=link.chain,
                )
            )  # fmt: skip
        return Manifest(start, tuple(nodes), tuple(parts), tuple(index))

    def _blind(self, each: Content) -> tuple[bytes, ...]:
        if not each.named:
            return ()
        return blind.digests_of_text(blind.controller_key(self._keystore, self._home.controller), each.named)

    def _part(
        self, each: Content, link: Link, known: dict[bytes, KnownPart], parts: list[PartRow]
    ) -> tuple[KnownPart, bytes]:
        """The sealed original of a content and its data key: found, or sealed now."""
        found = known.get(link.kept)
        if found is not None:
            try:
                return found, self._unwrap(found)
            except (sealing.Unsealable, KeyGone):
                pass  # its key no longer opens it: seal the text again rather than refer to what can't be read
        key, number = sealing.new_key(), self._numbers.new()
        salt, name = sealing.salt_of(key), self._name(number)
        kept_root = commit(each.kept, salt)
        box = sealing.seal_text(key, encode(each.kept), name)
        wrapped = sealing.wrap(self._keystore, self._home.controller, self._home.retention_class, key, name)
        same = each.sent == each.kept
        sent_salt = salt if same else (None if each.sent is None else random_bytes(32))
        sent_root = kept_root if same else self._commit(each.sent, sent_salt)
        row = PartRow(
            id=number, conversation=self._home.conversation, controller=self._home.controller,
            retention_class=self._home.retention_class, digest=link.kept, sent_digest=self._sent_digest(each),
            box=box, wrapped=wrapped, kept_root=kept_root, text=None if each.sent is None else encode(each.sent),
            salt=sent_salt, sent_root=sent_root,
        )  # fmt: skip
        parts.append(row)
        box_hash = hashlib.sha256(box).digest()
        part = KnownPart(number, wrapped, kept_root, box_hash, row.sent_digest, sent_root)
        known[link.kept] = part
        return part, key

    def _sent(self, each: Content, part: KnownPart, parts: list[PartRow]) -> tuple[int | None, bytes | None]:
        """The redacted text of a content: that of its part, or a row of its own where it was redacted differently."""
        if each.sent is None:
            return None, None
        sent_digest = self._sent_digest(each)
        if part.sent_digest == sent_digest:
            return part.id, part.sent_root
        number, salt = self._numbers.new(), random_bytes(32)
        root = commit(each.sent, salt)
        parts.append(
            PartRow(
                id=number, conversation=self._home.conversation, controller=self._home.controller,
                retention_class=self._home.retention_class, digest=None, sent_digest=sent_digest, box=None,
                wrapped=None, kept_root=None, text=encode(each.sent), salt=salt, sent_root=root,
            )
        )  # fmt: skip
        return number, root

    @staticmethod
    def _commit(text: str | None, salt: bytes | None) -> bytes | None:
        return None if text is None or salt is None else commit(text, salt)

    def _digest(self, text: str) -> bytes:
        return self._mac(b"text" + encode(text))

    def _sent_digest(self, each: Content) -> bytes | None:
        return None if each.sent is None else self._mac(b"sent" + encode(each.sent))

    def _name(self, number: int) -> bytes:
        return part_name(number, self._home.conversation, self._home.controller, self._home.retention_class)

    def _unwrap(self, part: KnownPart) -> bytes:
        home = self._home
        return sealing.unwrap(self._keystore, home.controller, home.retention_class, part.wrapped, self._name(part.id))
