"""Re-dating: records that are there already get the last day that the retention schedule gives them now."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dated:
    """A record that is there, and the last day on which it is kept. `unit` is its conversation."""

    ref: str
    unit: int
    retention_class: str
    opened_at: str
    until: str


@dataclass(frozen=True, slots=True)
class Redate:
    """Another last day for a record: `until` in the place of `before` (ISO dates)."""

    ref: str
    unit: int
    retention_class: str
    before: str
    until: str


@dataclass(frozen=True, slots=True)
class ClassDates:
    """What changes in one retention class: `longer` and `shorter` are records that are kept for more or less time,
    `due` conversations whose last day would be over at once, `held` conversations that a hold keeps whatever their
    date. `before` and `after` are the earliest and the latest last day."""

    name: str
    units: int
    records: int
    longer: int
    shorter: int
    due: int
    held: int
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(frozen=True, slots=True)
class RedatingPlan:
    """What a run would change now. `unknown` counts records of classes that the schedule does not have: they keep their
    date."""

    classes: tuple[ClassDates, ...]
    unknown: int
    unreadable_hold: str = ""
    """The first hold in force that can't be read, so that everything counts as held."""


@dataclass(frozen=True, slots=True)
class RedatingRun:
    """A row of `redating`: a run, the version of the schedule that it applies, and its certificate (JSON), which says
    from the beginning what is applied and at the end what that changed."""

    id: str
    controller: str
    started_at: str
    finished_at: str | None
    schedule: str
    records: int
    certificate: str
