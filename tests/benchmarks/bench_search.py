"""How long searches take: `python -m tests.benchmarks.bench_search [--records N] [--url URL] [--keep FOLDER]`.

Makes a database of N records (1,000,000 unless said otherwise) in bulk: conversations of four records over three years,
two new texts each, words as unevenly spread as in English, people, numbers and addresses found in some. Leaves are left
out: no search reads them, but for one that repeats a saved search. Then each search is run many times, each time for
another word, person or day, on a connection that keeps nothing but the operating system's cache.
"""

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from gateway.ledger import blind
from gateway.ledger.forenames import _OTHERS as FORENAMES
from gateway.ledger.leaf import timestamp
from gateway.ledger.reference import new_reference
from gateway.model.search import Filter, Subject
from gateway.store import keeping, schema, tables
from gateway.store.engine import is_sqlite, make_engine
from gateway.store.hits import DatabaseHits

KEY = b"k" * 32
CONTROLLER = "maidstone"
CALLS = 4
START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 1000
WORDS = 30_000
SERVICES = ("housing", "revenues", "planning", "parking", "adult-care", "children", "licensing", "hr", "legal", "ict")
TOOLS = ("copilot", "letters", "minutes", "translate", "code")
LABELS = ("PERSON", "ADDRESS", "POSTCODE", "PHONE", "EMAIL", "NINO", "HEALTH", "CASE_REF", "PASSPORT")
LABEL_ODDS = (0.5, 0.25, 0.2, 0.15, 0.15, 0.03, 0.05, 0.1, 0.0002)
BATCH = 10_000
Rows = dict[str, list[tuple[Any, ...]]]


class Town:
    """Who and what the texts are about; the same for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        chance = self.random
        self.vocabulary = [f"{a}{b}" for a, b in itertools.product(_syllables(chance, 200), _syllables(chance, 150))]
        weights = itertools.accumulate(1 / (rank + 5) for rank in range(len(self.vocabulary)))
        self.pool = chance.choices(self.vocabulary, cum_weights=list(weights), k=2_000_000)
        surnames = [a.capitalize() + b for a, b in itertools.product(_syllables(chance, 60), _syllables(chance, 60))]
        forenames = sorted(FORENAMES)
        self.people = [f"{chance.choice(forenames)} {chance.choice(surnames)}" for _ in range(50_000)]
        self.staff = [f"{chance.getrandbits(128):032x}" for _ in range(2_000)]

    def words(self) -> str:
        """A text."""
        start = self.random.randrange(len(self.pool) - 100)
        return " ".join(self.pool[start : start + self.random.choice((15, 30, 60, 90))])

    def nino(self, person: int) -> str:
        """A person's number."""
        return f"QQ{person:06d}C"


def _syllables(chance: random.Random, count: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made[
            chance.choice("bcdfghklmnprstvw") + chance.choice("aeiou") + chance.choice("lmnrst") * chance.choice((0, 1))
        ] = None
    return list(made)


def conversations(town: Town, records: int) -> Iterator[Rows]:
    """The rows of whole conversations, some thousand records at a time."""
    chance, number = town.random, (1 << 40)
    rows: Rows = {name: [] for name in ("part", "node", "record", "blind", "search")}
    filler = chance.randbytes(4_000)
    for index in range(records // CALLS):
        unit = chance.getrandbits(63)
        begun = START + timedelta(days=DAYS * index * CALLS / records, seconds=chance.random() * 3600)
        staff = chance.choice(town.staff)
        service, tool = SERVICES[int(chance.random() ** 2 * 10)], chance.choice(TOOLS)
        person = chance.randrange(len(town.people)) if chance.random() < 0.5 else None
        for call in range(CALLS):
            at = timestamp(begun + timedelta(minutes=7 * call, microseconds=chance.randrange(10**6)))
            ref = new_reference("MBC")
            for role in ("user", "reply:text"):
                number += 1
                said = town.words()
                data = said.encode()
                box = filler[: len(data) + 28]
                rows["part"].append(
                    (number, unit, CONTROLLER, "routine", filler[:32], filler[:32], box, filler[:63], filler[:32], data,
                     filler[:32], filler[:32])
                )  # fmt: skip
                root = chance.randbytes(32)
                rows["node"].append(
                    (root, filler[:32], call, ref, role, number, number, filler[:32], filler[:32], filler[:32],
                     filler[:32], filler[:60], chance.randbytes(32))
                )  # fmt: skip
                rows["search"].append((number, said))
                found: list[tuple[str, str]] = []
                if person is not None and chance.random() < 0.6:
                    found.append(("PERSON", town.people[person]))
                    if chance.random() < 0.1:
                        found.append(("NINO", town.nino(person)))
                if role == "user" and call == 0:
                    found.append((blind.PURPOSE, "drafting"))
                rows["blind"].extend((digest, number) for digest in blind.digests_of_text(KEY, found))
            labels = [name for name, odds in zip(LABELS, LABEL_ODDS, strict=True) if chance.random() < odds]
            counts = "{" + ",".join(f'"{name}":1' for name in sorted(labels)) + "}"
            rows["record"].append(
                (ref, CONTROLLER, staff, "officer", service, "openai_chat", tool, tool, "azure-1", "gpt-4o",
                 "transform", "enterprise.contact", "7.3", "f" * 64, counts, unit, unit, at, "routine", "2027-01-01",
                 filler[:32], filler[:32], 1, "refused" if chance.random() < 0.03 else "delivered", "", at, filler[:32],
                 "{}", 1, None)
            )  # fmt: skip
        if len(rows["record"]) >= BATCH:
            yield rows
            rows = {name: [] for name in rows}
    yield rows


def build(engine: Engine, town: Town, records: int) -> None:
    """Make the database."""
    schema.upgrade(engine)
    lite = is_sqlite(engine)
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if lite:
            raw.execute("PRAGMA synchronous=OFF")
            raw.execute("PRAGMA cache_size=-1000000")
        for rows in conversations(town, records):
            raw.execute("BEGIN")
            for name in ("part", "node", "record", "blind"):
                table = keeping.blind if name == "blind" else tables.metadata.tables[name]
                _insert(raw, name, [column.name for column in table.columns], rows[name], lite)
            if lite:
                raw.executemany("INSERT INTO search (rowid, body) VALUES (?, ?)", rows["search"])
            raw.execute("COMMIT")
        if not lite:
            raw.execute("DROP INDEX ix_search_body")
            raw.execute("INSERT INTO search SELECT id, 0, to_tsvector('simple', convert_from(text, 'UTF8')) FROM part")
            raw.execute("CREATE INDEX ix_search_body ON search USING gin (body)")
            raw.commit()
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE")
            raw.autocommit = False


def _insert(raw: Any, name: str, columns: list[str], rows: list[tuple[Any, ...]], lite: bool) -> None:
    if lite:
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT OR IGNORE INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names are ours
        raw.executemany(statement, sorted(set(rows)))
        return
    with raw.cursor().copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in dict.fromkeys(rows):
            copy.write_row(row)


def searches(town: Town, records: int) -> dict[str, Callable[[], Filter]]:
    """The searches by name; each asks for something else each time."""
    chance, plain = random.Random(7), Filter(CONTROLLER)

    def day() -> str:
        return timestamp(START + timedelta(days=chance.randrange(DAYS - 30)))

    def until(since: str, days: int) -> str:
        return timestamp(datetime.fromisoformat(since) + timedelta(days=days))

    def in_service(**more: Any) -> Filter:
        since = day()
        return replace(plain, facts={"service": chance.choice(SERVICES)}, since=since, until=until(since, 30), **more)

    def subject(kind: str, value: str, fuzzy: bool = True) -> tuple[tuple[bytes, ...], ...]:
        return (blind.alternatives(KEY, Subject(kind, value, fuzzy)),)

    def phrase() -> str:
        start = chance.randrange(len(town.pool) - 2)
        return f'"{town.pool[start]} {town.pool[start + 1]}"'

    def person() -> str:
        return chance.choice(town.people)

    common = town.vocabulary[:20]
    return {
        "rare word": lambda: replace(plain, words=chance.choice(town.vocabulary[20_000:])),
        "common word (in up to half of all texts)": lambda: replace(plain, words=chance.choice(common)),
        "two common words": lambda: replace(plain, words=" ".join(chance.sample(common, 2))),
        "phrase": lambda: replace(plain, words=phrase()),
        "subject by name": lambda: replace(plain, digests=subject("PERSON", person(), False)),
        "subject by name and its variants": lambda: replace(plain, digests=subject("PERSON", person())),
        "subject by surname alone": lambda: replace(plain, digests=subject("PERSON", person().split()[1])),
        "National Insurance number": lambda: replace(
            plain, digests=subject("NINO", town.nino(chance.randrange(len(town.people))))
        ),
        "purpose (of every call)": lambda: replace(plain, digests=subject_purpose()),
        "member of staff": lambda: replace(plain, actors=(chance.choice(town.staff),)),
        "service in 30 days": in_service,
        "service, all years": lambda: replace(plain, facts={"service": chance.choice(SERVICES)}),
        "label, common": lambda: replace(plain, label="PERSON"),
        "label, rare": lambda: replace(plain, label="PASSPORT"),
        "refused, tool": lambda: replace(plain, facts={"outcome": "refused", "tool": chance.choice(TOOLS)}),
        "common word, service, 30 days": lambda: in_service(words=chance.choice(common)),
        "common word, service, label": lambda: replace(
            plain, words=chance.choice(common), facts={"service": chance.choice(SERVICES)}, label="HEALTH"
        ),
        "name, word, service": lambda: replace(
            plain, digests=subject("PERSON", person()), words=chance.choice(common), facts={"service": "housing"}
        ),
        "piece of a reference": lambda: replace(plain, refs=(f"{chance.getrandbits(16):04X}",)),
        "everything": lambda: plain,
    }


def subject_purpose() -> tuple[tuple[bytes, ...], ...]:
    """The purpose that every call has."""
    return (blind.digests_of(KEY, blind.PURPOSE, "drafting"),)


def timed(engine: Engine, town: Town, records: int, runs: int) -> None:
    """Run each search and print its times."""
    hits = DatabaseHits(engine)
    print(f"{'search':45} {'p50 ms':>8} {'p95 ms':>8} {'cpu p50':>8} {'cpu p95':>8}   found (last run)")
    for name, make in searches(town, records).items():
        took = []
        for _ in range(runs):
            wanted = make()
            started, worked = time.perf_counter(), time.process_time()
            page = hits.search(wanted)
            took.append((1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)))
        _report(name, took, f"{page.total}{'' if page.whole else ' or more'}")
    _deep(hits, town, records, runs)


def _deep(hits: DatabaseHits, town: Town, records: int, runs: int) -> None:
    """The hundredth page, and the last page of what is collected."""
    for name, wanted in (
        ("page 40 of everything", Filter(CONTROLLER)),
        ("page 40 of a common word", Filter(CONTROLLER, words=town.vocabulary[3])),
    ):
        after, took = "", []
        for _ in range(40):
            started, worked = time.perf_counter(), time.process_time()
            page = hits.search(wanted, after)
            took.append((1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)))
            after = page.after
        _report(name, took[-min(runs, 20) :], str(page.total))


def _report(name: str, took: list[tuple[float, float]], found: str) -> None:
    """Elapsed time, and this process's own (all of the work on SQLite), which other programs on the machine don't
    lengthen."""
    figures = []
    for each in (sorted(elapsed for elapsed, _ in took), sorted(work for _, work in took)):
        figures += [statistics.median(each), each[min(len(each) - 1, round(len(each) * 0.95))]]
    print(f"{name:45} " + " ".join(f"{figure:8.1f}" for figure in figures) + f"   {found}", flush=True)


def sizes(engine: Engine) -> None:
    """What the index costs on disk."""
    if not is_sqlite(engine):
        return
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 14")
        ).all()
        for name, size in rows:
            print(f"  {name:32} {size / 1e6:9.1f} MB")
        print("  digests in the blind index:", connection.scalar(text("SELECT count(*) FROM blind")))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--url")
    parser.add_argument("--keep", type=Path, help="make the SQLite database here once, and use it again")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--sizes", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        url = given.url or f"sqlite:///{folder / f'search-{given.records}.db'}"
        done = folder / f"search-{given.records}.done"
        engine, town = make_engine(url), Town()
        if given.url or not done.exists():
            started = time.perf_counter()
            build(engine, town, given.records)
            print(f"made {given.records} records in {time.perf_counter() - started:.0f} s", flush=True)
            done.touch()
        if given.sizes:
            sizes(engine)
        timed(engine, town, given.records, given.runs)
        engine.dispose()


if __name__ == "__main__":
    main()
