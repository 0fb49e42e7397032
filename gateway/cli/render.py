"""How the command line speaks: coloured tables on a terminal, plain text in a pipe, errors that say what to do."""

import json
import sys
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import date, datetime
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from gateway.model.errors import GatewayError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

USAGE = 2
"""Exit status for a mistake in settings or arguments; 1 means that what was checked does not hold."""

PROSE = 100
"""The widest line, in columns, that sentences are set in on a terminal."""
GAP = 2


def say(text: str = "", style: str | None = None) -> None:
    """Sentences for people, broken between words on a terminal. `text` is taken literally."""
    _set(out, escape(text), style)


def warn(text: str) -> None:
    """Sentences on standard error."""
    _set(err, escape(text), "yellow")


def _set(console: Console, markup: str, style: str | None = None) -> None:
    """In a pipe a line stays a line, so that programs and `grep` find it whole."""
    if console.is_terminal:
        console.print(markup, style=style, soft_wrap=False, width=min(console.width, PROSE))
    else:
        console.print(markup, style=style)


def heading(text: str) -> None:
    """A heading; in a pipe an ordinary line."""
    out.print(f"\n{escape(text)}", style="bold cyan")


def mistake(message: str) -> None:
    """A mistake that says itself what to do about it."""
    _set(err, f"[bold red]error[/]: {escape(message)}")


def fail(message: str, fix: str = "", status: int = 1) -> typer.Exit:
    """Print a mistake with what to do about it; raise what is returned."""
    mistake(message)
    if fix:
        _set(err, f"  [green]to fix it[/]: {escape(fix)}")
    return typer.Exit(status)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    empty: str = "nothing found",
    whole: Collection[str] = (),
    below: Sequence[str] = (),
) -> None:
    """A table: aligned on a terminal, tab-separated with a header line in a pipe.

    Cells break between words, after hyphens and commas; those of the columns in `whole` don't. A row that is too wide
    for the terminal even so is set as a block of names and values. `below` is a line to stand under each row.
    """
    if not out.is_terminal:
        print_lines(["\t".join(columns)])
        print_lines("\t".join(cell(value) for value in row) for row in rows)
    if not rows:
        _set(err, escape(empty), "dim")
        return
    if not out.is_terminal:
        return
    cells = [[cell(value) for value in row] for row in rows]
    under = [*below, *[""] * (len(rows) - len(below))]
    widths = _widths(columns, cells, whole)
    if widths is None:
        _blocks(columns, cells, under)
        return
    out.print(_line([name.ljust(width) for name, width in zip(columns, widths, strict=True)]), style="bold")
    for row, more in zip(cells, under, strict=True):
        broken = [textwrap.wrap(text, width) for text, width in zip(row, widths, strict=True)]
        for number in range(max(len(lines) for lines in broken)):
            parts = [lines[number] if number < len(lines) else "" for lines in broken]
            out.print(escape(_line([part.ljust(width) for part, width in zip(parts, widths, strict=True)])))
        if more:
            _set(out, f"  {escape(more)}", "dim")


def _line(parts: Sequence[str]) -> str:
    return (" " * GAP).join(parts).rstrip()


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]], whole: Collection[str]) -> list[int] | None:
    """Column widths that fill the terminal at most; None where there is no room for the longest words."""
    wanted, least = [], []
    for place, name in enumerate(columns):
        texts = [name, *(row[place] for row in cells)]
        wanted.append(max(len(text) for text in texts))
        words = texts if name in whole else [word for text in texts for word in textwrap.wrap(text, 1, **_WORDS)]
        least.append(max(len(word) for word in words))
    room = out.width - GAP * (len(columns) - 1) - sum(least)
    if room < 0:
        return None
    while room > 0 and least != wanted:
        for place in sorted(range(len(columns)), key=lambda each: least[each]):
            if least[place] < wanted[place] and room > 0:
                least[place] += 1
                room -= 1
    return least


_WORDS: Any = {"break_long_words": False}


def _blocks(columns: Sequence[str], cells: Sequence[Sequence[str]], below: Sequence[str]) -> None:
    for number, (row, more) in enumerate(zip(cells, below, strict=True)):
        if number:
            out.print()
        out.print(f"[bold]{escape(row[0])}[/]")
        facts(dict(zip(columns[1:], row[1:], strict=True)))
        if more:
            _set(out, f"  {escape(more)}", "dim")


def facts(pairs: Mapping[str, object]) -> None:
    """Name and value, one a line, names aligned; on a terminal long values go on below their beginning."""
    width = max((len(name) for name in pairs), default=0)
    room = min(out.width, PROSE) - width - 4
    for name, value in pairs.items():
        text = cell(value)
        lines = textwrap.wrap(text, room) if out.is_terminal and room > 20 else [text]
        for number, line in enumerate(lines or [""]):
            label = (name if number == 0 else "").ljust(width)
            out.print(f"  [dim]{escape(label)}[/]  {escape(line)}")


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


def minute(at: str | None) -> str:
    """A time as it is stored, to the minute; `not yet` where there is none."""
    return "not yet" if at is None else at[:16].replace("T", " ")


@contextmanager
def explained(*kinds: type[Exception], status: int = USAGE) -> Iterator[None]:
    """Turn errors meant for people into a message and an exit status; anything else stays a traceback."""
    try:
        yield
    except GatewayError as error:
        raise fail(error.message, status=1) from None
    except kinds as error:
        for line in _said(error):
            mistake(line)
        raise typer.Exit(status) from None


def _said(error: Exception) -> list[str]:
    """The lines of an error's message, without a library's or the operating system's manner of speaking."""
    if isinstance(error, UnicodeDecodeError):
        return [f"the text is not UTF-8 (at byte {error.start + 1}). Save it as UTF-8 and try again."]
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return [f"{place}{error.strerror[:1].lower()}{error.strerror[1:]}."]
    return str(error).splitlines() or [type(error).__name__]


@contextmanager
def working(what: str) -> Iterator[None]:
    """A sign of life on a terminal while something takes long; nothing in a pipe."""
    if not err.is_terminal:
        yield
        return
    with err.status(what):
        yield
