"""Verification of request cases and incidents: every event has its leaf, none is missing, the rows are what they say.

Without keys the chain of each case, its leaves and its row are checked; with keys also that every box opens, and that
the hits and decisions are those that the events made.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from gateway.ledger import matter as matters
from gateway.ledger import sealing
from gateway.ledger.canonical import parse
from gateway.ledger.keystore import KeyGone, KeyStore
from gateway.ledger.matter import HitChange, MatterRow
from gateway.ledger.report import Report
from gateway.ledger.verify import Evidence, LeafFacts, Row

_Hits = dict[int, tuple[HitChange, int]]
_DISPOSED = "matter_dispose"
"""The act of the admin leaf by which what people wrote in a case was destroyed."""


def verify_matters(evidence: Evidence, facts: LeafFacts, keystore: KeyStore | None, report: Report) -> None:
    """Check all cases. Problems name table, case and number of the event, never what is written in it."""
    rows = {row["id"]: row for row in evidence.table("matter")}
    disposed = {subject for (_, subject), body in facts.admin.items() if body.get("act") == _DISPOSED}
    leaves = dict(facts.matters)
    hits: dict[str, _Hits | None] = {}
    for name, events in groupby(evidence.table("matter_event"), key=lambda row: str(row["matter"])):
        row = rows.get(name)
        if row is None:
            report.add("matter", name, "", "its row was removed")
        hits[name] = _events(name, list(events), row, name in disposed, leaves, keystore, report)
    for name, row in rows.items():
        report.count("cases")
        if name not in hits:
            report.add("matter", name, "", "it has no events: they were removed, or the row was added")
        if (row["disposed_at"] is not None) != (name in disposed):
            report.add("matter", name, "", "its content went, or is said to have gone, and the leaves say otherwise")
    for name, number in leaves:
        report.add("matter_event", f"{name}/{number}", "", "its leaf is there, but the event was removed")
    _check_hits(evidence.table("matter_hit"), hits, report)


def _events(
    name: str, events: list[Row], row: Row | None, disposed: bool, leaves: dict[tuple[str, int], Any],
    keystore: KeyStore | None, report: Report,
) -> _Hits | None:  # fmt: skip
    """Check the chain of one case; the hits that its events made, None where that can't be told."""
    prev, expected = b"", 1
    for event in events:
        report.count("case events")
        place = f"{name}/{event['seq']}"
        if event["seq"] != expected:
            report.add("matter_event", place, "", f"event {expected} was expected: one between was removed")
        elif _hash(name, prev, event) != event["hash"]:
            report.add("matter_event", place, "", "its columns are not those that its hash stands for")
        _leaf(place, event, leaves.pop((name, event["seq"]), None), report)
        if disposed and event["box"] is not None:
            report.add("matter_event", place, "", "the case was destroyed, but this event still has content")
        if not disposed and (event["box"] is None or matters.box_hash(event["box"]) != event["box_hash"]):
            report.add("matter_event", place, "", "its sealed bytes were removed or changed")
        prev, expected = event["hash"], event["seq"] + 1
    if row is None:
        return None
    _row(name, row, events[-1], report)
    return None if keystore is None or disposed else _opened(name, row, events, keystore, report)


def _hash(name: str, prev: bytes, event: Row) -> bytes:
    return matters.event_hash(
        prev, matter=name, seq=event["seq"], at=event["at"], actor=event["actor"], kind=event["kind"], row=event["row"],
        box_hash=event["box_hash"],
    )  # fmt: skip


def _leaf(place: str, event: Row, body: dict[str, Any] | None, report: Report) -> None:
    if body is None:
        report.add("matter_event", place, "", "no leaf speaks of this event: it was added")
        return
    said = (body.get("row"), body.get("at"), body.get("actor"), body.get("act"))
    if said != (event["hash"].hex(), event["at"], event["actor"], event["kind"]):
        report.add("matter_event", place, "", "it is not the event that its leaf stands for")


def _row(name: str, row: Row, last: Row, report: Report) -> None:
    """The case's own row is what its newest event says."""
    if (row["seq"], row["head"]) != (last["seq"], last["hash"]):
        report.add("matter", name, "", "it does not end with its newest event: events were removed or added")
    try:
        said = parse(last["row"].encode())
    except ValueError:
        report.add("matter_event", f"{name}/{last['seq']}", "", "its row is not canonical JSON")
        return
    for column in MatterRow.__dataclass_fields__:
        if said.get(column) != row[column]:
            report.add("matter", name, "", f"column {column} is not what its newest event says")


def _opened(name: str, row: Row, events: list[Row], keystore: KeyStore, report: Report) -> _Hits:
    hits: _Hits = {}
    try:
        key = matters.matter_key(keystore, name, row["controller"], row["retention_class"], row["wrapped"] or b"")
    except (sealing.Unsealable, KeyGone) as error:
        report.add("matter", name, "", f"its key can't be unwrapped ({type(error).__name__})")
        return hits
    for event in events:
        try:
            _, changes = matters.open_box(key, name, event["seq"], event["kind"], event["box"] or b"")
        except sealing.Unsealable:
            report.add("matter_event", f"{name}/{event['seq']}", "", "its sealed bytes can't be opened")
            continue
        report.count("case events opened")
        matters.fold(hits, changes, event["seq"])
    return hits


def _check_hits(rows: Iterable[Row], made: dict[str, _Hits | None], report: Report) -> None:
    """The hits of each case are those that its events made; where these can't be opened, only that the case is
    known."""
    for row in rows:
        report.count("case hits")
        name, unit = row["matter"], row["unit"]
        mine = made.get(name, {})
        found = HitChange(unit, row["search"], row["decision"], row["second"]), row["seq"]
        if name not in made:
            report.add("matter_hit", f"{name}/{unit}", "", "there is no such case")
        elif mine is not None and mine.pop(unit, None) != found:
            report.add("matter_hit", f"{name}/{unit}", "", "it is not what the case's events say")
    for name, hits in made.items():
        for unit in hits or ():
            report.add("matter_hit", f"{name}/{unit}", "", "it was removed")
