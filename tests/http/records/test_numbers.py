"""Numbers that no conversation has: said to be wrong, never handed to the database."""

import pytest

from gateway.model.officer import Role
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"


@pytest.mark.parametrize("beyond", ["8000000000000000", "ffffffffffffffff"])
async def test_a_number_of_more_than_63_bits_is_refused(office: Site, beyond: str) -> None:
    case = f"{AT}/cases/{office.cases['maidstone'].id}"
    async with office.of(Role.DPO) as client:
        for answer in (
            await client.get(f"{case}/hits", params={"after": beyond}),
            await client.get(f"{case}/hits/{beyond}"),
            await client.post(f"{case}/second-readings", json={"units": [beyond]}),
            await client.post(f"{case}/restrictions", json={"units": [beyond], "reason": "Art 18"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
        assert (await client.get(f"{case}/hits", params={"after": "7fffffffffffffff"})).json()["items"] == []
