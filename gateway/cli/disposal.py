"""`ai-gateway records dispose`: destroy what is due, with a certificate."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, fail, minute, print_json, print_lines, say, table, warn, working
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.model.disposal import DisposalRun, Plan
    from gateway.model.redating import RedatingRun


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(dispose)
    app.command()(disposals)


def dispose(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be destroyed, and destroy nothing.")
    ] = False,
    before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what was to be kept until before this day; today if left out."),
    ] = None,
    reviewed: Annotated[
        list[str] | None, typer.Option(help="A class that the schedule wants reviewed, and that was.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Destroy what the retention schedule says is due and no legal hold keeps: texts, search index and keys.

    Nothing brings it back. Run it with --dry-run first. A run that was stopped is finished by the next one.

    Example: ai-gateway records dispose --controller maidstone --dry-run
    """
    from gateway.ledger.keystore import KeyStoreError
    from gateway.model.disposal import Busy, UnreadableHold
    from gateway.records.access import Act
    from gateway.records.certificates import certificate_lines

    cutoff = f"{before:%Y-%m-%d}" if before else ""
    with at_work(config, officer_key_file) as desk:
        where, disposals = desk.at(controller, Act.DISPOSE), desk.records.disposals
        try:
            plan = disposals.plan(where, cutoff, frozenset(reviewed or ()))
            if dry_run and as_json:
                print_json(plan)
                return
            if not as_json:
                _show(plan)
            if dry_run:
                return
            due = plan.units or plan.matters or plan.unreadable_hold or disposals.unfinished(where)
            if not due and not as_json:
                say("Nothing is destroyed.")
                return
            if not yes:
                be_sure("this destroys records for good", "Destroy this for good?", as_json)
            with working("Disposing"):
                run = disposals.run(where, desk.who, cutoff, frozenset(reviewed or ()))
        except ValueError as error:
            raise fail(str(error), status=USAGE) from None
        except (Busy, UnreadableHold, KeyStoreError) as error:
            raise fail(str(error)) from None
    show_certificate(run.certificate, certificate_lines, as_json)


def disposals(
    run: Annotated[str, typer.Option(help="Print the certificate of one run, by its id.")] = "",
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List the disposal runs of a council, or print a certificate.

    Example: ai-gateway records disposals --controller maidstone
    """
    from gateway.records.access import Act
    from gateway.records.certificates import certificate_lines

    with at_work(config, officer_key_file) as desk:
        found = desk.records.disposals.runs(desk.at(controller, Act.DISPOSE))
    if run:
        show_certificate(finished(found, run, "disposals"), certificate_lines, as_json)
        return
    if as_json:
        print_json(found)
        return
    table(
        ("run", "begun", "finished", "before", "records", "held"),
        [
            (each.id, minute(each.started_at), minute(each.finished_at), each.cutoff, each.disposed, each.held)
            for each in found
        ],
        empty="Nothing was ever disposed of.",
        whole=("run", "begun", "finished", "before"),
    )


def be_sure(what: str, question: str, as_json: bool) -> None:
    """Ask before a run; a program that reads JSON can't be asked, and has to say --yes. `what` the run does."""
    if as_json:
        raise fail(what, "Look at --dry-run --json, then add --yes.", USAGE)
    typer.confirm(question, abort=True)


def finished(found: "Sequence[DisposalRun | RedatingRun]", run: str, command: str) -> str:
    """The certificate of a run by its id. Ends the command where there is no such run, or it has not finished."""
    for each in found:
        if each.id == run.strip().upper() and each.finished_at is not None and each.certificate is not None:
            return each.certificate
    raise fail(f"there is no finished run {run}", f"See: ai-gateway records {command} --controller ...")


def show_certificate(certificate: str | None, lines: "Callable[[Mapping[str, Any]], list[str]]", as_json: bool) -> None:
    """A certificate as it is kept, for programs; for people in the words that `lines` gives."""
    said = json.loads(certificate or "{}")
    if as_json:
        print_json(said)
    else:
        print_lines(lines(said))


def _show(plan: "Plan") -> None:
    """What is due, by class."""
    table(
        ("class", "conversations", "records", "held"),
        [(each.name, each.units, each.records, each.held) for each in plan.classes],
        empty="No record is due.",
    )
    say(f"To be destroyed: {_both(len(plan.units), len(plan.matters))}.")
    if plan.held or plan.matters_held:
        say(f"Kept by legal holds: {_both(plan.held, plan.matters_held)}.")
    for name, count in sorted(plan.waiting.items()):
        say(f"Waiting to be reviewed: {count} of class {name}. Once they were: --reviewed {name}")
    if plan.outdated:
        warn(
            f"The schedule as it is now would keep {plan.outdated} of these records for longer than it did when they "
            "were written. To apply it to them: ai-gateway records redate"
        )
    if plan.unreadable_hold:
        warn(unreadable(plan.unreadable_hold))


def unreadable(hold: str) -> str:
    """What a plan says of a hold that can't be read."""
    return f"{hold} can't be read, so everything counts as held. To see why: ai-gateway records hold list"


def _both(conversations: int, files: int) -> str:
    return f"{many(conversations, 'conversation')} and {many(files, 'request file')}"
