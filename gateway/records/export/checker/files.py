"""The package as a bag of files: read from a folder or a zip file, against its manifests and its signature."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

from gateway.records.export.checker.primitives import Key, Wrong, checkpoint_of

SIGNED = "council-ai-gateway package v1"
_OWN = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "package-signature.txt")
_PROOFS = "data/proofs/"


NO_PACKAGE = "there is no release package here"
MOST_BYTES = 8 * 2**30


class Findings:
    """What a check found: problems as (where, what), notes that limit what is shown, counts of what was checked.

    `whole` says that every released word could be proved.
    """

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
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
        return [verdict, f"Checked: {checked or 'nothing'}.", *problems, *(f"Note: {note}" for note in self.notes)]


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
    if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
        raise Wrong("the zip file would unpack to more than 8 GiB")
    if archive.comment or any(entry.comment for entry in archive.infolist()):
        found.add("the zip file", "it holds a comment that is no part of the package")
    roots = {entry.filename.partition("/")[0] for entry in archive.infolist()}
    if len(roots) != 1:
        raise Wrong("the zip file is not one folder")
    for entry in archive.infolist():
        if entry.filename.endswith("/"):
            continue
        name = entry.filename.partition("/")[2]
        if not name or name in files or ".." in name.split("/"):
            found.add(entry.filename[:80], "the zip file holds it twice, or outside its folder")
            continue
        files[name] = archive.read(entry)
    if "bagit.txt" not in files and "data/proofs/checkpoint" not in files:
        raise Wrong(NO_PACKAGE)
    return files


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
        key = Key(given or shipped)
    except Wrong as error:
        found.add("the key that was given" if given else f"{_PROOFS}verifier-key.txt", str(error))
        return None
    if given and given.strip() != shipped:
        found.add(f"{_PROOFS}verifier-key.txt", "it is another key than the one that was given")
    if not given:
        found.notes.append(
            f"The key came from the package itself. Compare it with the one that the council publishes: {key.name}"
        )
    where = "package-signature.txt"
    try:
        text = key.text_of(files.get(where, b"").decode("utf-8", "replace"))
        digest = hashlib.sha256(files.get("tagmanifest-sha256.txt", b"")).hexdigest()
        if text != f"{SIGNED}\n{key.name}\nsha256 {digest} tagmanifest-sha256.txt\n":
            raise Wrong("it was signed for another tagmanifest-sha256.txt: the package was changed")
        found.count("signatures")
    except (Wrong, ValueError) as error:
        found.add(where, str(error))
    return key


def check_checkpoint(files: dict[str, bytes], key: Key, found: Findings) -> tuple[int, bytes] | None:
    """The signed checkpoint: size and root of the log."""
    where = f"{_PROOFS}checkpoint"
    try:
        note = files[where].decode()
        place = checkpoint_of(key.text_of(note), key.name)
    except (Wrong, ValueError, KeyError) as error:
        found.add(where, str(error) if isinstance(error, Wrong) else "it is missing or can't be read")
        return None
    found.count("signatures")
    cosigned = files.get(f"{_PROOFS}checkpoint-cosigned")
    if cosigned is None:
        found.notes.append("No independent witness has cosigned the log's checkpoint.")
    elif not cosigned.decode("utf-8", "replace").startswith(note):
        found.add(f"{_PROOFS}checkpoint-cosigned", "it is not the package's checkpoint")
    else:
        found.notes.append("Witnesses' cosignatures are there; check them with the witnesses' keys (C2SP tools).")
    return place
