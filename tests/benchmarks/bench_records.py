"""How long requests take to work: `python -m tests.benchmarks.bench_records [--records N] [--every N]`.

Makes N records (50,000 unless said otherwise) through the real writer, works an FOI, an EIR and a subject access
request from receipt to a verified package by the API and by the command line, and verifies the ledger.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from gateway.records.export.checker.main import verify_package
from gateway.telemetry import logs
from tests.integration.test_records_end_to_end import KINDS, caller, officers, settings_file
from tests.support.generate import fill, talks
from tests.support.records import site
from tests.support.requests import Api, Cli, Driver, work

VAR = Path(__file__).resolve().parents[2] / "var"
"""On the disk of the checkout: a temporary folder may be in memory."""


def main() -> None:
    """Measure and print."""
    logs.configure("warning")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--every", type=int, default=800, help="one conversation in so many is about each request")
    parser.add_argument("--ways", default="api,cli")
    given = parser.parse_args()
    VAR.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=VAR))
    try:
        measure(folder, given)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, given: Any) -> None:
    """Everything on one ledger in `folder`."""
    with site(folder) as made:
        begun = time.perf_counter()
        written = fill(made.ledger, talks(given.records, every=given.every), made.office.pseudonyms.of)
        took = time.perf_counter() - begun
        records = sum(len(each.refs) for each in written)
        print(
            f"{records} records in {len(written)} conversations written in {took:.1f} s: {records / took:.0f} a second"
        )
        keys = officers(made)
        drivers: dict[str, Driver] = {
            "api": Api(caller(made, keys), folder, made.ledger.vkey),
            "cli": Cli(settings_file(folder), keys, folder),
        }
        for way in given.ways.split(","):
            for kind in KINDS:
                done = work(drivers[way], kind)
                found = verify_package(str(done.package), done.vkey)
                assert not found.problems, found.problems
                steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in done.seconds.items())
                size = done.package.stat().st_size / 1e6
                print(f"{way} {kind}: {done.units} conversations; seconds: {steps}; package {size:.1f} MB verifies")
        begun = time.perf_counter()
        report = made.ledger.verify()
        assert report.ok, report.lines()
        print(f"ledger verify: {time.perf_counter() - begun:.1f} s for {report.size} leaves")


if __name__ == "__main__":
    main()
