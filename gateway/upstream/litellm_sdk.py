"""Providers with an interface of their own (Anthropic, Bedrock, Vertex, Azure's older API ...), by litellm.

litellm is imported on first construction only: it takes seconds and some 200 MB. What it does beside
translating is switched off: telemetry, callbacks, caching, retries, fallbacks, its own logging, its fetch of
a price list, and reading `.env` files. Its call takes any keyword, among them ones that redirect a call or
replace its key, so the body's fields pass an allow-list: a field that is not on it is an error, never dropped
in silence and never handed on.
"""

import asyncio
import importlib
import logging
import os
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from gateway.model.caller import Deployment
from gateway.model.errors import UpstreamFailed
from gateway.telemetry.logs import get_logger
from gateway.upstream import failures, wire
from gateway.upstream.chunks import Chunks
from gateway.upstream.config import UpstreamConfig
from gateway.upstream.port import Reply, Stream, Whole

log = get_logger(__name__)

PASSED: Final = frozenset(
    {
        *("messages", "model", "stream", "stream_options", "n", "stop", "seed", "user"),
        *("temperature", "top_p", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty"),
        *("logit_bias", "logprobs", "top_logprobs", "response_format"),
        *("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"),
        *("reasoning_effort", "verbosity", "safety_identifier", "service_tier", "prompt_cache_key", "prediction"),
        *("modalities", "audio", "thinking", "store"),
    }
)
"""Fields of a chat completion that may reach litellm."""

SPEAKS: Final = frozenset({"openai_chat"})

_ENVIRONMENT: Final = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else importing it fetches a file from the internet
    "LITELLM_MODE": "PRODUCTION",  # else importing it reads `.env` files
    "LITELLM_LOG": "ERROR",
}
_OFF: Final[Mapping[str, Any]] = {
    "telemetry": False,
    "suppress_debug_info": True,
    "set_verbose": False,
    "turn_off_message_logging": True,
    "redact_messages_in_exceptions": True,
    "drop_params": False,
    "modify_params": False,
    "num_retries": None,
    "cache": None,
    "disable_hf_tokenizer_download": True,
    "aiohttp_trust_env": False,
    "disable_aiohttp_trust_env": True,
    "disable_streaming_logging": True,
}


_TRUST: Final = ssl.create_default_context()
"""litellm keeps one set of connections a process, so its upstreams share one trust store."""


def _load(proxy: str | None) -> Any:
    """Import litellm with everything off that isn't translation, on a wire of our own."""
    for name, value in _ENVIRONMENT.items():
        os.environ[name] = value
    from gateway.upstream.guarded import GuardedTransport

    litellm: Any = importlib.import_module("litellm")
    http_handler: Any = importlib.import_module("litellm.llms.custom_httpx.http_handler")

    def transport(*_: object, **__: object) -> GuardedTransport:
        return GuardedTransport(_TRUST, proxy)

    http_handler.AsyncHTTPHandler.create_async_transport = staticmethod(transport)
    for name, value in _OFF.items():
        setattr(litellm, name, value)
    for name in ("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback"):
        setattr(litellm, name, [])
    for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router", "litellm"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.disabled, logger.propagate = True, False
    for name in ("openai", "httpx", "httpcore"):  # what these say below a warning is headers and bodies
        logging.getLogger(name).setLevel(logging.WARNING)
    return litellm


class LitellmUpstream:
    """One provider account reached by litellm. The deployment's `model` has litellm's prefix (`bedrock/...`).

    `ca_file` and `proxy` hold for all of a process's litellm upstreams.
    """

    def __init__(self, config: UpstreamConfig) -> None:
        if config.trust_env:
            raise ValueError(f"upstream {config.name}: a litellm upstream takes `proxy`, not trust_env")
        self._config = config
        if config.ca_file is not None:
            _TRUST.load_verify_locations(cafile=str(config.ca_file))
        self._litellm = _load(config.proxy)

    @property
    def speaks(self) -> frozenset[str]:
        """See `Upstream.speaks`. Other dialects reach litellm's providers as chat completions."""
        return SPEAKS

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        """See `Upstream.send`."""
        if dialect != "openai_chat":
            raise failures.failure(failures.MISCONFIGURED)
        sent = wire.outgoing("litellm", dialect, body, deployment)
        unknown = sent.keys() - PASSED
        if unknown:
            log.warning("upstream_unsupported_field", upstream=self._config.name, count=len(unknown))
            raise failures.failure(failures.REJECTED)
        several = sent.get("stream") and (sent.get("n") or 1) > 1
        if several:  # litellm's streams lose the end of all choices but one: ask for the whole
            sent.update(stream=False)
            sent.pop("stream_options", None)
        try:
            self._fit(sent, deployment)
            async with asyncio.timeout(deployment.timeout_s):
                reply = await self._litellm.acompletion(**sent, **self._account(deployment))
        except TimeoutError:
            raise failures.timed_out(began=False) from None
        except Exception as error:  # noqa: BLE001
            # litellm raises any type; all are mapped, none is passed on
            raise self._mapped(error) from None
        if sent.get("stream"):
            return Stream(Chunks(self._chunks(reply), _Abandoned(reply)))
        return Whole(_plain(reply))

    async def close(self) -> None:
        """Release connections, those of the process's other litellm upstreams included."""
        await self._litellm.close_litellm_async_clients()
        await asyncio.sleep(0)  # what was closed lets go of its socket on the loop's next turn
        self._litellm.in_memory_llm_clients_cache.flush_cache()

    def _fit(self, sent: dict[str, Any], deployment: Deployment) -> None:
        """Take out our own `store` where a provider has no such thing, and see that `user` isn't lost where it has.

        Those two are all that litellm would refuse or drop on its own account; any other field that a provider
        doesn't support comes back as an error.
        """
        _, provider, _, _ = self._litellm.get_llm_provider(model=deployment.model, api_base=self._config.base_url)
        known = self._litellm.get_supported_openai_params(model=deployment.model, custom_llm_provider=provider) or ()
        if "store" not in known:
            sent.pop("store", None)
        if "user" in sent and "user" not in known:
            if provider in ("openai", "azure"):
                sent["allowed_openai_params"] = ["user"]
            else:
                log.info("upstream_user_field_left_out", upstream=self._config.name)

    def _account(self, deployment: Deployment) -> dict[str, Any]:
        """What says where and as whom; after the allow-list, so that no caller can set any of it."""
        config = self._config
        account = {
            "api_key": config.api_key,
            "api_base": config.base_url,
            "api_version": deployment.options.get("api_version") or config.api_version,
            "extra_headers": dict(config.headers) or None,
            "aws_region_name": deployment.options.get("aws_region_name"),
            "vertex_project": deployment.options.get("vertex_project"),
            "vertex_location": deployment.options.get("vertex_location"),
        }
        given = {name: value for name, value in account.items() if value is not None}
        switches = {"max_retries": 0, "num_retries": 0, "no-log": True, "_skip_mcp_handler": True}
        return {**given, **switches, "timeout": deployment.timeout_s}

    async def _chunks(self, reply: Any) -> AsyncGenerator[Mapping[str, Any], None]:
        """Decoded objects. litellm makes up a finish where the provider sent none: that is a reply cut short."""
        try:
            while True:
                async with asyncio.timeout(self._config.idle_timeout_s):
                    chunk = await anext(reply, None)
                if reply.received_finish_reason is None and (chunk is None or _has_finish(chunk)):
                    raise failures.failure(failures.CUT_SHORT, upstream_status=200)
                if chunk is None:
                    return
                yield _plain(chunk)
        except TimeoutError:
            raise failures.timed_out(began=True) from None
        except UpstreamFailed:
            raise
        except Exception as error:  # noqa: BLE001
            # litellm raises any type; all are mapped, none is passed on
            raise self._mapped(error) from None
        finally:
            await reply.aclose()

    def _mapped(self, error: Exception) -> UpstreamFailed:
        """Our error for litellm's, which often hides the cause a few exceptions down."""
        chain = list(_chain(error))
        kinds = [type(one).__name__ for one in chain]
        log.warning("upstream_refused", upstream=self._config.name, error=kinds[0], error_chain=kinds[1:])
        if any("Timeout" in kind for kind in kinds):
            return failures.timed_out(began=False)
        if "ContextWindowExceededError" in kinds:
            return failures.from_words(failures.CONTEXT_LENGTH, "")
        if "ContentPolicyViolationError" in kinds:
            return failures.failure(failures.CONTENT_FILTER, upstream_status=400)
        status, body, retry_after = _http_of(chain)
        if status:
            return failures.from_status(self._config.name, status, body, retry_after)
        for kind, code in _BY_KIND.items():
            if kind in kinds:
                return failures.from_words(code, str(chain[0]))
        return failures.failure(failures.SERVER_ERROR)


_BY_KIND: Final[Mapping[str, str]] = {
    "DecodingError": failures.UNREADABLE,
    "JSONDecodeError": failures.UNREADABLE,
    "RemoteProtocolError": failures.CUT_SHORT,
    "ReadError": failures.CUT_SHORT,
    "ConnectError": failures.UNREACHABLE,
    "UnsupportedParamsError": failures.REJECTED,
    "BadRequestError": failures.REJECTED,
    "AuthenticationError": failures.CREDENTIALS,
}
"""For errors that no HTTP reply stands behind, the innermost kinds first."""


class _Abandoned:
    """Closes a reply that was never read; the task is kept until it is done."""

    _running: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, reply: Any) -> None:
        self._reply = reply

    def __call__(self) -> None:
        task = asyncio.get_running_loop().create_task(self._reply.aclose())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those behind it, litellm's own links included."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "original_exception", None) or error.__cause__ or error.__context__


def _http_of(chain: Sequence[BaseException]) -> tuple[int, bytes, str | None]:
    """Status, body and Retry-After of the provider's reply: the innermost real one, else litellm's own status."""
    for error in reversed(chain):
        response: Any = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        if isinstance(status, int) and status >= 300 and response.headers:
            body = response.content if getattr(response, "is_stream_consumed", False) else b""
            return status, body[:65_536], response.headers.get("retry-after")
    return 0, b"", None


def _has_finish(chunk: Any) -> bool:
    return any(choice.finish_reason for choice in chunk.choices)


def _plain(reply: Any) -> dict[str, Any]:
    """A reply as a dictionary, without litellm's own additions; the usage of a stream in a chunk of its own."""
    value: dict[str, Any] = reply.model_dump(mode="json", exclude_none=True)
    choices = value.get("choices") or []
    for choice in choices:
        for place in (choice, choice.get("message") or {}, choice.get("delta") or {}):
            place.pop("provider_specific_fields", None)
    if value.get("usage") and all(not (c.get("delta", True) or c.get("finish_reason")) for c in choices):
        value["choices"] = []
    return value
