"""`ai-gateway records statistics`: how much is used, without anybody standing out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.acting import Controller, KeyFile, acting
from gateway.cli.context import AsJson, Config
from gateway.cli.render import heading, print_json, say, table

if TYPE_CHECKING:
    from gateway.records.statistics import Cell, Figures

NAMES: Mapping[str, str] = {
    "service": "By service",
    "tool": "By tool",
    "outcome": "By outcome",
    "label": "By what was found (a call counts for each label found in it)",
}


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("statistics")(statistics)


def statistics(
    controller: Controller = None,
    since: Annotated[str, typer.Option(help="First month, such as 2026-01; without it, twelve months.")] = "",
    until: Annotated[str, typer.Option(help="Last month; without it, the running one.")] = "",
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Count calls by service, tool, outcome and label, in whole calendar months (UTC).

    A count for fewer than five calls, or for the calls of fewer than five people, is not shown, and neither is what
    would give it away. The running month is rounded down to fives. Nothing here is about a person.

    Example: ai-gateway records statistics --controller maidstone --since 2026-01
    """
    from gateway.records.access import Act

    with acting(config, officer_key_file) as desk:
        where = desk.at(controller, Act.STATISTICS, key_needed=False)
        found = desk.records.statistics.figures(where, since, until, desk.services)
    if as_json:
        print_json(found)
    else:
        _read(found)


def _read(found: "Figures") -> None:
    say(f"Calls of {found.controller}, {found.since} to {found.until}: {_said(found.total)}", "bold")
    if found.services:
        say(f"Limited to your services: {', '.join(found.services)}.")
    heading("By month")
    table(
        ("month", "calls"),
        [(f"{m.month} (so far)" if m.provisional else m.month, _number(m.total)) for m in found.months],
        empty="There were no calls.",
    )
    for name, title in NAMES.items():
        if found.tables[name]:
            heading(title)
            table((name, "calls"), [(cell.name, _said(cell)) for cell in found.tables[name]])
    say(
        f"\nHidden: fewer than {found.least} calls or people, or what would give such a count away. "
        '"Or more": some months of it are hidden.',
        "dim",
    )


def _said(cell: "Cell") -> str:
    return f"{_number(cell.calls)}{' or more' if cell.at_least and cell.calls else ''}"


def _number(calls: int | None) -> str:
    return "hidden" if calls is None else str(calls)
