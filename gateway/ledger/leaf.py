"""Leaves: what the tree holds. Facts, counts, codes, hashes and commitments; no free text, name or case reference.

A leaf's bytes are RFC 8785 canonical JSON, its hash SHA-256(0x00 || bytes) (RFC 6962). `replica`, `seq`, `prev` chain
the leaves of one worker, so that one removed before it reached the tree is missed. The format is version 1; a
field is added, never given another meaning. docs/ledger.md describes every field for an outsider.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from gateway.ledger.canonical import canonical
from gateway.ledger.identifiers import conversation_name
from gateway.ledger.merkle import leaf_hash
from gateway.ledger.port import Outcome
from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.knob import Limits

VERSION = 1
MAX_BYTES = 65_535
"""The limit of C2SP tlog-tiles entries."""
KINDS = ("opened", "attempt", "closed", "gap", "admin", "disposed", "matter", "redated")
_NOT_CODE = re.compile(r"[^A-Za-z0-9 ._:;,/()&+#-]")


class LeafTooLarge(ValueError):
    """A leaf beyond the limit: a fact that should be bounded was not."""


def code(text: str, limit: int = 128) -> str:
    """A name from configuration, made harmless: bounded, and without characters that free text or an address needs."""
    return _NOT_CODE.sub("_", text)[:limit]


def timestamp(at: datetime) -> str:
    """UTC with microseconds and a Z: sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def finish(draft: Mapping[str, Any], replica: str, seq: int, prev: bytes) -> tuple[bytes, bytes]:
    """A draft's bytes and hash, once it has its place in the replica's chain. Raises LeafTooLarge."""
    data = canonical({**draft, "v": VERSION, "replica": replica, "seq": seq, "prev": prev.hex()})
    if len(data) > MAX_BYTES:
        raise LeafTooLarge(f"a leaf of {len(data)} bytes; at most {MAX_BYTES} are allowed")
    return data, leaf_hash(data)


def opened(
    *,
    ref: str,
    at: datetime,
    dialect: str,
    caller: Caller,
    conversation: int | None,
    stream: bool,
    tool: Tool | None,
    decision: Decision | None,
    findings: Mapping[str, int],
    retention_class: str,
    dispose_after: date,
    facts: dict[str, Any] | None,
    request: dict[str, Any] | None,
    versions: tuple[str, str],
    hosted: Iterable[str],
    limits: Limits,
) -> dict[str, Any]:
    """The `opened` leaf. `versions` are suite version and policy hash of the running worker; `facts` and `request`
    name manifests and are null where no content is kept. `hosted` are the provider's own features asked for, `limits`
    the parameters that leave otherwise than asked for."""
    return {
        "kind": "opened",
        "ref": ref,
        "at": timestamp(at),
        "dialect": code(dialect),
        "controller": code(caller.controller),
        "actor": code(caller.actor),
        "caller": {
            "kind": caller.kind,
            "known": caller.person_known,
            "class": code(caller.person_class),
            "service": code(caller.service),
        },
        "conversation": None if conversation is None else conversation_name(conversation),
        "stream": stream,
        "tool": None if tool is None else _tool(tool),
        "decision": None if decision is None else _decision(decision),
        "findings": counts(findings),
        "hosted": _codes(hosted),
        "limits": _limits(limits),
        "suite": code(versions[0]),
        "policy": code(versions[1]),
        "retention": {"class": code(retention_class), "until": dispose_after.isoformat()},
        "facts": facts,
        "request": request,
    }


def attempt(
    *, ref: str, at: datetime, deployment: Deployment, number: int, cause: str, limits: Limits
) -> dict[str, Any]:
    """The `attempt` leaf of a retry or failover."""
    return {
        "kind": "attempt",
        "ref": ref,
        "at": timestamp(at),
        "number": number,
        "cause": code(cause, 64),
        "deployment": _deployment(deployment),
        "limits": _limits(limits),
    }


def closed(
    *,
    ref: str,
    at: datetime,
    outcome: Outcome,
    error: str,
    findings: Mapping[str, int],
    reply: dict[str, Any] | None,
    note: bool,
) -> dict[str, Any]:
    """The `closed` leaf. `error` is a GatewayError's code or empty; `note` says that our note went out too."""
    return {
        "kind": "closed",
        "ref": ref,
        "at": timestamp(at),
        "outcome": outcome,
        "error": code(error, 64),
        "findings": counts(findings),
        "reply": reply,
        "note": note,
    }


def gap(*, begun: datetime, ended: datetime, refused: int) -> dict[str, Any]:
    """The `gap` leaf: for this long this worker could not record; `refused` jobs failed meanwhile."""
    return {"kind": "gap", "at": timestamp(ended), "from": timestamp(begun), "refused": refused}


def admin(*, at: datetime, act: str, subject: str, actor: str, row: bytes) -> dict[str, Any]:
    """The `admin` leaf of an act: `actor` a keyed digest of who did it, `row` the SHA-256 of the row it left."""
    subject = code(subject)
    return {
        "kind": "admin", "at": timestamp(at), "act": code(act, 64), "subject": subject, "actor": actor, "row": row.hex()
    }  # fmt: skip


def redated(
    *, ref: str, at: datetime, number: int, run: str, retention_class: str, before: str, until: str, actor: str
) -> dict[str, Any]:
    """The `redated` leaf of a record that is kept until another day than before: by which run, under which class. It is
    the record's re-dating `number`, from 1."""
    return {
        "kind": "redated", "ref": ref, "at": timestamp(at), "number": number, "run": code(run, 32), "before": before,
        "retention": {"class": code(retention_class), "until": until}, "actor": actor,
    }  # fmt: skip


def disposed(*, ref: str, at: datetime, run: str, retention_class: str, actor: str) -> dict[str, Any]:
    """The `disposed` leaf of a record whose content was destroyed: by which disposal run, under which class."""
    return {
        "kind": "disposed", "ref": ref, "at": timestamp(at), "run": code(run, 32), "class": code(retention_class),
        "actor": actor,
    }  # fmt: skip


def matter(*, at: datetime, matter: str, controller: str, seq: int, act: str, actor: str, row: bytes) -> dict[str, Any]:
    """The `matter` leaf of one event of a request case or incident: `row` is the event's hash, which chains to the one
    before and commits to its sealed text; `actor` the keyed pseudonym of the officer."""
    return {
        "kind": "matter", "at": timestamp(at), "matter": code(matter, 40), "controller": code(controller), "n": seq,
        "act": code(act, 64), "actor": actor, "row": row.hex(),
    }  # fmt: skip


def counts(findings: Mapping[str, int]) -> dict[str, int]:
    """Findings by label; none are left out, and none is zero."""
    return {code(label, 64): number for label, number in sorted(findings.items()) if number}


def _limits(limits: Limits) -> dict[str, dict[str, str | None]]:
    """Both values of each parameter, as text: a leaf holds no fractions, which JSON writers spell differently."""
    return {
        code(name, 64): {
            "asked": None if limited.asked is None else code(limited.asked, 32),
            "sent": None if limited.sent is None else code(limited.sent, 32),
        }
        for name, limited in sorted(limits.items())
    }


def _codes(values: Iterable[str]) -> list[str]:
    return sorted(code(value, 64) for value in values)


def _deployment(deployment: Deployment) -> dict[str, Any]:
    names = ("id", "upstream", "model", "processor", "region")
    return {name: code(str(getattr(deployment, name))) for name in names}


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "id": code(tool.id),
        "name": code(tool.name),
        "tier": code(tool.tier),
        "state": code(tool.state),
        "deployment": _deployment(tool.deployments[0]) if tool.deployments else None,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "effect": decision.effect,
        "rule": code(decision.rule),
        "clause": code(decision.clause),
        "policy": code(decision.policy_hash),
        "blocked": _codes(decision.blocked),
        "contested": _codes(decision.contested),
        "reply": decision.reply,
    }
