"""Whether a decision on a conversation can stand: everything read, every span sound, every ground stated. Pure."""

from collections.abc import Sequence
from typing import Final, get_args

from gateway.model.case import CaseKind, Decision, Form, Passage, Redaction, UnitText, Verdict
from gateway.model.counting import counted
from gateway.records.cases.errors import CaseError, Incomplete
from gateway.records.cases.exemptions import Exemptions
from gateway.records.cases.passages import lengths, part_of, passages

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)


def unread(texts: Sequence[UnitText], form: Form, seen: frozenset[Passage]) -> list[Passage]:
    """The passages that nobody has marked as read in this form."""
    return [each for each in passages(texts, form) if each not in seen]


def parts_read(texts: Sequence[UnitText], form: Form, seen: frozenset[Passage]) -> frozenset[int]:
    """The parts whose every passage was marked as read."""
    left = {each.part for each in unread(texts, form, seen)}
    return frozenset(each.part for each in passages(texts, form)) - left


def check(
    decision: Decision, texts: Sequence[UnitText], seen: frozenset[Passage], kind: CaseKind, grounds: Exemptions
) -> None:
    """Raise Incomplete where a passage was not read, CaseError where a ground or a span is not sound.

    A conversation without content (refused and not kept, or disposed of) has nothing to read: what is decided on is
    that it was, with its facts and findings.
    """
    if decision.verdict not in VERDICTS:
        raise CaseError(f"Decide one of: {', '.join(VERDICTS)}.")
    _all_read(decision.form, texts, seen)
    if decision.verdict == "release":
        if decision.redactions or decision.code:
            raise CaseError("Text is marked to be withheld: decide redact, or take the marks away.")
    elif decision.verdict == "redact":
        _redactions(decision, texts, kind, grounds)
    elif decision.verdict == "withhold":
        if decision.redactions:
            raise CaseError("The whole conversation is withheld: spans are for redact.")
        if not decision.code:
            raise CaseError("State the ground for withholding, such as FOIA s.40(2).")
        _ground(decision.code, decision.reason, decision.public_interest, kind, grounds)
    elif decision.redactions or decision.code:
        raise CaseError("What is not relevant is not withheld: give no ground and no spans.")


def _all_read(form: Form, texts: Sequence[UnitText], seen: frozenset[Passage]) -> None:
    left = unread(texts, form, seen)
    if left:
        whole = len(passages(texts, form))
        named = ", ".join(sorted({_where(each, texts) for each in left})[:6])
        raise Incomplete(
            f"{len(left)} of {counted(whole, 'passage has', 'passages have')} not been marked as read: "
            f"{named}. Read them and mark them first."
        )
    if form == "sent" and any(part_of(each, form) is None for each in texts if each.manifest != "facts"):
        sealed = sum(part_of(each, form) is None for each in texts if each.manifest != "facts")
        raise Incomplete(
            f"Sealed only, and not read: {counted(sealed, 'text')} of this conversation. Ask for leave to open "
            "it, and "
            "decide on the originals (form kept)."
        )


def _where(passage: Passage, texts: Sequence[UnitText]) -> str:
    ref = next((each.ref for each in texts if part_of(each, passage.form) == passage.part), "")
    number = f" (passage {passage.number + 1} of {passage.of})" if passage.of > 1 else ""
    return f"a text of record {ref}{number}"


def _redactions(decision: Decision, texts: Sequence[UnitText], kind: CaseKind, grounds: Exemptions) -> None:
    if not decision.redactions:
        raise CaseError("No text is marked to be withheld. Mark it, or decide release.")
    sizes = lengths(texts, decision.form)
    last: dict[int, int] = {}
    for each in sorted(decision.redactions, key=lambda redaction: (redaction.part, redaction.start)):
        _span(each, decision.form, sizes.get(each.part))
        if each.start < last.get(each.part, 0):
            raise CaseError("Two redactions overlap. Make one of them, under the ground that covers it all.")
        last[each.part] = each.end
        _ground(each.code, each.reason or decision.reason, decision.public_interest, kind, grounds)


def _span(redaction: Redaction, form: Form, size: int | None) -> None:
    if redaction.form != form:
        raise CaseError("The redactions are of another form of the text than the decision (kept or sent).")
    if size is None:
        raise CaseError("A redaction is of a text that this conversation does not have.")
    if not 0 <= redaction.start < redaction.end <= size:
        raise CaseError(f"A redaction runs from {redaction.start} to {redaction.end}; its text has {size} characters.")


def _ground(code: str, reason: str, public_interest: str, kind: CaseKind, grounds: Exemptions) -> None:
    found = grounds.require(kind, code)
    if not reason.strip():
        raise CaseError(f"Say why {code} applies here: what would follow from disclosure, and for whom.")
    if found.public_interest and not public_interest.strip():
        raise CaseError(
            f"{code} ({found.name}) asks for the public interest test: state what speaks for disclosure, what for "
            "withholding, and why the latter outweighs."
        )
