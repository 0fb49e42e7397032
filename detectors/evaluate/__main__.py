"""`python -m detectors.evaluate [DATA ...]`: detection measured on labelled text, ours beside stock Presidio."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from detectors.config import SuiteConfig, load_config
from detectors.errors import DetectionError
from detectors.evaluate.carried import carried, chosen
from detectors.evaluate.fairness import fairness, names
from detectors.evaluate.measured import Run
from detectors.evaluate.page import page
from detectors.evaluate.report import report
from detectors.evaluate.runner import OURS, Column, measure, score_of
from detectors.evaluate.score import Score
from detectors.evaluate.sets import DataSet, discover
from detectors.evaluate.shipped import SHIPPED, shipped
from detectors.evaluate.soak import Step, soak
from detectors.evaluate.speed import speed
from detectors.evaluate.stock import STOCK, build, missing
from detectors.evaluate.sweep import Curve, at_zero, sweep, with_proposed
from detectors.finding import Finding
from detectors.suite import Suite, compile_suite

_NO_DATA = (
    "No data was given, so only the small sets that ship are measured. Give folders of labelled sets, or files of "
    '{"id", "text", "spans": [{"start", "end", "label"}]} lines, for figures that mean more.'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure detection and write the report: Markdown to standard output, and a page for a browser with --html."""
    options = _parser().parse_args(arguments)
    try:
        config = load_config(options.config)
        for file in (options.html, options.markdown):
            if file is not None:  # said now, and not after minutes of measuring
                file.parent.mkdir(parents=True, exist_ok=True)
        run = _run(options, config)
        text = report(run)
        sys.stdout.write(text)
        if options.markdown:
            options.markdown.write_text(text, encoding="utf-8")
        if options.html:
            options.html.write_text(page(run), encoding="utf-8")
            _say(f"The page: {options.html}")
    except (DetectionError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m detectors.evaluate", description=main.__doc__)
    add = parser.add_argument
    add("data", nargs="*", type=Path, help="folders of labelled sets, or .jsonl files; none: those that ship")
    add("--shipped", nargs="*", metavar="NAME", help=f"which sets that ship, instead of all: {', '.join(SHIPPED)}")
    add("--config", type=Path, help="detectors.yaml (default: the shipped one)")
    add("--allow", metavar="COUNCIL", help="a controller whose allow-list counts")
    add("--stock", action="store_true", help="also run stock Presidio (small model; medium model with UK recognisers)")
    add("--sweep", action="store_true", help="precision and recall over thresholds, and the thresholds that follow")
    add("--fairness", action="store_true", help="recall of names by their origin (policy clause 9)")
    add("--carried", action="store_true", help="the same prompts quoted, cut, in JSON, in HTML, in bold ...")
    add("--speed", action="store_true", help="time cold texts")
    add("--soak", type=int, metavar="N", default=0, help="feed N names never seen before and watch memory")
    add("--all", action="store_true", help="stock, sweep, fairness, other forms, speed, and a soak of 20,000")
    add("--html", type=Path, metavar="FILE", help="write the report as a page with charts")
    add("--markdown", type=Path, metavar="FILE", help="write the report to a file too")
    add("--show-text", action="store_true", help="put the words of misses into the report: evaluation data only")
    return parser


def _run(options: argparse.Namespace, config: SuiteConfig) -> Run:
    everything: bool = options.all
    sets = _sets(options.data, options.shipped)
    # First, while the process is small: memory that others have freed would hide what grows.
    tokens = options.soak or (20_000 if everything else 0)
    soaked = soak(config, tokens, _say_step) if tokens else None
    suite = compile_suite(config)
    columns = [Column(OURS, _detect(suite, options.allow))]
    stock, left_out = _stock() if options.stock or everything else ([], [])
    columns += stock
    people = names()
    # Timed first: what is scored later would fill the cache of names.
    timed = speed(columns, people, suite.version) if options.speed or everything else None
    results = measure(sets, columns, _say)
    curves = _curves(sets, config, options.allow) if options.sweep or everything else []
    proposed = _proposed(sets, curves, config, options.allow)
    if options.fairness or everything:
        _say("names by origin")
    fair = fairness(columns, people) if options.fairness or everything else []
    forms = carried(columns[:1], chosen(sets), _say) if options.carried or everything else []
    return Run(
        suite.version, suite.model, results, left_out, curves, fair, timed, soaked,
        options.show_text, options.allow, proposed, forms,
    )  # fmt: skip


def _stock() -> tuple[list[Column], list[str]]:
    """What stock Presidio can be run with here, and why the rest is left out."""
    columns: list[Column] = []
    left_out: list[str] = []
    for each in STOCK:
        reason = missing(each)
        if reason is not None:
            left_out.append(reason)
            _say(reason)
            continue
        _say(f"loading {each.name}")
        columns.append(Column(each.name, build(each)))
    return columns, left_out


def _sets(paths: Sequence[Path], names: Sequence[str] | None) -> list[DataSet]:
    if not paths:
        _say(_NO_DATA)
    return [*(discover(paths) if paths else []), *shipped(names)]


def _curves(sets: Sequence[DataSet], config: SuiteConfig, allow: str | None) -> list[Curve]:
    _say("sweeping the thresholds")
    return sweep(sets, _detect(compile_suite(at_zero(config)), allow), config)


def _proposed(
    sets: Sequence[DataSet], curves: Sequence[Curve], config: SuiteConfig, allow: str | None
) -> dict[str, Score]:
    """Our scores at the proposed thresholds, on prompts; nothing where nothing else is proposed."""
    if all(c.proposed == c.shipped for c in curves):
        return {}
    _say("measuring what is proposed")
    detect = _detect(compile_suite(with_proposed(config, curves)), allow)
    return {s.name: score_of(s, detect) for s in sets if s.known.prompts}


def _detect(suite: Suite, allow: str | None) -> Callable[[str], tuple[Finding, ...]]:
    return lambda text: suite.inspect(text, allow=allow)


def _say_step(step: Step) -> None:
    _say(f"{step.tokens:,} names, {step.megabytes:.0f} MB")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
