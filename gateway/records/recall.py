"""What a search looked through, and what it can't have found: said with every result, in words for an officer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.model.search import Coverage, Query
from gateway.model.wording import many


@dataclass(frozen=True, slots=True)
class Measured:
    """How much of what is really there detection found, when it was measured: `found` of `marked`."""

    found: int
    marked: int

    def __str__(self) -> str:
        return f"{self.found} of {self.marked}"


_IDENTIFIERS = Measured(341, 344)
DETECTION: Mapping[str, Measured] = {
    "PERSON": Measured(841, 854),
    "ADDRESS": Measured(115, 118),
    "CASE_REF": Measured(122, 123),
}
"""Detection on prompts that nothing was tuned on (docs/detection.md, "unseen sets"). A test compares."""


@dataclass(frozen=True, slots=True)
class Recall:
    """`searched` says what was looked through, `missing` what can't have been found and why, `next` what to do."""

    searched: tuple[str, ...]
    missing: tuple[str, ...]
    next: tuple[str, ...] = ()


def recall(query: Query, covered: Coverage, names: Mapping[str, str]) -> Recall:
    """The statement for a query. `names` are the plain names of labels."""
    searched = [f"{_records(covered.records)} of this council that fit by date, service and the other facts asked for."]
    missing: list[str] = []
    if query.words.strip():
        searched.append("The redacted text of requests and answers, for every word in one text.")
        missing.append(
            "Words that were replaced before they left: names and details stand as pseudonyms in the redacted text."
        )
    if query.subjects or query.case_ref or query.purpose:
        searched.append("The blind index: what detection found in originals when they were recorded, unopened.")
    kinds = tuple(dict.fromkeys(subject.kind for subject in query.subjects))
    if query.case_ref and "CASE_REF" not in kinds:
        missing += _undetected(("CASE_REF",), names)[:1]
    if kinds:
        missing += _undetected(kinds, names)
    if query.people:
        searched.append("Calls by the named staff, under every pseudonym that they have had and whose key is left.")
        missing.append(
            "Calls of staff under another name or address than those given, or through an app that named nobody."
        )
    if covered.refused and (query.words.strip() or query.subjects or query.case_ref or query.purpose):
        missing.append(
            f"{_records(covered.refused)}, refused: of a refused call what was found is kept, and its text, purpose "
            "and case reference only where the retention schedule says so."
        )
    if covered.disposed:
        missing.append(f"{_records(covered.disposed)}, disposed of under the retention schedule.")
    offered = (
        ("To look for somebody whom detection missed: a scan, which opens the originals of a filtered set.",)
        if kinds
        else ()
    )
    return Recall(tuple(searched), tuple(missing), offered)


def _undetected(kinds: Iterable[str], names: Mapping[str, str]) -> list[str]:
    rates = ", ".join(f"{names.get(kind, kind)}: {DETECTION.get(kind, _IDENTIFIERS)}" for kind in kinds)
    return [
        f"What detection missed is in no index. Measured on prompts that nothing was tuned on, it found: {rates}.",
        "Answers that broke off: values that stand only there were not indexed.",
    ]


def _records(number: int) -> str:
    return many(number, "record")
