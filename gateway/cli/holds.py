"""`ai-gateway records hold`: legal holds, which nothing is disposed of against."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.acting import Controller, KeyFile
from gateway.cli.casework import at_work
from gateway.cli.context import AsJson, Config
from gateway.cli.render import USAGE, fail, print_json, say, table
from gateway.model.wording import many

if TYPE_CHECKING:
    from gateway.model.hold import Hold

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day (UTC), such as 2026-11-24.")]
FACTS = ("service", "tool", "outcome", "person_class")
UNREADABLE = "it can't be read: everything is held until the key store is restored or it is released"
UNKNOWN = "it looks for what is not known any more: everything is held until it is placed anew and this one is released"

group = typer.Typer(
    help="Legal holds: what one keeps is not disposed of, whatever its date, nor is its key.", no_args_is_help=True
)


def add(app: typer.Typer) -> None:
    """Add the group `hold`."""
    app.add_typer(group, name="hold")


@group.command()
def place(
    reason: Annotated[str, typer.Option(help="Why: the request's reference and what it is about. It is sealed.")],
    words: Annotated[str, typer.Option(help="Words in the redacted texts.")] = "",
    ref: Annotated[list[str] | None, typer.Option(help="A record reference; give it several times.")] = None,
    fact: Annotated[list[str] | None, typer.Option(help=f"NAME=VALUE, of {', '.join(FACTS)}.")] = None,
    label: Annotated[str, typer.Option(help="A kind of finding, such as NHS_NUMBER.")] = "",
    since: Day = None,
    until: Day = None,
    everything: Annotated[bool, typer.Option("--everything", help="All records of the council.")] = False,
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Place a hold on whatever fits, now and later, until it is released.

    A case places its own holds when it searches. To hold what a person is named in, search for them in a case.

    Example: ai-gateway records hold place --controller maidstone --reason "FOI-2026-41, parking" --words parking
    """
    from gateway.model.search import Query
    from gateway.records.access import Act

    facts = dict(_pairs(fact, "--fact"))
    with at_work(config, officer_key_file) as desk:
        where = desk.at(controller, Act.PLACE_HOLD)
        query = Query(
            where, words, label=label, since=_day(since), until=_day(until), facts=facts, refs=tuple(ref or ())
        )
        if query == Query(where) and not everything:
            raise fail("this would hold every record", "Say what to look for, or add --everything.", USAGE)
        try:
            hold, fitting = desk.records.holds.place(query, reason, desk.who)
        except ValueError as error:
            raise fail(str(error), status=USAGE) from None
    if as_json:
        print_json({"hold": hold, "conversations": fitting})
        return
    say(
        f"{hold} is in force. {many(fitting, 'conversation fits', 'conversations fit')} now; "
        "what comes to fit later is kept too."
    )
    say(f"Release it when the time for review and appeal is over: ai-gateway records hold release {hold}")


@group.command("list")
def list_(
    released: Annotated[bool, typer.Option("--released", help="Also those that were released.")] = False,
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List the holds of a council, with their reasons.

    Example: ai-gateway records hold list --controller maidstone
    """
    from gateway.records.access import Act

    with at_work(config, officer_key_file) as desk:
        found = desk.records.holds.list(desk.at(controller, Act.PLACE_HOLD), released=released)
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
                _why(each),
            )
            for each in found
        ],
        empty="No hold is in force." if not released else "No hold was ever placed.",
        whole=("hold", "placed", "released"),
    )


@group.command()
def release(
    hold: Annotated[str, typer.Argument(help="Its id, such as HOLD-0123456789AB.")],
    reason: Annotated[str, typer.Option(help="Why it is not needed any more. It is sealed.")],
    controller: Controller = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Release a hold. What is due then goes with the next disposal, unless another hold keeps it.

    Example: ai-gateway records hold release HOLD-0123456789AB --reason "closed, review time over"
    """
    from gateway.records.access import Act

    name = hold.strip().upper()
    with at_work(config, officer_key_file) as desk:
        where = desk.at(controller, Act.RELEASE_HOLD)
        mine = any(each.id == name for each in desk.records.holds.list(where))
        try:
            done = mine and desk.records.holds.release(name, reason, desk.who)
        except ValueError as error:
            raise fail(str(error), status=USAGE) from None
    if not done:
        raise fail(f"no hold {hold} is in force", "See: ai-gateway records hold list --controller ...")
    if as_json:
        print_json({"hold": name, "released": True})
    else:
        say(f"{name} is released.")


def _why(hold: "Hold") -> str:
    """The reason of a hold, or why it is kept without being understood."""
    if hold.readable:
        return hold.reason
    return f"{hold.reason} ({UNKNOWN})" if hold.reason else UNREADABLE


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
