"""Verification of an export: the checker that travels with it, and the time stamps, which need more than Python."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from gateway.ledger import timestamps
from gateway.ledger.standalone import Verification
from gateway.ledger.standalone_keys import opened


class ExportVerification(Verification):
    """Reads nothing but the folder, and needs no secret. Raises ValueError for keys that are none."""

    def __init__(
        self, folder: Path, key: str, witnesses: Sequence[str], roots: Sequence[x509.Certificate] = ()
    ) -> None:
        super().__init__(folder, key, list(witnesses))
        self._stamp_roots = roots

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.problems

    def lines(self) -> list[str]:
        """The report, the verdict first."""
        return self.report()

    def _time_stamps(self) -> None:
        """With roots: every time stamp; else as a stranger would, without."""
        if not self._stamp_roots:
            super()._time_stamps()
            return
        rows = self._lines("timestamps.jsonl", needed=False)
        self.counts["time stamps"] = len(rows)
        newest: dict[str, tuple[int, datetime]] = {}
        for row in rows:
            file, authority = Path(str(row.get("file"))).name, str(row.get("authority"))
            name = f"timestamps/{file}"
            try:
                note = (self.folder / "timestamps" / f"{file}.note").read_bytes()
                token = (self.folder / "timestamps" / f"{file}.tsr").read_bytes()
                size, root = opened(note.decode(), self.key)
                at = timestamps.verify(token, note, self._stamp_roots)
            except (OSError, ValueError) as error:
                self.problems.append(f"{name}: {'it is missing' if isinstance(error, OSError) else error}")
                continue
            before = len(self.problems)
            self._same(name, size, root)
            if len(self.problems) == before:
                newest[authority] = max(newest.get(authority, (0, at)), (size, at))
        for authority, (size, at) in newest.items():
            when = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            self.proven.append(f"The first {size} of {self.size} entries existed by {when}, as {authority} stamped.")
