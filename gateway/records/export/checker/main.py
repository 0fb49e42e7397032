"""Checks a release package: offline, without a database, settings or secret keys."""

from __future__ import annotations

import sys

from gateway.records.export.checker.contents import Contents
from gateway.records.export.checker.files import Findings, check_bag, check_checkpoint, check_signature, load
from gateway.records.export.checker.primitives import Wrong

USAGE = """Check a release package: python -I verify.py FOLDER-OR-ZIP [KEY]

KEY is the council's verifier key (name+hash+key), from where the council publishes it. Without it the key in the
package is taken, and who changed the package could have changed that too.
Exit status: 0 all of it holds, 1 something does not, 2 there is no package to check."""


def verify_package(path: str, key: str = "") -> Findings:
    """Check the package at `path`, a folder or a zip file. Raises Wrong where there is no package."""
    found = Findings()
    files = load(path, found)
    check_bag(files, found)
    signer = check_signature(files, key, found)
    place = check_checkpoint(files, signer, found) if signer is not None else None
    if place is not None:
        Contents(files, place, found).check()
    return found


def main(arguments: list[str]) -> int:
    """The command line of the shipped file."""
    if not 1 <= len(arguments) <= 2 or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE + "\n")
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    try:
        found = verify_package(arguments[0], arguments[1] if len(arguments) == 2 else "")
    except Wrong as error:
        sys.stdout.write(f"{arguments[0]}: {error}\n")
        return 2
    sys.stdout.write("\n".join(found.lines()) + "\n")
    return 1 if found.problems else 0
