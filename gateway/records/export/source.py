"""Where a release gets its records from."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from gateway.model.release import Disposed, HoldOf, SignedCheckpoint, UnitOf


class Source(Protocol):
    """Reads one moment of the ledger. Implemented by `gateway.store.release`; synchronous."""

    def checkpoint(self, units: Sequence[int]) -> SignedCheckpoint | None:
        """The newest checkpoint, against which every leaf of these conversations is proved, with the checkpoints that
        witnesses and time-stamping authorities saw of what they say; None where there is none yet."""
        ...

    def units(self, numbers: Sequence[int]) -> Iterable[UnitOf]:
        """These conversations, in the order asked for; one that is not on record is left out."""
        ...

    def hold(self, hold: str, units: Sequence[int]) -> HoldOf | None:
        """A hold and which of `units` it covers."""
        ...

    def disposed(self, units: Sequence[int]) -> Sequence[Disposed]:
        """The records of these conversations that were destroyed."""
        ...
