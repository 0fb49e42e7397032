"""The port behind which every provider stands: plain dictionaries in the caller's dialect, in and out."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.model.caller import Deployment


@dataclass(frozen=True, slots=True, repr=False)
class Whole:
    """A whole reply body."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Stream:
    """A streamed reply: decoded `data:` objects, ending normally only after the provider's own end mark.

    The iterator is an async generator: closing it (`aclose`) cancels the upstream request.
    """

    chunks: AsyncIterator[Mapping[str, Any]]


Reply = Whole | Stream


class Upstream(Protocol):
    """A way of reaching deployments."""

    @property
    def speaks(self) -> frozenset[str]:
        """The dialects that it understands; a call in another one needs a bridge to one of them."""
        ...

    async def send(self, dialect: str, body: Mapping[str, Any], deployment: Deployment) -> Reply:
        """Send one call once (no retries here) and return when the provider has accepted it.

        `body["stream"]` says which reply is wanted. Raises UpstreamFailed (with `retryable`) or
        UpstreamTimeout; the provider's own text is never in the message.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
