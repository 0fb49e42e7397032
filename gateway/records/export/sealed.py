"""Sealed originals: everything a case found, as it came, for the Information Commissioner or a tribunal only.

A file apart, never inside a release: one line of JSON, then AES-256-GCM over a zip file. The key comes from a
passphrase by scrypt (RFC 7914), or is random and told once. The line is additional data, so it can't be changed.
"""

import base64
import io
import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.ledger.identifiers import conversation_name
from gateway.ledger.mac import random_bytes
from gateway.model.case import CaseFile
from gateway.model.release import UnitOf
from gateway.records.export.plain import json_text
from gateway.records.export.source import Source
from gateway.records.export.terms import ExportRefused

FORMAT = "council-ai-gateway sealed original v1"
SHORTEST_PASSPHRASE = 14
_N, _R, _P = 2**17, 8, 1
"""OWASP's first choice for scrypt: 128 MiB."""


class NotOpened(Exception):
    """A sealed original that this key does not open, or no sealed original."""


def seal_case(source: Source, case: CaseFile, target: Path, passphrase: str = "") -> str:
    """Write everything that the case found to a new file; the key to tell, if it is random. Raises ExportRefused where
    an original was not opened, ValueError for a short passphrase, FileExistsError."""
    units = [unit for unit in source.units(case.units) if not unit.disposed]
    closed = [unit for unit in units if not any(form == "kept" for _, form in unit.texts)]
    if closed:
        raise ExportRefused(
            "The originals were not opened", [f"the conversation of record {each.records[0].ref}" for each in closed]
        )
    data, told = seal(units, case.id, passphrase)
    write_sealed(target, data)
    return told


def seal(units: Sequence[UnitOf], matter: str, passphrase: str = "") -> tuple[bytes, str]:
    """The file's bytes, and the key to be told once (empty where a passphrase was given)."""
    header: dict[str, object] = {"format": FORMAT, "case": matter, "cipher": "AES-256-GCM"}
    nonce, told = random_bytes(12), ""
    if passphrase:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise ValueError(f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters")
        salt = random_bytes(16)
        header |= {"kdf": "scrypt", "n": _N, "r": _R, "p": _P, "salt": salt.hex()}
        key = _stretch(passphrase, salt, _N, _R, _P)
    else:
        key = random_bytes(32)
        letters = base64.b32encode(key).decode().rstrip("=")
        told = "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
        header["kdf"] = "none: the key was told once"
    line = json.dumps({**header, "nonce": nonce.hex()}).encode() + b"\n"
    return line + AESGCM(key).encrypt(nonce, _contents(units), line), told


def unseal_original(data: bytes, secret: str) -> dict[str, bytes]:
    """The files inside, by name. Raises NotOpened."""
    line, _, box = data.partition(b"\n")
    try:
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise NotOpened("this is not a sealed original")
        if header["kdf"] == "scrypt":
            if (header["n"], header["r"], header["p"]) != (_N, _R, _P):
                raise NotOpened("the key derivation of this file is not one that this program uses")
            key = _stretch(secret, bytes.fromhex(header["salt"]), _N, _R, _P)
        else:
            letters = "".join(secret.upper().replace("-", " ").split())
            key = base64.b32decode(letters + "=" * (-len(letters) % 8))
        plain = AESGCM(key).decrypt(bytes.fromhex(header["nonce"]), box, line + b"\n")
    except (ValueError, KeyError, TypeError) as error:
        raise NotOpened("this is not a sealed original, or the key is mistyped") from error
    except InvalidTag as error:
        raise NotOpened("this key does not open it, or the file was changed") from error
    with zipfile.ZipFile(io.BytesIO(plain)) as file:
        return {name: file.read(name) for name in file.namelist()}


def write_sealed(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read; on any failure none is left. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except BaseException:  # half a file opens with no key, whatever happened
        path.unlink()
        raise


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())


def _contents(units: Sequence[UnitOf]) -> bytes:
    """One JSON file for each conversation: leaves, manifests, every text with the salt that opens its commitment."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for unit in units:
            body = {
                "conversation": conversation_name(unit.unit),
                "records": [
                    {
                        "record": record.ref,
                        "leaves": [leaf.body.decode() for leaf in record.leaves],
                        "manifests": {
                            each.name: [
                                {"position": entry.position, "role": entry.role, "kept": entry.kept_id,
                                 "sent": entry.sent_id}
                                for entry in each.entries
                            ]
                            for each in record.manifests
                        },
                    }
                    for record in unit.records
                ],
                "texts": [
                    {"part": text.part, "form": text.form, "text": text.text, "salt": text.salt.hex(),
                     "commitment": text.root.hex()}
                    for _, text in sorted(unit.texts.items())
                ],
            }  # fmt: skip
            file.writestr(f"{conversation_name(unit.unit)}.json", json_text(body, indent=1))
    return buffer.getvalue()
