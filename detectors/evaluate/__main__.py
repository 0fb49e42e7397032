"""`python -m detectors.evaluate FILE... [--config FILE] [--allow CONTROLLER] [--speed] [--misses N]`."""

import argparse
import statistics
import sys
import time
from pathlib import Path

from detectors.config import load_config
from detectors.errors import DetectionError
from detectors.evaluate.data import Document, licence, read
from detectors.evaluate.report import Timing, report
from detectors.evaluate.score import Score, score
from detectors.suite import Suite, compile_suite

LENGTHS = (300, 4_000)
REPEATS = 15


def measure(documents: list[Document], suite: Suite, allow: str | None) -> Score:
    """Scores of a suite on documents."""
    return score(documents, {d.id: suite.inspect(d.text, allow=allow) for d in documents})


def timings(documents: list[Document], suite: Suite) -> list[Timing]:
    """Cold times on text from the documents, each piece different so that no cache helps."""
    text = "\n\n".join(d.text for d in documents)
    made: list[Timing] = []
    for length in LENGTHS:
        spent: list[float] = []
        for index in range(REPEATS):
            offset = (index * length) % max(1, len(text) - length)
            piece = f"{index} {text[offset : offset + length]}"[:length]
            start = time.thread_time()
            suite.inspect(piece)
            spent.append((time.thread_time() - start) * 1000)
        made.append(Timing(length, statistics.median(spent), max(spent)))
    return made


def main(arguments: list[str] | None = None) -> int:
    """Measure detection on labelled files and write a Markdown report to standard output."""
    parser = argparse.ArgumentParser(prog="python -m detectors.evaluate", description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, help='lines of {"id", "text", "spans"}')
    parser.add_argument("--config", type=Path, help="detectors.yaml (default: the shipped one)")
    parser.add_argument("--allow", help="a controller whose allow-list counts")
    parser.add_argument("--speed", action="store_true", help="also time cold texts")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="list N missed spans by document and place")
    options = parser.parse_args(arguments)
    try:
        suite = compile_suite(load_config(options.config))
        for path in options.files:
            documents = read(path)
            # Timed first: scoring would fill the cache of names.
            timed = timings(documents, suite) if options.speed else []
            result = measure(documents, suite, options.allow)
            sys.stdout.write(report(path, licence(path), suite.version, suite.model, result, timed))
            for document, span in result.misses[: options.misses]:
                sys.stdout.write(f"missed: {document} {span.label} {span.start}-{span.end}\n")
    except (DetectionError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
