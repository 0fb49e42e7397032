"""`ai-gateway keys`: gateway keys for staff and tools. A key is shown once; only its keyed digest is kept."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import typer

from gateway.cli import pseudonyms
from gateway.cli.context import AsJson, Config, administrator, mistakes, opened, settings
from gateway.cli.render import USAGE, explained, facts, fail, out, print_json, print_lines, say, table, warn
from gateway.model.key import KeyRecord
from gateway.settings import ConfigError, Settings

app = typer.Typer(help="Create, list and revoke gateway keys; rotate callers' pseudonyms.", no_args_is_help=True)

Controller = Annotated[str, typer.Option(help="The council whose key it is, by its id in the settings.")]
Service = Annotated[str, typer.Option(help="Service area, by its id in the register (housing, planning ...).")]
Owner = Annotated[
    str, typer.Option(help="The person, or the officer responsible for the app; best by their council e-mail address.")
]
Purposes = Annotated[
    list[str], typer.Option(help="Purpose, by its id in the register; repeat for more. The first is the default.")
]
Kind = Annotated[
    Literal["person", "app"], typer.Option(help="`person` for one member of staff, `app` for a chat UI or script.")
]
Name = Annotated[str, typer.Option(help="What the key is for, in a few words.")]
PersonClass = Annotated[str, typer.Option(help="Officer, member, contractor ... (policy 2.1).")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")]
Note = Annotated[
    Literal["visible", "sidecar"] | None,
    typer.Option("--note-mode", help="Where the AI note goes, instead of the tool's choice.", show_default=False),
]
AsMessage = Annotated[
    bool, typer.Option("--refusal-as-message", help="Answer refusals as a message, for chat UIs that hide errors.")
]
Issuer = Annotated[
    str | None,
    typer.Option("--token-issuer", help="For an app: who signs its user tokens, by name in the settings."),
]
Proxy = Annotated[
    str | None, typer.Option(help="For an app: the pinned proxy that names its users, by name in the settings.")
]
Rate = Annotated[int, typer.Option("--rate-per-minute", min=0, help="Calls a minute; 0 for the settings' default.")]
Burst = Annotated[int, typer.Option(min=0, help="Calls at once beyond that; 0 for the default.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the key alone, for scripts.")]


@app.command()
def create(
    controller: Controller,
    service: Service,
    owner: Owner,
    purpose: Purposes,
    kind: Kind = "person",
    name: Name = "command line",
    person_class: PersonClass = "officer",
    days: Days = 365,
    note_mode: Note = None,
    refusal_as_message: AsMessage = False,
    token_issuer: Issuer = None,
    proxy: Proxy = None,
    rate_per_minute: Rate = 0,
    burst: Burst = 0,
    quiet: Quiet = False,
    config: Config = None,
) -> None:
    """Create a key and show it, this once.

    Example: ai-gateway keys create --controller maidstone --service housing --purpose correspondence
    --owner a.officer@maidstone.example
    """
    from gateway.administration import pepper
    from gateway.identity.keys import create_key

    current = settings(config)
    _check(current, controller, service, purpose, token_issuer, proxy)
    with explained(*mistakes()):
        peppered = pepper(current)
    try:
        shown, record = create_key(
            pepper=peppered,
            controller=controller,
            kind=kind,
            owner=owner,
            name=name,
            service=service,
            person_class=person_class,
            purposes=purpose,
            valid_for=timedelta(days=days),
            note_mode=note_mode,
            refusal_as_message=refusal_as_message,
            rate_per_minute=rate_per_minute,
            burst=burst,
            token_issuer=token_issuer,
            proxy=proxy,
        )
    except ValueError as error:
        raise fail(str(error), "Run `ai-gateway keys create --help`.", USAGE) from None
    with opened(config, make=True) as ledger:
        asyncio.run(ledger.admin.keys.add(record, administrator()))
    if quiet:
        print_lines([shown])
    else:
        _show(shown, record)


def _show(shown: str, record: KeyRecord) -> None:
    out.print(shown, style="bold green", markup=False)  # never broken, so that it can be copied
    say("This key is shown once and can't be recovered. Give it to its owner in a safe way.\n")
    facts(_facts(record))
    if record.kind == "app" and record.token_issuer is None and record.proxy is None:
        warn(
            "\nThis app can't say who its users are, so tools that need a person refuse it. "
            "To let it: --token-issuer or --proxy (docs/operations.md, People behind an app key)."
        )


def _check(
    current: Settings, controller: str, service: str, purposes: list[str], issuer: str | None, proxy: str | None
) -> None:
    """Every name must be one that the settings or the register know."""
    from gateway.administration import policy_of

    with explained(ConfigError):
        register = policy_of(current).register
    _known("controller", controller, current.controllers)
    _known("service", service, register.services)
    for purpose in purposes:
        _known("purpose", purpose, register.purposes)
    if issuer is not None:
        _known("token issuer", issuer, current.identity.issuers)
    if proxy is not None:
        _known("proxy", proxy, current.identity.proxies)


def _known(what: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise fail(f"there is no {what} {value!r}", f"Use one of: {', '.join(known) or 'none is configured'}.", USAGE)


def _facts(record: KeyRecord) -> dict[str, object]:
    return {
        "key id": record.id,
        "name": record.name,
        "owner": record.owner,
        "kind": record.kind,
        "controller": record.controller,
        "service": record.service,
        "purposes": list(record.purposes),
        "person class": record.person_class,
        "expires": record.expires.date(),
    }


@app.command("list")
def list_keys(
    controller: Annotated[str | None, typer.Option(help="Only this council's.")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List keys: who owns them, for what, until when. Never the keys themselves.

    Example: ai-gateway keys list --controller maidstone
    """
    if controller is not None:
        _known("controller", controller, settings(config).controllers)
    with opened(config) as ledger:
        found = asyncio.run(ledger.admin.keys.list(controller))
    moment = datetime.now(UTC)
    if as_json:
        print_json([{**_facts(each), "state": _state(each, moment)} for each in found])
        return
    table(
        ("key id", "name", "kind", "controller", "service", "purposes", "owner", "expires", "state"),
        [
            (
                *(each.id, each.name, each.kind, each.controller, each.service),
                *(list(each.purposes), each.owner, each.expires.date(), _state(each, moment)),
            )
            for each in found
        ],
        empty="There are no keys yet: `ai-gateway keys create --help` shows how to make one.",
        whole=("key id", "expires"),
    )


def _state(record: KeyRecord, moment: datetime) -> str:
    if record.revoked is not None:
        return "revoked"
    return "expired" if record.expires <= moment else "valid"


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id: the part between the two underscores.")],
    config: Config = None,
) -> None:
    """Revoke a key. Every worker turns it away within two seconds.

    Example: ai-gateway keys revoke 43n9nmt3nj
    """
    parts = key_id.split("_")
    if len(parts) == 3:  # the whole key was given: a revoked key that is on screen does no harm
        key_id = parts[1]
    with opened(config) as ledger:
        done = asyncio.run(ledger.admin.keys.revoke(key_id, datetime.now(UTC), administrator()))
    if not done:
        raise fail("there is no key with this id", "`ai-gateway keys list` shows the ids.")
    say(f"Key {key_id} is revoked. It is turned away within two seconds.", "green")


pseudonyms.add(app)
