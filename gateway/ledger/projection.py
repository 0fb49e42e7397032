"""A record's row is a function of its leaves, so that a row changed behind the ledger's back shows.

Columns hold text, integers and hashes only. `ledger verify` computes them again and compares.
"""

from collections.abc import Mapping
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
        "effect": decision.get("effect", ""),
        "rule": decision.get("rule", ""),
        "clause": decision.get("clause", ""),
        "policy": decision.get("policy", ""),
        "findings": canonical(dict(body["findings"])).decode(),
        "conversation": None if body["conversation"] is None else int(body["conversation"], 16),
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
    }


def attempt_changes(body: Mapping[str, Any]) -> Row:
    """What an `attempt` leaf changes."""
    return {"attempts": body["number"], "deployment": body["deployment"]["id"]}


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


def changes(body: Mapping[str, Any]) -> Row:
    """What any leaf of a record does to its row."""
    if body["kind"] == "opened":
        return opened_row(body)
    return attempt_changes(body) if body["kind"] == "attempt" else closed_changes(body)


def _root(manifest: Mapping[str, Any] | None) -> bytes | None:
    return None if manifest is None else bytes.fromhex(manifest["root"])
