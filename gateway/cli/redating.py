"""`ai-gateway records redate`: apply a changed retention schedule to records that are there already."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.disposal import be_sure, finished, show_certificate, unreadable
from gateway.cli.render import USAGE, fail, minute, print_json, say, table, warn, working
from gateway.model.wording import many, span

if TYPE_CHECKING:
    from gateway.model.redating import RedatingPlan


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(redate)
    app.command()(redatings)


def redate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    retention_class: Annotated[
        list[str] | None, typer.Option("--class", help="Only this retention class; give it several times.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Give records that are there the last day that the retention schedule gives them now.

    Run it after the schedule in the settings was changed, and after the gateway was started with it. Run it with
    --dry-run first: a class that is kept for less time can be due at once. Only dates change; disposal destroys.

    Example: ai-gateway records redate --controller maidstone --dry-run
    """
    from gateway.model.disposal import Busy
    from gateway.records.access import Act
    from gateway.records.redating import certificate_lines

    classes = frozenset(retention_class or ())
    with at_work(config, officer_key_file) as desk:
        where, service = desk.at(controller, Act.DISPOSE), desk.records.redatings
        try:
            plan = service.plan(where, classes)
            if dry_run and as_json:
                print_json(plan)
                return
            if not as_json:
                _show(plan, where)
            if dry_run:
                return
            if not plan.classes and not service.unfinished(where) and not as_json:
                say("No date is changed.")
                return
            if not yes:
                be_sure("this changes when records go", "Change these dates?", as_json)
            with working("Re-dating"):
                run = service.run(where, desk.who, classes)
        except ValueError as error:
            raise fail(str(error), status=USAGE) from None
        except Busy as error:
            raise fail(str(error)) from None
    show_certificate(run.certificate, certificate_lines, as_json)


def redatings(
    run: Annotated[str, typer.Option(help="Print the certificate of one run, by its id.")] = "",
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List when a changed schedule was applied to a council's records, or print a certificate.

    Example: ai-gateway records redatings --controller maidstone
    """
    from gateway.records.access import Act
    from gateway.records.redating import certificate_lines

    with at_work(config, officer_key_file) as desk:
        found = desk.records.redatings.runs(desk.at(controller, Act.DISPOSE))
    if run:
        show_certificate(finished(found, run, "redatings"), certificate_lines, as_json)
        return
    if as_json:
        print_json(found)
        return
    table(
        ("run", "begun", "finished", "schedule", "records"),
        [(each.id, minute(each.started_at), minute(each.finished_at), each.schedule, each.records) for each in found],
        empty="No schedule was ever applied anew.",
        whole=("run", "begun", "finished", "schedule"),
    )


def _show(plan: "RedatingPlan", controller: str) -> None:
    """What changes, by class."""
    table(
        ("class", "conversations", "records", "longer", "shorter", "held", "last day before", "last day then"),
        [
            (each.name, each.units, each.records, each.longer, each.shorter, each.held, span(*each.before),
             span(*each.after))
            for each in plan.classes
        ],
        empty=f"Every record of {controller} has the last day that the schedule gives it.",
        whole=("class",),
    )  # fmt: skip
    for each in plan.classes:
        if each.due:
            warn(f"{each.name}: {many(each.due, 'conversation')} would be due for disposal at once.")
    if plan.unknown:
        say(f"Of classes that the schedule does not have: {many(plan.unknown, 'record')}. No date changes there.")
    if plan.unreadable_hold:
        warn(unreadable(plan.unreadable_hold))
