"""A record's row is a function of its leaves, so that a row changed behind the ledger's back shows.

Columns hold text, integers and hashes only. `ledger verify` computes them again and compares.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from gateway.ledger.canonical import canonical

Row = dict[str, Any]


def opened_row(body: Mapping[str, Any]) -> Row:
    """The row that an `opened` leaf makes."""
    caller, tool, decision = body["caller"], body["tool"] or {}, body["decision"] or {}
    deployment = tool.get("deployment") or {}
    return {
        "ref": body["ref"],
        "controller": body["controller"],
        "actor": body["actor"],
        "person_class": caller["class"],
        "service": caller["service"],
        "dialect": body["dialect"],
        "tool": tool.get("id", ""),
        "tool_name": tool.get("name", ""),
        "deployment": deployment.get("id", ""),
        "model": deployment.get("model", ""),
        "effect": decision.get("effect", ""),
        "rule": decision.get("rule", ""),
        "clause": decision.get("clause", ""),
        "policy": decision.get("policy", ""),
        "findings": canonical(dict(body["findings"])).decode(),
        "conversation": None if body["conversation"] is None else int(body["conversation"], 16),
        "unit": unit_of(body["ref"], body["conversation"]),
        "opened_at": body["at"],
        "retention_class": body["retention"]["class"],
        "dispose_after": body["retention"]["until"],
        "facts_root": _root(body["facts"]),
        "request_root": _root(body["request"]),
        "attempts": 1 if tool and body["request"] is not None else 0,
        "outcome": None,
        "error": None,
        "closed_at": None,
        "reply_root": None,
        "reply_findings": None,
        "note": None,
        "disposed_at": None,
    }


def attempt_changes(body: Mapping[str, Any]) -> Row:
    """What an `attempt` leaf changes."""
    deployment = body["deployment"]
    return {"attempts": body["number"], "deployment": deployment["id"], "model": deployment["model"]}


def closed_changes(body: Mapping[str, Any]) -> Row:
    """What a `closed` leaf changes."""
    return {
        "outcome": body["outcome"],
        "error": body["error"],
        "closed_at": body["at"],
        "reply_root": _root(body["reply"]),
        "reply_findings": canonical(dict(body["findings"])).decode(),
        "note": 1 if body["note"] else 0,
    }


def redated_changes(body: Mapping[str, Any]) -> Row:
    """What a `redated` leaf changes."""
    return {"dispose_after": body["retention"]["until"]}


def disposed_changes(body: Mapping[str, Any]) -> Row:
    """What a `disposed` leaf changes: nothing that the proof needs."""
    return {"disposed_at": body["at"]}


def unit_of(ref: str, conversation: str | None) -> int:
    """The number of what is kept, held, reviewed and disposed of as one: the conversation, or a record without one."""
    if conversation is not None:
        return int(conversation, 16)
    return int.from_bytes(hashlib.sha256(ref.encode()).digest()[:8], "big") >> 1


def changes(body: Mapping[str, Any]) -> Row:
    """What any leaf of a record does to its row."""
    return _CHANGES[body["kind"]](body)


_CHANGES: Mapping[str, Callable[[Mapping[str, Any]], Row]] = {
    "opened": opened_row,
    "attempt": attempt_changes,
    "closed": closed_changes,
    "redated": redated_changes,
    "disposed": disposed_changes,
}
"""By kind of leaf. The kinds that are not here say nothing of a record."""


def _root(manifest: Mapping[str, Any] | None) -> bytes | None:
    return None if manifest is None else bytes.fromhex(manifest["root"])
