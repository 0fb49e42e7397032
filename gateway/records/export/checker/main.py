"""Checks a release package: offline, without a database, settings or secret keys."""

from __future__ import annotations

import argparse
import sys

from gateway.ledger.standalone_keys import Key
from gateway.records.export.checker.contents import Contents
from gateway.records.export.checker.files import Findings, check_bag, check_checkpoint, check_signature, load
from gateway.records.export.checker.outside import Outside
from gateway.records.export.checker.primitives import Wrong
from gateway.records.export.checker.shown import Shown

KEY_HELP = """the council's verifier key (name+hash+key), from where the council publishes it. Without it the key in
the package is taken, and who changed the package could have changed that too"""
WITNESS_HELP = """a witness's verifier key, from the witness; can be repeated. It must have cosigned. Without one,
nobody but the council vouches for the log"""


def verify_package(path: str, key: str = "", witnesses: tuple[str, ...] = ()) -> Findings:
    """Check the package at `path`, a folder or a zip file, with the keys of witnesses that must have cosigned. Raises
    Wrong where there is no package, or a witness's key is none."""
    found = Findings()
    try:
        trusted = [Key(each, 4) for each in witnesses]
    except ValueError as error:
        raise Wrong(f"--witness: {error}") from error
    files = load(path, found)
    check_bag(files, found)
    signer = check_signature(files, key, found)
    place = check_checkpoint(files, signer, found) if signer is not None else None
    if place is not None and signer is not None:
        contents = Contents(files, place, found)
        contents.check()
        Shown(files, contents, found).check()
        outside = Outside(files, signer, place, found)
        outside.indexes = contents.indexes
        outside.check(trusted)
    return found


def main(arguments: list[str]) -> int:
    """The command line of the shipped file."""
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Check a release package.",
        epilog="Exit status 0: all of it holds; 1: something does not; 2: there is no package to check.",
    )
    parser.add_argument("package", metavar="FOLDER-OR-ZIP")
    parser.add_argument("key", metavar="KEY", nargs="?", default="", help=KEY_HELP)
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help=WITNESS_HELP)
    given = parser.parse_args(arguments)
    try:
        found = verify_package(given.package, given.key, tuple(given.witness))
    except Wrong as error:
        sys.stdout.write(f"{given.package}: {error}\n")
        return 2
    sys.stdout.write("\n".join(found.lines()) + "\n")
    return 1 if found.problems else 0
