"""`ai-gateway ledger`: prove that the record is whole, to ourselves and to others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.context import AsJson, Config, administrator, mistakes, opened, settings
from gateway.cli.render import USAGE, explained, fail, heading, print_json, print_lines, say, table, working
from gateway.ledger.report import Report
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.ledger.verify_export import ExportVerification

app = typer.Typer(help="Verify, check, export, back up and restore the ledger.", no_args_is_help=True)

Witness = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="KEY",
        help="A witness's public key; can be repeated. It must have cosigned. Without: the settings' witnesses.",
        show_default=False,
    ),
]


@app.callback()
def _ledger() -> None:
    """Prove that no record was changed, removed or put in later; export the log for outsiders; back up and restore."""


@app.command()
def verify(
    witness: Witness = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FOLDER", help="Check an export instead; needs no settings.", show_default=False
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="With --export: the log's public key.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="With --export: a checkpoint you kept.", show_default=False),
    ] = None,
    tsa_roots: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="With --export: root certificates of the time stamps.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Recompute every leaf, the tree, the checkpoints and the commitments to what is stored.

    Exit status 0 where all of it holds; 1 where anything does not, with table, row and record of each fault. The
    gateway may run meanwhile.

    With --export, a folder from `ledger export` is checked: no database, no key store, no settings.

    Example: ai-gateway ledger verify

    Example: ai-gateway ledger verify --export folder --key 'council-ai-gateway/...' --witness 'swale.gov.uk/w+...'
    """
    if export is not None:
        _verify_export(export, key, witness or [], checkpoint or [], tsa_roots, as_json)
    if key or checkpoint or tsa_roots:
        raise fail("--key, --checkpoint and --tsa-roots belong to --export", "Add --export FOLDER.", USAGE)
    from gateway.notary import outside_of

    with explained(*mistakes()):
        outside = outside_of(settings(config), witness or [])
    with opened(config) as ledger, working("Verifying every record"):
        report = ledger.verify(outside=outside)
    _print(report, as_json)


def _verify_export(
    folder: Path, key: str | None, witnesses: list[str], kept: list[Path], tsa_roots: Path | None, as_json: bool
) -> None:
    from gateway.ledger.timestamps import certificates
    from gateway.ledger.verify_export import ExportVerification

    if key is None:
        raise fail(
            "which log is it? --key is missing", "Give --key KEY, as the council told you by another way.", USAGE
        )
    if not (folder / "checkpoint").is_file():
        raise fail(f"{folder} holds no export of a ledger", "Name the folder that `ledger export` wrote.", USAGE)
    with explained(ValueError, OSError):
        roots = () if tsa_roots is None else certificates(tsa_roots.read_bytes())
        verification = ExportVerification(folder, key, witnesses, roots)
    with working("Verifying the export"):
        verification.run(kept)
    _print(verification, as_json)


def _print(report: "Report | ExportVerification", as_json: bool) -> None:
    if as_json:
        print_json({"ok": report.ok, "lines": report.lines(), "problems": report.problems, "counts": report.counts})
        raise typer.Exit(0 if report.ok else 1)
    verdict, *details = report.lines()
    say(verdict, "bold green" if report.ok else "bold red")
    for line in details:
        say(line)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def check(as_json: AsJson = False, config: Config = None) -> None:
    """Verify like `ledger verify`, and keep the result: a check run, with a ledger entry of its own.

    The gateway does this by itself every night (`ledger: check_at` in the settings).

    Example: ai-gateway ledger check
    """
    from gateway import notary

    with explained(*mistakes()):
        outside = notary.outside_of(settings(config))
    with opened(config) as ledger, working("Verifying every record"):
        report, run = notary.check(ledger, outside, administrator())
    if not as_json:
        say(f"Kept as check run {run.id}.")
    _print(report, as_json)


@app.command("check-runs")
def check_runs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 30,
    show: Annotated[str | None, typer.Option(metavar="ID", help="All that one found.", show_default=False)] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the full checks that were kept. Each has a ledger entry, so that none can be changed or taken out.

    Example: ai-gateway ledger check-runs
    """
    with opened(config) as ledger:
        runs = ledger.checks.list(10_000 if show else limit)
    if show:
        runs = [run for run in runs if run.id == show]
        if not runs:
            raise fail(f"there is no check run {show}", "ai-gateway ledger check-runs lists them.")
    if as_json:
        print_json(runs)
        return
    if show:
        heading(f"Check run {show}, {_moment(runs[0].started_at)} UTC")
        for line in runs[0].lines:
            say(line)
        return
    rows = [
        [run.id, _moment(run.started_at), _moment(run.finished_at), "whole" if run.ok else "NOT WHOLE", run.problems,
         run.tree_size]
        for run in runs
    ]  # fmt: skip
    columns = ("run", "began (UTC)", "ended (UTC)", "result", "problems", "leaves")
    table(columns, rows, empty="no check has been kept yet: ai-gateway ledger check", whole=columns)


def _moment(text: str) -> str:
    return text[:19].replace("T", " ")


@app.command()
def key(config: Config = None) -> None:
    """Print the log's public key. Give it to auditors and witnesses by a way that nobody can tamper with.

    Example: ai-gateway ledger key
    """
    with opened(config) as ledger:
        print_lines([ledger.vkey])


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="An empty or new folder.", show_default=False)],
    config: Config = None,
) -> None:
    """Write the whole log for somebody outside: no content, and a checker that needs only Python.

    Entries hold keyed pseudonyms, so the folder is personal data; hand it to those who are to check it only.

    Example: ai-gateway ledger export --to audit-2026-11
    """
    from gateway.store.log_export import ExportError

    with opened(config) as ledger, explained(ExportError, OSError, status=1), working("Writing the log"):
        counts = ledger.export(to)
        vkey = ledger.vkey
    say(
        f"Wrote {many(counts['entries'], 'entry', 'entries')} and {many(counts['checkpoints'], 'checkpoint')} to {to}.",
        "bold green",
    )
    say(
        f"Cosignatures: {counts['cosignatures']}. Time stamps: {counts['time_stamps']}. Disposed: {counts['disposed']}."
    )
    if counts["waiting"]:
        say(f"Not in the tree yet: {many(counts['waiting'], 'entry', 'entries')}; the next export has them.")
    say("Whoever checks it runs, with the key told to them by another way than the folder:")
    print_lines([f"  python3 verify.py --key '{vkey}'"])
