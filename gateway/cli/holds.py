"""`ai-gateway records hold`: legal holds, which nothing is disposed of against."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, fail, print_json, say, table

if TYPE_CHECKING:
    from gateway.records.disposal import Disposals
    from gateway.records.holds import Holds


@dataclass(frozen=True)
class Services:
    """What the commands of holds and disposal work with, and who acts."""

    holds: "Holds"
    disposals: "Disposals"
    who: str
    controllers: tuple[str, ...]


Serving = Callable[[Path | None], AbstractContextManager[Services]]
"""Opens the services by the settings file."""
Controller = Annotated[str, typer.Option(help="The council, by its id: maidstone.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day (UTC), such as 2026-11-24.")]
FACTS = ("service", "tool", "outcome", "person_class")


def add(app: typer.Typer, serving: Serving) -> None:
    """Add the group `hold`."""
    group = typer.Typer(
        help="Legal holds: what one keeps is not disposed of, whatever its date, nor is its key.", no_args_is_help=True
    )
    _place(group, serving)
    _list(group, serving)
    _release(group, serving)
    app.add_typer(group, name="hold")


def checked(services: Services, controller: str) -> str:
    """`controller`, if there is one of that name; otherwise the command ends."""
    if controller not in services.controllers:
        raise fail(f"there is no controller {controller!r}", f"Use one of: {', '.join(services.controllers)}.", USAGE)
    return controller


def _place(group: typer.Typer, serving: Serving) -> None:
    @group.command()
    def place(
        controller: Controller,
        reason: Annotated[str, typer.Option(help="Why: the request's reference and what it is about. It is sealed.")],
        words: Annotated[str, typer.Option(help="Words in the redacted texts.")] = "",
        ref: Annotated[list[str] | None, typer.Option(help="A record reference; give it several times.")] = None,
        subject: Annotated[
            list[str] | None, typer.Option(help="Somebody or something named, such as PERSON='Jo Smith'.")
        ] = None,
        person: Annotated[list[str] | None, typer.Option(help="A member of staff, by e-mail.")] = None,
        fact: Annotated[list[str] | None, typer.Option(help=f"NAME=VALUE, of {', '.join(FACTS)}.")] = None,
        label: Annotated[str, typer.Option(help="A kind of finding, such as NHS_NUMBER.")] = "",
        since: Day = None,
        until: Day = None,
        everything: Annotated[bool, typer.Option("--everything", help="All records of the council.")] = False,
        as_json: AsJson = False,
        config: Config = None,
    ) -> None:
        """Place a hold on whatever fits, now and later, until it is released.

        Example: ai-gateway records hold place --controller maidstone --reason "FOI-2026-41, parking" --words parking
        """
        from gateway.model.search import Query, Subject

        subjects = tuple(Subject(*pair) for pair in _pairs(subject, "--subject"))
        query = Query(
            controller, words, subjects, tuple(person or ()), label=label, since=_day(since), until=_day(until),
            facts=dict(_pairs(fact, "--fact")), refs=tuple(ref or ()),
        )  # fmt: skip
        if query == Query(controller) and not everything:
            raise fail("this would hold every record", "Say what to look for, or add --everything.", USAGE)
        with serving(config) as services:
            checked(services, controller)
            try:
                hold, fitting = services.holds.place(query, reason, services.who)
            except ValueError as error:
                raise fail(str(error), status=USAGE) from None
        if as_json:
            print_json({"hold": hold, "conversations": fitting})
            return
        say(f"{hold} is in force. {_conversations(fitting)} now; what comes to fit later is kept too.")
        say(f"Release it when the time for review and appeal is over: ai-gateway records hold release {hold}")


def _list(group: typer.Typer, serving: Serving) -> None:
    @group.command("list")
    def list_(
        controller: Controller,
        released: Annotated[bool, typer.Option("--released", help="Also those that were released.")] = False,
        as_json: AsJson = False,
        config: Config = None,
    ) -> None:
        """List the holds of a council, with their reasons.

        Example: ai-gateway records hold list --controller maidstone
        """
        with serving(config) as services:
            found = services.holds.list(checked(services, controller), released=released)
        if as_json:
            print_json(found)
            return
        table(
            ("hold", "placed", "released", "case", "conversations", "reason"),
            [
                (
                    each.id,
                    each.placed_at[:10],
                    (each.released_at or "")[:10],
                    each.matter or "",
                    each.units,
                    each.reason,
                )
                for each in found
            ],
            empty="No hold is in force." if not released else "No hold was ever placed.",
            whole=("hold", "placed", "released"),
        )


def _release(group: typer.Typer, serving: Serving) -> None:
    @group.command()
    def release(
        hold: Annotated[str, typer.Argument(help="Its id, such as HOLD-0123456789AB.")],
        reason: Annotated[str, typer.Option(help="Why it is not needed any more. It is sealed.")],
        config: Config = None,
    ) -> None:
        """Release a hold. What is due then goes with the next disposal, unless another hold keeps it.

        Example: ai-gateway records hold release HOLD-0123456789AB --reason "closed, review time over"
        """
        with serving(config) as services:
            try:
                done = services.holds.release(hold.strip().upper(), reason, services.who)
            except ValueError as error:
                raise fail(str(error), status=USAGE) from None
        if not done:
            raise fail(f"no hold {hold} is in force", "See: ai-gateway records hold list --controller ...")
        say(f"{hold.strip().upper()} is released.")


def _pairs(given: list[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = []
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name or not value:
            raise fail(f"{option} {each!r} is not of the form NAME=VALUE", status=USAGE)
        pairs.append((name, value))
    return pairs


def _day(given: datetime | None) -> str:
    return f"{given:%Y-%m-%d}T00:00:00.000000Z" if given else ""


def _conversations(number: int) -> str:
    return "1 conversation fits" if number == 1 else f"{number} conversations fit"
