"""`ai-gateway incidents`: incidents and near misses, with the 72-hour clock (policy clauses 7.8 and 14.2)."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import CaseId, Reason, at_work, done
from gateway.cli.context import AsJson, Config
from gateway.cli.render import facts, print_json

app = typer.Typer(help="Open and work incidents and near misses; the 72-hour clock.", no_args_is_help=True)

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M%z"]
_CLOCK = "by the clock in the UK, or with its offset: 2026-07-02T09:15+00:00"
Ref = Annotated[list[str] | None, typer.Option(help="A record concerned, by its reference; repeat. They are held.")]


@app.command("open")
def open_incident(
    subject: Annotated[str, typer.Option(help="What happened.")],
    aware: Annotated[
        datetime,
        typer.Option(formats=_FORMATS, help=f"When the council became aware, {_CLOCK}; the 72 hours run from then."),
    ],
    ref: Ref = None,
    near_miss: Annotated[bool, typer.Option("--near-miss", help="It was stopped in time.")] = False,
    self_reported: Annotated[bool, typer.Option("--self-reported", help="Whoever caused it told of it.")] = False,
    personal_data: Annotated[bool, typer.Option("--personal-data", help="Personal data was breached.")] = False,
    reporter: Annotated[str, typer.Option(help="Who told of it.")] = "",
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Open an incident from the records concerned. A breach that is likely a risk goes to the ICO within 72 hours.

    Example: ai-gateway incidents open --subject "Care plan pasted into a public tool" --aware 2026-11-26T09:15
    --personal-data --ref MBC-7F3K-Q2XD
    """
    from gateway.records.access import Act
    from gateway.records.cases.incidents import OpenIncident

    with at_work(config, officer_key_file) as desk:
        where = desk.at(controller, Act.WORK_INCIDENT)
        asked = OpenIncident(
            where,
            _moment(aware),
            subject,
            tuple(ref or ()),
            near_miss,
            self_reported,
            personal_data,
            reporter,
        )
        case = desk.records.incidents.open(desk.officer, asked)
    done(case, as_json, f"Incident {case.id} is open.")


@app.command()
def change(
    case_id: CaseId,
    reason: Reason,
    aware: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help=f"When the council became aware, {_CLOCK}.")
    ] = None,
    near_miss: Annotated[
        bool | None, typer.Option("--near-miss/--no-near-miss", show_default=False, help="It was stopped in time.")
    ] = None,
    self_reported: Annotated[
        bool | None,
        typer.Option("--self-reported/--not-self-reported", show_default=False, help="Whoever caused it told of it."),
    ] = None,
    personal_data: Annotated[
        bool | None,
        typer.Option("--personal-data/--no-personal-data", show_default=False, help="Personal data was breached."),
    ] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Correct the facts as they are known now; the clock follows.

    Example: ai-gateway incidents change INC-MBC-2026-0001 --personal-data --reason "The text named a child"
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.incidents.change(
            desk.officer,
            case_id,
            reason=reason,
            aware_at=_moment(aware) if aware else None,
            near_miss=near_miss,
            self_reported=self_reported,
            personal_data=personal_data,
        )
    done(case, as_json, "The facts are corrected.")


@app.command()
def told(
    case_id: CaseId,
    whom: Annotated[Literal["ico", "people"], typer.Argument(help="Who was told.")],
    at: Annotated[datetime, typer.Option(formats=_FORMATS, help=f"When, {_CLOCK}.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Record that the ICO, or the people concerned, were told (UK GDPR Art 33, 34).

    Example: ai-gateway incidents told INC-MBC-2026-0001 ico --at 2026-11-27T16:00
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.incidents.told(desk.officer, case_id, whom, _moment(at))
    done(case, as_json, "It is recorded.")


@app.command()
def link(
    case_id: CaseId,
    refs: Annotated[list[str], typer.Argument(help="Records, by their references.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Add records to an incident; they are held too.

    Example: ai-gateway incidents link INC-MBC-2026-0001 MBC-7F3K-Q2XD
    """
    with at_work(config, officer_key_file) as desk:
        case = desk.records.incidents.link(desk.officer, case_id, refs)
    done(case, as_json, "The records are part of the incident.")


@app.command()
def count(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Aware from this day on.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="And before this day.")],
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Count incidents, near misses and self-reports, and those told to the ICO in time.

    Example: ai-gateway incidents count --since 2026-01-01 --until 2027-01-01
    """
    from gateway.records.access import Act

    with at_work(config, officer_key_file) as desk:
        where = desk.at(controller, Act.WORK_INCIDENT)
        found = desk.records.incidents.counts(desk.officer, where, since.date(), until.date())
    if as_json:
        print_json(found)
    else:
        facts({each.replace("_", " "): getattr(found, each) for each in found.__dataclass_fields__})


def _moment(given: datetime) -> datetime:
    """A time that was typed: people read it off a clock in the UK, in summer time too. In the hour that comes twice the
    first is meant, so that no clock runs late."""
    from gateway.records.cases.clock import LONDON

    return (given.replace(tzinfo=LONDON) if given.tzinfo is None else given).astimezone(UTC)
