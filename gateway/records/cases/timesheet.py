"""The section 12 sheet: what a request costs, what it would cost, and how it could be narrowed. Pure.

The Freedom of Information and Data Protection (Appropriate Limit and Fees) Regulations 2004: for a council the limit is
£450 (reg.3), staff time counts at £25 an hour (reg.4(4)), so 18 hours; what counts is determining whether the
information is held, locating, retrieving and extracting it (reg.4(3)), not redacting it; requests from one person, or
people acting together, for the same or similar information within 60 consecutive working days are added up (reg.5).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from gateway.model.case import Activity, CaseFile, CaseKind, Estimate
from gateway.model.search import Hit
from gateway.model.wording import many, verb
from gateway.records.cases.calendar import Calendar

LIMIT_PENCE: Final = 45_000
PENCE_AN_HOUR: Final = 2_500
LIMIT_MINUTES: Final = LIMIT_PENCE * 60 // PENCE_AN_HOUR
COUNTED: Final[frozenset[Activity]] = frozenset({"determine", "locate", "retrieve", "extract"})
AGGREGATE_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """Minutes by activity; `counted` are those of section 12, `aggregate` those of related requests, `estimated` what
    the newest estimate says of the whole. `over` is whether what is known is above the limit. `evidence` is the text
    to quote."""

    minutes: Mapping[str, int]
    counted: int
    aggregate: int
    related: tuple[str, ...]
    estimated: int | None
    applies: bool
    over: bool
    evidence: str

    @property
    def pence(self) -> int:
        """What the counted minutes cost, those of related requests included."""
        return cost(self.counted + self.aggregate)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How the hits spread, and what would fit: the officer's material for advice and assistance (FOIA s.16).

    `newest` are the latest months, and `services` the services, smallest first, that together stay within the limit."""

    by_month: Mapping[str, int]
    by_service: Mapping[str, int]
    affordable: int
    newest: tuple[str, ...]
    services: tuple[str, ...]
    advice: str


def cost(minutes: int) -> int:
    """Pence for minutes of staff time, rounded up."""
    return -(-minutes * PENCE_AN_HOUR // 60)


def pounds(pence: int) -> str:
    """£1,234.50."""
    return f"£{pence / 100:,.2f}"


def sheet(case: CaseFile, related: Iterable[CaseFile], calendar: Calendar) -> Sheet:
    """The sheet of a case with those of `related` that the law adds to it."""
    minutes = _minutes(case)
    counted = sum(minutes[name] for name in COUNTED)
    added = [each for each in related if _aggregates(case, each, calendar)]
    aggregate = sum(sum(_minutes(each)[name] for name in COUNTED) for each in added)
    estimate = case.estimates[-1] if case.estimates else None
    estimated = None if estimate is None else project(estimate)
    applies = case.kind is CaseKind.FOI
    over = applies and max(counted, estimated or 0) + aggregate > LIMIT_MINUTES
    related_ids = tuple(each.id for each in added)
    words = _evidence(case, minutes, counted, aggregate, related_ids, estimate)
    return Sheet(minutes, counted, aggregate, related_ids, estimated, applies, over, words)


def project(estimate: Estimate) -> int:
    """Minutes for the whole, from a sample; rounded up."""
    return -(-estimate.minutes * estimate.total // estimate.sampled)


def narrowing(hits: Sequence[Hit], estimate: Estimate, spent: int) -> Narrowing:
    """What could be asked for instead. `spent` are minutes used already."""
    by_month = Counter(hit.last_at[:7] for hit in hits)
    by_service = Counter(service or "no service" for hit in hits for service in hit.services or ("",))
    left = max(0, LIMIT_MINUTES - spent)
    affordable = left * estimate.sampled // estimate.minutes if estimate.minutes else len(hits)
    newest = _fit(sorted(by_month.items(), reverse=True), affordable)
    services = _fit(sorted(by_service.items(), key=lambda each: (each[1], each[0])), affordable)
    return Narrowing(
        dict(sorted(by_month.items())), dict(by_service.most_common()), affordable, newest, services,
        _advice(len(hits), affordable, newest, services, by_month, by_service),
    )  # fmt: skip


def _minutes(case: CaseFile) -> dict[str, int]:
    minutes: dict[str, int] = dict.fromkeys(get_args(Activity), 0)
    for entry in case.time:
        minutes[entry.activity] += entry.minutes
    return minutes


def _aggregates(case: CaseFile, other: CaseFile, calendar: Calendar) -> bool:
    """Regulation 5: both are FOI requests, received within 60 consecutive working days of each other."""
    if other.id == case.id or case.kind is not CaseKind.FOI or other.kind is not CaseKind.FOI:
        return False
    first, last = sorted((case.received_on, other.received_on))
    return calendar.working_days(first, last) < AGGREGATE_DAYS


def _evidence(
    case: CaseFile, minutes: Mapping[str, int], counted: int, aggregate: int, related: tuple[str, ...],
    estimate: Estimate | None,
) -> str:  # fmt: skip
    spent = ", ".join(f"{name} {hours(minutes[name])}" for name in get_args(Activity) if minutes[name]) or "none so far"
    words = [f"Time spent: {spent}."]
    if case.kind is not CaseKind.FOI:
        other = "EIR reg.12(4)(b) (manifestly unreasonable)" if case.kind is CaseKind.EIR else "the law on this request"
        words.append(f"The limit of FOIA s.12 does not apply; cost counts only under {other}.")
        return " ".join(words)
    words.append(
        "Counted towards FOIA s.12 (determining, locating, retrieving, extracting; not redacting): "
        f"{hours(counted)} at "
        f"£25 an hour, {pounds(cost(counted))} of {pounds(LIMIT_PENCE)}."
    )
    if related:
        words.append(
            f"Related requests received within 60 working days ({', '.join(related)}) add {hours(aggregate)} (Fees "
            "Regulations 2004 reg.5)."
        )
    if estimate is not None:
        whole = project(estimate)
        words.append(
            f"Estimate: {estimate.sampled} of {many(estimate.total, 'conversation')} "
            f"{verb(estimate.sampled, 'was', 'were')} worked as a sample and took "
            f"{hours(estimate.minutes)}; all {estimate.total} would take {hours(whole)}, {pounds(cost(whole))}."
        )
    return " ".join(words)


def hours(minutes: int) -> str:
    """1 h 05 min."""
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _fit(groups: Iterable[tuple[str, int]], most: int) -> tuple[str, ...]:
    """The first groups whose sizes together are at most `most`."""
    chosen: list[str] = []
    total = 0
    for name, size in groups:
        total += size
        if total > most:
            break
        chosen.append(name)
    return tuple(chosen)


def _advice(
    total: int, affordable: int, newest: tuple[str, ...], services: tuple[str, ...], by_month: Mapping[str, int],
    by_service: Mapping[str, int],
) -> str:  # fmt: skip
    if affordable >= total:
        return "The whole request can be answered within the limit; nothing need be narrowed."
    words = [
        f"About {affordable} of the {many(total, 'conversation')} found can be worked within the limit (FOIA s.16)."
    ]
    if newest:
        span = newest[-1] if len(newest) == 1 else f"{newest[-1]} to {newest[0]}"
        words.append(f"The time {span} alone has {sum(by_month[each] for each in newest)} of them.")
    if services and len(services) < len(by_service):
        words.append(f"{', '.join(services)} alone: {sum(by_service[each] for each in services)}.")
    if not newest and not services:
        words.append("Even the newest month is more than that: ask for fewer days, a particular tool, or other words.")
    return " ".join(words)
