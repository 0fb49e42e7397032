"""Conversations that only a case may find: not shown by a search, and counted."""

import pytest

from gateway.ledger.projection import unit_of
from gateway.model.officer import Role
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"


async def test_a_search_says_how_many_it_does_not_show(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    record = office.ledger.reader.show(office.refs["maidstone"])
    assert record is not None
    hidden = frozenset({unit_of(record.row.ref, record.row.conversation)})
    async with office.of(Role.DPO) as client:
        bodies: dict[str, dict[str, object]] = {"conversations/search": {"query": {}}, "records/search": {}}
        for path, body in bodies.items():
            whole = (await client.post(f"{AT}/{path}", json=body)).json()
            assert (whole["left_out"], office.refs["maidstone"] in str(whole)) == (0, True)
            with monkeypatch.context() as patch:
                patch.setattr(type(office.office), "restricted", lambda _self, _controller: hidden)
                some = (await client.post(f"{AT}/{path}", json=body)).json()
            assert office.refs["maidstone"] not in str(some)
            assert some["left_out"] == len(whole["items"]) - len(some["items"]) > 0
