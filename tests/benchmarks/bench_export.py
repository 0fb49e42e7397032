"""Export of a case: `python -m tests.benchmarks.bench_export [--records N] [--url URL] [--no-detection]`.

Conversations of one to five records, every address, telephone number and e-mail address redacted, one conversation in
ten withheld. Measured: reading with proofs and opened originals, the export as an officer waits for it (checks,
release, files, safety scan, detection over what is released, writing, checking folder and zip), and the shipped
checker alone.
"""

import argparse
import asyncio
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from detectors.suite import compile_suite
from gateway.model.case import Decision, Redaction
from gateway.model.release import UnitOf
from gateway.records.export.terms import ExportRefused
from tests.benchmarks.corpus import FILLERS, FIRST, LAST, OPENINGS, STREETS
from tests.support.casefile import TERMS, Archive, Nothing, case_file, decide
from tests.support.ledger import chat, service, turn

VAR = Path(__file__).resolve().parents[2] / "var"
DETAIL = re.compile(r"\d+ (?:" + "|".join(STREETS) + r")|07700 900\d{3}|[\w.']+@[\w.]+\w|ME1\d \d[A-Z]{2}")


def message(pick: random.Random, number: int) -> tuple[str, str]:
    """A message of about 150 words, and the name in it."""
    name = f"{pick.choice(FIRST)} {pick.choice(LAST)}"
    opening = pick.choice(OPENINGS).format(
        name=name, number=pick.randint(1, 190), street=pick.choice(STREETS),
        phone=f"07700 900{pick.randint(0, 999):03d}",
        email=f"resident{number}@example.org", postcode=f"ME1{pick.randint(4, 6)} {pick.randint(1, 9)}AB",
    )  # fmt: skip
    return " ".join([opening, *pick.choices(FILLERS, k=7), f"File {number}."]), name


async def fill(url: str, folder: Path, records: int) -> None:
    """Record conversations until there are so many records."""
    pick = random.Random(7)
    ledger = service(url, folder)
    await ledger.start()
    done = 0
    while done < records:
        said: list[str] = []
        names: dict[str, str] = {}
        for _ in range(min(pick.randint(1, 5), records - done)):
            text, name = message(pick, done)
            names.setdefault(name, f"PERSON_{pick.randrange(32**8):08d}"[:15].ljust(15, "0"))
            answer = " ".join([f"Dear {name}, about file {done}.", *pick.choices(FILLERS, k=4)])
            await turn(ledger, chat(*said, text), answer, replace=names)
            said += [text, answer]
            done += 1
    await ledger.stop()


def decided(units: Sequence[UnitOf]) -> Iterator[Decision]:
    """Every detail redacted, one conversation in ten withheld."""
    for number, unit in enumerate(units):
        if number % 10 == 9:
            yield decide(unit, "withhold", code="FOIA s.43(2)", public_interest="As stated in the letter.")
            continue
        spans = tuple(
            Redaction(part, form, found.start(), found.end(), "FOIA s.40(2)", "third party")
            for (part, form), text in unit.texts.items()
            if form == "sent"
            for found in DETAIL.finditer(text.text)
        )
        yield decide(unit, "redact" if spans else "release", redactions=spans)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took."""
    started, worked = time.perf_counter(), time.process_time()
    yield
    print(
        f"{what:<46} {time.perf_counter() - started:7.2f} s ({time.process_time() - worked:.2f} s of CPU)", flush=True
    )


def run(url: str, folder: Path, records: int, *, detection: bool) -> None:
    """Fill, export, check."""
    with timed(f"recording {records} records"):
        asyncio.run(fill(url, folder, records))
    archive = Archive(url, folder / "keys")
    inspector = compile_suite() if detection else Nothing()
    units = archive.units()
    archive.hold(unit.unit for unit in units)
    case = case_file([unit.unit for unit in units], decided(units))
    with timed("reading with proofs, originals opened"):
        archive.units(opened=True)
    target = folder / "FOI-2026-0117"
    accepted: frozenset[str] = frozenset()
    with archive.exporter(inspector, opened=True) as exporter:
        try:
            with timed("export"):
                package = exporter.export(case, TERMS, target)
        except ExportRefused as refused:  # what chance let stand in two conversations, as an officer would see it
            print(f"refused: {len(refused.missing)} places, the first: {refused.missing[0]}")
            accepted = frozenset(place.rsplit(" ", 1)[-1] for place in refused.missing)
            with timed("export, after an officer accepted these"):
                package = exporter.export(case, replace(TERMS, accepted=accepted), target)
    written = [path.stat().st_size for path in target.rglob("*") if path.is_file()]
    print(
        f"{package.conversations} conversations, {package.records} records, {package.redactions} gaps, "
        f"{package.withheld} withheld; {len(written)} files, {sum(written) / 1e6:.1f} MB, "
        f"zip {package.archive.stat().st_size / 1e6:.1f} MB; "
        f"{len(package.warnings)} warnings, {len(accepted)} accepted"
    )
    checker = target / "data/proofs/verify.py"
    for path in (target, package.archive):
        with timed(f"verify.py on the {'folder' if path == target else 'zip file'}"):
            subprocess.run([sys.executable, "-I", str(checker), str(path)], check=True, stdout=subprocess.DEVNULL)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    archive.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--url", default="")
    parser.add_argument("--no-detection", action="store_true")
    asked = parser.parse_args()
    VAR.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=VAR))
    try:
        run(asked.url or f"sqlite:///{folder / 'ledger.db'}", folder, asked.records, detection=not asked.no_detection)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
