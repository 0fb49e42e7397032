"""`ai-gateway records rescan`: what today's detection finds in texts that left before it could."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import search as find
from gateway.cli.acting import Acting, KeyFile, acting, controllers_of, councils
from gateway.cli.context import AsJson, Config, mistakes, settings
from gateway.cli.render import explained, minute, print_json, say, table, warn, working
from gateway.model.wording import many

if TYPE_CHECKING:
    from detectors.suite import Suite
    from gateway.ledger.view import RecordRow
    from gateway.records.rescan import NearMiss, Rescan

_PAGE = 10_000


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rescan)


def rescan(
    controller: find.Controller = None,
    since: find.Since = None,
    until: find.Until = None,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most this many records, newest first.")] = 1_000,
    index: Annotated[
        bool, typer.Option("--index", help="Put what is found into the index, so that searches find it. Recorded.")
    ] = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Look again, with today's detection, at what left the council; report what was missed then as near-misses.

    It reads the redacted text of records, in which whatever was found at the time has been replaced already, even
    where policy let it out: so what is found now was missed. Nothing sealed is opened, and no text is shown.

    With --index, what is found goes into the index of values, and a search by name or number finds it from then on. It
    looks through answers too then, and each step is in the ledger. What is there already is not written twice.

    Run it after an update of the detection. A near-miss may be a false alarm: read the record before you act.

    Example: ai-gateway records rescan --since 2026-11-01 --index
    """
    from detectors.errors import DetectionError
    from gateway.administration import suite_of

    current = settings(config)
    if controller is not None:
        controllers_of(current, [controller])
    with explained(*mistakes()), working("Loading the detectors"):
        suite = suite_of(current)
    with acting(config, officer_key_file) as desk, working("Reading records"):
        rows = _rows(desk, controller, since, until, limit, index=index)
        with explained(DetectionError, status=1):
            done = _looked_at(desk, rows, suite, index=index)
    found = sorted((miss for each in done for miss in each.misses), key=lambda miss: miss.opened_at, reverse=True)
    indexed = [each.indexed for each in done if each.indexed is not None]
    unreadable = sum(each.unreadable for each in done)
    if as_json:
        told = {"suite": suite.version, "records": len(rows), "near_misses": found, "not_inspected": unreadable}
        print_json({**told, "indexed": indexed} if index else told)
        return
    _report(found, len(rows), suite)
    if unreadable:
        warn(f"Texts that need more work than detection does on one, and of which nothing is known: {unreadable}.")
    for run in indexed:
        say(f"Into the index of {run.controller}: what was found in {run.found} of {run.texts} texts ({run.run}).")
    if len(rows) == limit:
        warn(f"The newest {limit} records were read; --limit reads more.")


def _rows(
    desk: Acting, controller: str | None, since: datetime | None, until: datetime | None, limit: int, *, index: bool
) -> "list[RecordRow]":
    """The records to read, newest first: of the officer's councils, but for what only a case may find."""
    from gateway.ledger.projection import unit_of
    from gateway.records.access import Act

    rows: list[RecordRow] = []
    for council in councils(desk, controller):
        if index:
            desk.check(Act.SEARCH_SUBJECT, council)
        hidden = desk.records.restricted(council)
        found = desk.records.reader.search(
            controller=council,
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else None,
            limit=limit,
        )
        rows += [row for row in found if unit_of(row.ref, row.conversation) not in hidden]
    return sorted(rows, key=lambda row: row.opened_at, reverse=True)[:limit]


def _looked_at(desk: Acting, rows: "Sequence[RecordRow]", suite: "Suite", *, index: bool) -> "list[Rescan]":
    """What the records gave; with `index` a run for each council, since each has an index of its own."""
    rescans, records = desk.records.rescans, desk.records
    if not index:
        return [rescans.read(rows, suite)]
    found: list[Rescan] = []
    for council in sorted({row.controller for row in rows}):
        mine = [row for row in rows if row.controller == council]
        found.append(rescans.index(council, mine, suite, desk.who, records.pseudonym(desk.who)))
    return found


def _report(found: "Sequence[NearMiss]", records: int, suite: "Suite") -> None:
    """For people: the records, then a total by label."""
    from detectors.labels import LABELS

    table(
        ("record", "opened", "tool", "missed then"),
        [(miss.ref, minute(miss.opened_at), miss.tool, miss.missed) for miss in found],
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
