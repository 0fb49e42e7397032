"""How a call finds its conversation again: keyed digests of what its caller sent before.

Clients resend their history. Digests are keyed by controller and actor, so that one person's texts can't be matched
with another's, nor by anyone without the key. A prefix digest binds everything up to the end of a turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.ledger.leaf import timestamp
from gateway.ledger.mac import Mac, mac
from gateway.ledger.rows import Trace, TracePurpose, TraceRow
from gateway.ledger.words import encode
from gateway.model.part import Part

LONG_ENOUGH = 40
"""Characters from which an earlier text alone is taken to identify a conversation."""
RECALLED = frozenset({"text", "blob"})
"""Kinds of part that stand for themselves in a message, so that a reference can stand in their place."""
REPEAT_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, repr=False)
class Tracks:
    """The keyed digests of one call. `texts` are those of its parts, in order; `prefixes` by turn."""

    parts: tuple[Part, ...]
    texts: tuple[bytes, ...]
    prefixes: Mapping[int, bytes]

    @property
    def last_turn(self) -> int:
        """The turn that is new."""
        return max(self.prefixes, default=-1)

    def asked(self) -> list[bytes]:
        """Every digest worth looking up."""
        return list(dict.fromkeys([*self.prefixes.values(), *self.texts]))


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the store knew: the conversation (None: a new one), refused earlier parts by address, and the
    digests in the newest turn that had been refused."""

    conversation: int | None
    refused: Mapping[str, str] = field(default_factory=dict)
    again: tuple[bytes, ...] = ()


class Tracker:
    """Makes and reads the traces of one actor."""

    def __init__(self, secret: bytes, controller: str, actor: str) -> None:
        self._mac = Mac(mac(secret, f"actor/{controller}/{actor}".encode()))

    def text(self, text: str) -> bytes:
        """The digest of a text of this actor's conversations, whoever spoke it."""
        return self._mac(b"text" + encode(text))

    def next_prefix(self, prefix: bytes, text: bytes) -> bytes:
        """The digest of a prefix with one more text."""
        return self._mac(b"prefix" + prefix + text)

    def tracks(self, parts: Sequence[Part]) -> Tracks:
        """The digests of a call's parts as they came."""
        texts = tuple(self.text(part.text) for part in parts)
        prefixes: dict[int, bytes] = {}
        prefix = b""
        for part, text in zip(parts, texts, strict=True):
            if part.turn >= 0:
                prefix = self.next_prefix(prefix, text)
                prefixes[part.turn] = prefix
        return Tracks(tuple(parts), texts, prefixes)


def recalled(tracks: Tracks, found: Mapping[bytes, Sequence[Trace]], now: datetime) -> Recalled:
    """Read what was found: the longest prefix wins, then the newest earlier text, then an exact repeat."""
    last = tracks.last_turn
    refused: dict[str, str] = {}
    again: list[bytes] = []
    for part, text in zip(tracks.parts, tracks.texts, strict=True):
        ref = next((trace.ref for trace in found.get(text, ()) if trace.purpose == "refused"), None)
        if ref is None or part.kind not in RECALLED:
            continue
        if part.turn == last:
            again.append(text)
        elif part.turn >= 0:
            refused[part.address] = ref
    return Recalled(_conversation(tracks, found, now), refused, tuple(again))


def _conversation(tracks: Tracks, found: Mapping[bytes, Sequence[Trace]], now: datetime) -> int | None:
    last = tracks.last_turn
    for turn in sorted(tracks.prefixes, reverse=True):
        oldest = timestamp(now - REPEAT_WITHIN) if turn == last else ""
        for trace in found.get(tracks.prefixes[turn], ()):
            if trace.purpose == "prefix" and trace.at >= oldest:
                return trace.conversation
    earlier = [
        (part.turn, text)
        for part, text in zip(tracks.parts, tracks.texts, strict=True)
        if 0 <= part.turn < last and part.role in ("user", "assistant") and len(part.text) >= LONG_ENOUGH
    ]
    for _, text in reversed(earlier):
        for trace in found.get(text, ()):
            if trace.purpose in ("reply", "turn", "refused"):
                return trace.conversation
    return None


def asked_rows(tracks: Tracks, conversation: int, ref: str, at: str) -> list[TraceRow]:
    """The traces that a call leaves: where it ended, and its own long texts."""
    last = tracks.last_turn
    if last < 0:
        return []
    rows = [TraceRow(tracks.prefixes[last], "prefix", conversation, ref, at)]
    rows.extend(
        TraceRow(text, "turn", conversation, ref, at)
        for part, text in zip(tracks.parts, tracks.texts, strict=True)
        if part.turn == last and part.role == "user" and len(part.text) >= LONG_ENOUGH
    )
    return rows


def refused_rows(tracks: Tracks, addresses: frozenset[str], conversation: int, ref: str, at: str) -> list[TraceRow]:
    """The traces that a refused call leaves: digests of the texts in which something was found."""
    purpose: TracePurpose = "refused"
    return [
        TraceRow(text, purpose, conversation, ref, at)
        for part, text in zip(tracks.parts, tracks.texts, strict=True)
        if part.turn >= 0 and part.kind in RECALLED and part.text and part.address in addresses
    ]
