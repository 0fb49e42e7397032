"""`ai-gateway records verify-package` and `open-original`: check or open what a case left behind, without a ledger."""

import re
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.context import AsJson
from gateway.cli.render import USAGE, fail, print_json, say
from gateway.model.wording import many

_INSIDE = re.compile(r"[0-9a-f]{16}\.json")


def verify_package(
    package: Annotated[Path, typer.Argument(help="The package: its folder or its zip file.", show_default=False)],
    key: Annotated[
        str, typer.Option(help="The council's verifier key (name+hash+key), from where the council publishes it.")
    ] = "",
    witness: Annotated[
        list[str] | None,
        typer.Option(
            "--witness",
            metavar="KEY",
            help="A witness's public key, from the witness; can be repeated. It must have cosigned.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a release package: its files, its signature, and every released word against the council's signed log.

    Needs no database, settings, keys or network. Without --key the key in the package is taken: then compare its name
    with the one that the council publishes, since who changes a package can change its key.

    Without --witness nobody but the council vouches for the log, and the report says so.

    Exit status 0 where all of it holds; 1 where anything does not, with the file and the reason.

    Example: ai-gateway records verify-package FOI-2026-0117.zip
    """
    from gateway.records.export.checker.main import verify_package as check
    from gateway.records.export.checker.primitives import Wrong

    try:
        found = check(str(package), key, tuple(witness or ()))
    except Wrong as error:
        fix = "" if str(error).startswith("--witness") else "Give the folder that holds bagit.txt, or the zip file."
        raise fail(f"{package}: {error}", fix, USAGE) from None
    if as_json:
        problems = [{"where": where, "what": what} for where, what in found.problems]
        told = {"proven": found.proven, "notes": found.notes, "counts": found.counts}
        print_json({"ok": not problems, "problems": problems, **told})
        raise typer.Exit(1 if problems else 0)
    verdict, *details = found.lines()
    say(verdict, "bold red" if found.problems else "bold green")
    for line in details:
        say(line)
    raise typer.Exit(1 if found.problems else 0)


def open_original(
    file: Annotated[Path, typer.Argument(help="The sealed original.", show_default=False)],
    target: Annotated[Path, typer.Argument(help="A new folder for what is inside.", show_default=False)],
) -> None:
    """Open a sealed original: everything that a case found, as it came, one file for each conversation.

    For the Information Commissioner or a tribunal. Asks for the passphrase, or for the key that was told once.

    Example: ai-gateway records open-original FOI-2026-0117.sealed originals
    """
    from gateway.records.export.sealed import NotOpened, unseal_original

    if target.exists():
        raise fail(f"{target} exists already", "Name a new folder.", USAGE)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise fail(f"{file} can't be read ({error.strerror})", "", USAGE) from None
    secret = typer.prompt("Passphrase or key", hide_input=True, err=True)
    try:
        inside = unseal_original(data, secret)
    except NotOpened as error:
        raise fail(f"{file}: {error}") from None
    names = sorted(name for name in inside if _INSIDE.fullmatch(name))
    target.mkdir(mode=0o700, parents=True)
    for name in names:
        (target / name).write_bytes(inside[name])
    say(
        f"{many(len(names), 'conversation is', 'conversations are')} in {target}. "
        "The texts hold personal data: only its owner may read the folder."
    )


def add(app: typer.Typer) -> None:
    """Put the commands among those of records."""
    app.command("verify-package")(verify_package)
    app.command("open-original")(open_original)
