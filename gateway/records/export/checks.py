"""What has to be settled before a case may be exported. Each message names a record, a text or a rule, no content."""

from collections.abc import Iterator, Sequence

from gateway.ledger.identifiers import conversation_name
from gateway.model.case import CaseFile, CaseKind, Decision, Form
from gateway.model.counting import counted
from gateway.model.release import HoldOf, SignedCheckpoint, UnitOf
from gateway.records.export.release import chosen
from gateway.records.export.terms import Terms


def missing(
    case: CaseFile, terms: Terms, units: Sequence[UnitOf], holds: Sequence[HoldOf], checkpoint: SignedCheckpoint | None
) -> list[str]:
    """What is missing, in words; empty where the case may be exported."""
    found = list(_case(case, holds, units))
    if checkpoint is None:
        found.append("the ledger has no checkpoint yet: nothing could be proved")
    known = {unit.unit for unit in units}
    found += [
        f"conversation {conversation_name(each)}: it is not on record" for each in case.units if each not in known
    ]
    for unit in units:
        if not unit.disposed:
            name = f"the conversation of record {unit.records[0].ref}"
            found += [f"{name}: {what}" for what in _unit(case, terms, unit, checkpoint)]
    return found


def _case(case: CaseFile, holds: Sequence[HoldOf], units: Sequence[UnitOf]) -> Iterator[str]:
    """A case of erasure holds nothing, and an incident may begin with a record instead of a search."""
    held = [unit for unit in units if not unit.disposed]
    covered = frozenset[int]().union(*(hold.units for hold in holds))
    if case.kind is not CaseKind.ERASURE:
        released = [hold.id for hold in holds if hold.released_at is not None]
        if not holds or any(hold.controller != case.controller for hold in holds):
            yield "no hold is in force for this case: without one, records could be disposed of while it is open"
        elif released:
            yield f"the hold {released[0]} was released: place it again before the export"
        elif any(unit.unit not in covered for unit in held):
            count = sum(unit.unit not in covered for unit in held)
            known = counted(len(held), "conversation is", "conversations are")
            yield f"{count} of {known} not under a hold of this case"
    if not case.searches and case.incident is None:
        yield "no search is recorded: the package could not say what was looked for"


def _unit(case: CaseFile, terms: Terms, unit: UnitOf, checkpoint: SignedCheckpoint | None) -> Iterator[str]:
    if unit.controller != case.controller:
        yield "it belongs to another controller"
        return
    decision = case.decisions.get(unit.unit)
    if decision is None:
        yield "no decision yet"
        return
    if case.second_reader and not decision.second:
        yield "a second reader has still to confirm the decision"
    elif decision.second and decision.second == decision.by:
        yield "the second reader is the officer who decided"
    if decision.verdict == "withhold":
        yield from _reasons(terms, decision, decision.code)
    elif decision.verdict in ("release", "redact"):
        yield from _release(case, terms, unit, decision, checkpoint)


def _reasons(terms: Terms, decision: Decision, code: str) -> Iterator[str]:
    if not code:
        yield "something is withheld without an exemption code"
        return
    exemption = terms.exemptions.get(code)
    if terms.exemptions and exemption is None:
        yield f"{code} is not in the list of exemptions"
    if exemption is not None and exemption.public_interest and not decision.public_interest.strip():
        yield f"{code} asks for the public interest to be weighed, and no balance is stated"


def _release(
    case: CaseFile, terms: Terms, unit: UnitOf, decision: Decision, checkpoint: SignedCheckpoint | None
) -> Iterator[str]:
    waiting = sum(
        leaf.index is None or checkpoint is None or leaf.index >= checkpoint.size
        for record in unit.records
        for leaf in record.leaves
    )
    if waiting:
        yield "its newest leaf waits for the next checkpoint: try again in a few seconds"
    if decision.verdict == "release" and decision.redactions:
        yield "it is marked for release in full but has redactions"
    for code in dict.fromkeys(each.code for each in decision.redactions):
        yield from _reasons(terms, decision, code)
    keys = _keys(unit, decision)
    stray = sum((each.part, each.form) not in keys for each in decision.redactions)
    if stray:
        yield f"on a text, or a form of it, that is not the one released: {counted(stray, 'redaction')}"
    yield from _texts(unit, decision, keys)
    shown = [form for part, form in keys if part in decision.seen and (part, form) in unit.texts]
    if "kept" in shown and not _opened(case, unit):
        yield "its sealed content is part of the release, but no approved opening is recorded"


def _texts(unit: UnitOf, decision: Decision, keys: Sequence[tuple[int, Form]]) -> Iterator[str]:
    unseen = closed = outside = 0
    for key in keys:
        text = unit.texts.get(key)
        mine = [each for each in decision.redactions if (each.part, each.form) == key]
        if text is None:
            closed += not mine
        elif key[0] not in decision.seen:
            whole = key[1] == "kept" or any((each.start, each.end) == (0, len(text.text)) for each in mine)
            unseen += not mine or not whole
        else:
            outside += sum(not 0 <= each.start < each.end <= len(text.text) for each in mine)
    if unseen:
        yield f"{_texts_of(unseen)} not marked as read"
    if closed:
        yield f"{_texts_of(closed)} here as a sealed original only: open it under an approval, or redact it whole"
    if outside:
        yield f"empty, or beyond the end of the text: {counted(outside, 'redaction')}"


def _texts_of(count: int) -> str:
    return counted(count, "text is", "texts are")


def _keys(unit: UnitOf, decision: Decision) -> list[tuple[int, Form]]:
    chosen_ones = (
        chosen(unit, decision, manifest, entry)
        for record in unit.records
        for manifest in record.manifests
        for entry in manifest.entries
    )
    return list(dict.fromkeys(key for key in chosen_ones if key is not None))


def _opened(case: CaseFile, unit: UnitOf) -> bool:
    approved = any(each.given_by and not each.refused for each in case.approvals)
    return approved and any(each.unit == unit.unit for each in case.openings)
