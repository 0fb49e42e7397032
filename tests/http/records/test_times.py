"""Times at the ends of the calendar, which fall off it in another zone: said to be wrong."""

import pytest

from gateway.model.officer import Role
from tests.support.records import Site

AT = "/records/v1/controllers/maidstone"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_time_that_no_clock_shows_is_refused(office: Site, at: str) -> None:
    incident = {"aware_at": at, "subject": "x", "refs": [office.refs["maidstone"]]}
    async with office.of(Role.DPO) as client:
        for path, body in (
            ("records/search", {"since": at}),
            ("records/search", {"until": at}),
            ("conversations/search", {"query": {"since": at}}),
            ("conversations/search", {"query": {"until": at}}),
            ("incidents", incident),
        ):
            answer = await client.post(f"{AT}/{path}", json=body)
            assert 400 <= answer.status_code < 500, (path, body, answer.text)
