"""What a refusal tells: what was found and where, in plain words, and the text with it removed. Never a value."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from detectors.finding import Finding
from detectors.labels import DataClass, Label
from gateway.model.call import Call
from gateway.model.caller import Caller
from gateway.model.decision import Decision, Operator
from gateway.model.errors import Passage, Refused
from gateway.model.part import Part
from gateway.stages.inspection import Inspection
from gateway.stages.named import named
from gateway.stages.spans import plan, replace

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_CALL_IDS = ("tool_call_id", "call_id", "tool_use_id")
_FAMILIES = frozenset({"image", "audio", "video"})
_PLACES = {
    "system": "the instructions",
    "assistant": "an earlier answer",
    "definition": "a tool definition",
    "metadata": "the request's other fields",
}


PRIVATE = frozenset(
    {
        DataClass.PERSONAL,
        DataClass.SPECIAL_CATEGORY,
        DataClass.CRIMINAL_OFFENCE,
        DataClass.CHILD,
        DataClass.SECRET,
    }
)
"""What the searchable text of a record never holds: it is not sealed, and lives on in the database's backups."""


def removed(label: Label) -> str:
    """What stands where a value was."""
    return f"[removed: {label.plain_name}]"


def without(text: str, findings: Iterable[Finding], names: Iterable[str], labels: Mapping[str, Label]) -> str:
    """The text with the findings of the named labels removed."""
    wanted = frozenset(names)
    operators: dict[str, Operator] = {name: "block" if name in wanted else "allow" for name in labels}
    spans = plan(text, (f for f in findings if f.label in wanted), operators)
    return replace(text, ((s.start, s.end, removed(labels[s.label])) for s in spans))


def kept(call: Call, inspection: Inspection, labels: Mapping[str, Label]) -> tuple[str, ...]:
    """Each part's text as a record may keep it: secret values removed, here and wherever they are repeated."""
    secret = [name for name, label in labels.items() if label.data_class is DataClass.SECRET]
    texts = [
        without(part.text, found, secret, labels) if any(f.label in secret for f in found) else part.text
        for part, found in zip(call.parts, inspection.findings, strict=True)
    ]
    values = {
        (part.text[f.start : f.end], f.label)
        for part, found in zip(call.parts, inspection.findings, strict=True)
        for f in found
        if f.label in secret
    }
    for value, label in sorted((v for v in values if len(v[0]) >= 4), key=lambda each: (-len(each[0]), each)):
        whole = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
        texts = [whole.sub(removed(labels[label]), text) if value in text else text for text in texts]
    return tuple(texts)


def refuse(
    call: Call, caller: Caller, inspection: Inspection, decision: Decision, labels: Mapping[str, Label]
) -> Refused:
    """The refusal of a call that policy denied, as an error or in the form that the caller's key asks for."""
    refused = Refused(
        decision,
        passages(call, inspection, decision, labels),
        clean_text=clean_text(call, inspection, decision, labels) if decision.offer_clean else None,
        counts=inspection.counts(),
        kept=kept(call, inspection, labels),
        named=named(call.parts, inspection.findings, labels),
        withheld=withheld(call, inspection, decision, labels),
    )
    refused.as_message = caller.refusal_as_message
    return refused


def passages(
    call: Call, inspection: Inspection, decision: Decision, labels: Mapping[str, Label]
) -> tuple[Passage, ...]:
    """Where the labels and other facts that caused the denial are, grouped by label and place."""
    result: list[Passage] = []
    last = max((p.turn for p in call.parts if p.role == "user"), default=-1)
    for name in decision.blocked:
        found = list(_blobs(call, name)) if name not in labels else list(_found(call, inspection, decision, name))
        if name not in labels and not found:
            result.append(Passage(name, name.replace("_", " "), "", "in the request", 1))
        groups: dict[str, list[tuple[Part, int]]] = defaultdict(list)
        for part, offset in found:
            groups[_place(call, part, last)].append((part, offset))
        for place, group in groups.items():
            plain = labels[name].plain_name if name in labels else name
            why = " ".join(sorted({part.why for part, _ in group if part.why}))
            result.append(Passage(name, plain, group[0][0].address, _where(place, group), len(group), why))
    return tuple(result)


def withheld(call: Call, inspection: Inspection, decision: Decision, labels: Mapping[str, Label]) -> frozenset[str]:
    """The addresses of every part that caused the denial."""
    causes = (
        _found(call, inspection, decision, name) if name in labels else _blobs(call, name) for name in decision.blocked
    )
    return frozenset(part.address for found in causes for part, _ in found)


def clean_text(call: Call, inspection: Inspection, decision: Decision, labels: Mapping[str, Label]) -> str | None:
    """The caller's last message with the blocked passages (and any secret) removed, ready to be sent again. None
    where nothing in it was blocked, since sending it again would change nothing."""
    last = max((p.turn for p in call.parts if p.role == "user"), default=-1)
    names = {n for n in decision.blocked if n in labels}
    names |= {name for name, label in labels.items() if label.data_class is DataClass.SECRET}
    before: list[str] = []
    after: list[str] = []
    for part, found in zip(call.parts, inspection.findings, strict=True):
        if part.role == "user" and part.kind == "text" and part.turn == last:
            before.append(part.text)
            after.append(without(part.text, found, names, labels))
    return "\n\n".join(after) if before != after else None


def _found(call: Call, inspection: Inspection, decision: Decision, name: str) -> Iterator[tuple[Part, int]]:
    """The findings of a label that its column blocks; all of them where no column does (the rule did)."""
    every: list[tuple[Part, int, bool]] = []
    for part, found in zip(call.parts, inspection.findings, strict=True):
        column = decision.definition_operators if part.role == "definition" else decision.operators
        blocks = column.get(name, "block") == "block"
        every += [(part, f.start, blocks) for f in found if f.label == name]
    only_blocked = any(blocks for _, _, blocks in every)
    return ((part, offset) for part, offset, blocks in every if blocks or not only_blocked)


def _blobs(call: Call, name: str) -> Iterator[tuple[Part, int]]:
    """The unreadable parts that a fact such as "image" speaks of: what is of no known family is a file."""
    for part in call.parts:
        family = part.media.casefold().split("/")[0]
        if part.kind == "blob" and name == (family if family in _FAMILIES else "file"):
            yield part, 0


def _where(place: str, group: Sequence[tuple[Part, int]]) -> str:
    """ "in lines 3 and 7 of your message"; no lines for a text of one line or where several texts are meant."""
    texts = {part.address: part.text for part, _ in group}
    if len(texts) > 1 or "\n" not in next(iter(texts.values())):
        return f"in {place}"
    lines = sorted({part.text.count("\n", 0, offset) + 1 for part, offset in group})
    numbers = [str(line) for line in lines[:8]]
    if len(lines) > 8:
        return f"in {place} (from line {numbers[0]} on)"
    if len(numbers) == 1:
        return f"in line {numbers[0]} of {place}"
    return f"in lines {', '.join(numbers[:-1])} and {numbers[-1]} of {place}"


def _place(call: Call, part: Part, last: int) -> str:
    """The part in words, as the person who sent it would say."""
    if part.role == "user":
        return "your message" if part.turn == last else "an earlier message of yours"
    if part.role in {"tool_call", "tool_result"}:
        name = _function(call, part.address)
        if part.role == "tool_call":
            return f"the arguments of {name}" if name else "a tool's arguments"
        return f"the result of {name}" if name else "a tool's result"
    return _PLACES[part.role]


def _function(call: Call, address: str) -> str:
    """The function that a tool's arguments or result belong to, if its name can be shown; else empty."""
    node: Any = call.body
    around: list[Mapping[str, Any]] = []
    for step in address.partition("::")[0].split("/")[1:]:
        if isinstance(node, Mapping):
            around.append(node)
            node = node.get(step.partition("#")[0].replace("~1", "/").replace("~0", "~"))
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            break
    for holder in around[1:]:  # from the outside: within a call's arguments, a `name` is content
        identity = next((holder[key] for key in _CALL_IDS if isinstance(holder.get(key), str)), None)
        called = "arguments" in holder or "input" in holder or holder.get("role") == "function"
        if not identity and not called:
            continue
        name = holder.get("name") if called else _named(call.body, identity or "")
        return name if isinstance(name, str) and _FUNCTION_NAME.fullmatch(name) else ""
    return ""


def _named(node: object, identity: str) -> object:
    """The name of the call with this id, wherever the body has it."""
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            if identity in (each.get("id"), each.get("call_id")) and ("function" in each or "name" in each):
                inner = each.get("function")
                return inner.get("name") if isinstance(inner, Mapping) else each.get("name")
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)
    return None
