"""Any server that speaks the caller's dialect itself: OpenAI, Azure OpenAI (v1), vLLM, Ollama, LM Studio ...

The body goes through as it is; the reply is read with bounds on time and size. Redirects are refused (a
redirect would carry the prompt to a host that nobody approved), and so are compressed replies, which we
don't ask for: a small one could unpack to any size. Proxies come from configuration only.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed
from gateway.telemetry.logs import get_logger
from gateway.upstream import failures, forms, wire
from gateway.upstream.chunks import Chunks
from gateway.upstream.config import PATHS, UpstreamConfig
from gateway.upstream.port import Reply, Stream, Whole
from gateway.upstream.sse import SseError, SseParser

log = get_logger(__name__)

DONE: Final = "[DONE]"
LAST: Final = frozenset({"message_stop", "response.completed", "response.failed", "response.incomplete"})
"""The `type` of the last event of a stream in dialects that have no `[DONE]`."""
ANTHROPIC_VERSION: Final = "2023-06-01"
ERROR_BODY_BYTES: Final = 64 * 1024
"""How much of an error reply is read to classify it."""
DRAIN_S: Final = 1.0
"""How long a finished stream may take to close before its connection is given up."""


class DirectUpstream:
    """One OpenAI-compatible provider behind a pool of kept-alive connections."""

    def __init__(self, config: UpstreamConfig) -> None:
        if config.base_url is None:
            raise ValueError(f"upstream {config.name}: a direct upstream needs base_url")
        self._config = config
        self._base = config.base_url.rstrip("/")
        url = urlsplit(self._base)
        if url.scheme == "http" and url.hostname not in ("127.0.0.1", "::1", "localhost"):
            log.warning("upstream_without_tls", upstream=config.name)
        self._tls: ssl.SSLContext | bool = True
        if config.ca_file is not None:
            self._tls = ssl.create_default_context(cafile=str(config.ca_file))
        self._session: aiohttp.ClientSession | None = None
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def speaks(self) -> frozenset[str]:
        """See `Upstream.speaks`."""
        return self._config.speaks

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        """See `Upstream.send`. The deployment's time runs to a stream's first byte, or to a whole reply's end."""
        path = PATHS.get(dialect)
        if path is None or dialect not in self.speaks:
            raise failures.failure(failures.MISCONFIGURED)
        wanted = body.get("stream") is True  # a form spells it
        sent = wire.outgoing("direct", dialect, body, deployment)
        expected = forms.wanted(dialect, sent)
        payload, kind = forms.encoded(dialect, sent)
        try:
            async with asyncio.timeout(deployment.timeout_s):
                response = await self._post(dialect, payload, kind, deployment, accept=_accept(expected, stream=wanted))
                try:
                    if not (wanted and response.content_type == "text/event-stream"):
                        return await self._whole(response, expected)
                except BaseException:  # whatever ends the reading, the connection must not return to the pool
                    response.close()
                    raise
        except aiohttp.ClientError as error:  # a failed connection attempt is also a TimeoutError
            raise self._broken(error) from None
        except TimeoutError:
            raise failures.timed_out(began=False) from None
        return Stream(Chunks(self._chunks(response), response.close))

    async def close(self) -> None:
        """Release connections."""
        for task in list(self._draining):
            task.cancel()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(
        self, dialect: str, payload: bytes, kind: str, deployment: Deployment, *, accept: str
    ) -> aiohttp.ClientResponse:
        headers = {
            "content-type": kind,
            "accept": accept,
            "accept-encoding": "identity",
        }
        if dialect.startswith("anthropic"):
            headers["anthropic-version"] = ANTHROPIC_VERSION
        params = None
        version = deployment.options.get("api_version") or self._config.api_version
        if version:
            params = {"api-version": version}
        response = await self._opened().post(
            self._base + PATHS[dialect], data=payload, headers=headers, params=params, allow_redirects=False
        )
        if response.status == 200 and response.headers.get("content-encoding", "identity").lower() == "identity":
            return response
        try:
            await self._refuse(response)
        finally:
            response.close()
        return response  # pragma: no cover - _refuse always raises

    async def _refuse(self, response: aiohttp.ClientResponse) -> None:
        """Raise what a reply that is no success, or is compressed, means."""
        if response.status == 200:
            log.error("upstream_compressed_reply", upstream=self._config.name)
            raise failures.failure(failures.UNREADABLE, upstream_status=200)
        body = b""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            body = await response.content.read(ERROR_BODY_BYTES)
        error = failures.from_status(self._config.name, response.status, body, response.headers.get("retry-after"))
        log.warning("upstream_refused", upstream=self._config.name, http_status=response.status, code=error.code)
        raise error

    async def _whole(self, response: aiohttp.ClientResponse, expected: forms.Wanted) -> Whole:
        read = bytearray()
        async for piece in response.content.iter_any():
            read += piece
            if len(read) > self._config.max_body_bytes:
                raise failures.failure(failures.TOO_LARGE, upstream_status=200)
        body = forms.decoded(bytes(read), response.content_type, expected)
        if body is None:
            raise failures.failure(failures.UNREADABLE, upstream_status=200)
        error = failures.from_error_chunk(self._config.name, body)
        if error is not None:
            raise error
        return Whole(body)

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncGenerator[Mapping[str, Any], None]:
        """Decoded objects until `[DONE]`. Closing the generator closes the connection, which cancels the call."""
        parser = SseParser(self._config.max_event_bytes)
        left = self._config.max_stream_bytes
        finished = False
        try:
            while piece := await self._read(response):
                left -= len(piece)
                if left < 0:
                    raise failures.failure(failures.TOO_LARGE, upstream_status=200)
                for data in parser.feed(piece):
                    if data.strip() == DONE:
                        finished = True
                        return
                    chunk = self._object(data)
                    yield chunk
                    if chunk.get("type") in LAST:
                        finished = True
                        return
            raise failures.failure(failures.CUT_SHORT, upstream_status=200)
        except SseError:
            raise failures.failure(failures.UNREADABLE, upstream_status=200) from None
        except aiohttp.ClientError as error:
            raise self._broken(error) from None
        finally:
            if finished:
                self._drain(response)
            else:
                response.close()

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The next bytes of a stream, empty at its end. Raises UpstreamTimeout when it goes quiet."""
        try:
            async with asyncio.timeout(self._config.idle_timeout_s):
                return await response.content.readany()
        except TimeoutError:
            raise failures.timed_out(began=True) from None

    def _object(self, data: str) -> dict[str, Any]:
        chunk = wire.decode_object(data)
        if chunk is None:
            raise failures.failure(failures.UNREADABLE, upstream_status=200)
        error = failures.from_error_chunk(self._config.name, chunk)
        if error is not None:
            raise error
        return chunk

    def _drain(self, response: aiohttp.ClientResponse) -> None:
        """Read the few bytes that end the body, so that the connection can serve the next call."""
        if response.content.at_eof():
            response.release()
            return

        async def finish() -> None:
            try:
                async with asyncio.timeout(DRAIN_S):
                    rest = await response.content.read(ERROR_BODY_BYTES)
                    if rest or not response.content.at_eof():
                        response.close()
            except (aiohttp.ClientError, TimeoutError, asyncio.CancelledError):
                response.close()

        task = asyncio.get_running_loop().create_task(finish())
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    def _opened(self) -> aiohttp.ClientSession:
        """The session, made on first use, since it belongs to the running loop."""
        if self._session is None:
            config = self._config
            headers = {"user-agent": "council-ai-gateway", **config.headers}
            if config.api_key is not None and config.auth == "bearer":
                headers["authorization"] = f"Bearer {config.api_key}"
            elif config.api_key is not None:
                headers[config.auth] = config.api_key
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=config.max_connections, ssl=self._tls, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=config.connect_timeout_s),
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=config.trust_env,
                proxy=config.proxy,
                read_bufsize=2**16,
            )
        return self._session

    def _broken(self, error: aiohttp.ClientError) -> UpstreamFailed:
        """The failure behind a client error. A certificate that can't be trusted won't be so on a second try."""
        log.warning("upstream_broken", upstream=self._config.name, error=type(error).__name__)
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):
            return failures.failure(failures.MISCONFIGURED)
        if isinstance(error, aiohttp.ClientPayloadError):
            return failures.failure(failures.CUT_SHORT)
        if isinstance(error, aiohttp.ClientResponseError):
            return failures.failure(failures.UNREADABLE)
        return failures.failure(failures.UNREACHABLE)


def _accept(expected: forms.Wanted, *, stream: bool) -> str:
    if stream:
        return "text/event-stream"
    return "application/json" if expected == "json" else "*/*"
