"""Disclose: every reply says that AI made it, in words where people read it and in headers everywhere.

Policy 5.6 asks for a visible note on AI-assisted content. Prose gets it as its last paragraph; JSON, tool calls
and other structured replies keep their body and carry it in headers, as does a tool or key with `note_mode` sidecar.
The note says no more than is true: no officer's check is recorded, and nothing is claimed about personal data.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from gateway.model.call import Call
from gateway.model.caller import Caller, Tool
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.stages.arguments import is_json
from gateway.stages.flow import closing
from gateway.stages.imitation import Imitations
from gateway.stages.notes import Notes as Notes

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_PRINTABLE = re.compile(r"[^\x20-\x7e]")


async def disclose(
    events: AsyncIterator[Event], call: Call, caller: Caller, tool: Tool, ref: str, notes: Notes
) -> AsyncGenerator[Event, None]:
    """The reply's events with the note. Headers are added to `Head`; where the note is visible it is one more delta
    (`note=True`) before the end of a choice's first prose. Imitations of the note in prose are replaced.

    Raises Unavailable where the caller's controller has no note: before anything is sent.
    """
    note = notes.render(caller.controller, ref)
    visible = (caller.note_mode or tool.note_mode) == "visible" and not call.structured
    runs: dict[str, _Run] = {}
    noted: set[int] = set()
    async with closing(events) as source:
        async for event in source:
            match event:
                case Head():
                    said = {**_noticed(event, call), **headers(event, tool, ref, note, notes)}
                    yield replace(event, headers=said, note=note, ref=_PRINTABLE.sub("", ref))
                case Started() if event.channel not in ("arguments", "file") and not call.structured:
                    runs[event.address] = _Run(event, notes.imitations())
                    yield event
                case Delta() if event.address in runs and not event.note:
                    text = runs[event.address].push(event.text)
                    if text:
                        yield replace(event, text=text)
                case Ended() if event.address in runs:
                    run = runs.pop(event.address)
                    rest = run.finish()
                    if rest:
                        yield Delta(event.address, rest)
                    if visible and run.started.choice not in noted and run.is_prose():
                        noted.add(run.started.choice)
                        yield Delta(event.address, f"{run.closer()}\n\n{note}", note=True)
                    yield event
                case Started() | Delta() | Ended() | ChoiceEnded() | Usage() | Finished():
                    yield event


def headers(head: Head, tool: Tool, ref: str, note: str, notes: Notes) -> dict[str, str]:
    """The response headers: `AI-Disclosure` (draft-abaris-aicdh-01, an RFC 9651 dictionary), the record's
    reference, and the note, percent-encoded as in RFC 8187 where it isn't plain ASCII."""
    model = head.fields.get("model")
    members = ["mode=machine-generated", f"model={_string(model if isinstance(model, str) and model else tool.name)}"]
    if tool.deployments:
        members.append(f"provider={_string(tool.deployments[0].processor)}")
    members.append(f"date=@{int(notes.now())}")
    return {
        "AI-Disclosure": ", ".join(members),
        "X-AI-Record": _PRINTABLE.sub("", ref),
        "X-AI-Disclosure-Note": note
        if not _PRINTABLE.search(note)
        else "UTF-8''" + quote(note, safe=" !#$&+-.^_`|~,:()"),
    }


def _noticed(head: Head, call: Call) -> dict[str, str]:
    """The reply's headers, with the codes for what the caller should know in `X-AI-Notice`."""
    codes = [*filter(None, [head.headers.get("X-AI-Notice")]), *(code.replace("_", "-") for code in call.notices)]
    return {**head.headers, "X-AI-Notice": ", ".join(codes)} if codes else dict(head.headers)


def _string(text: str) -> str:
    """An RFC 9651 string: printable ASCII, quoted."""
    plain = _PRINTABLE.sub("?", text)[:200]
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(slots=True, repr=False)
class _Run:
    """One run of prose: what was delivered of it, and the imitations taken out."""

    started: Started
    imitations: Imitations
    delivered: list[str] = field(default_factory=list)

    def push(self, text: str) -> str:
        """Add text; return what may be handed on."""
        return self._keep(self.imitations.push(text))

    def finish(self) -> str:
        """The run has ended: return the rest."""
        return self._keep(self.imitations.finish())

    def _keep(self, text: str) -> str:
        if text:
            self.delivered.append(text)
        return text

    def is_prose(self) -> bool:
        """Is it the answer, and in words for people? A reply that is a JSON document is left alone."""
        if self.started.channel != "text":
            return False
        self.delivered = ["".join(self.delivered)]
        text = self.delivered[0].strip()
        return bool(text) and not is_json(text)

    def closer(self) -> str:
        """What closes a code fence or an HTML comment left open, in which the note would be lost."""
        text = "".join(self.delivered)
        fence = ""
        for found in _FENCE.finditer(text):
            mark, rest = found[1], found[2]
            if not fence:
                fence = mark
            elif mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip():
                fence = ""
        closing_comment = "\n-->" if not fence and text.rfind("<!--") > text.rfind("-->") else ""
        return f"\n{fence}" if fence else closing_comment


def unstamp(call: Call, notes: Notes) -> Call:
    """The call without our own notes in the assistant's earlier answers, which clients send back as history. Also
    where the client has altered the spacing. Parts and edits are replaced; the body is not touched."""
    edits: dict[str, str] = {}
    parts = list(call.parts)
    for index, part in enumerate(parts):
        if part.role == "assistant" and part.kind == "text":
            text = notes.strip(part.text)
            if text != part.text:
                parts[index] = replace(part, text=text)
                edits[part.address] = text
    return replace(call, parts=tuple(parts), edits={**call.edits, **edits}) if edits else call


__all__ = ["Notes", "disclose", "headers", "unstamp"]
