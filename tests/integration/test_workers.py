"""Several workers, several gateways, SQLite and PostgreSQL: the same promises as with one worker.

"postgres" is two gateway processes, of two workers and one, on one database and one key store.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, text

from tests.support.capture import Capture, Reply
from tests.support.gateway import Gateway
from tests.support.workers import Lane, alive, lanes, memory_mib, until, variable, workers_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")

FREE = {"identity": {"calls_per_minute": 1_000_000, "burst": 10_000}}
REVOKED_WITHIN_S = 3.0
SUSPENDED_WITHIN_S = 5.0
NAMED = "Please write to Mr John Smith at 12 High Street, Maidstone about his missed bin collection."


@dataclass
class Site:
    """Gateways on one database."""

    gateways: list[Gateway]
    engine: Engine
    key: str = ""
    refs: list[str] = field(default_factory=list)

    @property
    def first(self) -> Gateway:
        return self.gateways[0]

    def start(self) -> None:
        for gateway in self.gateways:
            if gateway.process is None:
                gateway.start()
        until(lambda: sum(len(workers_of(g)) for g in self.gateways) == self.size, 20, "all workers run")
        self.key = self.key or self.first.key()

    @property
    def size(self) -> int:
        return sum(gateway.workers for gateway in self.gateways)

    def query(self, statement: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement)))

    def still_open(self) -> int:
        return int(self.query("SELECT count(*) FROM record WHERE outcome IS NULL")[0][0])

    def verify(self) -> str:
        run = self.first.cli("ledger", "verify", check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(
    request: pytest.FixtureRequest, server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    if request.param == "sqlite":
        gateways = [Gateway(folder, server.url, 2, FREE)]
        url = f"sqlite:///{gateways[0].database}"
    else:
        url = request.getfixturevalue("postgres_module_url")
        (folder / "b").mkdir()
        shared = {**FREE, "database": {"url": url}, "keystore_dir": str(folder / "keys")}
        gateways = [Gateway(folder, server.url, 2, shared), Gateway(folder / "b", server.url, 1, shared)]
    for gateway in gateways:
        gateway.write_settings()
    site = Site(gateways, create_engine(url))
    try:
        yield site
    finally:
        site.engine.dispose()
        for gateway in gateways:
            gateway.stop()


@pytest.fixture
def site(running: Site, capture: Capture) -> Site:
    """Up, whatever an earlier test did."""
    running.start()
    return running


def test_calls_spread_over_workers_are_all_recorded(site: Site, capture: Capture) -> None:
    with lanes(*site.gateways) as each:
        assert len(each) == site.size
        refs = []

        def calls(lane: Lane) -> None:
            for number in range(4):
                answer = lane.ask(site.key, f"Word a notice, number {number} of {lane.pid}.")
                assert answer.status == 200, answer.body
                refs.append(answer.ref)
                with lane.send(site.key, f"Word it again, {number} of {lane.pid}.", stream=True) as stream:
                    assert stream.read().rstrip().endswith(b"data: [DONE]")
                    refs.append(stream.headers["x-ai-record"])

        with ThreadPoolExecutor(len(each)) as pool:
            list(pool.map(calls, each))
    assert len(set(refs)) == len(capture.received) == site.size * 8
    rows = dict(site.query("SELECT ref, outcome FROM record"))
    assert {rows[ref] for ref in refs} == {"delivered"}
    by = dict(site.query("SELECT ref, replica FROM leaf WHERE kind = 'opened'"))
    assert len({by[ref] for ref in refs}) == site.size  # each worker wrote its own
    site.verify()


def test_a_conversation_over_workers_is_one_and_keeps_its_pseudonyms(site: Site, capture: Capture) -> None:
    tokens = []
    history: list[dict[str, str]] = []
    answers = []
    with lanes(*site.gateways) as each:
        for turn, lane in enumerate([*each, each[0]]):
            text_of_turn = NAMED if turn == 0 else f"Make it shorter, try {turn}, and keep Mr John Smith's name."
            answers.append(lane.ask(site.key, text_of_turn, history))
            assert answers[-1].status == 200, answers[-1].body
            assert "John Smith" in answers[-1].text
            history += [{"role": "user", "content": text_of_turn}, {"role": "assistant", "content": answers[-1].text}]
            tokens.append(set(re.findall(r"PERSON_\w+", str(capture.bodies[-1]["messages"]))))
            assert "Smith" not in str(capture.bodies[-1])
    assert len(set.union(*tokens)) == 1
    refs = [answer.ref for answer in answers]
    assert set(refs) <= {refs[-1], *site.first.records(refs[-1])["conversation_refs"]}


def test_a_revoked_key_is_turned_away_by_every_worker(site: Site) -> None:
    key = site.first.key()
    with lanes(*site.gateways) as each:
        assert [lane.ask(key).status for lane in each] == [200] * site.size
        site.first.cli("keys", "revoke", key.split("_")[1])
        until(lambda: all(lane.ask(key).status == 401 for lane in each), REVOKED_WITHIN_S, "401 everywhere")


def test_a_suspension_bites_on_every_worker(site: Site, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=["word "] * 600, pause_s=0.05)
    with lanes(*site.gateways) as each, lanes(*site.gateways) as more, ThreadPoolExecutor(site.size) as pool:
        streams = [lane.send(site.key, stream=True) for lane in each]
        for stream in streams:
            stream.readline()
        site.gateways[-1].cli("register", "suspend", "council-assistant", "--reason", "drill")
        try:
            ends = [pool.submit(stream.read) for stream in streams]
            for end in ends:
                assert b"suspended" in end.result(SUSPENDED_WITHIN_S)
            answers = [lane.ask(site.key) for lane in more]
            assert all(answer.status in (400, 403) and "suspended" in str(answer.body) for answer in answers)
        finally:
            site.first.cli("register", "resume", "council-assistant")
        capture.answer = lambda body: Reply(pieces=["fine"])
        until(lambda: all(lane.ask(site.key).status == 200 for lane in more), SUSPENDED_WITHIN_S, "resumed")
    cut = [stream.headers["x-ai-record"] for stream in streams]
    rows = dict(site.query("SELECT ref, outcome FROM record"))
    assert [rows[ref] for ref in cut] == ["cut"] * site.size


@pytest.mark.slow
def test_records_are_read_while_calls_run(site: Site) -> None:
    done = threading.Event()

    def delivered() -> int:
        return int(site.query("SELECT count(*) FROM record WHERE outcome = 'delivered'")[0][0])

    before = delivered()

    def load(lane: Lane) -> None:
        while not done.wait(0.1):  # the command line needs its share of the machine
            assert lane.ask(site.key, "Word a notice about the zebra crossing.").status == 200

    with lanes(*site.gateways) as each, ThreadPoolExecutor(len(each)) as pool:
        working = [pool.submit(load, lane) for lane in each]
        try:
            until(lambda: delivered() > before, 10, "calls")
            found = site.first.cli("records", "search", "zebra", "--limit", "5").stdout
            ref = found.splitlines()[-1].split("\t")[0].split(", ")[0]  # calls alike can be one conversation
            assert "zebra" in str(site.gateways[-1].records(ref)["request"])
            site.verify()
        finally:
            done.set()
        for each_worker in working:
            each_worker.result()


def samples(page: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The samples of a metric by their labels."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name
    }


def test_metrics_of_the_workers_add_up(site: Site) -> None:
    with lanes(site.first) as each:

        def delivered(lane: Lane) -> float:
            found = samples(lane.metrics(), "aigw_calls_total")
            return sum(value for labels, value in found.items() if ("outcome", "delivered") in labels)

        before = delivered(each[0])
        for lane in each:
            for _ in range(3):
                assert lane.ask(site.key).status == 200
        for lane in each:  # any of them answers for all
            until(lambda one=lane: delivered(one) - before == 3 * len(each), 3, "counted")
            assert set(samples(lane.metrics(), "aigw_ledger_healthy").values()) == {1.0}
            assert set(samples(lane.metrics(), "aigw_build_info").values()) == {1.0}


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_calls_are_closed(site: Site, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=["word "] * 40, pause_s=0.05)
    before = workers_of(site.first)
    with lanes(*site.gateways) as each, lanes(*site.gateways) as more, ThreadPoolExecutor(site.size) as pool:
        streams = [lane.send(site.key, stream=True) for lane in each]
        victims = [lane.send(site.key, stream=True) for lane in more if lane.pid == before[0]]
        for stream in [*streams, *victims]:
            stream.readline()
        os.kill(before[0], signal.SIGKILL)
        lost = [streams[0], *victims]
        kept = [pool.submit(stream.read) for stream in streams[1:]]
        assert all(b"[DONE]" in end.result(20) for end in kept)
    until(lambda: len(set(workers_of(site.first)) - {before[0]}) == 2, 20, "a new worker")
    until(lambda: site.still_open() == 0, 30, "nothing is open")
    rows = dict(site.query("SELECT ref, outcome FROM record"))
    assert [rows[stream.headers["x-ai-record"]] for stream in lost] == ["interrupted"] * len(lost)
    assert {rows[stream.headers["x-ai-record"]] for stream in streams[1:]} == {"delivered"}
    until(lambda: site.first.get("/readyz")[0] == 200, 20, "ready")
    site.verify()


@pytest.mark.slow
def test_memory_is_bounded(site: Site) -> None:
    with lanes(*site.gateways) as each, ThreadPoolExecutor(len(each)) as pool:

        def calls(lane: Lane) -> None:
            for number in range(300 // len(each)):
                assert lane.ask(site.key, f"{NAMED} Case {number}, {lane.pid}.").status == 200

        list(pool.map(calls, each))
        used = {lane.pid: memory_mib(lane.pid) for lane in each}
    assert max(used.values()) < 700, used


def test_a_stop_signal_ends_everything_in_order(site: Site, capture: Capture) -> None:
    capture.answer = lambda body: Reply(pieces=["word "] * 20, pause_s=0.05)
    pids = [pid for gateway in site.gateways for pid in workers_of(gateway)]
    metrics = [variable(workers_of(g)[0], "PROMETHEUS_MULTIPROC_DIR") for g in site.gateways if g.workers > 1]
    with lanes(*site.gateways) as each, ThreadPoolExecutor(site.size) as pool:
        streams = [lane.send(site.key, stream=True) for lane in each]
        ends = [pool.submit(stream.read) for stream in streams]
        processes = [gateway.process for gateway in site.gateways]
        for gateway in site.gateways:
            gateway.stop()
        assert all(b"[DONE]" in end.result(20) for end in ends)  # running calls were let end
    assert [process.returncode for process in processes if process][:1] == [0]
    assert not any(alive(pid) for pid in pids)
    assert not any(Path(folder).exists() for folder in metrics)
    assert site.still_open() == 0
    assert site.query("SELECT count(*) FROM replica WHERE stopped_at IS NULL")[0][0] == 0
    site.verify()
