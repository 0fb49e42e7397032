"""Small real things to try the stages with: a call, a caller, a detector that finds what it is told to."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.segments import Segmenter
from gateway.model.call import Call
from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.decision import Decision, Operator
from gateway.model.dialect import Dialect
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part
from gateway.stages.inspection import Inspection
from gateway.stages.notes import Notes
from gateway.stages.restore import Restorer
from gateway.stages.transform import Transformer, transform

CALLER = Caller("maidstone", "k1", "person", "actor-1", "jo@example.org", True, "officer", "housing", "letters")
TOOL = Tool(
    "assistant",
    "Assistant",
    "enterprise",
    "approved",
    (Deployment("d1", "direct", "gpt-x", "Example Cloud Ltd", "uk-south"),),
    client_tools=frozenset({"lookup_case"}),
)
NOTES = Notes(
    {
        "maidstone": ("Maidstone Borough Council", None),
        "swale": ("Swale Borough Council", "Written with AI by {controller}. Ask a person: quote {ref}."),
    },
    now=lambda: 1_760_000_000.0,
)
REF = "MBC-7F3K-Q2XD"
NOTE = (
    "AI helped write this. No officer check is recorded. Maidstone Borough Council is responsible for it. Ref "
    + REF
    + "."
)

PSEUDONYMISE: Mapping[str, Operator] = dict.fromkeys(LABELS, "pseudonymise")


class FlatDialect:
    """A dialect whose body is a flat object of addresses: `write` replaces them."""

    name = "flat"

    def write(self, body: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
        return {**body, **edits}


TRANSFORMER = Transformer(b"k" * 32, {"flat": cast("Dialect", FlatDialect())}, LABELS)


def decided(
    operators: Mapping[str, Operator] | None = None, *, reply: str = "allow", effect: str = "transform", **more: Any
) -> Decision:
    """A decision; by default everything found is pseudonymised."""
    return Decision(
        effect=effect,  # type: ignore[arg-type]
        rule="rule-1",
        clause="7.3",
        reason="Personal data may not be sent to this tool.",
        advice="Remove it.",
        policy_hash="0" * 64,
        operators=PSEUDONYMISE if operators is None else operators,
        definition_operators=more.pop("definition_operators", PSEUDONYMISE),
        reply=reply,  # type: ignore[arg-type]
        **more,
    )


def call_of(*parts: Part | str, structured: bool = False, body: Mapping[str, Any] | None = None) -> Call:
    """A call whose parts are given, texts as user messages of one turn each."""
    made = tuple(
        p if isinstance(p, Part) else Part(f"/messages/{n}/content", "user", p, turn=n) for n, p in enumerate(parts)
    )
    whole = {p.address: p.text for p in made} if body is None else body
    return Call("flat", "assistant", False, whole, made, structured=structured)


def found(call: Call, *values: tuple[str, str]) -> Inspection:
    """Every whole-word occurrence of the (value, label) pairs."""
    return Inspection(tuple(tuple(find(part.text, values)) for part in call.parts))


def find(text: str, values: Iterable[tuple[str, str]]) -> list[Finding]:
    return [
        Finding(m.start(), m.end(), label, 1.0, "test", "1")
        for value, label in values
        for m in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)
    ]


def sent(
    call: Call, decision: Decision | None = None, *values: tuple[str, str], tool: Tool = TOOL, caller: Caller = CALLER
) -> tuple[Outgoing, Restorer]:
    """The call transformed with the values found."""
    return transform(call, caller, tool, found(call, *values), decision or decided(), TRANSFORMER)


def restorer_of(*values: tuple[str, str], structured: bool = False, tool: Tool = TOOL) -> tuple[Restorer, list[str]]:
    """A restorer for a call that holds these values, and their tokens in order."""
    call = call_of("\n".join(value for value, _ in values), structured=structured)
    outgoing, restorer = sent(call, None, *values, tool=tool)
    return restorer, outgoing.sent[0].split("\n")


@dataclass
class Detector:
    """Finds the (value, label) pairs it is given; fails on a text that has `poison` in it."""

    values: Sequence[tuple[str, str]] = ()
    poison: str = ""
    seen: list[str] = field(default_factory=list)

    async def inspect_texts(self, texts: Sequence[str], controller: str) -> list[tuple[Finding, ...]]:
        return [self.inspect(text) for text in texts]

    def inspect(self, text: str) -> tuple[Finding, ...]:
        self.seen.append(text)
        if self.poison and self.poison in text:
            raise ValueError(f"could not read {text}")
        return tuple(find(text, self.values))

    def segmenter(self) -> Segmenter:
        return Segmenter()


async def stream(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


async def drain(source: AsyncIterator[Event], into: list[Event]) -> None:
    """Collect what comes, so that it can be looked at after an error too."""
    async for event in source:
        into.append(event)  # noqa: PERF401  a comprehension would lose what came before the error


def prose(pieces: Iterable[str], *, reason: str = "stop") -> list[Event]:
    """A reply of one run of prose in these pieces."""
    return [
        Head({"id": "r1", "model": "gpt-x"}),
        Started("c0", "text"),
        *(Delta("c0", piece) for piece in pieces),
        Ended("c0"),
        ChoiceEnded(0, reason),
        Finished(),
    ]


def text_of(events: Iterable[Event], address: str = "c0", *, notes: bool = True) -> str:
    """What was delivered at an address."""
    return "".join(e.text for e in events if isinstance(e, Delta) and e.address == address and (notes or not e.note))


def chunks(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]
