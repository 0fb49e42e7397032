"""What cannot start says why: one clear message, an exit status, no traceback, and never a password."""

import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from gateway.administration import store
from gateway.cli.main import app
from gateway.settings import load_settings
from tests.support.gateway import Gateway, free_port

PASSWORD = "hunter2-Ab9"
COMMANDS = (("serve",), ("check",), ("records", "search"))


def configured(folder: Path, url: str | None = None, *, workers: int = 1, **more: object) -> Gateway:
    """A gateway that is not started."""
    made = Gateway(folder, "http://127.0.0.1:9/v1", workers, {**({"database": {"url": url}} if url else {}), **more})
    made.write_settings()
    return made


def run(gateway: Gateway, *words: str) -> tuple[int, str]:
    """Exit status and words of a command; `serve` in a process of its own, the others in this one."""
    if words[0] == "serve":
        process = gateway.cli(*words, check=False)
        return process.returncode, process.stdout + process.stderr
    result = CliRunner().invoke(app, [*words, "--config", str(gateway.config)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def make_ledger(gateway: Gateway) -> None:
    """Keys and database, as the first start makes them."""
    store(load_settings(gateway.config)).close()


def fails(gateway: Gateway, *words: str) -> str:
    """Run a command that must fail as people can understand it; what it says."""
    status, said = run(gateway, *words)
    assert status == 2, said
    assert "error:" in said
    assert "Traceback" not in said
    assert PASSWORD not in said
    assert PASSWORD[:7] not in said
    return said


WRONG = {
    "no URL": (f"db.internal {PASSWORD}", "can't be read"),
    "another database": (f"mysql://gateway:{PASSWORD}@db/ledger", "neither SQLite nor PostgreSQL"),
    "another driver": (f"postgresql+asyncpg://gateway:{PASSWORD}@db/ledger", "neither SQLite nor PostgreSQL"),
    "@ in the password": (f"postgresql://gateway:x@{PASSWORD}@127.0.0.1/ledger", "more than one @"),
    "port is no number": (f"postgresql://gateway:x@y:{PASSWORD}@127.0.0.1:x/ledger", "can't be read"),
    "in memory": ("sqlite://", "must outlive"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_database_url_that_is_none(tmp_path: Path, case: str) -> None:
    url, expected = WRONG[case]
    gateway = configured(tmp_path, url)
    assert expected in fails(gateway, "records", "search")


@pytest.mark.parametrize("words", [*COMMANDS, ("serve", "--workers", "2"), ("keys", "list")], ids=" ".join)
def test_a_postgresql_that_does_not_answer(tmp_path: Path, words: tuple[str, ...]) -> None:
    port = free_port()
    gateway = configured(tmp_path, f"postgresql://gateway:{PASSWORD}@127.0.0.1:{port}/ledger")
    said = fails(gateway, *words)
    assert f"127.0.0.1:{port}" in said
    assert "refused" in said


def test_a_server_s_own_words_are_left_out_where_they_repeat_the_password(tmp_path: Path) -> None:
    url = f"postgresql://gateway:{PASSWORD}@127.0.0.1:1/ledger?sslmode={PASSWORD}"
    assert "can't be used" in fails(configured(tmp_path, url), "records", "search")


def test_a_postgresql_that_knows_no_such_database_or_user(tmp_path: Path, postgres_url: str) -> None:
    assert "does not exist" in fails(configured(tmp_path, postgres_url.replace("/t", "/absent")), "check")


def test_a_url_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    url = f"postgresql://gateway:{PASSWORD}@db/ledger"
    for database in (url, [url], {"ulr": url}, {"url": [url]}, {"url": {url: url}}):
        fails(configured(tmp_path, database=database), "records", "search")


def test_a_database_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(b"this is a letter, not a database" * 200)
    for words in COMMANDS[1:]:
        assert str(file) in fails(configured(tmp_path, f"sqlite:///{file}"), *words)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_newer_than_the_program(tmp_path: Path, words: tuple[str, ...]) -> None:
    gateway = configured(tmp_path)
    make_ledger(gateway)
    with sqlite3.connect(gateway.database) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer version" in fails(gateway, *words)


def test_a_newer_database_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    gateway = configured(tmp_path, postgres_url)
    make_ledger(gateway)
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for words in (("check",), ("records", "search")):
        assert "newer version" in fails(gateway, *words)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_key_store_of_another_ledger(tmp_path: Path, words: tuple[str, ...]) -> None:
    gateway = configured(tmp_path)
    make_ledger(gateway)
    (tmp_path / "other").mkdir()
    other = configured(tmp_path / "other")
    make_ledger(other)
    shutil.rmtree(gateway.folder / "data" / "keys")
    shutil.copytree(other.folder / "data" / "keys", gateway.folder / "data" / "keys")
    assert "key store is not the one" in fails(gateway, *words)


def test_check_makes_neither_keys_nor_database(tmp_path: Path) -> None:
    gateway = configured(tmp_path)
    assert "no ledger yet" in run(gateway, "check")[1]
    assert not (tmp_path / "data").exists()
    make_ledger(gateway)
    assert "a ledger of this version" in run(gateway, "check")[1]
    shutil.rmtree(tmp_path / "data" / "keys")
    assert "no key store" in fails(gateway, "check")
    assert not (tmp_path / "data" / "keys").exists()


def test_check_can_leave_the_database_out(tmp_path: Path) -> None:
    gateway = configured(tmp_path, f"postgresql://gateway:{quote(PASSWORD)}@127.0.0.1:{free_port()}/ledger")
    said = run(gateway, "check", "--no-database")[1]
    assert "not looked at" in said
    assert PASSWORD not in said


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use(tmp_path: Path, workers: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        gateway = configured(tmp_path, workers=workers)
        said = fails(gateway, "serve", "--port", str(taken.getsockname()[1]))
    assert "in use" in said


def test_a_command_starts_without_what_only_some_need() -> None:
    """Each of these takes a tenth of a second or more, at every command and every completion of a word."""
    heavy = ("cryptography", "fastapi", "litellm", "orjson", "presidio_analyzer", "spacy", "sqlalchemy", "uvicorn")
    code = f"import sys, gateway.cli.main; print([each for each in {heavy} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
