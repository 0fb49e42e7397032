"""A database that does not answer: said so, with a time to ask again."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from gateway.model.officer import Role
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"


async def test_searching_and_reading_say_when_to_try_again(
    office: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    down = create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.db'}")
    monkeypatch.setattr(office.ledger.hits, "_engine", down)
    monkeypatch.setattr(office.ledger.reader, "_engine", down)
    async with office.of(Role.DPO) as client:
        for answer in (
            await client.post(f"{AT}/conversations/search", json={"query": {"words": "damp"}}),
            await client.post(f"{AT}/records/search", json={}),
            await client.get(f"{AT}/records/MBC-7F3K-Q2XD"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert answer.headers["Retry-After"] == "5"
            assert "can't be read just now" in answer.json()["detail"]
            assert str(tmp_path) not in answer.text
