"""A plain blocking POST for chores outside calls: witnesses and time-stamping authorities. No redirects, no cookies,
no proxy from the environment."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from gateway.ledger.attesting import Reply

MAX_REPLY = 65_536


class HttpPost:
    """Implements `gateway.ledger.attesting.Post`. `timeout` in seconds, for connecting and for each read."""

    def __init__(self, ca_file: Path | None = None, timeout: float = 10.0) -> None:
        self._ca_file = ca_file
        self._timeout = timeout

    def __call__(self, url: str, body: bytes, kind: str) -> Reply:
        """See `Post`. Raises OSError, also for a response that is no HTTP or too large."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OSError("the address is not an http or https URL")
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=self._timeout, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=self._timeout)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, {"Content-Type": kind, "User-Agent": "council-ai-gateway"})
            response = connection.getresponse()
            data = response.read(MAX_REPLY + 1)
            if len(data) > MAX_REPLY:
                raise OSError("the response is too large")
            return Reply(response.status, response.headers.get_content_type(), data)
        except http.client.HTTPException as error:
            raise OSError("the response is no HTTP") from error
        finally:
            connection.close()
