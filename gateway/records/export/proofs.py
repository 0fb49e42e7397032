"""The folder `data/proofs`: what ties each released word to the signed log, for somebody who trusts nobody."""

import base64
import re
from typing import Any

from gateway.ledger.witness import encode_request
from gateway.ledger.words import Opening
from gateway.model.release import Attested, ManifestOf, SignedCheckpoint
from gateway.records.export.plain import json_text
from gateway.records.export.redact import Gap, Redacted, proof
from gateway.records.export.release import Release, Shown, ShownRecord

FOLDER = "data/proofs"
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def proof_files(release: Release, checkpoint: SignedCheckpoint, vkey: str) -> dict[str, bytes]:
    """Every file of the folder but the checker."""
    files = {
        f"{FOLDER}/checkpoint": checkpoint.note.encode(),
        f"{FOLDER}/verifier-key.txt": f"{vkey}\n".encode(),
    }
    for attested in checkpoint.attested:
        files |= _attested(attested, checkpoint)
    if not release.terms.proofs:
        return files
    for conversation in release.conversations:
        for shown in conversation.records:
            files |= _record(release, shown, checkpoint)
    for text in release.texts.values():
        files[f"{FOLDER}/words/{text.id}.json"] = _words(release, text)
    return files


def stamp_name(attested: Attested, number: int, authority: str) -> str:
    """The file of a checkpoint's time stamp, named so that it can stand in a command as it is."""
    return f"{FOLDER}/attested/{attested.size}.{number}-{_UNSAFE.sub('-', authority)[:60]}.tsr"


def _attested(attested: Attested, checkpoint: SignedCheckpoint) -> dict[str, bytes]:
    """A checkpoint that others saw, what they say of it, and the proof that the log went on from there."""
    start = f"{FOLDER}/attested/{attested.size}"
    files = {f"{start}.checkpoint": attested.note.encode()}
    if attested.size != checkpoint.size:
        files[f"{start}.consistency"] = encode_request(attested.size, attested.path, checkpoint.note)
    if attested.cosignatures:
        files[f"{start}.cosigned"] = _cosigned(attested).encode()
    for number, (authority, token) in enumerate(attested.time_stamps, 1):
        files[stamp_name(attested, number, authority)] = token
    return files


def _cosigned(attested: Attested) -> str:
    """The checkpoint with its witnesses' lines (C2SP tlog-cosignature)."""
    return attested.note + "".join(f"{line.strip()}\n" for line in attested.cosignatures)


def tlog_proof(index: int, path: tuple[bytes, ...], note: str) -> bytes:
    """An inclusion proof in the format of https://c2sp.org/tlog-proof."""
    hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in path)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}".encode()


def _record(release: Release, shown: ShownRecord, checkpoint: SignedCheckpoint) -> dict[str, bytes]:
    ref, own = shown.record.ref, [each for each in checkpoint.attested if each.size == checkpoint.size]
    note = _cosigned(own[0]) if own else checkpoint.note
    files, leaves = {}, []
    for number, leaf in enumerate(shown.record.leaves, 1):
        name = f"inclusion/{ref}.{number}-{leaf.kind}.tlog-proof"
        files[f"{FOLDER}/{name}"] = tlog_proof(leaf.index or 0, leaf.path, note)
        leaves.append({"kind": leaf.kind, "leaf": leaf.body.decode(), "proof": name})
    texts = {(turn.manifest, turn.position): turn.text for turn in shown.turns}
    manifests = {each.name: _manifest(release, each, texts) for each in shown.record.manifests if _wanted(each, texts)}
    body = {"record": ref, "leaves": leaves, "manifests": manifests}
    files[f"{FOLDER}/records/{ref}.json"] = (json_text(body, indent=1) + "\n").encode()
    return files


def _wanted(manifest: ManifestOf, texts: dict[tuple[str, int], str]) -> bool:
    return manifest.name != "facts" or any(name == "facts" for name, _ in texts)


def _manifest(release: Release, manifest: ManifestOf, texts: dict[tuple[str, int], str]) -> dict[str, Any]:
    entries = []
    for entry in manifest.entries:
        each: dict[str, Any] = {
            "role": entry.role, "kept": entry.kept.hex(), "sent": entry.sent.hex() if entry.sent else "",
            "box": entry.box.hex(), "place": entry.place.hex(),
        }  # fmt: skip
        text = texts.get((manifest.name, entry.position))
        if text is not None:
            each |= {"text": text, "form": release.texts[text].key[1]}
        entries.append(each)
    return {"base": manifest.base.hex(), "count": manifest.count, "root": manifest.root.hex(), "entries": entries}


def _words(release: Release, text: Shown) -> bytes:
    """Released runs with the salts of their pieces, and the hashes of the subtrees that stay hidden."""
    body: dict[str, Any] = {"text": text.id, "form": text.key[1], "runs": _runs(text.redacted)}
    source = text.source
    if not text.redacted.released():
        # Nothing of it is shown, so nothing needs a proof, and not even its length is told.
        return (
            json_text({**body, "runs": [_bare(run) for run in body["runs"]], "withheld": True}, indent=1) + "\n"
        ).encode()
    if source is None or text.key[0] in release.terms.without_words:
        body |= {"unproved": "left out at the officer's choice", "runs": [_bare(run) for run in body["runs"]]}
    else:
        opening: Opening = proof(source.text, source.salt, text.redacted)
        body["pieces"] = opening.count
        body["commitment"] = source.root.hex()
        body["salts"] = base64.b64encode(b"".join(word.salt for word in opening.words)).decode()
        body["hidden"] = [each.hex() for each in opening.hidden]
    return (json_text(body, indent=1) + "\n").encode()


def _bare(run: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run.items() if name not in ("first", "count")}


def _runs(redacted: Redacted) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for run in redacted.runs:
        if isinstance(run, Gap):
            runs.append({"first": run.first, "count": run.count, "shown": run.shown, "after": run.after,
                         "schedule": list(run.rows)})  # fmt: skip
        else:
            runs.append({"first": run.first, "text": run.text})
    return runs
