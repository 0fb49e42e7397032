"""`ai-gateway detect`: what would be found in a text, or in many."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.context import Config, settings
from gateway.cli.render import USAGE, err, explained, fail, out, print_json, print_lines, table, warn, working

if TYPE_CHECKING:
    from detectors.suite import Suite


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(detect)


def detect(
    file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON list.")] = False,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help='Read {"id","text"} lines; write {"id","findings":[...]} lines, for scoring.'),
    ] = False,
    controller: Annotated[str | None, typer.Option(help="Apply this council's allow-list.")] = None,
    config: Config = None,
) -> None:
    """Show what detection finds in a text: label, place, score and detector.

    Nothing is sent or recorded. Offsets count characters of the text as given. Finding nothing does not mean that
    there is nothing: you remain responsible.

    Example: echo "NI number AB 12 34 56 C" | ai-gateway detect

    Example: ai-gateway detect --jsonl prompts.jsonl > findings.jsonl
    """
    from detectors.errors import ConfigError, DetectionError
    from detectors.evaluate.lines import LineError, detect_lines
    from gateway.administration import suite_of

    current = settings(config)
    if controller is not None and controller not in current.controllers:
        raise fail(f"there is no controller {controller!r}", f"Use one of: {', '.join(current.controllers)}.", USAGE)
    if as_json and jsonl:
        raise fail("--json and --jsonl are two ways to print", "Use --jsonl for many texts, --json for one.", USAGE)
    if file == "-" and sys.stdin.isatty():
        warn("Type or paste a text; Ctrl-D on a line of its own ends it.")
    with explained(ConfigError), working("Loading the detectors"):
        suite = suite_of(current)
    if jsonl:
        with explained(LineError, DetectionError, OSError, UnicodeDecodeError):
            if file == "-":
                print_lines(counted(detect_lines(sys.stdin, suite, allow=controller)))
            else:
                with Path(file).open(encoding="utf-8") as lines:
                    print_lines(counted(detect_lines(lines, suite, allow=controller)))
        return
    if file != "-" and not Path(file).exists():
        raise fail(f"there is no file {file!r}", "To look at a text itself: echo 'the text' | ai-gateway detect", USAGE)
    with explained(OSError, UnicodeDecodeError):
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    with explained(DetectionError, status=1):
        one(suite, text, controller, as_json)


def one(suite: "Suite", text: str, controller: str | None, as_json: bool) -> None:
    """Findings of one text, for people or as JSON."""
    from detectors.labels import LABELS

    found = suite.inspect(text, allow=controller)
    if as_json:
        print_json(
            [
                {"start": f.start, "end": f.end, "label": f.label, "score": f.score, "detector": f.detector}
                for f in found
            ]
        )
        return
    table(
        ("what", "label", "text", "from", "to", "score", "detector"),
        [
            (LABELS[f.label].plain_name, f.label, text[f.start : f.end], f.start, f.end, f"{f.score:.2f}", f.detector)
            for f in found
        ],
        empty="Nothing found. That is no proof that there is nothing; you remain responsible.",
        whole=("label",),
    )


def counted(lines: Iterator[str]) -> Iterator[str]:
    """The lines, with a count of them on a terminal that does not show the lines themselves."""
    if out.is_terminal or not err.is_terminal:
        yield from lines
        return
    with err.status("Reading") as status:
        for number, line in enumerate(lines, start=1):
            yield line
            status.update(f"{number} texts read")
