"""What is searched for among records, and what is found: conversations, the unit of review, hold and disposal."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Subject:
    """A data subject to be found over originals by blind index: `kind` is a label of detection (`PERSON`, `NINO`,
    `EMAIL`, `ADDRESS` ...), `value` as somebody writes it. `fuzzy` asks for variants of a name too."""

    kind: str
    value: str = field(repr=False)
    fuzzy: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A search as an officer writes it. It holds personal data, so it is stored sealed and never logged.

    Everything that is given must fit. `words` are looked for in redacted text (words, or "a phrase"); `people` are
    members of staff by identity, whose records are found under every pseudonym they had; `subjects` all must occur in
    one conversation. Times are UTC: `since` inclusive, `until` exclusive. `facts` are exact: outcome, tool, service,
    person_class, deployment, model, policy, rule, dialect. `refs` are record references, such as a disclosure note's.
    """

    controller: str
    words: str = field(default="", repr=False)
    subjects: tuple[Subject, ...] = ()
    people: tuple[str, ...] = field(default=(), repr=False)
    purpose: str = ""
    case_ref: str = field(default="", repr=False)
    label: str = ""
    since: str = ""
    until: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A query as the store runs it: nothing in it can be read back to a person without the key store.

    `digests` are alternatives of keyed digests; at least one of each group must stand in the conversation. `actors` are
    pseudonymous ids, any of which fits; empty means no such condition (a person who has no records gives one that fits
    nobody). `words` is None where the full text is not asked. With `below`, only what the ledger's tree held when it
    had that many leaves counts, so that a search repeats.
    """

    controller: str
    words: str | None = field(default=None, repr=False)
    digests: tuple[tuple[bytes, ...], ...] = field(default=(), repr=False)
    actors: tuple[str, ...] = ()
    label: str = ""
    since: str = ""
    until: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    refs: tuple[str, ...] = ()
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One conversation found (or one record without a conversation). Times are UTC ISO 8601; no sealed text."""

    unit: int
    controller: str
    refs: tuple[str, ...]
    first_at: str
    last_at: str
    services: tuple[str, ...]
    tools: tuple[str, ...]
    outcomes: tuple[str, ...]
    findings: Mapping[str, int]
    dispose_after: str
    held: bool = False
    excerpt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of hits, newest first. `after` asks for the next page, empty where this is the last; `total` counts all
    hits where it is `whole`, else it is a lower bound."""

    hits: tuple[Hit, ...]
    after: str
    total: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a search by text or value had before it: `records` that fit by their facts and are still held; of them those
    `refused`, of which no content was kept unless the schedule says so; and those `disposed` of since."""

    records: int
    refused: int
    disposed: int
