"""What the HTTP room needs of others, and the limits it keeps."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.identity.port import Identity
from gateway.model.call import Request
from gateway.model.caller import Caller
from gateway.model.dialect import Dialect
from gateway.model.event import Event
from gateway.stages.resolve import Offer

MIB: Final = 2**20


class Models(Protocol):
    """The register, as far as a list of models goes."""

    def models(self, caller: Caller) -> Iterable[Offer]:
        """What this caller may use today."""
        ...


class Services(Protocol):
    """The part of the desk that HTTP itself uses; the rest is the pipeline's."""

    @property
    def identity(self) -> Identity:
        """Who calls."""
        ...

    @property
    def register(self) -> Models:
        """What may be called."""
        ...

    @property
    def dialects(self) -> Mapping[str, Dialect]:
        """How calls are read and answered, by name."""
        ...


Run = Callable[[Request], AsyncIterator[Event]]
"""The pipeline, with its desk."""
Check = Callable[[], Awaitable[bool]]
"""One readiness check: True when calls can be served. An exception counts as False."""
Disclosures = Callable[[Caller, str], Awaitable[Mapping[str, Any] | None]]
"""The disclosure of a record by its reference, None where the caller has no such record."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one client can make the gateway hold. Sizes in bytes, times in seconds."""

    body_bytes: int = 32 * MIB
    """Of a request's body, after decompression as well as before."""
    body_seconds: float = 60.0
    """For the whole body to arrive."""
    depth: int = 64
    """Levels of arrays and objects."""
    in_flight: int = 256
    """Calls at once in this worker; more get 503 with Retry-After."""
    keep_alive_seconds: float = 15.0
    """Silence in a stream after which a comment is sent, so that proxies don't close it."""
    send_seconds: float = 60.0
    """For a client to take what it is sent; a client that stops reading is gone."""
    check_seconds: float = 2.0
    """For one readiness check."""
    drain_seconds: float = 30.0
    """For running calls to end when the server stops."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limit {name} must be above zero")
