"""`ai-gateway officers`: who may work with the records. A key is shown once; only its keyed digest is kept."""

import os
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import KeyFile, acting, controllers_of, key_of
from gateway.cli.context import AsJson, Config, administrator, mistakes, opened, settings
from gateway.cli.render import USAGE, explained, facts, fail, out, print_json, print_lines, say, table
from gateway.model.officer import Officer, OfficerRecord, Role

app = typer.Typer(help="Add, list and revoke the officers who may work with the records.", no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The officer's council e-mail address.")]
Name = Annotated[
    str, typer.Option(help="The officer's name, as it shall stand in cases. Without it, the e-mail address.")
]
Roles = Annotated[
    list[Role], typer.Option("--role", help="What for; repeat for more. docs/records.md says what each may do.")
]
Controllers = Annotated[
    list[str], typer.Option("--controller", help="The council, by its id in the settings; repeat for more.")
]
Services = Annotated[
    list[str] | None,
    typer.Option("--service", help="For a service manager: the own service area; repeat for more. None: all.")
]  # fmt: skip
Days = Annotated[int, typer.Option(min=1, max=400, help="Days until the role ends; it is given anew once a year.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the key alone, for scripts.")]
Save = Annotated[
    Path | None,
    typer.Option("--save-key", help="Write the key to this new file (only you can read it) instead of showing it."),
]


@app.command()
def add(
    email: Email,
    role: Roles,
    controller: Controllers,
    name: Name = "",
    service: Services = None,
    days: Days = 365,
    save_key: Save = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Add an officer and show the key, this once.

    The first officer is added by whoever runs the gateway: it needs the settings and the key store, and no officer's
    key. Every officer that is added stands in the ledger. Make the first one a Data Protection Officer, who can add the
    others.

    Example: ai-gateway officers add --email dpo@maidstone.example --name "Ann Reed" --role dpo --controller maidstone
    """
    from gateway.identity.officers import create_officer
    from gateway.recordkeeping import Recordkeeping

    current = settings(config)
    controllers_of(current, controller)
    _known_services(config, service or [])
    if save_key is not None and save_key.exists():
        raise fail(f"{save_key} exists already", "Name a file that does not exist yet.", USAGE)
    by = _manager(config, officer_key_file, controller)
    with opened(config, make=True) as ledger:
        records = Recordkeeping(current, ledger)
        with explained(*mistakes()):
            pepper = records.pepper
        try:
            shown, record = create_officer(
                pepper=pepper,
                email=email,
                name=name,
                roles=role,
                controllers=controller,
                services=service or [],
                valid_for=timedelta(days=days),
                added_by=by,
            )
        except ValueError as error:
            raise fail(str(error), "Run `ai-gateway officers add --help`.", USAGE) from None
        if save_key is not None:
            with explained(OSError):
                _save(save_key, shown)
        records.officers.add(record, by or administrator())
    if as_json:
        print_json({**_facts(record), "key": None if save_key else shown})
    elif quiet:
        print_lines([record.officer.id if save_key else shown])
    else:
        _show(shown, record, save_key)


def _save(file: Path, shown: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(f"{shown}\n")


def _show(shown: str, record: OfficerRecord, file: Path | None) -> None:
    if file is None:
        out.print(shown, style="bold green", markup=False)  # never broken, so that it can be copied
        say("This key is shown once and can't be recovered. Give it to the officer in a safe way.")
    else:
        say(f"The key is in {file}. Give it to the officer in a safe way.", "green")
    say("The officer puts it into AI_GATEWAY_OFFICER_KEY, or into a file for --officer-key-file.\n")
    facts(_facts(record))


def _manager(config: Path | None, key_file: Path | None, controllers: list[str]) -> str:
    """The id of the officer who adds or revokes another, where a key is given: a Data Protection Officer of all these
    councils. Empty without one: whoever runs the gateway acts."""
    if key_of(key_file) is None:
        return ""
    from gateway.records.access import Act

    with acting(config, key_file) as desk:
        for each in controllers:
            desk.check(Act.MANAGE_OFFICERS, each)
        return desk.who


def _managed(config: Path | None, key_file: Path | None, controller: str | None) -> set[str]:
    """The councils whose officers are listed: the one named, else all; with an officer's key those that the officer
    manages. Raises Forbidden."""
    named = set(settings(config).controllers) if controller is None else {controller}
    if key_of(key_file) is None:
        return named
    from gateway.records.access import Act

    with acting(config, key_file) as desk:
        mine = named & desk.officer.controllers if controller is None else named
        for each in sorted(mine):
            desk.check(Act.MANAGE_OFFICERS, each)
    return mine


def _known_services(config: Path | None, services: list[str]) -> None:
    from gateway.administration import policy_of
    from gateway.settings import ConfigError

    if not services:
        return
    with explained(ConfigError):
        known = policy_of(settings(config)).register.services
    for each in services:
        if each not in known:
            raise fail(f"there is no service {each!r}", f"Use one of: {', '.join(known)}.", USAGE)


def _facts(record: OfficerRecord) -> dict[str, object]:
    officer = record.officer
    return {
        "officer id": officer.id,
        "name": officer.name,
        "email": officer.email,
        "roles": [_role(each) for each in Role if each in officer.roles],
        "controllers": sorted(officer.controllers),
        "services": sorted(officer.services) or "all",
        "expires": officer.expires.date(),
        "added by": record.added_by or "whoever runs the gateway",
    }


def _role(role: Role) -> str:
    return role.value


@app.command("list")
def list_officers(
    controller: Annotated[str | None, typer.Option(help="Only this council's.")] = None,
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """List the officers: who they are, with which roles, at which councils, until when.

    With an officer's key those of the own councils, for a Data Protection Officer. Officers who come by their council's
    own sign-in (settings, `admin: issuers`) are not listed: their issuer knows them.

    Example: ai-gateway officers list --controller maidstone
    """
    from gateway.recordkeeping import Recordkeeping

    current = settings(config)
    if controller is not None:
        controllers_of(current, [controller])
    councils = _managed(config, officer_key_file, controller)
    with opened(config) as ledger:
        found = [each for each in Recordkeeping(current, ledger).officers.list() if each.officer.controllers & councils]
    moment = datetime.now(UTC)
    keyed = key_of(officer_key_file) is not None
    rows = [
        {
            **_facts(each),
            "controllers": _councils(each.officer, councils if keyed else each.officer.controllers),
            "state": state(each, moment),
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    table(
        ("officer id", "name", "email", "roles", "controllers", "services", "expires", "added by", "state"),
        [tuple(row.values()) for row in rows],
        empty="There are no officers yet: `ai-gateway officers add --help` shows how to add one.",
        whole=("officer id", "expires"),
    )


def _councils(officer: Officer, known: Collection[str]) -> list[str]:
    """The officer's councils; those that are not for whoever lists them have no name, as in the API."""
    mine = sorted(officer.controllers & set(known))
    return mine if len(mine) == len(officer.controllers) else [*mine, "elsewhere"]


def state(record: OfficerRecord, moment: datetime) -> str:
    """Valid, revoked or expired."""
    if record.revoked is not None:
        return "revoked"
    return "expired" if record.officer.expires <= moment else "valid"


@app.command()
def revoke(
    officer_id: Annotated[str, typer.Argument(help="The officer's id: the part of the key between the underscores.")],
    as_json: AsJson = False,
    officer_key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Revoke an officer's key. It opens nothing any more, from this moment.

    Example: ai-gateway officers revoke 43n9nmt3nj
    """
    from gateway.recordkeeping import Recordkeeping

    parts = officer_id.split("_")
    if len(parts) == 3:  # the whole key was given: a revoked key that is on screen does no harm
        officer_id = parts[1]
    current = settings(config)
    with opened(config) as ledger:
        officers = Recordkeeping(current, ledger).officers
        found = officers.get(officer_id)
    if found is None:
        raise fail("there is no officer with this id", "`ai-gateway officers list` shows the ids.")
    by = _manager(config, officer_key_file, sorted(found.officer.controllers))
    with opened(config) as ledger:
        Recordkeeping(current, ledger).officers.revoke(officer_id, datetime.now(UTC), by or administrator())
    if as_json:
        print_json({"officer id": officer_id, "state": "revoked"})
    else:
        say(f"The key of {found.officer.name} is revoked.", "green")


def shown_to(officer: Officer) -> dict[str, object]:
    """What an officer is told of the own access."""
    return {
        "officer id": officer.id,
        "name": officer.name,
        "roles": [_role(each) for each in Role if each in officer.roles],
        "controllers": sorted(officer.controllers),
        "services": sorted(officer.services) or "all",
        "expires": officer.expires.date(),
    }


@app.command()
def me(officer_key_file: KeyFile = None, as_json: AsJson = False, config: Config = None) -> None:
    """Show whom your key names, and what you may do.

    Example: ai-gateway officers me
    """
    from gateway.records.access import MATRIX

    with acting(config, officer_key_file) as desk:
        officer = desk.officer
    acts = sorted({act.value for role in officer.roles for act in MATRIX[role]})
    told = {**shown_to(officer), "may": acts}
    if as_json:
        print_json(told)
    else:
        facts({**told, "may": [each.replace("_", " ") for each in acts]})
