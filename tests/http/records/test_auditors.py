"""The log over HTTP is read by who may verify at every council, and by nobody else."""

from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from gateway.http.auditors import auditors
from gateway.http.log import log_routes
from gateway.identity.officers import create_officer
from gateway.model.officer import Role
from tests.support.records import Site


def auditor_of(office: Site, *controllers: str, role: Role = Role.AUDITOR) -> str:
    shown, record = create_officer(
        pepper=office.office.pepper, email="a@audit.example", name="Auditor", roles=[role], controllers=controllers,
        valid_for=timedelta(days=1),
    )  # fmt: skip
    office.office.officers.add(record, "test")
    return shown


@pytest.mark.parametrize(
    ("councils", "role", "status"),
    [
        (["maidstone", "swale", "tunbridge-wells"], Role.AUDITOR, 200),
        (["maidstone", "swale"], Role.AUDITOR, 403),
        (["maidstone", "swale", "tunbridge-wells"], Role.SERVICE_MANAGER, 403),
        ([], Role.AUDITOR, 401),
    ],
)
async def test_entries_are_for_auditors_of_every_council(
    office: Site, councils: list[str], role: Role, status: int
) -> None:
    key = auditor_of(office, *councils, role=role) if councils else "agw_nothing"
    gate = auditors(office.office.identity, office.office.guard, office.settings.controllers)
    app = Starlette(routes=log_routes(office.ledger.log, gate, public=True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.example") as client:
        proof = f"/log/proof/inclusion?ref={office.refs['swale']}"
        answer = await client.get(proof, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == status, answer.text
        assert (await client.get("/log/checkpoint")).status_code == 200  # public by setting
