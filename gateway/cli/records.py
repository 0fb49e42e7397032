"""`ai-gateway records`: find a record and read it, without opening sealed content."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import AsJson, Config, opened
from gateway.cli.render import facts, fail, heading, out, plain, print_json, say, table

if TYPE_CHECKING:
    from gateway.ledger.view import RecordView

app = typer.Typer(help="Find records and read them, in their redacted form.", no_args_is_help=True)


@app.command()
def show(
    ref: Annotated[str, typer.Argument(help="The record reference, as in the note: MBC-7F3K-Q2XD.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show one record: who, which tool, what was found and decided, what left, what came back, and its proof.

    Texts are as they left, with personal data replaced. The sealed originals are not opened here.
    """
    with opened(config) as ledger:
        found = ledger.reader.show(ref.strip().upper())
    if found is None:
        raise fail(
            f"there is no record {ref.strip().upper()}",
            "Check the reference, or look for words of the text: ai-gateway records search WORDS",
        )
    if as_json:
        print_json(as_mapping(found))
        return
    render(found)


def as_mapping(record: "RecordView") -> dict[str, Any]:
    """A record as JSON: the row's facts and the rest on one level."""
    whole: dict[str, Any] = plain(record)
    row = whole.pop("row")
    return {**row, **whole}


def render(record: "RecordView") -> None:
    """A record for people."""
    row = record.row
    heading(f"Record {row.ref}")
    facts(
        {
            "outcome": row.outcome or "still open",
            "controller": row.controller,
            "opened": row.opened_at,
            "closed": record.closed_at,
            "tool": f"{record.tool_name} ({row.tool})" if record.tool_name else row.tool,
            "deployment": record.deployment,
            "attempts": record.attempts,
            "service": row.service,
            "person class": row.person_class,
            "actor": f"{row.actor} (pseudonymous)",
            "found in the request": row.findings,
            "found in the reply": record.reply_findings,
            "decision": f"{record.effect} by rule {row.rule}" if row.rule else record.effect,
            "clause": record.clause,
            "error": record.error,
            "AI note delivered": record.note_delivered,
            "retention": f"{record.retention_class}, dispose after {record.dispose_after}",
            "policy": record.policy[:16],
            "conversation": list(record.conversation_refs),
            "proof": record.inclusion,
        }
    )
    for title, texts in (("What left", record.request), ("What came back (redacted)", record.reply)):
        if texts:
            heading(title)
        for text in texts:
            earlier = "" if text.new else ", from an earlier turn"
            say(f"[{text.role}{earlier}]", "dim")
            say(text.text if text.text is not None else "(kept sealed only)")
    heading("Leaves of the ledger")
    table(
        ("leaf", "at", "index", "hash"),
        [
            (leaf.kind, leaf.at, "waiting" if leaf.index is None else leaf.index, leaf.hash[:16])
            for leaf in record.leaves
        ],
    )


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Words that the redacted text must hold; none for all.")] = "",
    controller: Annotated[str | None, typer.Option(help="Only this council's.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this day (UTC).", formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this day (UTC).", formats=["%Y-%m-%d"])] = None,
    outcome: Annotated[str | None, typer.Option(help="delivered, refused, upstream_failed, disconnected ...")] = None,
    tool: Annotated[str | None, typer.Option(help="Only this tool.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service area.")] = None,
    label: Annotated[str | None, typer.Option(help="Only where this was found, e.g. NINO.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many, newest first.")] = 50,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Search the redacted text and the facts of records, newest first.

    What was replaced by a pseudonym is not in the redacted text: a search for a person's name finds nothing here.
    """
    with opened(config) as ledger:
        rows = ledger.reader.search(
            words,
            controller=controller,
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else None,
            outcome=outcome,
            tool=tool,
            service=service,
            label=label,
            limit=limit,
        )
    if as_json:
        print_json(rows)
        return
    table(
        ("record", "opened", "outcome", "service", "tool", "found", "text"),
        [
            (each.ref, each.opened_at, each.outcome or "open", each.service, each.tool, each.findings, each.excerpt)
            for each in rows
        ],
        empty="no record fits",
    )
    if out.is_terminal and len(rows) == limit:
        say(f"\nThe newest {limit} are shown; --limit shows more.", "dim")
