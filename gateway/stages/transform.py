"""Transform: what policy decided is done to the call: masked, pseudonymised or coarser values leave, or nothing."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as altered
from datetime import UTC, date, datetime
from functools import cache, partial

from detectors.finding import Finding
from detectors.labels import DataClass, Label
from gateway.model.call import Call
from gateway.model.caller import Caller, Tool
from gateway.model.decision import Decision, Operator
from gateway.model.dialect import Dialect
from gateway.model.errors import Unavailable
from gateway.model.folding import fold
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part
from gateway.stages import people
from gateway.stages.generalise import generalise
from gateway.stages.inspection import Inspection
from gateway.stages.named import named
from gateway.stages.people import Mention
from gateway.stages.refusal import PRIVATE, kept, refuse, removed
from gateway.stages.restore import Restorer
from gateway.stages.spans import Span, plan, replace
from gateway.stages.tokens import Digest, hmac_sha256, normalise, scope_key, token

Engine = Callable[[str, Iterable[tuple[int, int, str]]], str]

_SHORTEST_REPEAT = {"PERSON": 2}
"""Letters and digits that a value must have for its repetitions to be treated like it; 5 for other labels."""
_NOT_REPEATED = frozenset({"AGE"})
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a all am an and any are as at be but by can did do for from go had has have he her hi him his i if in is it "
        "its may me mr mrs ms my no not of oh ok on or our out re she so than that the their them they this to up us "
        "was we were who will with you your",
    )
)
"""Words that a detector may once take for a name; their other occurrences are just words."""


def _today() -> date:
    return datetime.now(tz=UTC).date()


@dataclass(frozen=True, slots=True, repr=False)
class Transformer:
    """What transforming needs. `pseudonym_key` has at least 32 random bytes and is the same on every worker;
    `labels` is the closed list; `today` and `digest` are replaced in tests only. `engine` puts replacements into a
    text: our own takes a microsecond a text, Presidio's (`detectors.presidio.anonymise`) gives the same at about
    15 microseconds a span. Raises ValueError on a short key."""

    pseudonym_key: bytes
    dialects: Mapping[str, Dialect]
    labels: Mapping[str, Label]
    today: Callable[[], date] = _today
    digest: Digest = hmac_sha256
    engine: Engine = replace

    def __post_init__(self) -> None:
        if len(self.pseudonym_key) < 32:
            raise ValueError("pseudonym_key is too short: give at least 32 random bytes")


def transform(
    call: Call, caller: Caller, tool: Tool, inspection: Inspection, decision: Decision, transformer: Transformer
) -> tuple[Outgoing, Restorer]:
    """The call as it may leave, and what restores its reply.

    Raises Refused where policy denies the call, and also where a label was found that the decision names no
    treatment for; Unavailable where two values of the call fall on one pseudonym.
    """
    labels = transformer.labels
    if not call.restorable:
        decision = _masking(decision)
    if decision.effect == "deny":
        raise refuse(call, caller, inspection, decision, labels)
    untreated = _untreated(call, inspection, decision)
    if untreated:
        plain = ", ".join(labels[name].plural if name in labels else name for name in untreated)
        denied = altered(
            decision,
            effect="deny",
            blocked=untreated,
            reason=f"The policy does not let these leave, or does not say how to treat them: {plain}.",
            advice="Remove them and try again, or ask the Information Governance team.",
            offer_clean=True,
        )
        raise refuse(call, caller, inspection, denied, labels)
    plans, repeats = _plans(call, inspection, decision)
    if spoken := _spoken(call, plans):
        raise refuse(call, caller, inspection, _unchangeable(decision, spoken), labels)
    work = _Work(transformer, scope_key(transformer.pseudonym_key, caller.controller, caller.actor, tool.id))
    sent = work.texts(call.parts, plans)
    shown, hidden = work.shown(call.parts, plans, _let_out(call, inspection, decision, labels), sent)
    edits = dict(call.edits)
    # The words on a picture that leaves as one are not written anywhere: their places are painted over instead.
    edits |= {
        p.address: new
        for p, new in zip(call.parts, sent, strict=True)
        if new != p.text and p.address not in call.pictures
    }
    outgoing = Outgoing(
        call=call,
        body=transformer.dialects[call.dialect].write(call.body, edits),
        sent=sent,
        kept=_with_recordings(call, kept(call, inspection, labels)),
        counts=inspection.counts(),
        values=dict(work.values),
        shown=shown,
        hidden=hidden,
        covered=_covered(call, plans),
        caps=decision.limits,
        named=named(call.parts, [(*f, *repeats.get(i, ())) for i, f in enumerate(inspection.findings)], labels),
    )
    restorer = Restorer(
        controller=caller.controller,
        values=work.values,
        known=cache(partial(_known, call, inspection)),
        request=cache(partial(_folded, call)),
        client_tools=tool.client_tools,
        structured=call.structured,
    )
    return outgoing, restorer


def _spoken(call: Call, plans: Iterable[list[Span]]) -> set[str]:
    """The labels of what would be replaced and was heard in a recording that is sent as it is or not at all."""
    return {span.label for p, spans in zip(call.parts, plans, strict=True) if p.address in call.heard for span in spans}


def _with_recordings(call: Call, texts: tuple[str, ...]) -> tuple[str, ...]:
    """What is sealed of each part: of a recording that leaves as such, itself."""
    if not call.heard:
        return texts
    return tuple(call.heard.get(part.address, text) for part, text in zip(call.parts, texts, strict=True))


def _unchangeable(decision: Decision, spoken: set[str]) -> Decision:
    """The decision where something that would be replaced was heard in a recording."""
    return altered(
        decision,
        effect="deny",
        blocked=tuple(sorted(spoken)),
        contestable=frozenset(),
        reason="Personal details were heard in the recording, and they can't be taken out of it.",
        advice="Send what you need as text, in which they are replaced.",
        offer_clean=False,
    )


def _masking(decision: Decision) -> Decision:
    """The decision where nothing can be put back into the reply: what would be a pseudonym is masked."""

    def column(operators: Mapping[str, Operator]) -> dict[str, Operator]:
        return {label: "mask" if how == "pseudonymise" else how for label, how in operators.items()}

    return altered(
        decision,
        operators=column(decision.operators),
        definition_operators=column(decision.definition_operators),
    )


def _covered(call: Call, plans: Iterable[list[Span]]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where the words on each picture that leaves as one must be painted over."""
    return {
        part.address: tuple((span.start, span.end) for span in spans)
        for part, spans in zip(call.parts, plans, strict=True)
        if part.address in call.pictures
    }


def _column(part: Part, decision: Decision) -> Mapping[str, Operator]:
    return decision.definition_operators if part.role == "definition" else decision.operators


def _untreated(call: Call, inspection: Inspection, decision: Decision) -> tuple[str, ...]:
    """Labels found that are blocked, or for which the decision has no operator: neither may leave."""
    return tuple(
        sorted(
            {
                f.label
                for part, found in zip(call.parts, inspection.findings, strict=True)
                for f in found
                if _column(part, decision).get(f.label, "block") == "block"
            }
        )
    )


def _plans(
    call: Call, inspection: Inspection, decision: Decision
) -> tuple[list[list[Span]], Mapping[int, list[Finding]]]:
    """The spans to replace in each part, repetitions included, and the repetitions by part.

    A detector can find a value in one sentence and miss it in the next: what is replaced once is replaced
    wherever it stands as a whole word. Tool definitions have a column of their own, which lets words that look like
    names stay; but a full name or a number that the messages hold is somebody's there too, and would tell the
    provider whom the pseudonym stands for.
    """
    plans = [
        plan(part.text, found, _column(part, decision)) if found else []
        for part, found in zip(call.parts, inspection.findings, strict=True)
    ]
    values: Counter[tuple[str, str]] = Counter()
    for part, spans in zip(call.parts, plans, strict=True):
        if part.role != "definition":
            values.update((_core(part.text, s), s.label) for s in spans)
    joined = "\0".join(part.text for part in call.parts if part.kind != "blob")
    extra: dict[int, list[Finding]] = {}
    for (value, label), count in values.items():
        if not _repeatable(value, label) or joined.count(value) <= count:
            continue
        telling = label != "PERSON" or len(value.split()) > 1
        for index, part in enumerate(call.parts):
            if part.kind != "blob" and (part.role != "definition" or telling):
                extra.setdefault(index, []).extend(_repeats(part.text, value, label, plans[index]))
    for index, repeats in extra.items():
        if repeats:
            plans[index] = _with_repeats(call.parts[index], inspection.findings[index], repeats, decision)
    return plans, extra


def _let_out(
    call: Call, inspection: Inspection, decision: Decision, labels: Mapping[str, Label]
) -> list[list[Finding]]:
    """The personal data in each part that policy lets out as it is."""
    return [
        [f for f in found if labels[f.label].data_class in PRIVATE and _column(part, decision)[f.label] == "allow"]
        for part, found in zip(call.parts, inspection.findings, strict=True)
    ]


def _with_repeats(part: Part, found: Iterable[Finding], repeats: list[Finding], decision: Decision) -> list[Span]:
    """A part's spans with those of repetitions, which are treated as in the messages."""
    own = _column(part, decision)
    if part.role != "definition":
        return plan(part.text, (*found, *repeats), own)
    treated = [finding for finding in found if own.get(finding.label, "block") != "allow"]
    column = {**own, **{f.label: decision.operators[f.label] for f in repeats if own.get(f.label) == "allow"}}
    return plan(part.text, (*treated, *repeats), column)


def _core(text: str, span: Span) -> str:
    start, end = people.trim(text, span.start, span.end) if span.label == "PERSON" else (span.start, span.end)
    return text[start:end]


def _repeatable(value: str, label: str) -> bool:
    if label in _NOT_REPEATED or value.casefold() in _SMALL_WORDS:
        return False
    return sum(c.isalnum() for c in value) >= _SHORTEST_REPEAT.get(label, 5)


def _repeats(text: str, value: str, label: str, spans: list[Span]) -> list[Finding]:
    """Where else in `text` the value stands as a whole word."""
    found: list[Finding] = []
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        bounded = not (start and text[start - 1].isalnum()) and not (end < len(text) and text[end].isalnum())
        if bounded and not any(s.start <= start and end <= s.end for s in spans):
            found.append(Finding(start, end, label, 1.0, "gateway/repeat", "1"))
        start = text.find(value, end)
    return found


@dataclass(slots=True, repr=False)
class _Work:
    """The replacing of one call, and the tokens it issued: `values` as the caller wrote them, by token."""

    transformer: Transformer
    key: bytes
    values: dict[str, str] = field(default_factory=dict)
    _normal: dict[str, str] = field(default_factory=dict)

    def texts(self, parts: tuple[Part, ...], plans: list[list[Span]]) -> tuple[str, ...]:
        """Each part's text as it leaves."""
        names = self._names(parts, plans)
        engine = self.transformer.engine
        sent = [
            engine(part.text, [self._new(part.text, span, names) for span in spans]) if spans else part.text
            for part, spans in zip(parts, plans, strict=True)
        ]
        return tuple(_distinct_keys(parts, sent))

    def shown(
        self, parts: tuple[Part, ...], plans: list[list[Span]], let_out: list[list[Finding]], sent: tuple[str, ...]
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """Each part's text without what was let out either, and those values with what stands for them."""
        if not any(let_out):
            return (), {}
        names = self._names(parts, plans)
        hidden: dict[str, str] = {}
        texts = list(sent)
        for index, (part, planned, found) in enumerate(zip(parts, plans, let_out, strict=True)):
            masks = plan(part.text, found, dict.fromkeys((f.label for f in found), "mask"))
            free = [m for m in masks if not any(m.start < s.end and s.start < m.end for s in planned)]
            if free:
                spans = sorted((*planned, *free), key=lambda span: span.start)
                texts[index] = self.transformer.engine(part.text, [self._new(part.text, s, names) for s in spans])
                hidden |= {part.text[m.start : m.end]: removed(self.transformer.labels[m.label]) for m in free}
        return tuple(texts), hidden

    def _names(self, parts: tuple[Part, ...], plans: list[list[Span]]) -> dict[Mention, str]:
        mentions = [
            people.mention(part.text, *people.trim(part.text, span.start, span.end))
            for part, spans in zip(parts, plans, strict=True)
            for span in spans
            if span.label == "PERSON" and span.operator == "pseudonymise"
        ]
        return people.resolve(mentions) if mentions else {}

    def _new(self, text: str, span: Span, names: dict[Mention, str]) -> tuple[int, int, str]:
        """The replacement of one span. What can't be made coarser is masked, and so is every secret."""
        label = self.transformer.labels[span.label]
        value = text[span.start : span.end]
        if span.operator == "pseudonymise" and label.data_class is not DataClass.SECRET:
            start, end = people.trim(text, span.start, span.end) if span.label == "PERSON" else (span.start, span.end)
            value = text[start:end]
            normal = names[people.mention(text, start, end)] if span.label == "PERSON" else normalise(span.label, value)
            return start, end, self._issue(span.label, normal, value)
        coarser = None
        if span.operator == "generalise" and label.data_class is not DataClass.SECRET:
            coarser = generalise(span.label, value, self.transformer.today())
        return span.start, span.end, coarser or removed(label)

    def _issue(self, label: str, normal: str, value: str) -> str:
        """The token of a value. It restores to the fullest spelling that the caller used, the first of those."""
        issued = token(self.key, label, normal, self.transformer.digest)
        if self._normal.setdefault(issued, normal) != normal:
            raise Unavailable(
                "Two values in this call have the same pseudonym, so the answer could mix them up. Nothing was sent. "
                "Please send them in separate messages.",
                code="pseudonym_collision",
            )
        old = self.values.get(issued)
        if old is None or (label == "PERSON" and len(value.split()) > len(old.split())):
            self.values[issued] = value
        return issued


def _distinct_keys(parts: tuple[Part, ...], sent: list[str]) -> list[str]:
    """Object keys that became equal get a number, or one field would overwrite the other."""
    taken: dict[str, set[str]] = {}
    for part, new in zip(parts, sent, strict=True):
        if part.kind == "key" and new == part.text:
            taken.setdefault(part.address.rpartition("/")[0], set()).add(new)
    for index, part in enumerate(parts):
        if part.kind != "key" or sent[index] == part.text:
            continue
        siblings = taken.setdefault(part.address.rpartition("/")[0], set())
        name, number = sent[index], 2
        while sent[index] in siblings:
            sent[index] = f"{name} ({number})"
            number += 1
        siblings.add(sent[index])
    return sent


def _known(call: Call, inspection: Inspection) -> dict[str, set[str]]:
    """The normalised values found in the request, by label."""
    known: dict[str, set[str]] = {}
    for part, found in zip(call.parts, inspection.findings, strict=True):
        for f in found:
            if f.label == "PERSON":
                name = people.mention(part.text, *people.trim(part.text, f.start, f.end))
                known.setdefault(f.label, set()).add(" ".join(name.words))
            else:
                known.setdefault(f.label, set()).add(normalise(f.label, part.text[f.start : f.end]))
    return known


def _folded(call: Call) -> str:
    """The request's whole text, folded."""
    return " ".join(" ".join(fold(part.text).split()) for part in call.parts if part.kind != "blob")
