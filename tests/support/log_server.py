"""A server process that serves the log of one database and nothing else: `python -m tests.support.log_server`.

Arguments: database URL, folder, port, `public` or `closed`. The key `auditor` is an auditor's.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import Scope

from gateway.http.log import NOBODY, log_routes
from gateway.http.server import server_config
from gateway.model.errors import Unauthenticated
from tests.support.ledger import service


async def auditor(_scope: Scope, headers: Mapping[str, str]) -> None:
    if headers.get("authorization") != "Bearer auditor":
        raise Unauthenticated(NOBODY)


def main() -> None:
    url, folder, port, access = sys.argv[1:]
    ledger = service(url, Path(folder))
    app = Starlette(routes=log_routes(ledger.log, auditor, public=access == "public"))
    uvicorn.Server(server_config(app, host="127.0.0.1", port=int(port))).run()


if __name__ == "__main__":
    main()
