"""Disposal of records: what is due, what a run did, and its certificate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


class Busy(Exception):
    """Another run is at work."""


class UnreadableHold(Exception):
    """The query of a hold in force can't be opened, or asks for what this version does not know, so nobody can say what
    it keeps: it keeps everything."""

    def __init__(self, hold: str) -> None:
        self.hold = hold
        super().__init__(
            f"{hold} is in force and can't be read, so nothing is disposed of. If its key is gone, restore the key "
            "store's backup; if it looks for something that is not known any more, place it anew and release this one."
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What a run goes by: due are conversations all of whose records were to be kept until before `cutoff` (ISO date)
    and are of these classes, and cases that were. Without `classes` any class will do."""

    controller: str
    cutoff: str
    classes: frozenset[str] | None
    last_day: Callable[[str, str], str] | None = field(default=None, compare=False)
    """The last day by the schedule as it is now, from class and time of opening; empty where it does not say."""

    def takes(self, name: str) -> bool:
        """Whether what is of this class may go."""
        return self.classes is None or name in self.classes


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Of one retention class: conversations and records that are due, and how many conversations a hold keeps."""

    name: str
    units: int
    records: int
    held: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do now. `units` are due and not held; `waiting` counts units that are due but for a class that
    is to be reviewed first, or that the schedule no longer has; `matters` are cases that are due. `outdated` counts the
    records due that the schedule as it is now would keep for longer (`gateway.records.redating`)."""

    units: tuple[int, ...]
    held: int
    classes: tuple[ClassCount, ...]
    waiting: Mapping[str, int]
    matters: tuple[str, ...]
    matters_held: int
    outdated: int = 0
    unreadable_hold: str = ""
    """The first hold in force that can't be read, so that everything counts as held."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction of a run destroyed: record references, cases, and how many units a hold was found to
    keep."""

    refs: tuple[str, ...]
    units: int
    held: int
    classes: Mapping[str, int]
    matters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shred:
    """A leaf of a key tree that is still to be destroyed."""

    controller: str
    retention_class: str
    day: int
    slot: int


@dataclass(frozen=True, slots=True)
class DisposalRun:
    """A row of `disposal`: a run and, once it is finished, its certificate (JSON)."""

    id: str
    controller: str
    started_at: str
    finished_at: str | None
    actor: str
    cutoff: str
    disposed: int
    held: int
    certificate: str | None = None
