"""`ai-gateway cases export` and `seal-originals`: the release package of a case, and its originals for a tribunal."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import KeyFile
from gateway.cli.casework import CaseId, at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, facts, fail, print_json, print_lines, say, warn, working


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export")(export)
    app.command("seal-originals")(seal_originals)


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


def seal_originals(
    case_id: CaseId,
    to: Annotated[Path | None, typer.Option(help="A new file; without it, the case's number here.")] = None,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase, instead of making a key that is told once.")
    ] = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Seal all that a case found, as it came, into one encrypted file: for the Information Commissioner or a tribunal.

    Every original is opened for this, under leave, and each opening is recorded. Keep the key apart from the file;
    `ai-gateway records open-original` opens it.

    Example: ai-gateway cases seal-originals ICO-MBC-2026-0003
    """
    from gateway.records.export.sealed import SHORTEST_PASSPHRASE

    with at_work(config, officer_key_file) as desk:
        case = desk.records.exports.allowed(desk.officer, case_id)
        target = to or Path(f"{case.id}.sealed")
        if target.exists():
            raise fail(f"{target} exists already", "Name a file that does not exist with --to.", USAGE)
        secret = ""
        if passphrase:
            secret = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
            if len(secret) < SHORTEST_PASSPHRASE:
                raise fail(f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters", "", USAGE)
        with working("Sealing the originals"):
            key = desk.records.exports.seal(desk.officer, case.id, target, secret)
    if as_json:
        print_json({"file": str(target), "key": key})
        return
    say(f"The originals of {case.id} are sealed in {target}.", "green")
    if key:
        say("The key, which is not told again. Send it by another way than the file:")
        print_lines([key])
    say(f"Whoever receives both opens it with: ai-gateway records open-original {target.name} FOLDER")
