"""`ai-gateway keys rotate-pseudonyms` and its like: for how long the calls of one person can be told to be one's."""

from typing import Annotated

import typer

from gateway.cli.context import AsJson, Config, administrator, mistakes, opened
from gateway.cli.render import explained, print_json, say, table


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("pseudonyms")(versions)
    app.command("rotate-pseudonyms")(rotate)
    app.command("destroy-pseudonyms")(destroy)


def versions(as_json: AsJson = False, config: Config = None) -> None:
    """List the versions of the key of callers' pseudonyms.

    Example: ai-gateway keys pseudonyms
    """
    with opened(config) as ledger:
        found = ledger.actor_keys.versions()
    if as_json:
        print_json(found)
        return
    table(
        ("version", "in use from", "destroyed"),
        [(each.version, each.made_at, each.destroyed_at) for each in found],
        empty="Only version 0 is in use, as derived from the pepper of the gateway keys.",
    )


def rotate(config: Config = None) -> None:
    """Give every caller a new pseudonym from now on. Searches still find the records under older ones.

    Conversations that run now go on as new ones, so do it out of hours. Once the records of an old version's time are
    disposed of, `destroy-pseudonyms` makes sure that nobody can link them to anybody any more.

    Example: ai-gateway keys rotate-pseudonyms
    """
    with opened(config) as ledger, explained(*mistakes()):
        version = ledger.actor_keys.rotate(administrator())
    say(f"Version {version} is in use. Every worker follows within seconds.", "green")


def destroy(
    version: Annotated[int, typer.Argument(help="The version, as `ai-gateway keys pseudonyms` lists it.")],
    config: Config = None,
) -> None:
    """Destroy an old version's key for good: its pseudonyms can't be worked out from anybody's name any more.

    Refused while records of its time are kept. A backup of the key store still holds the key until it expires.

    Example: ai-gateway keys destroy-pseudonyms 1
    """
    from gateway.store.actor_keys import StillNeeded

    with opened(config) as ledger, explained(StillNeeded, *mistakes(), status=1):
        ledger.actor_keys.destroy(version, administrator())
    say(f"The key of version {version} is destroyed.", "green")
