"""`ai-gateway cases export`: the release package of a case."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import KeyFile
from gateway.cli.casework import CaseId, at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, facts, fail, print_json, say, warn, working


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    case_id: CaseId,
    to: Annotated[Path | None, typer.Option(help="A new folder; without it, the case's number here.")] = None,
    originals: Annotated[
        bool,
        typer.Option("--originals", help="Open the originals, under leave, to look for what pseudonyms stand for too."),
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="What detection still sees was looked at, and may go out.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="A line whose withheld words may stand elsewhere, because you looked; repeat."),
    ] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Make the release package of a case: a folder and a zip with the redacted release, the schedule of redactions,
    what is withheld, search and clock, proofs, chain of custody, manifest and signature.

    Nothing is written where something was not decided, confirmed or held, or where a withheld value stands elsewhere in
    the package: what is missing is said.

    Example: ai-gateway cases export FOI-MBC-2026-0001
    """
    from gateway.records.exports import Wish

    with at_work(config, officer_key_file) as desk, working("Making the package"):
        case = desk.records.exports.allowed(desk.officer, case_id)
        target = to or Path(case.id)
        for path in (target, target.with_name(f"{target.name}.zip")):
            if path.exists():
                raise fail(f"{path} exists already", "Name a folder that does not exist with --to.", USAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        wish = Wish(frozenset(accept or ()), confirm, originals)
        made = desk.records.exports.package(desk.officer, case.id, wish, target)
        vkey = desk.records.vkey
    told = {
        "folder": str(made.folder),
        "zip": str(made.archive),
        "conversations": made.conversations,
        "records": made.records,
        "redactions": made.redactions,
        "withheld": made.withheld,
        "digest": made.digest,
        "verifier key": vkey,
    }
    if as_json:
        warnings = [str(each) for each in made.warnings]
        print_json({**told, "warnings": warnings, "not_searched": list(made.unsearched)})
        return
    say(f"The package of {case.id} is ready. Look at it: open 00-read-me.html in {made.folder}/data.", "green")
    facts(told)
    for each in made.unsearched:
        warn(f"Not looked for: {each}.")
    say(f"Whoever receives it checks it with: ai-gateway records verify-package {made.archive.name} --key '{vkey}'")
