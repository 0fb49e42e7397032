"""Packages to tamper with, by somebody without the council's key and by somebody who has it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.ledger.checkpoint import Signer
from gateway.records.export import bag
from gateway.records.export.checker.main import verify_package
from tests.records.export.conftest import Desk

WORDS = "data/proofs/words/T00001.json"


def told(path: Path, key: str = "") -> str:
    """What the checker says."""
    return "\n".join(verify_package(str(path), key).lines())


def files_of(made: Path) -> list[str]:
    """Names of a package's files."""
    return sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())


class Council:
    """Whoever holds the council's key, and makes a package that is signed but not true."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.signer, self.folder = Signer(desk.archive.keystore), folder

    def resign(self) -> None:
        """Make manifests and signature fit again."""
        names = files_of(self.folder)
        payload = {name: (self.folder / name).read_bytes() for name in names if name.startswith("data/")}
        tags = bag.tag_files(payload, {"External-Identifier": "x"})
        for name, data in tags.items():
            (self.folder / name).write_bytes(data)
        note = self.signer.note(bag.to_sign(self.signer.origin, tags["tagmanifest-sha256.txt"]))
        (self.folder / bag.SIGNATURE).write_text(note)

    def edit(self, name: str, change: Callable[[str], str]) -> str:
        """Change one file, make all fit again; what the checker says."""
        path = self.folder / name
        before = path.read_bytes()
        after = change(before.decode()).encode()
        assert before != after
        path.write_bytes(after)
        self.resign()
        said = told(self.folder, self.signer.vkey)
        path.write_bytes(before)
        self.resign()
        assert told(self.folder, self.signer.vkey).startswith("The package holds")
        return said


def as_json(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """A change of a JSON file's value as one of its text."""

    def apply(text: str) -> str:
        body = json.loads(text)
        change(body)
        return json.dumps(body, ensure_ascii=False)

    return apply
