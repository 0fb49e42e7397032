"""The only wire that litellm gets: no redirects, no compression, bounded replies, no proxy from the environment.

litellm follows redirects by default, which would carry a prompt to a host that nobody approved. Each of its
clients is built on this transport, so the rule holds for every provider.
"""

import ssl
from collections.abc import AsyncIterator
from typing import Final

import httpx

MAX_REPLY_BYTES: Final = 64 * 2**20


class GuardedTransport(httpx.AsyncBaseTransport):
    """An HTTP transport whose replies can't redirect, unpack or grow without end."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None, max_bytes: int | None = None) -> None:
        limits = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=30.0)
        self._inner = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits, proxy=proxy)
        self._max_bytes = max_bytes or MAX_REPLY_BYTES

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises httpx errors, which litellm maps."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx.DecodingError("compressed reply", request=request)
        response.headers.pop("location", None)
        if isinstance(response.stream, httpx.AsyncByteStream):  # always so for an asynchronous transport
            response.stream = _Bounded(response.stream, self._max_bytes, request)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Bounded(httpx.AsyncByteStream):
    """A stream that ends in an error above a size."""

    def __init__(self, source: httpx.AsyncByteStream, most: int, request: httpx.Request) -> None:
        self._source, self._left, self._request = source, most, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._source:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx.DecodingError("reply above its size bound", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._source.aclose()
