"""Calls, tools and decisions for ledger tests, and a whole turn played through an entry."""

from collections.abc import Sequence
from pathlib import Path

from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.model.call import Call
from gateway.model.caller import Caller, Deployment, Tool
from gateway.model.decision import Decision
from gateway.model.event import ChoiceEnded, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.model.outgoing import Outgoing
from gateway.model.part import Part, Role
from gateway.store.open import LedgerService, open_ledger
from tests.support.databases import lay

SCHEDULE = RetentionSchedule(
    {
        "routine": RetentionClass("routine", 365, "created", "Council schedule 12.3"),
        "refused": RetentionClass("refused", 90, "created", "Council schedule 12.9"),
        "request-file": RetentionClass("request-file", 1095, "case_closed", "Council schedule 3.1"),
    }
)
CONTROLLERS = {"maidstone": "MBC", "swale": "SBC", "tunbridge-wells": "TWBC"}
CALLER = Caller(
    controller="maidstone",
    key_id="k1",
    kind="person",
    actor="act-7f",
    identity="jo.bloggs@maidstone.example",
    person_known=True,
    person_class="officer",
    service="housing",
    purpose="drafting",
)
DEPLOYMENT = Deployment("azure-1", "azure", "gpt-4o", "Microsoft", "uksouth")
TOOL = Tool("copilot", "Council Copilot", "enterprise", "live", (DEPLOYMENT,))
DECISION = Decision("transform", "enterprise.contact", "7.3", "why", "what next", "policy-1")


def service(
    url: str, folder: Path, schedule: RetentionSchedule = SCHEDULE, *, keys: Path | None = None, bare: bool = False
) -> LedgerService:
    """A ledger in `folder`; with `bare` it makes a new database's tables itself."""
    if not bare:
        lay(url)
    keystore = FileKeyStore(keys or folder / "keys")
    return open_ledger(url, folder / "data", keystore, schedule, CONTROLLERS, "suite-1", "policy-1")


def message(turn: int, role: Role, text: str) -> Part:
    """A chat message's text."""
    return Part(f"/messages/{turn}/content", role, text, turn=turn)


def chat(*texts: str, stream: bool = False, system: str | None = None) -> Call:
    """A conversation: user, assistant, user ... after an optional system message."""
    roles: Sequence[Role] = ("user", "assistant")
    said: list[tuple[Role, str]] = [] if system is None else [("system", system)]
    said += [(roles[i % 2], text) for i, text in enumerate(texts)]
    parts = tuple(message(turn, role, text) for turn, (role, text) in enumerate(said))
    body = {"model": "gpt-4o", "messages": [{"role": role, "content": text} for role, text in said]}
    return Call("openai_chat", "gpt-4o", stream, body, parts, case_ref="HSG/2026/0042")


def outgoing(
    call: Call,
    replace: dict[str, str] | None = None,
    counts: dict[str, int] | None = None,
    named: Sequence[tuple[str, str]] = (),
) -> Outgoing:
    """What leaves of a call when every key of `replace` is replaced; `named` are values found wherever they stand."""
    sent = []
    for part in call.parts:
        text = part.text
        for before, after in (replace or {}).items():
            text = text.replace(before, after)
        sent.append(text)
    found = tuple(tuple(each for each in named if each[1] in part.text) for part in call.parts)
    return Outgoing(call, call.body, tuple(sent), tuple(part.text for part in call.parts), counts or {}, named=found)


def reply_events(*pieces: str, note: str = "") -> list[Event]:
    """The events of a text reply."""
    events: list[Event] = [Head({"id": "x"}), Started("c0", "text")]
    events += [Delta("c0", piece) for piece in pieces]
    if note:
        events.append(Delta("c0", note, note=True))
    return [*events, Ended("c0"), ChoiceEnded(0, "stop"), Usage({"total_tokens": 3}), Finished({}, {"EMAIL": 1})]


async def turn(
    ledger: LedgerService,
    call: Call,
    *pieces: str,
    caller: Caller = CALLER,
    decision: Decision = DECISION,
    replace: dict[str, str] | None = None,
    named: Sequence[tuple[str, str]] = (),
    counts: dict[str, int] | None = None,
    tool: Tool = TOOL,
) -> str:
    """Play one delivered call; its reference."""
    async with ledger.open("openai_chat", caller) as entry:
        await entry.recall(call, tool)
        await entry.opened(tool, decision, outgoing(call, replace, counts or {"PERSON": 1}, named))
        for event in reply_events(*pieces, note="\n\nAI helped write this."):
            await entry.delivered(event)
    return entry.ref
