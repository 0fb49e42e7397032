"""`ai-gateway records rescan`: what today's detection finds in texts that left before it could."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.acting import KeyFile, acting, searched
from gateway.cli.context import AsJson, Config, mistakes, settings
from gateway.cli.render import USAGE, explained, fail, print_json, say, table, warn, working
from gateway.model.wording import many

if TYPE_CHECKING:
    from detectors.suite import Suite
    from gateway.ledger.view import Reader, RecordView

_PSEUDONYM = re.compile(r"(?<![A-Z0-9_])[A-Z][A-Z_]*_[0-9A-Z]{8}(?![0-9A-Z])")
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A record that today's suite would have decided on with more findings: counts by label, never text."""

    ref: str
    opened_at: str
    tool: str
    missed: dict[str, int]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rescan)


def rescan(
    controller: Annotated[str | None, typer.Option(help="Only this council's, by its id: maidstone.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="From this day (UTC), such as 2026-11-24.", formats=["%Y-%m-%d"])
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this day (UTC).", formats=["%Y-%m-%d"])] = None,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most this many records, newest first.")] = 1_000,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Look again, with today's detection, at what left the council; report what was missed then as near-misses.

    It reads the redacted text of records, in which whatever was found at the time has been replaced already, even
    where policy let it out: so what is found now was missed. Nothing sealed is opened, and no text is shown.

    Run it after an update of the detection. A near-miss may be a false alarm: read the record before you act.

    Example: ai-gateway records rescan --since 2026-11-01
    """
    from gateway.administration import suite_of

    current = settings(config)
    if controller is not None and controller not in current.controllers:
        raise fail(f"there is no controller {controller!r}", f"Use one of: {', '.join(current.controllers)}.", USAGE)
    with explained(*mistakes()), working("Loading the detectors"):
        suite = suite_of(current)
    with acting(config, officer_key_file) as desk, working("Reading records"):
        reader = desk.records.ledger.reader
        rows = [
            row
            for council in searched(desk, controller)
            for row in reader.search(
                controller=council,
                since=since.replace(tzinfo=UTC) if since else None,
                until=until.replace(tzinfo=UTC) if until else None,
                limit=limit,
            )
        ]
        rows = sorted(rows, key=lambda row: row.opened_at, reverse=True)[:limit]
        found = list(near_misses([row.ref for row in rows], reader, suite))
    if as_json:
        print_json({"suite": suite.version, "records": len(rows), "near_misses": found})
        return
    _report(found, len(rows), suite)
    if len(rows) == limit:
        warn(f"The newest {limit} records were read; --limit reads more.")


def near_misses(refs: Sequence[str], reader: "Reader", suite: "Suite") -> Iterator[NearMiss]:
    """Of the records `refs`, those in whose redacted request the suite finds something."""
    for ref in refs:
        record = reader.show(ref)
        if record is None:
            continue
        missed = _missed(record, suite)
        if missed:
            yield NearMiss(ref, record.row.opened_at, record.row.tool, dict(sorted(missed.items())))


def _missed(record: "RecordView", suite: "Suite") -> Counter[str]:
    """Counts by label over the texts that this record was the first to send. A pronoun stands in for each pseudonym:
    beside one, a made-up word looks like somebody."""
    counts: Counter[str] = Counter()
    for text in record.request:
        if text.new and text.text is not None:
            readable = _PSEUDONYM.sub("it", text.text)
            counts.update(finding.label for finding in suite.inspect(readable, allow=record.row.controller))
    return counts


def _report(found: Sequence[NearMiss], records: int, suite: "Suite") -> None:
    """For people: the records, then a total by label."""
    from detectors.labels import LABELS

    table(
        ("record", "opened", "tool", "missed then"),
        [(miss.ref, miss.opened_at[:16].replace("T", " "), miss.tool, miss.missed) for miss in found],
        empty="Nothing was missed that today's detection finds. That is no proof that nothing was missed.",
        whole=("record", "opened"),
    )
    total: Counter[str] = Counter()
    for miss in found:
        total.update(miss.missed)
    if total:
        said = [f"{n} {LABELS[name].plain_name if n == 1 else LABELS[name].plural}" for name, n in total.most_common()]
        say(f"{len(found)} of {many(records, 'record')}, suite {suite.version}: {', '.join(said)}.")
        say("Read one with: ai-gateway records show REFERENCE")
