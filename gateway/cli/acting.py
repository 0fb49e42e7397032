"""Which officer a command acts for, and what the command works with.

An officer's key comes from the environment or a file, never from the command line, where other users of the machine
could read it. Whoever runs a command has the key store and the database in hand and could go around it; with a key,
what is done stands under the officer's own name, in the ledger.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.context import administrator, mistakes, opened, settings
from gateway.cli.render import USAGE, explained, fail
from gateway.model.officer import Officer
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.recordkeeping import Recordkeeping
    from gateway.records.access import Act

KEY_ENV: Final = "AI_GATEWAY_OFFICER_KEY"
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--officer-key-file",
        envvar="AI_GATEWAY_OFFICER_KEY_FILE",
        help=f"File that holds your officer's key. Without it, the key in {KEY_ENV}.",
        show_default=False,
    ),
]
Controller = Annotated[
    str | None,
    typer.Option(help="The council, by its id in the settings: maidstone. Needed where you work for several."),
]
HOW: Final = (
    f"Put your officer's key into the environment variable {KEY_ENV}, or name a file that holds it with "
    "--officer-key-file. You have none? Ask the Data Protection Officer, or whoever runs this gateway: "
    "`ai-gateway officers add --help` shows how one is made."
)


class Acting:
    """An officer at work: `officer` is None only in demo mode, for reading without a key."""

    def __init__(self, records: "Recordkeeping", officer: Officer | None) -> None:
        self.records = records
        self._officer = officer

    @property
    def officer(self) -> Officer:
        """The officer; ends the command where nobody has been named."""
        if self._officer is None:
            raise fail("this command needs to know which officer acts, in demo mode too", HOW, USAGE)
        return self._officer

    @property
    def known(self) -> bool:
        """Whether an officer acts, as against somebody who tries the demo."""
        return self._officer is not None

    @property
    def controllers(self) -> frozenset[str]:
        """The councils whose records may be seen."""
        if self._officer is None:
            return frozenset(self.records.settings.controllers)
        return self._officer.controllers

    @property
    def services(self) -> frozenset[str]:
        """The services to which the officer is limited; none for no limit."""
        return frozenset() if self._officer is None else self._officer.services

    @property
    def who(self) -> str:
        """For the admin leaf: the officer's id, or the operating system's user where nobody is named."""
        return administrator() if self._officer is None else self._officer.id

    def at(self, controller: str | None, act: "Act", *, key_needed: bool = True) -> str:
        """The council to act at: as given, or the officer's only one. Ends the command where the officer may not `act`
        there, or none can be told."""
        if controller is not None:
            controllers_of(self.records.settings, [controller])
        if key_needed:
            _ = self.officer
        if controller is None:
            if len(self.controllers) != 1:
                raise fail("say which council's records", f"--controller {'|'.join(sorted(self.controllers))}", USAGE)
            controller = next(iter(self.controllers))
        self.check(act, controller)
        return controller

    def check(self, act: "Act", controller: str) -> None:
        """Raise Forbidden where the officer may not `act` at `controller`."""
        if self._officer is not None:
            self.records.guard.check(self._officer, act, controller)


@contextmanager
def acting(config: Path | None, key_file: Path | None, *, make: bool = False) -> Iterator[Acting]:
    """The records services, and the officer whose key is given.

    In demo mode a command may go on without one; it decides by asking for `officer`.
    """
    from gateway.recordkeeping import Recordkeeping

    current = settings(config)
    shown = key_of(key_file)
    with opened(config, make=make) as ledger:
        if shown is None and current.mode != "demo":
            raise fail("the records are for officers, and no officer's key was given", HOW, USAGE)
        records = Recordkeeping(current, ledger)
        yield Acting(records, None if shown is None else _officer(records, shown))


def _officer(records: "Recordkeeping", shown: str) -> Officer:
    from gateway.model.errors import Unauthenticated

    with explained(*mistakes()):
        try:
            return records.identity.authenticate(shown, "command line")
        except Unauthenticated:
            raise fail(
                "this officer's key is not valid here: mistyped, expired, revoked, or of another gateway",
                "Check the key and --config. The Data Protection Officer can give you a new one "
                "(`ai-gateway officers list` shows which are valid).",
                USAGE,
            ) from None


def key_of(file: Path | None) -> str | None:
    """The officer's key that was given, None where none was. A file that others can read ends the command."""
    if file is None:
        return os.environ.get(KEY_ENV, "").strip() or None
    try:
        shown = file.read_text("utf-8").strip()
        mode = file.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "it is not text").lower()
        raise fail(f"the key file {file} can't be read: {reason}", HOW, USAGE) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise fail(f"others on this machine can read the key file {file}", f"chmod 600 {file}", USAGE)
    if not shown:
        raise fail(f"the key file {file} is empty", HOW, USAGE)
    return shown


def councils(desk: Acting, controller: str | None) -> list[str]:
    """The councils that a search over records reaches: the one named, or all of the officer's. Raises Forbidden."""
    from gateway.records.access import Act

    found = [controller] if controller is not None else sorted(desk.controllers)
    for each in found:
        desk.check(Act.SEARCH, each)
    return found


def controllers_of(current: Settings, names: list[str]) -> list[str]:
    """Names that are councils of the settings; ends the command for one that is not."""
    for name in names:
        if name not in current.controllers:
            raise fail(f"there is no controller {name!r}", f"Use one of: {', '.join(current.controllers)}.", USAGE)
    return names
