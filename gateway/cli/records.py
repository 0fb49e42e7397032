"""`ai-gateway records`: find a record and read it, without opening sealed content."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import disposal, holds, packages, redating, rescan, search, statistics
from gateway.cli.acting import Acting, KeyFile, acting
from gateway.cli.context import AsJson, Config, settings
from gateway.cli.render import USAGE, explained, facts, fail, heading, plain, print_json, say, table
from gateway.ledger.port import Outcome
from gateway.model.wording import many
from gateway.settings import ConfigError

if TYPE_CHECKING:
    from gateway.ledger.view import RecordView, TextView

app = typer.Typer(help="Find records and read them, in their redacted form.", no_args_is_help=True)
search.add(app)

OUTCOMES: Mapping[Outcome, str] = {
    "delivered": "the whole answer was handed over",
    "refused": "nothing was sent to the tool",
    "upstream_failed": "the provider failed",
    "disconnected": "the caller went away before the end",
    "cut": "stopped: the tool was suspended meanwhile",
    "failed": "stopped by a fault of the gateway",
    "interrupted": "the gateway stopped in the middle; closed at its next start",
}
EFFECTS = {
    "allow": "sent as written",
    "transform": "sent with details replaced or removed",
    "deny": "not sent",
}
ROLES = {
    "user": "message",
    "system": "instructions",
    "developer": "instructions",
    "assistant": "earlier answer",
    "tool": "a function's result",
    "reply:text": "answer",
    "reply:file": "a file in the answer",
}


@app.command()
def show(
    ref: Annotated[str, typer.Argument(help="The record reference, as in the note: MBC-7F3K-Q2XD.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Show one record: who, which tool, what was found and decided, what left, what came back, and its proof.

    Texts are as they left, with personal data replaced. The sealed originals are not opened here.

    Example: ai-gateway records show MBC-7F3K-Q2XD
    """
    from gateway.ledger.reference import normal_reference

    wanted = normal_reference(ref)
    if wanted.count("-") != 2:
        raise fail(
            f"{ref!r} is not a record reference",
            "It looks like MBC-7F3K-Q2XD and stands in the AI note and in refusals. "
            "To look for words instead: ai-gateway records search WORDS",
            USAGE,
        )
    with acting(config, officer_key_file) as desk:
        found = readable(desk, wanted)
    if found is None:
        raise fail(
            f"there is no record {wanted}",
            "Check the reference, and that --config names the gateway it comes from. "
            "To look for words of the text: ai-gateway records search WORDS",
        )
    if as_json:
        print_json(as_mapping(found))
        return
    render(found, Names(config))


def readable(desk: Acting, ref: str) -> "RecordView | None":
    """The record; None also where it is another council's, so that nobody learns which references exist there."""
    from gateway.records.access import Act

    found = desk.records.ledger.reader.show(ref)
    if found is None or found.row.controller not in desk.controllers:
        return None
    desk.check(Act.READ_RECORD, found.row.controller)
    return found


def as_mapping(record: "RecordView") -> dict[str, Any]:
    """A record as JSON: the row's facts and the rest on one level."""
    whole: dict[str, Any] = plain(record)
    row = whole.pop("row")
    return {**row, **whole}


class Names:
    """What people call the things that a record names by id. An id that is no longer known stays as it is."""

    def __init__(self, config: Path | None) -> None:
        from detectors.labels import LABELS
        from gateway.administration import HOSTED_NAMES, policy_of

        current = settings(config)
        with explained(ConfigError):
            register = policy_of(current).register
        self.controllers = {name: each.name for name, each in current.controllers.items()}
        self.services = {name: each.name for name, each in register.services.items()}
        self.retention = {n: each.basis for n, each in current.retention.classes.items()} if current.retention else {}
        self.features: Mapping[str, str] = HOSTED_NAMES
        self._labels = LABELS

    def found(self, counts: Mapping[str, int]) -> str:
        """Findings in words: `2 street addresses, 1 health detail`."""
        said = []
        for name, count in counts.items():
            label = self._labels.get(name)
            said.append(f"{count} {(label.plain_name if count == 1 else label.plural) if label else name}")
        return ", ".join(said) or "nothing"


def render(record: "RecordView", names: Names) -> None:
    """A record for people."""
    row, refused = record.row, record.effect == "deny"
    heading(f"Record {row.ref}")
    meaning = next((text for name, text in OUTCOMES.items() if name == row.outcome), "")
    said = f"{row.outcome.replace('_', ' ')}: {meaning}" if row.outcome else "still open"
    rule = f", by rule {row.rule}" if row.rule else ""
    basis = names.retention.get(record.retention_class)
    lines: dict[str, object] = {
        "outcome": f"{said} [{record.error}]" if record.error else said,
        "council": names.controllers.get(row.controller, row.controller),
        "asked by": f"{row.person_class} in {names.services.get(row.service, row.service)}, "
        f"pseudonym {row.actor[:12]} (the name is sealed)",
        "asked": moment(row.opened_at),
        "ended": moment(record.closed_at),
        "tool": f"{record.tool_name} ({row.tool})" if record.tool_name else row.tool,
        "sent to": None if refused else f"{record.deployment}, {attempts(record.attempts)}",
        "found": names.found(row.findings),
        "decision": f"{EFFECTS.get(record.effect, record.effect)}{rule}" if record.effect else None,
        "under": f"clause {record.clause} of the AI policy" if record.clause else None,
        "features asked for": ", ".join(names.features.get(each, each) for each in record.hosted) or None,
        "parameters": "; ".join(f"{name.replace('_', ' ')} {each}" for name, each in record.limits.items()) or None,
        "found in answer": names.found(record.reply_findings) if record.reply else None,
        "AI note": _note(record),
        "kept until": f"{day(record.dispose_after)} ({record.retention_class}{': ' + basis if basis else ''})",
        "destroyed": f"{moment(record.disposed_at)}; no text of it is left" if record.disposed_at else None,
        "conversation": [ref for ref in record.conversation_refs if ref != row.ref] or "no other record",
        "proof": record.inclusion,
        "policy version": record.policy[:16],
    }
    facts({name: value for name, value in lines.items() if value is not None})
    texts(record)
    heading("In the ledger")
    table(
        ("leaf", "at", "index", "hash"),
        [
            (leaf.kind, leaf.at, "waiting" if leaf.index is None else leaf.index, leaf.hash[:16])
            for leaf in record.leaves
        ],
        whole=("at", "hash"),
    )


def _note(record: "RecordView") -> str:
    """Where the note of an answer was. Headers with it go out before any answer does."""
    if record.note_delivered:
        return "handed over with the answer"
    return "beside the answer, in its headers" if record.row.outcome == "delivered" else "not handed over"


def texts(record: "RecordView") -> None:
    """What left and what came back, as it may be read without opening anything sealed."""
    if record.disposed_at:
        return
    heading("What left the council")
    if not record.request:
        say("Nothing. What was found is kept, not the text." if record.effect != "allow" else "Nothing.", "dim")
    for text in record.request:
        _text(text)
    if record.reply:
        heading("What came back (before names and details were put back)")
    for text in record.reply:
        _text(text)


def _text(text: "TextView") -> None:
    say(f"[{ROLES.get(text.role, text.role)}{'' if text.new else ', from an earlier turn'}]", "dim")
    say(text.text if text.text is not None else "(kept sealed only)")


def moment(text: str | None) -> str | None:
    """A time of the ledger as people read it: `24 November 2026, 04:09:08 UTC`."""
    if not text:
        return None
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M:%S} UTC"


def day(text: str) -> str:
    """A date as people read it."""
    at = date.fromisoformat(text)
    return f"{at.day} {at:%B %Y}"


def attempts(number: int) -> str:
    """How often it was sent."""
    return many(number, "attempt")


statistics.add(app)
rescan.add(app)
holds.add(app)
disposal.add(app)
redating.add(app)
packages.add(app)
