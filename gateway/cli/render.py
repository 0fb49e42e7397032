"""How the command line speaks: coloured tables on a terminal, plain text in a pipe, errors that say what to do."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import date, datetime
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.model.errors import GatewayError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

USAGE = 2
"""Exit status for a mistake in settings or arguments; 1 means that what was checked did not pass."""


def say(text: str = "", style: str | None = None) -> None:
    """A line for people. `text` is taken literally."""
    out.print(escape(text), style=style)


def warn(text: str) -> None:
    """A line on standard error."""
    err.print(escape(text), style="yellow")


def heading(text: str) -> None:
    """A heading; in a pipe an ordinary line."""
    out.print(f"\n{escape(text)}", style="bold cyan")


def fail(message: str, fix: str = "", status: int = 1) -> typer.Exit:
    """Print a mistake with what to do about it; raise what is returned."""
    err.print(f"[bold red]error[/]: {escape(message)}")
    if fix:
        err.print(f"  [green]to fix it[/]: {escape(fix)}")
    return typer.Exit(status)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing found") -> None:
    """A table: drawn on a terminal, tab-separated with a header line in a pipe."""
    if not out.is_terminal:
        print_lines(["\t".join(columns)])
        print_lines("\t".join(cell(value) for value in row) for row in rows)
        return
    if not rows:
        say(empty, "dim")
        return
    drawn = Table(header_style="bold", box=None, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(cell(value)) for value in row))
    out.print(drawn, soft_wrap=False)


def facts(pairs: Mapping[str, object]) -> None:
    """Name and value, one a line, names aligned."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        out.print(f"  [dim]{escape(name.ljust(width))}[/]  {escape(cell(value))}")


def print_lines(lines: Any) -> None:
    """Plain lines on standard output, for machines."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """JSON on standard output; dataclasses, dates, sets and mappings included."""
    print_lines([json.dumps(plain(value), ensure_ascii=False, indent=2)])


def plain(value: object) -> Any:
    """`value` as JSON types."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain({name: getattr(value, name) for name in asdict_names(value)})
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


def asdict_names(value: Any) -> list[str]:
    """The field names of a dataclass instance, in order."""
    return list(value.__dataclass_fields__)


def cell(value: object) -> str:
    """One value as people read it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "-"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell(item) for item in value) or "-"
    return str(value)


@contextmanager
def explained(*kinds: type[Exception], status: int = USAGE) -> Iterator[None]:
    """Turn errors meant for people into a message and an exit status; anything else stays a traceback."""
    try:
        yield
    except GatewayError as error:
        raise fail(error.message, status=1) from None
    except kinds as error:
        for line in str(error).splitlines() or [type(error).__name__]:
            err.print(f"[bold red]error[/]: {escape(line)}")
        raise typer.Exit(status) from None


@contextmanager
def working(what: str) -> Iterator[None]:
    """A sign of life on a terminal while something takes long; nothing in a pipe."""
    if not err.is_terminal:
        yield
        return
    with err.status(what):
        yield
