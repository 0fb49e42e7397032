"""The package as a bag of files: read from a folder or a zip file, against its manifests and its signature."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

from gateway.ledger.standalone_keys import Key, opened, printable
from gateway.records.export.checker.primitives import Wrong

SIGNED = "council-ai-gateway package v1"
_OWN = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "package-signature.txt")
_PROOFS = "data/proofs/"


NO_PACKAGE = "there is no release package here"
MOST_BYTES = 8 * 2**30


class Findings:
    """What a check found: problems as (where, what), what others vouch for, notes that limit what is shown, counts of
    what was checked.

    `whole` says that every released word could be proved.
    """

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.proven: list[str] = []
        self.notes: list[str] = []
        self.counts: dict[str, int] = {}
        self.whole = True

    def add(self, where: str, what: str) -> None:
        """Note a problem."""
        self.problems.append((where, what))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was checked."""
        self.counts[what] = self.counts.get(what, 0) + number

    def lines(self) -> list[str]:
        """The report as text, the verdict first."""
        number = len(self.problems)
        verdict = "The package holds: nothing was changed, and every released word is as it was recorded."
        if not self.whole:
            verdict = (
                "The package holds: nothing was changed since it was signed. Not every word is proved: see the notes."
            )
        if number:
            verdict = f"THE PACKAGE DOES NOT HOLD: {number} {'problem' if number == 1 else 'problems'} found."
        checked = ", ".join(f"{what} {count}" for what, count in self.counts.items())
        problems = [f"- {where}: {what}" for where, what in self.problems]
        lines = [verdict, f"Checked: {checked or 'nothing'}.", *problems]
        lines += [f"Proven: {each}" for each in self.proven] + [f"Note: {each}" for each in self.notes]
        return [printable(line) for line in lines]


def load(path: str, found: Findings) -> dict[str, bytes]:
    """The files of a package by name. Raises Wrong where there is none."""
    place = Path(path)
    if place.is_dir():
        if not (place / "bagit.txt").exists() and not (place / "data/proofs/checkpoint").exists():
            raise Wrong(NO_PACKAGE)
        return _folder(place, found)
    if not place.exists():
        raise Wrong("there is no such folder or file")
    try:
        with zipfile.ZipFile(place) as archive:
            return _zip(archive, found)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise Wrong("it is neither a folder nor a zip file that can be read") from error


def _folder(folder: Path, found: Findings) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found.add(name, "it is a link or no plain file")
        elif path.is_file():
            files[name] = path.read_bytes()
    return files


def _zip(archive: zipfile.ZipFile, found: Findings) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Wrong("the zip file would unpack to more than 8 GiB")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise Wrong("the zip file is packed in a way that not every program reads")
    if archive.comment or any(entry.comment for entry in entries):
        found.add("the zip file", "it holds a comment that is no part of the package")
    if not _seamless(archive):
        found.add("the zip file", "it holds bytes that belong to none of its files: something is hidden in it")
    roots = {entry.filename.partition("/")[0] for entry in entries}
    if len(roots) != 1 or roots & {"", ".", ".."}:
        raise Wrong("the zip file is not one folder")
    for entry in entries:
        name = entry.filename.partition("/")[2]
        folder = entry.filename.endswith("/")
        if ".." in name.split("/") or ((name in files or not name or "\\" in name) and not folder):
            found.add(entry.filename[:80], "the zip file holds it twice, or outside its folder")
        elif not folder:
            files[name] = archive.read(entry)
        elif entry.file_size:
            found.add(entry.filename[:80], "a folder of the zip file has contents of its own")
    if "bagit.txt" not in files and "data/proofs/checkpoint" not in files:
        raise Wrong(NO_PACKAGE)
    return files


def _seamless(archive: zipfile.ZipFile) -> bool:
    """Whether the zip file is its entries, one after the other, and its directory: a program that reads it from the
    front would otherwise find files that the directory does not name."""
    file, at = archive.fp, 0
    if file is None:
        return False
    for entry in sorted(archive.infolist(), key=lambda each: each.header_offset):
        file.seek(entry.header_offset)
        head = file.read(30)
        if entry.header_offset != at or len(head) < 30:
            return False
        at += 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little") + entry.compress_size
        if entry.flag_bits & 8:  # sizes stand behind the data, as programs write them that can't go back
            file.seek(at)
            sizes = 16 if head[4:6] >= b"\x2d\0" and entry.file_size > 0xFFFFFFFF else 8
            at += 4 + sizes + (4 if file.read(4) == b"PK\x07\x08" else 0)
    if at != archive.start_dir:
        return False
    for _ in archive.infolist():
        file.seek(at)
        head = file.read(46)
        at += 46 + sum(int.from_bytes(head[place : place + 2], "little") for place in (28, 30, 32))
    file.seek(at)
    rest = file.read(1024)
    # The end of the directory, or with that of large files in front.
    return len(rest) == {b"PK\5\6": 22, b"PK\6\6": 98}.get(rest[:4]) or bool(archive.comment)


def check_bag(files: dict[str, bytes], found: Findings) -> None:
    """RFC 8493: every file is listed, every listed file is there and has its hash."""
    for name in _OWN:
        if name not in files:
            found.add(name, "it is missing")
    payload = {name for name in files if name.startswith("data/")}
    for name in sorted(set(files) - payload - set(_OWN)):
        found.add(name, "it is no part of the package: it was added")
    _manifest("manifest-sha256.txt", payload, files, found)
    _manifest("tagmanifest-sha256.txt", {"bagit.txt", "bag-info.txt", "manifest-sha256.txt"}, files, found)
    oxum = f"{sum(len(files[name]) for name in payload)}.{len(payload)}"
    if f"Payload-Oxum: {oxum}\n".encode() not in files.get("bag-info.txt", b""):
        found.add("bag-info.txt", "its Payload-Oxum is not that of the files")


def _manifest(name: str, wanted: set[str], files: dict[str, bytes], found: Findings) -> None:
    listed: dict[str, str] = {}
    for number, line in enumerate(files.get(name, b"").decode("utf-8", "replace").splitlines(), 1):
        digest, gap, path = line.partition("  ")
        if not gap or path in listed:
            found.add(f"{name} line {number}", "it is not a hash and a name, or names a file twice")
        listed[path] = digest
    for path in sorted(set(listed) - set(files)):
        found.add(path, f"it is listed in {name} and missing")
    for path in sorted(wanted - set(listed)):
        found.add(path, f"it is not listed in {name}: it was added")
    for path in sorted(set(listed) & set(files)):
        found.count("files")
        if hashlib.sha256(files[path]).hexdigest() != listed[path]:
            found.add(path, f"it was changed: its hash is not that in {name}")


def check_signature(files: dict[str, bytes], given: str, found: Findings) -> Key | None:
    """The signature over the tag manifest. Returns the key, None where there is no usable one."""
    shipped = files.get(f"{_PROOFS}verifier-key.txt", b"").decode("utf-8", "replace").strip()
    try:
        key = Key(given or shipped, 1)
    except ValueError as error:
        found.add("the key that was given" if given else f"{_PROOFS}verifier-key.txt", str(error))
        return None
    if given and given.strip() != shipped:
        found.add(f"{_PROOFS}verifier-key.txt", "it is another key than the one that was given")
    if not given:
        found.notes.append(
            f"The key came from the package itself. Compare it with the one that the council publishes: {key.name}"
        )
    text, _, line = files.get("package-signature.txt", b"").decode("utf-8", "replace").partition("\n\n")
    digest = hashlib.sha256(files.get("tagmanifest-sha256.txt", b"")).hexdigest()
    if not key.signed(f"{text}\n", line):
        # One line and no more: nothing else covers this file, so anything could be added to it.
        found.add("package-signature.txt", "it is not a note with one signature, by this key")
    elif text != f"{SIGNED}\n{key.name}\nsha256 {digest} tagmanifest-sha256.txt":
        found.add("package-signature.txt", "it was signed for another tagmanifest-sha256.txt: the package was changed")
    else:
        found.count("signatures")
    return key


def check_checkpoint(files: dict[str, bytes], key: Key, found: Findings) -> tuple[int, bytes] | None:
    """The signed checkpoint: size and root of the log."""
    where = f"{_PROOFS}checkpoint"
    try:
        place = opened(files[where].decode(), key)
    except (ValueError, KeyError) as error:
        found.add(where, "it is missing" if isinstance(error, KeyError) else str(error))
        return None
    found.count("signatures")
    return place
