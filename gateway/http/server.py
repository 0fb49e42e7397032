"""How the application is served: uvicorn's settings that matter here, in one place."""

from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS: Final = 30
"""For open streams to end after a stop signal; then they are cut, and recorded as such."""
HUNG_SECONDS: Final = 20
"""A worker that does not answer its supervisor for this long is replaced; a crowded machine alone must not do it."""


def server_config(app: ASGIApp | str, *, host: str, port: int, workers: int = 1, **more: Any) -> uvicorn.Config:
    """Settings for one listener.

    `proxy_headers` stays off: who the peer is decides who may speak for a user, so that no header may change it.
    The access log stays off: it repeats paths and queries. WebSockets are not offered.
    """
    settings: dict[str, Any] = {
        "host": host,
        "port": port,
        "workers": workers,
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "ws": "none",
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "backlog": 2048,
        "timeout_worker_healthcheck": HUNG_SECONDS,
    }
    return uvicorn.Config(app, **{**settings, **more})
