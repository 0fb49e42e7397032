"""What is released, line by line, before anything is written: conversations, records, texts, schedule, withheld."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gateway.ledger.canonical import parse
from gateway.model.case import CaseFile, Decision, Form, Redaction
from gateway.model.release import Entry, ManifestOf, RecordOf, TextOf, UnitOf
from gateway.model.wording import many
from gateway.records.export.redact import Mark, Redacted, place_of, pseudonyms, redact, withhold
from gateway.records.export.terms import People, Terms, law_of, personal_code

REPLACED = "replaced by the gateway before the text went to the AI"
UNRELEASED = "A correction stands beside this (UK GDPR Art 16). It is not part of this release."
MAX_PLACES = 8
"""Places that one line of the schedule names; the rest it counts."""
SAYS = {
    "user": "Message to the AI",
    "system": "Instructions to the AI",
    "developer": "Instructions to the AI",
    "assistant": "Earlier answer",
    "tool": "Result of a function",
    "reply:text": "Answer of the AI",
    "facts": "Facts about the call",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the schedule of redactions, or of the withheld list. Dates are ISO 8601."""

    id: str
    conversation: str
    record: str
    turn: str
    what: str
    place: str
    places: int
    code: str
    law: str
    exemption: str
    reason: str
    public_interest: str
    by: str
    on: str
    second: str
    second_on: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A text of the release. `source` is the whole text, which goes nowhere but into the proof and the scan."""

    id: str
    key: tuple[int, Form]
    role: str
    redacted: Redacted
    source: TextOf | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """A text at a place of a record's manifest; `again` where it was shown before."""

    manifest: str
    position: int
    text: str
    role: str
    again: bool


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record of the release, with facts from its leaves."""

    record: RecordOf
    facts: Mapping[str, str]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """A correction that stands beside a record of the release, or beside the whole conversation (`record` is empty)."""

    record: str
    on: date
    text: str = field(repr=False)

    @property
    def words(self) -> str:
        """What a reader is told: a correction that is not released is named, so that nobody takes the record for
        undisputed."""
        return self.text or UNRELEASED


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of the release; `number` counts from 1."""

    number: int
    unit: int
    records: tuple[ShownRecord, ...]
    corrections: tuple[ShownCorrection, ...] = ()


@dataclass(slots=True)
class Release:
    """Everything that the files are written from."""

    case: CaseFile
    terms: Terms
    people: People
    conversations: list[Conversation] = field(default_factory=list)
    texts: dict[str, Shown] = field(default_factory=dict)
    schedule: list[Line] = field(default_factory=list)
    withheld: list[Line] = field(default_factory=list)
    withheld_units: list[tuple[Line, UnitOf]] = field(default_factory=list)
    marks: dict[str, list[Mark]] = field(default_factory=dict)
    """The officers' own marks by text, for the scan."""
    gone: list[UnitOf] = field(default_factory=list)


def facts_of(record: RecordOf, terms: Terms) -> dict[str, str]:
    """What a release says of a call: codes from its leaves, the service in words. No person."""
    bodies = [parse(leaf.body) for leaf in record.leaves]
    opened = next((body for body in bodies if body["kind"] == "opened"), {})
    closed = next((body for body in bodies if body["kind"] == "closed"), {})
    tool: Mapping[str, Any] = opened.get("tool") or {}
    last = next((body for body in reversed(bodies) if body.get("deployment")), None)
    deployment = (last or {}).get("deployment") or tool.get("deployment") or {}
    caller = opened.get("caller", {})
    service = str(caller.get("service", ""))
    return {
        "record": record.ref,
        "opened_at": str(opened.get("at", record.opened_at)),
        "closed_at": str(closed.get("at", "")),
        "caller_role": str(caller.get("class", "")),
        "service": service,
        "service_name": terms.services.get(service, service),
        "tool": str(tool.get("name", "")),
        "model": str(deployment.get("model", "")),
        "outcome": str(closed.get("outcome", "open")),
    }


class Builder:
    """Builds a `Release` from decided conversations. Preconditions have been checked."""

    def __init__(self, case: CaseFile, terms: Terms) -> None:
        self.release = Release(case, terms, People(case))
        self._standing: Line | None = None

    def build(self, units: Sequence[UnitOf]) -> Release:
        """The release, conversations in the order of their first call."""
        for unit in sorted(units, key=lambda each: (first_at(each), each.unit)):
            if unit.disposed:
                self.release.gone.append(unit)
                continue
            decision = self.release.case.decisions[unit.unit]
            if decision.verdict == "withhold":
                self._withhold(unit, decision)
            elif decision.verdict != "not_relevant":
                self._show(unit, decision)
        return self.release

    def _withhold(self, unit: UnitOf, decision: Decision) -> None:
        count = len(unit.records)
        where = Where(record=unit.records[0].ref, what=many(count, "record"))
        name = f"W{len(self.release.withheld) + 1:04d}"
        line = self._line(name, decision, decision.code, decision.reason, where, "whole conversation")
        self.release.withheld.append(line)
        self.release.withheld_units.append((line, unit))

    def _show(self, unit: UnitOf, decision: Decision) -> None:
        number = len(self.release.conversations) + 1
        shown: dict[tuple[int, Form], str] = {}
        records = []
        for record in unit.records:
            if record.disposed_at:
                continue
            turns: list[Turn] = []
            for manifest in record.manifests:
                for entry in manifest.entries:
                    key = chosen(unit, decision, manifest, entry)
                    if key is None:
                        continue
                    again = key in shown
                    if not again:
                        where = Where(str(number), record.ref, str(len(turns) + 1), says(entry.role))
                        shown[key] = self._text(unit, decision, key, entry.role, where)
                    turns.append(Turn(manifest.name, entry.position, shown[key], entry.role, again))
            if not any(turn.manifest == "facts" for turn in turns):
                self._caller(decision)
            records.append(ShownRecord(record, facts_of(record, self.release.terms), tuple(turns)))
        corrections = self._corrections(unit, decision, {each.record.ref for each in records})
        self.release.conversations.append(Conversation(number, unit.unit, tuple(records), corrections))

    def _corrections(
        self, unit: UnitOf, decision: Decision, shown: Collection[str]
    ) -> tuple[ShownCorrection, ...]:  # fmt: skip
        return tuple(
            ShownCorrection(
                each.ref if each.ref in shown else "",
                each.at.date(),
                each.text if each.name in decision.corrections else "",
            )
            for each in self.release.terms.corrections.get(unit.unit, ())
        )

    def _text(self, unit: UnitOf, decision: Decision, key: tuple[int, Form], role: str, where: "Where") -> str:
        name = f"T{len(self.release.texts) + 1:05d}"
        text = unit.texts.get(key)
        if text is None or key[0] not in decision.seen:
            mine = [each for each in decision.redactions if (each.part, each.form) == key]
            code, reason = (
                (mine[0].code, mine[0].reason or decision.reason) if mine else (decision.code, decision.reason)
            )
            line = self._line(self._next(), decision, code, reason, where, "whole text")
            self.release.schedule.append(line)
            redacted = withhold(text.text if text else "", line.id, label(code))
        else:
            lines, marks, own = self._marks(decision, key, text.text, where)
            redacted = redact(text.text, marks)
            self.release.schedule += [_placed(line, redacted) for line in lines]
            self.release.marks[name] = own
        self.release.texts[name] = Shown(name, key, role, redacted, text)
        return name

    def _marks(
        self, decision: Decision, key: tuple[int, Form], text: str, where: "Where"
    ) -> tuple[list[Line], list[Mark], list[Mark]]:
        """The lines of the schedule for a text, every mark in it, and those of them that officers made."""
        found: list[tuple[int, int, Redaction | str]] = [
            (each.start, each.end, each) for each in decision.redactions if (each.part, each.form) == key
        ]
        found += pseudonyms(text)
        lines: list[Line] = []
        marks: list[Mark] = []
        own: list[Mark] = []
        stood: dict[str, str] = {}
        for start, end, what in sorted(found, key=lambda each: each[:2]):
            name = self._next(len(lines))
            if isinstance(what, Redaction):
                lines.append(self._line(name, decision, what.code, what.reason or decision.reason, where, ""))
                own.append(Mark(start, end, name, label(what.code)))
                marks.append(own[-1])
                continue
            if what not in stood:
                stood[what] = name
                code = personal_code(self.release.case)
                lines.append(self._line(name, decision, code, REPLACED, where, ""))
            marks.append(Mark(start, end, stood[what], what))
        return lines, marks, own

    def _caller(self, decision: Decision) -> None:
        """The standing line: who made a call is told by role and service."""
        if self._standing is not None:
            return
        what = Where("all", "all", "", "who made the call: name, key, purpose and case reference")
        code, reason = personal_code(self.release.case), "the person's role and service area are given instead"
        line = self._line(self._next(), decision, code, reason, what, "not part of the release")
        self._standing = replace(line, places=0)
        self.release.schedule.append(self._standing)

    def _next(self, pending: int = 0) -> str:
        return f"R{len(self.release.schedule) + pending + 1:05d}"

    def _line(self, name: str, decision: Decision, code: str, reason: str, where: "Where", place: str) -> Line:
        exemption = self.release.terms.exemptions.get(code)
        weighed = exemption is None or exemption.public_interest
        people = self.release.people
        return Line(
            id=name, conversation=where.conversation, record=where.record, turn=where.turn, what=where.what,
            place=place, places=1, code=code, law=exemption.law if exemption else law_of(code),
            exemption=exemption.name if exemption else "", reason=reason,
            public_interest=decision.public_interest if weighed else "",
            by=people(decision.by), on=decision.at.date().isoformat(),
            second=_second(people(decision.second), decision),
            second_on=decision.second_at.date().isoformat() if decision.second_at else "",
        )  # fmt: skip


def _second(person: str, decision: Decision) -> str:
    """The second reader in words, with what the reader of a schedule should know of their independence."""
    return f"{person} (appointed by the officer who decided)" if decision.second_appointed else person


@dataclass(frozen=True, slots=True)
class Where:
    """Where something stands, as the schedule says it."""

    conversation: str = ""
    record: str = ""
    turn: str = ""
    what: str = ""


def chosen(unit: UnitOf, decision: Decision, manifest: ManifestOf, entry: Entry) -> tuple[int, Form] | None:
    """Which text of an entry is in question, and in which form; None where it is no part of a release.

    Facts about the caller are part of it only if an officer redacted them: who reads an original reads them too, and
    that alone releases nobody's name. A text that exists sealed only is there in that form.
    """
    kept: tuple[int, Form] = (entry.kept_id, "kept")
    if manifest.name == "facts":
        redacted = any((each.part, each.form) == kept for each in decision.redactions)
        return kept if redacted and entry.kept_id in decision.seen and kept in unit.texts else None
    if decision.form == "kept" or entry.sent_id is None:
        return kept
    return entry.sent_id, "sent"


def first_at(unit: UnitOf) -> str:
    """When a conversation began."""
    return unit.records[0].opened_at if unit.records else ""


def says(role: str) -> str:
    """What a text is, in words."""
    if role in SAYS:
        return SAYS[role]
    base, _, kind = role.partition(":")
    known = "Answer of the AI" if base == "reply" else SAYS.get(base, base)
    return f"{known} ({kind})" if kind else known


def label(code: str) -> str:
    """What a reader sees instead of withheld words."""
    return f"[redacted: {code}]"


def _placed(line: Line, redacted: Redacted) -> Line:
    mine = [gap for gap in redacted.gaps if line.id in gap.rows]
    places = [place_of(redacted, gap) for gap in mine[:MAX_PLACES]]
    if len(mine) > MAX_PLACES:
        places.append(f"and {len(mine) - MAX_PLACES} more")
    return replace(line, place="; ".join(places), places=len(mine))
