"""Who may read the log over HTTP: officers who may verify, at every council, since its entries are of all of them."""

import asyncio
from collections.abc import Collection, Mapping

from starlette.types import Scope

from gateway.http.credentials import credentials
from gateway.http.log import Authorise
from gateway.http.records.frame import Identity
from gateway.records.access import Act, Guard


def auditors(identity: Identity, guard: Guard, councils: Collection[str]) -> Authorise:
    """Lets an officer pass who may verify at each of `councils`."""

    async def authorise(scope: Scope, headers: Mapping[str, str]) -> None:
        shown = credentials(scope, headers)
        officer = await asyncio.to_thread(identity.authenticate, shown.secret or "", shown.peer)
        for each in sorted(councils):
            guard.check(officer, Act.VERIFY, each)

    return authorise
