"""A witness of other people's logs: cosigns a checkpoint where it goes on from the last one, and refuses any other.

C2SP tlog-witness, https://c2sp.org/tlog-witness. It keeps one checkpoint a log, in a file that is on disk before the
cosignature is given out. It never sees an entry.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ledger.checkpoint import BadCheckpoint, Checkpoint, Verifier, split_note
from gateway.ledger.cosignature import Cosigner
from gateway.ledger.merkle import EMPTY_ROOT, verify_consistency

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
MAX_BODY: Final = 16_384
_MAX_PROOF: Final = 63
_MAX_EVIDENCE: Final = 100
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


class BadRequestBody(ValueError):
    """A request to a witness that can't be read."""


def encode_request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of `add-checkpoint`: the size that the witness knows, the proof from there, the signed note."""
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def decode_request(body: bytes) -> tuple[int, list[bytes], str]:
    """The parts of such a body. Raises BadRequestBody."""
    try:
        head, separator, note = body.decode().partition("\n\n")
        first, *steps = head.split("\n")
        match = _OLD.fullmatch(first)
        proof = [base64.b64decode(step, validate=True) for step in steps]
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise BadRequestBody("the request can't be read") from error
    if match is None or not separator or len(proof) > _MAX_PROOF or any(len(step) != 32 for step in proof):
        raise BadRequestBody("the request can't be read")
    return int(match[1]), proof, note


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness says. `outcome` is a code for its log."""

    status: int
    kind: str
    body: str
    outcome: str


class StateError(Exception):
    """The witness's own files can't be used; nothing is cosigned."""


class FileState:
    """The last cosigned note of each log, one file each below `folder`; written aside, synced and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "logs"
        self._evidence = folder / "evidence"
        self._refused = folder / "refused"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process or thread of this witness decides meanwhile."""
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def last(self, origin: str) -> str | None:
        """The last cosigned note, as the log signed it and with our line. Raises StateError where it can't be read:
        a witness that forgets would cosign a second history."""
        try:
            return self._file(origin).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StateError("the witness's state can't be read") from error

    def keep(self, origin: str, note: str) -> None:
        """Make a note the last one; on disk when this returns. Raises StateError."""
        path = self._file(origin)
        try:
            _write(path, note)
        except OSError as error:
            raise StateError("the witness's state can't be written") from error

    def suspect(self, note: str, known: str, *, proved: bool) -> None:
        """Keep two signed notes that can't both be true: proof that the log's key signed two histories.

        Where they are of two sizes and the newer came without a good proof (not `proved`), both may be true: anybody
        can send a bad proof with a good note. Those are kept apart, so that they can't crowd out the others.
        """
        folder = self._evidence if proved else self._refused
        folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256((note + known).encode()).hexdigest()[:32]
        if sum(1 for _ in folder.iterdir()) < _MAX_EVIDENCE:
            _write(folder / f"{name}.txt", f"{known}\n--- refused:\n{note}")

    def retire(self, origin: str) -> bool:
        """Begin a log anew, as if it had never been seen; its last note is put aside, not destroyed. False where there
        is none. For a human decision: the log lost entries that were witnessed, and its council has said why."""
        path = self._file(origin)
        with self.alone():
            if not path.exists():
                return False
            aside = self._folder.parent / "retired"
            aside.mkdir(mode=0o700, exist_ok=True)
            path.rename(aside / f"{path.stem}.{time.time_ns()}.note")
            _sync(aside)
            _sync(self._folder)
        return True

    def notes(self) -> list[str]:
        """Every last cosigned note."""
        return [path.read_text("utf-8") for path in sorted(self._folder.glob("*.note"))]

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.note"


class Witness:
    """Decides. `logs` are the verifier keys of the logs it witnesses; `clock` gives seconds since 1970."""

    def __init__(
        self, cosigner: Cosigner, logs: Iterable[Verifier], state: FileState, clock: Callable[[], float]
    ) -> None:
        self._cosigner = cosigner
        self._logs: dict[str, list[Verifier]] = {}
        for verifier in logs:
            self._logs.setdefault(verifier.name, []).append(verifier)
        self._state = state
        self._clock = clock

    def add(self, body: bytes) -> Answer:
        """Answer one `add-checkpoint`. Raises StateError."""
        try:
            old, proof, note = decode_request(body)
        except BadRequestBody as error:
            return Answer(400, TEXT_TYPE, f"{error}\n", "unreadable")
        keys = self._logs.get(note.partition("\n")[0])
        if keys is None:
            return Answer(404, TEXT_TYPE, "this witness does not know that log\n", "unknown_log")
        checkpoint = _opened(keys, note)
        if checkpoint is None:
            return Answer(403, TEXT_TYPE, "the checkpoint is not signed by the log's key\n", "not_signed")
        if old > checkpoint.size:
            return Answer(400, TEXT_TYPE, "the old size is beyond the checkpoint's\n", "bad_old_size")
        with self._state.alone():
            return self._decide(old, proof, note, checkpoint, keys)

    def _decide(self, old: int, proof: Sequence[bytes], note: str, new: Checkpoint, keys: Sequence[Verifier]) -> Answer:
        known_note = self._state.last(new.origin)
        known = Checkpoint(new.origin, 0, EMPTY_ROOT) if known_note is None else _opened(keys, known_note)
        if known is None:
            raise StateError("the last cosigned checkpoint of this log is not signed by the log's key")
        size = Answer(409, SIZE_TYPE, f"{known.size}\n", "other_size")
        if old != known.size:
            return size
        if new.size == known.size and new.root != known.root:
            self._state.suspect(note, known_note or "", proved=True)
            return Answer(size.status, size.kind, size.body, "fork")
        fits = not proof if old in (0, new.size) else verify_consistency(old, new.size, proof, known.root, new.root)
        if not fits:
            self._state.suspect(note, known_note or "", proved=False)
            return Answer(422, TEXT_TYPE, "the consistency proof does not verify\n", "not_consistent")
        text, _ = split_note(note)
        line = self._cosigner.cosign(text, int(self._clock()))
        self._state.keep(new.origin, _only_signed(keys, note) + line)
        return Answer(200, TEXT_TYPE, line, "cosigned")


def _opened(keys: Sequence[Verifier], note: str) -> Checkpoint | None:
    for key in keys:
        try:
            return key.open(note)
        except BadCheckpoint:
            continue
    return None


def _only_signed(keys: Sequence[Verifier], note: str) -> str:
    """The note with the log's own signatures; whatever else was handed in is not ours to keep."""
    text, signatures = split_note(note)
    lines = [line for line in signatures.splitlines(keepends=True) if any(key.owns(line) for key in keys)]
    return f"{text}\n{''.join(lines)}"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
