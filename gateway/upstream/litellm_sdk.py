"""Providers with an interface of their own (Anthropic, Bedrock, Vertex, Azure's older API ...), by litellm.

litellm is imported on first construction only: it takes seconds and some 200 MB. What it does beside
translating is switched off: telemetry, callbacks, caching, retries, fallbacks, its own logging, its fetch of
a price list, and reading `.env` files. Its call takes any keyword, among them ones that redirect a call or
replace its key, so the body's fields pass an allow-list: a field that is not on it is an error, never dropped
in silence and never handed on.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

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


def _load() -> Any:
    """Import litellm with everything off that isn't translation."""
    for name, value in _ENVIRONMENT.items():
        os.environ[name] = value
    import litellm

    for name, value in _OFF.items():
        setattr(litellm, name, value)
    for name in ("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback"):
        setattr(litellm, name, [])
    for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router", "litellm"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.disabled, logger.propagate = True, False
    return litellm


class LitellmUpstream:
    """One provider account reached by litellm. The deployment's `model` carries litellm's prefix (`azure/gpt-4o`)."""

    def __init__(self, config: UpstreamConfig) -> None:
        self._config = config
        self._litellm = _load()
        self._tls: ssl.SSLContext | bool = True
        if config.ca_file is not None:
            self._tls = ssl.create_default_context(cafile=str(config.ca_file))

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        """See `Upstream.send`."""
        if dialect != "openai_chat":
            raise failures.failure(failures.MISCONFIGURED)
        sent = wire.outgoing(dialect, body, deployment)
        unknown = sent.keys() - PASSED
        if unknown:
            log.warning("upstream_unsupported_field", upstream=self._config.name, count=len(unknown))
            raise failures.failure(failures.REJECTED)
        try:
            async with asyncio.timeout(deployment.timeout_s):
                reply = await self._litellm.acompletion(**sent, **self._account(deployment))
        except TimeoutError:
            raise failures.timed_out(began=False) from None
        except Exception as error:  # noqa: BLE001 - litellm raises any type; all are mapped, none passed on
            raise self._mapped(error) from None
        if not sent.get("stream"):
            return Whole(reply.model_dump(mode="json", exclude_none=True))
        return Stream(Chunks(self._chunks(reply), lambda: None))

    async def close(self) -> None:
        """Release connections."""
        await self._litellm.close_litellm_async_clients()

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
        return {**given, "timeout": deployment.timeout_s, "max_retries": 0, "num_retries": 0, "no-log": True}

    async def _chunks(self, reply: Any) -> AsyncGenerator[Mapping[str, Any], None]:
        """Decoded objects. litellm makes up a finish where the provider sent none: that is a reply cut short."""
        try:
            while True:
                async with asyncio.timeout(self._config.idle_timeout_s):
                    chunk = await anext(reply, None)
                if chunk is None:
                    break
                yield chunk.model_dump(mode="json", exclude_none=True)
            if reply.received_finish_reason is None:
                raise failures.failure(failures.CUT_SHORT, upstream_status=200)
        except TimeoutError:
            raise failures.timed_out(began=True) from None
        except UpstreamFailed:
            raise
        except Exception as error:  # noqa: BLE001 - litellm raises any type; all are mapped, none passed on
            raise self._mapped(error) from None
        finally:
            await reply.aclose()

    def _mapped(self, error: Exception) -> UpstreamFailed:
        kind = type(error).__name__
        status = getattr(error, "status_code", None)
        log.warning("upstream_refused", upstream=self._config.name, error=kind)
        known = self._litellm.exceptions
        if isinstance(error, known.Timeout):
            return failures.timed_out(began=False)
        if isinstance(error, known.ContextWindowExceededError):
            return failures.failure(failures.CONTEXT_LENGTH, upstream_status=400)
        if isinstance(error, known.ContentPolicyViolationError):
            return failures.failure(failures.CONTENT_FILTER, upstream_status=400)
        if isinstance(error, known.APIConnectionError):
            return failures.failure(failures.UNREACHABLE)
        if isinstance(status, int) and 300 <= status < 600:
            headers = getattr(getattr(error, "response", None), "headers", None) or {}
            return failures.from_status(self._config.name, status, retry_after=headers.get("retry-after"))
        return failures.failure(failures.SERVER_ERROR)
