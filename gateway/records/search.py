"""Searching records: an officer's query becomes a filter that names nobody, and a result says what it can't hold."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Protocol

from detectors.labels import LABELS
from gateway.ledger import blind
from gateway.ledger.keystore import KeyStore
from gateway.ledger.leaf import timestamp
from gateway.model.search import Coverage, Filter, Page, Query, Subject
from gateway.records.recall import Recall, recall

FACTS = frozenset(["outcome", "tool", "service", "person_class", "deployment", "model", "policy", "rule", "dialect"])
_NAMES: Mapping[str, str] = {name: label.plain_name for name, label in LABELS.items()}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHORTEST_REF = 3
MOST_SPELLINGS = 20_000
"""The databases take so many values in one statement, SQLite the fewest (32,766); the conversations that a search is
asked about are among them, once for each person."""


class BadQuery(ValueError):
    """A query that can't be run; the message says what to change and repeats nothing that was searched for."""


class Hits(Protocol):
    """Where conversations are found."""

    def search(self, wanted: Filter, after: str = "", limit: int = 50) -> Page:
        """A page, newest first."""
        ...

    def every(self, wanted: Filter, most: int) -> list[int] | None:
        """All that fit, in ascending order; None where they are more than `most`."""
        ...

    def coverage(self, wanted: Filter) -> Coverage:
        """What can't be searched of the records that fit by their facts."""
        ...


class People(Protocol):
    """Who callers are."""

    def every(self, controller: str, identity: str) -> tuple[str, ...]:
        """Every pseudonym under which a person's records may stand."""
        ...


class Searcher:
    """Compiles and runs queries. Who may ask what is decided before (`gateway.records.access`)."""

    def __init__(self, hits: Hits, keystore: KeyStore, people: People) -> None:
        self.hits = hits
        self._keystore = keystore
        self._people = people

    def compile(self, query: Query) -> Filter:
        """What the store runs. Raises BadQuery."""
        unknown = set(query.facts) - FACTS
        if unknown:
            raise BadQuery(f"records can't be searched by {', '.join(sorted(unknown))}")
        if not all(value.isprintable() for value in query.facts.values()):  # PostgreSQL takes no NUL
            raise BadQuery("a fact is a word without line breaks and control characters")
        if query.label and query.label not in LABELS:
            raise BadQuery(f"there is no label {query.label}")
        if any(sum(c.isalnum() for c in ref) < _SHORTEST_REF for ref in query.refs):
            raise BadQuery(f"give at least {_SHORTEST_REF} letters or digits of a reference")
        return Filter(
            controller=query.controller,
            words=query.words if query.words.strip() else None,
            digests=self._groups(query),
            actors=self._actors(query),
            label=query.label,
            since=_moment(query.since, "since"),
            until=_moment(query.until, "until"),
            facts=dict(query.facts),
            refs=tuple(query.refs),
        )

    def search(self, query: Query, after: str = "", limit: int = 50) -> Page:
        """A page of conversations, newest first. Raises BadQuery."""
        return self.hits.search(self.compile(query), after, limit)

    def recall(self, query: Query) -> Recall:
        """What a search for this looks through and what it can't find. Raises BadQuery."""
        return recall(query, self.hits.coverage(self.compile(query)), _NAMES)

    def key(self, controller: str) -> bytes:
        """The key of a controller's blind index."""
        return blind.controller_key(self._keystore, controller)

    def _groups(self, query: Query) -> tuple[tuple[bytes, ...], ...]:
        key = self.key(query.controller)
        groups = [self._subject(key, subject) for subject in query.subjects]
        if query.purpose:
            groups.append(blind.digests_of(key, blind.PURPOSE, query.purpose))
        if query.case_ref:
            named = blind.digests_of(key, blind.CALL_CASE_REF, query.case_ref)
            if not named:
                raise BadQuery("the case reference has no letters or digits to look for")
            groups.append((*named, *blind.alternatives(key, Subject("CASE_REF", query.case_ref))))
        if sum(map(len, groups)) > MOST_SPELLINGS:
            raise BadQuery("this looks for too many spellings at once: ask for fewer people, or exactly as written")
        return tuple(groups)

    def _subject(self, key: bytes, subject: Subject) -> tuple[bytes, ...]:
        if subject.kind not in blind.SEARCHABLE:
            raise BadQuery(
                f"nobody can be looked for by {subject.kind}: use one of {', '.join(sorted(blind.SEARCHABLE))}"
            )
        found = blind.alternatives(key, subject)
        if not found:
            raise BadQuery(f"the {_NAMES[subject.kind]} has no letters or digits to look for")
        return found

    def _actors(self, query: Query) -> tuple[str, ...]:
        """Anybody of the people named."""
        named = (self._people.every(query.controller, person) for person in query.people)
        return tuple(dict.fromkeys(actor for actors in named for actor in actors))


def _moment(text: str, name: str) -> str:
    """A day or a time as the ledger writes times; a time without zone is UTC."""
    if not text:
        return ""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        at = datetime.fromisoformat(text)
        return timestamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # the first and last hours of the calendar have no day in another zone
        raise BadQuery(f"`{name}` is no day such as 2026-11-24, nor a time such as 2026-11-24T09:00:00Z") from None
