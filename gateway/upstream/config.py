"""What an upstream is told about itself. Plain values: reading files and environments is done elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MIB = 2**20

PATHS: Mapping[str, str] = {
    "openai_chat": "/chat/completions",
    "openai_completions": "/completions",
    "openai_responses": "/responses",
    "openai_embeddings": "/embeddings",
    "openai_moderations": "/moderations",
    "openai_images": "/images/generations",
    "openai_image_edits": "/images/edits",
    "openai_image_variations": "/images/variations",
    "openai_speech": "/audio/speech",
    "openai_transcriptions": "/audio/transcriptions",
    "openai_translations": "/audio/translations",
    "anthropic_messages": "/messages",
    "anthropic_count_tokens": "/messages/count_tokens",
}
"""Dialect -> endpoint below the base URL of a direct upstream: what one can be told that it speaks."""
SPOKEN: frozenset[str] = frozenset({"openai_chat", "openai_embeddings"})
"""What a direct upstream is taken to speak unless its settings say more: what every compatible server does."""

OPTIONS: Mapping[str, frozenset[str]] = {
    "direct": frozenset({"api_version", "omit", "rejects"}),
    "litellm": frozenset({"api_version", "omit", "rejects", "aws_region_name", "vertex_project", "vertex_location"}),
    "offline": frozenset({"rejects"}),
}
"""What a deployment of the register may say in `options`, by the kind of its upstream."""


PARAMETERS: frozenset[str] = frozenset(
    {"temperature", "top_p", "max_output_tokens", "max_tokens", "max_completion_tokens"}
)
"""What a deployment's option `rejects` may name: parameters by their name in the register, or single fields."""


def omitted(options: Mapping[str, str]) -> frozenset[str]:
    """The fields that a deployment's server does not know (option `omit`)."""
    return _names(options.get("omit", ""))


def rejected(options: Mapping[str, str]) -> frozenset[str]:
    """The parameters, or fields of parameters, that a deployment's model does not take (options `rejects`, `omit`)."""
    return _names(options.get("rejects", "")) | omitted(options)


def unknown_parameters(options: Mapping[str, str]) -> frozenset[str]:
    """What `rejects` names and is no parameter: a mistake in the register, to be told at start-up."""
    return _names(options.get("rejects", "")) - PARAMETERS


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",")) - {""}


def unknown_options(kind: str, options: Mapping[str, str]) -> frozenset[str]:
    """The options that no upstream of that kind knows: a mistake in the register, to be told at start-up."""
    return frozenset(options) - OPTIONS[kind]


@dataclass(frozen=True, slots=True)
class UpstreamConfig:
    """One provider. Times are in seconds, sizes in bytes.

    `speaks` are the dialects that a direct upstream serves; a call in another one is said as a chat completion where
    that is possible. `base_url` ends before the endpoint (`https://host/openai/v1`). `auth` says how the key travels:
    `bearer` (OpenAI and most), `api-key` (Azure's own header) or `x-api-key` (Anthropic's). `headers` go with every
    request and may hold secrets. `proxy` is the one proxy to use; proxies and credentials of the environment are
    ignored unless `trust_env` is set. The time to a reply's first byte is the deployment's own
    (`Deployment.timeout_s`); `idle_timeout_s` is the longest silence within a reply.
    """

    name: str
    kind: Literal["direct", "litellm", "offline"]
    speaks: frozenset[str] = SPOKEN
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    api_version: str | None = None
    auth: Literal["bearer", "api-key", "x-api-key"] = "bearer"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = False
    connect_timeout_s: float = 5.0
    idle_timeout_s: float = 60.0
    max_connections: int = 256
    max_body_bytes: int = 32 * MIB
    max_event_bytes: int = 4 * MIB
    max_stream_bytes: int = 64 * MIB

    def __post_init__(self) -> None:
        """Raise ValueError naming the field at fault."""
        if self.kind == "direct" and not (self.base_url or "").startswith(("http://", "https://")):
            raise ValueError(f"upstream {self.name}: base_url must begin with https:// or http://")
        unknown = sorted(self.speaks - PATHS.keys())
        if unknown:
            raise ValueError(f"upstream {self.name}: no dialect {unknown[0]!r}; there are {', '.join(sorted(PATHS))}")
        if "@" in (self.base_url or ""):
            raise ValueError(f"upstream {self.name}: base_url must not hold credentials; use api_key")
        for limit in ("connect_timeout_s", "idle_timeout_s", "max_body_bytes", "max_event_bytes", "max_stream_bytes"):
            if getattr(self, limit) <= 0:
                raise ValueError(f"upstream {self.name}: {limit} must be above zero")
