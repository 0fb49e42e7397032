"""Two councils: one's gateway, the other's witness, each a process of its own; and what happens when one fails."""

import signal
import sqlite3
from pathlib import Path

import pytest

from gateway.administration import store
from gateway.ledger.attesting import cosign
from gateway.notary import witnesses_of
from gateway.settings import load_settings
from gateway.upstream.post import HttpPost
from tests.support.gateway import Gateway
from tests.support.log_client import LogClient
from tests.support.witness_server import cli, witness_key, witnessing
from tests.support.workers import until

pytestmark = pytest.mark.slow


def cosigned(gateway: Gateway) -> int:
    """The largest size that is cosigned."""
    with sqlite3.connect(gateway.database, timeout=20) as connection:
        (size,) = connection.execute("SELECT coalesce(max(size), 0) FROM cosignature").fetchone()
    connection.close()
    return int(size)


def log_key(gateway: Gateway) -> str:
    return gateway.cli("ledger", "key").stdout.strip()


def gateway_with(folder: Path, upstream: str, url: str, witness: str) -> Gateway:
    made = Gateway(
        folder,
        upstream,
        workers=1,
        overrides={
            "ledger": {
                "witnesses": [{"url": url, "key": witness}],
                "witness_minutes": 1,
                "public_tiles": True,
                "check_at": None,
            }
        },
    )
    made.write_settings()
    return made


def test_the_neighbour_s_witness_cosigns_and_refuses_a_rollback(tmp_path: Path) -> None:
    state, upstream = tmp_path / "witness", "http://127.0.0.1:9/v1"
    witness = witness_key(state)
    assert witness == witness_key(state), "the key is made once"
    plain = Gateway(tmp_path, upstream)
    plain.write_settings()
    plain.key()
    vkey = log_key(plain)
    with witnessing(state, [vkey]) as url:
        gateway = gateway_with(tmp_path, upstream, url, witness)
        gateway.start()
        try:
            until(lambda: cosigned(gateway) > 0, 30, "the first checkpoint is cosigned")
            size = cosigned(gateway)
            client = LogClient(gateway.port, vkey)
            assert client.checkpoint()[0] == size
            assert client.ok("/log/checkpoint").decode().count("\u2014") == 2
            assert client.levels(size)
            assert client.get("/log/tile/entries/000.p/1")[0] == 401
            metrics = gateway.get("/metrics")[1].decode()
            assert 'aigw_ledger_attestations_total{by="swale.example/witness",outcome="ok"} 1.0' in metrics
        finally:
            gateway.stop()
        said = gateway.cli("ledger", "verify").stdout
        assert f"Proven: swale.example/witness witnessed the first {size} of {size} leaves at 20" in said
        assert "No independent witness" not in said
        shown = cli("witness", "show", "--state", str(state)).stdout
        assert f"\n{size}\n" in shown
        backup = tmp_path / "backup.db"
        with sqlite3.connect(gateway.database) as source, sqlite3.connect(backup) as target:
            source.backup(target)
        source.close()
        target.close()
        gateway.key()
        ledger, settings = store(load_settings(gateway.config)), load_settings(gateway.config)
        assert cosign(ledger.attestations, witnesses_of(settings)[0], HttpPost()) == "ok"  # not to wait for the minute
        ledger.close()
        assert cosigned(gateway) > size
        for file in (tmp_path / "data").glob("ledger.db*"):
            file.unlink()
        backup.rename(gateway.database)
        with sqlite3.connect(gateway.database) as connection:  # and the insider is thorough
            connection.execute("DELETE FROM cosignature")
        connection.close()
        gateway.start()
        try:
            until(lambda: b"witness_disagrees" in gateway.log.read_bytes(), 30, "the witness refuses")
            metrics = gateway.get("/metrics")[1].decode()
            assert 'aigw_ledger_attestations_total{by="swale.example/witness",outcome="conflict"} 1.0' in metrics
            assert gateway.get("/readyz")[0] == 200, "calls go on"
        finally:
            gateway.stop()
        failed = gateway.cli("ledger", "verify", "--witness", witness, check=False)
        assert failed.returncode == 1
        assert "the database was rolled back or cut" in failed.stdout
        assert "there is no cosignature of this witness" in failed.stdout
        kept = tmp_path / "kept.txt"
        kept.write_text(cli("witness", "show", "--state", str(state)).stdout)
        gateway.cli("ledger", "export", "--to", str(tmp_path / "out"))
        offline = cli(
            "ledger", "verify", "--export", str(tmp_path / "out"), "--key", vkey, "--checkpoint", str(kept), check=False
        )
        assert offline.returncode == 1
        assert "your checkpoint kept.txt: it covers" in offline.stdout
        assert "an older state was restored" in offline.stdout


def test_a_witness_killed_at_any_time_never_cosigns_two_histories(tmp_path: Path) -> None:
    """The state is there after `kill -9`, and the command line says so."""
    state = tmp_path / "witness"
    witness = witness_key(state)
    plain = Gateway(tmp_path, "http://127.0.0.1:9/v1")
    plain.write_settings()
    plain.key()
    vkey = log_key(plain)
    nothing = cli("witness", "show", "--state", str(state), check=False)
    assert nothing.returncode == 1
    assert "nothing has been cosigned yet" in nothing.stderr
    with witnessing(state, [vkey]) as url:
        gateway = gateway_with(tmp_path, "http://127.0.0.1:9/v1", url, witness)
        gateway.start()
        until(lambda: cosigned(gateway) > 0, 30, "the first checkpoint is cosigned")
        gateway.stop(signal.SIGKILL)
    first = cli("witness", "show", "--state", str(state)).stdout
    assert vkey.partition("+")[0] in first
    forgotten = cli("witness", "forget", "--state", str(state), "--log", vkey, "--yes")
    assert "will be taken as its first" in forgotten.stdout
    [aside] = (state / "retired").iterdir()
    assert aside.read_text().strip() == first.strip()
    again = cli("witness", "forget", "--state", str(state), "--log", vkey, "--yes", check=False)
    assert again.returncode == 1
