"""The notary's chores: what is due when, who does it, and what is said of the outcome."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml
from sqlalchemy import insert

from gateway import notary as notary_module
from gateway.administration import store
from gateway.ledger.attesting import Reply
from gateway.ledger.leaf import timestamp
from gateway.notary import JITTER_S, Notary, outside_of
from gateway.settings import ConfigError, Settings, load_settings
from gateway.store import tables
from gateway.store.keeping import check_run, cosignature, time_stamp
from gateway.store.lease import lease
from gateway.store.open import LedgerService
from gateway.telemetry import metrics
from tests.store.test_sequencer import write
from tests.support.gateway import CONTROLLERS, RETENTION
from tests.support.tampering import change, rows_of
from tests.support.tsa import Authority, time_stamping
from tests.support.witnessed import Neighbour
from tests.support.workers import until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HERE = timezone(timedelta(hours=1))
NIGHT = datetime(2026, 11, 24, 2, 55, tzinfo=HERE)
"""After 02:30 and the longest jitter."""


class Clock:
    def __init__(self) -> None:
        self.now = NIGHT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamping(tmp_path_factory.mktemp("tsa") / "a") as running:
        yield running


def settings_in(folder: Path, url: str | None = None, **ledger: Any) -> Settings:
    """Settings from a file, as a gateway has them."""
    values = {
        "mode": "production",
        "data_dir": str(folder / "data"),
        "controllers": CONTROLLERS,
        "retention": RETENTION,
        "upstreams": {"offline": {"kind": "offline"}},
        "ledger": ledger,
        **({"database": {"url": url}} if url else {}),
    }
    path = folder / "gateway.yaml"
    path.write_text(yaml.safe_dump(values))
    return load_settings(path)


def opened(settings: Settings) -> LedgerService:
    """A ledger that has been in use for some days."""
    ledger, day = store(settings), timestamp(NIGHT - timedelta(days=4))
    with ledger._engine.begin() as connection:
        worker = {"id": token_hex(4), "started_at": day, "heartbeat_at": day, "stopped_at": day}
        connection.execute(insert(tables.replica).values(**worker))
    return ledger


def due(
    last: datetime | None, now: datetime, check_at: str | None = "02:30", since: datetime | None = LONG_AGO
) -> bool:
    clock = Clock()
    clock.now = now
    settings = Settings.model_validate(
        {"controllers": CONTROLLERS, "upstreams": {"offline": {"kind": "offline"}}, "ledger": {"check_at": check_at}}
    )
    return Notary(settings, None, clock).check_due(last, since)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (None, NIGHT, True),
        (None, NIGHT.replace(hour=2, minute=29), False),
        (None, NIGHT.replace(hour=11), False),
        (NIGHT - timedelta(days=1), NIGHT, True),
        (NIGHT.replace(hour=2, minute=31), NIGHT, False),
        (NIGHT.replace(hour=1), NIGHT, True),
        (NIGHT - timedelta(days=1), NIGHT.replace(hour=11), False),
        (NIGHT - timedelta(days=3), NIGHT.replace(hour=11), True),
        (NIGHT - timedelta(days=1), NIGHT.replace(hour=1), False),
    ],
)
def test_when_a_check_is_due(last: datetime | None, now: datetime, expected: bool) -> None:
    assert due(last, now) is expected


def test_a_ledger_of_this_night_is_checked_in_the_next() -> None:
    assert not due(None, NIGHT, since=None)
    assert not due(None, NIGHT, since=NIGHT.astimezone(UTC))
    assert due(None, NIGHT, since=(NIGHT - timedelta(days=1)).astimezone(UTC))


def test_a_check_that_is_off_is_never_due() -> None:
    assert not due(None, NIGHT, None)
    assert timedelta(seconds=JITTER_S) < timedelta(minutes=25), "or NIGHT is too early for these tests"


def test_the_nightly_check_runs_in_a_process_of_its_own_and_is_kept(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    write(ledger, 3)
    ledger._sequencer.drain()
    clock = Clock()
    notary = Notary(settings, ledger, clock)
    notary._publish()
    assert math.isnan(sample("aigw_ledger_check_ok"))
    notary.step()
    [run] = ledger.checks.list()
    assert (run.ok, run.problems, run.tree_size) == (True, 0, 3)
    assert run.lines[0] == "The ledger is whole."
    assert sample("aigw_ledger_check_ok") == 1
    assert sample("aigw_ledger_check_timestamp_seconds") == datetime.fromisoformat(run.finished_at).timestamp()
    clock.now = datetime.now(UTC).astimezone() + timedelta(minutes=1)
    notary.step()
    assert len(ledger.checks.list()) == 1, "it was done already"
    assert ledger.verify().ok
    ledger.close()


def test_a_check_that_fails_is_kept_told_and_stops_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    write(ledger, 3)
    ledger._sequencer.drain()
    with ledger._engine.connect() as connection:
        connection.exec_driver_sql("UPDATE leaf SET kind = 'admin' WHERE replica_seq = 2")
        connection.commit()
    Notary(settings, ledger, Clock()).step()
    [run] = ledger.checks.list()
    assert (run.ok, run.problems) == (False, 1)
    [told] = [line for line in "".join(capfd.readouterr()).splitlines() if "ledger_not_whole" in line]
    assert '"level":"error"' in told.replace(" ", "")
    assert f'"code":"{run.id}"' in told.replace(" ", "")
    assert "the leaf's columns do not agree with its bytes" in run.lines[-2] + run.lines[-1] + run.lines[3]
    assert sample("aigw_ledger_check_ok") == 0
    write(ledger, 1)
    assert ledger._sequencer.drain(), "recording goes on"
    ledger.close()


def test_check_runs_are_proven_by_their_leaves(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    for _ in range(3):
        notary_module.check(ledger, outside_of(settings), "auditor")
    report = ledger.verify()
    assert report.ok, report.lines()
    assert report.counts["check runs"] == 3
    first = ledger.checks.list()[-1]
    change(ledger._engine, check_run.update().where(check_run.c.id == first.id).values(ok=0))
    assert [str(each) for each in ledger.verify().problems] == [
        f"check_run {first.id}: it is not as its newest admin leaf left it"
    ]
    ledger.close()


def test_witness_and_authority_are_asked_when_due(tmp_path: Path, authority: Authority) -> None:
    first = opened(settings_in(tmp_path))
    neighbour = Neighbour(tmp_path, first.vkey)
    first.close()
    settings = settings_in(
        tmp_path,
        check_at=None,
        witnesses=[{"url": "https://neighbour.example/", "key": neighbour.vkey}],
        time_stamps={"name": "Test TSA", "url": authority.url, "roots_file": str(authority.roots_file)},
    )
    ledger = opened(settings)
    clock = Clock()
    clock.now = datetime.now(UTC)
    notary = Notary(settings, ledger, clock)
    metrics.declare(vouchers=notary.vouchers)
    asked: list[str] = []
    real = notary._http

    def post(url: str, body: bytes, kind: str) -> Reply:
        asked.append(url)
        return (
            real(url, body, kind)
            if "neighbour" not in url
            else neighbour("http://neighbour.example/add-checkpoint", body, kind)
        )

    notary._http = post  # type: ignore[assignment]
    write(ledger, 3)
    ledger._sequencer.drain()
    notary.step()
    assert asked == ["https://neighbour.example/add-checkpoint", authority.url]
    assert len(rows_of(ledger._engine, cosignature)) == len(rows_of(ledger._engine, time_stamp)) == 1
    assert sample("aigw_ledger_cosigned_timestamp_seconds", witness="swale.example/witness") > 1.7e9
    assert sample("aigw_ledger_stamped_timestamp_seconds", authority="Test TSA") > 1.7e9
    write(ledger, 3)
    ledger._sequencer.drain()
    notary.step()
    assert len(asked) == 2, "not before the interval is over"
    clock.now += timedelta(minutes=6)
    notary.step()
    assert len(asked) == 3
    clock.now += timedelta(hours=25)
    notary.step()
    assert asked[3:] == [authority.url], "the log did not grow, so the witness is not asked"
    report = ledger.verify(outside=outside_of(settings))
    assert report.ok, report.lines()
    assert len(report.proven) == 2
    ledger.close()


def test_another_worker_s_chore_is_left_to_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    with ledger.lease("check") as alone:
        assert alone
        Notary(settings, ledger, Clock()).step()
    assert ledger.checks.list() == []
    ledger.close()


def test_a_chore_that_breaks_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    notary = Notary(settings, ledger, Clock())

    def broken() -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(notary, "_cosign", broken)
    notary.step()
    assert len(ledger.checks.list()) == 1
    ledger.close()


def test_stopping_breaks_a_check_off(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ledger = opened(settings)
    notary = Notary(settings, ledger, Clock())
    notary._command = ["/bin/sleep", "600"]  # a check that takes very long
    notary.start()
    until(lambda: notary._checking is not None, 20, "the check begins")
    notary.stop()
    assert ledger.checks.list() == []
    ledger.close()


def test_mistakes_in_the_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the witness key is not of the form"):
        settings_in(tmp_path, witnesses=[{"url": "https://w.example", "key": "x"}])
    with pytest.raises(ConfigError):
        settings_in(tmp_path, check_at="25:00")
    absent = {"name": "TSA", "url": "https://tsa.example", "roots_file": "absent.pem"}
    with pytest.raises(ConfigError, match=r"absent\.pem holds no certificates"):
        outside_of(settings_in(tmp_path, time_stamps=absent))
    with pytest.raises(ConfigError, match="--witness"):
        outside_of(settings_in(tmp_path), ["what"])


def test_a_lease_is_one_worker_s_and_ends_with_it(lease_url: str) -> None:
    from gateway.store.engine import make_engine

    first, second = make_engine(lease_url), make_engine(lease_url)
    with lease(first, "check") as alone:
        assert alone
        with lease(second, "check") as other:
            assert not other
        with lease(second, "witness") as another:
            assert another
    with lease(second, "check") as now:
        assert now
    first.dispose()
    second.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def lease_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


def sample(name: str, **labels: str) -> float:
    value = metrics.REGISTRY.get_sample_value(name, labels)
    assert value is not None, name
    return value
