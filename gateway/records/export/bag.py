"""A BagIt bag (RFC 8493) as a folder and as a zip file, the same bytes for the same content."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

SIGNATURE = "package-signature.txt"
SIGNED = "council-ai-gateway package v1"
"""First line of what is signed: no checkpoint begins so, thus a signature of one never passes for the other."""


def tag_files(payload: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """The bag's own files around a payload (`data/...`): declaration, information, both manifests."""
    size = sum(len(data) for data in payload.values())
    lines = {**info, "Payload-Oxum": f"{size}.{len(payload)}"}
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines.items()).encode(),
        "manifest-sha256.txt": manifest(payload),
    }
    return {**tags, "tagmanifest-sha256.txt": manifest(tags)}


def manifest(files: Mapping[str, bytes]) -> bytes:
    """SHA-256 and path of each file. Our own names need none of the escapes of RFC 8493 section 2.1.3."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def to_sign(origin: str, tagmanifest: bytes) -> str:
    """The text of the package's signed note."""
    return f"{SIGNED}\n{origin}\nsha256 {hashlib.sha256(tagmanifest).hexdigest()} tagmanifest-sha256.txt\n"


@contextmanager
def written(files: Mapping[str, bytes], folder: Path, archive: Path, at: datetime) -> Iterator[tuple[Path, Path]]:
    """A bag as a new folder and a new zip file, which bear other names until the block has ended: what a stop in the
    middle leaves looks like no package. On any failure nothing is left behind. Raises FileExistsError."""
    for path in (folder, archive):
        if path.exists():
            raise FileExistsError(f"{path} exists already: a package is never overwritten")
    new_folder, new_archive = (path.with_name(f".{path.name}.part") for path in (folder, archive))
    _remove(new_folder, new_archive)
    try:
        new_folder.mkdir(mode=0o700, parents=True)
        for parent in sorted({(new_folder / name).parent for name in files}):
            parent.mkdir(parents=True, exist_ok=True)
        for name in sorted(files):
            (new_folder / name).write_bytes(files[name])
        _zip(files, folder.name, new_archive, at)
        yield new_folder, new_archive
        new_folder.rename(folder)
        new_archive.rename(archive)
    except BaseException:  # half a package is none, whatever happened
        _remove(new_folder, new_archive)
        raise


def _remove(folder: Path, archive: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    archive.unlink(missing_ok=True)


def _zip(files: Mapping[str, bytes], root: str, archive: Path, at: datetime) -> None:
    when = at.astimezone(UTC).timetuple()[:6]
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{root}/{name}", (max(when[0], 1980), *when[1:]))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, files[name])
