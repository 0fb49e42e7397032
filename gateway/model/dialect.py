"""What a dialect must offer. A dialect is a lens: it reads leaves and puts replacements back."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from gateway.model.call import Call
from gateway.model.errors import GatewayError, Refused
from gateway.model.event import Event
from gateway.model.knob import Knobs


class Decoder(Protocol):
    """Turns the upstream's reply into events. One decoder serves one reply."""

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply body as events. Raises UpstreamFailed where it is not of the dialect's form."""
        ...

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One streamed chunk as events. Raises UpstreamFailed on an error chunk or a broken one."""
        ...

    def end(self) -> list[Event]:
        """What remains when the upstream closes its stream properly; UpstreamFailed if it was cut short."""
        ...


class Encoder(Protocol):
    """Writes guarded events to the client. One encoder serves one reply."""

    def feed(self, event: Event) -> bytes:
        """Bytes to send now (SSE frames), possibly none. Finish frames wait for `Finished`."""
        ...

    def error(self, error: GatewayError) -> bytes:
        """The dialect's own error event for a stream that has begun."""
        ...


class Bridge(Protocol):
    """How a call is said in another dialect, for an upstream that does not speak the caller's own."""

    to: str
    """The other dialect's name."""

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request in the other dialect. Raises BadRequest for what it has no form for."""
        ...

    def decoder(self, inner: Decoder) -> Decoder:
        """A decoder over the other dialect's, whose events the caller's encoder understands."""
        ...


class Dialect(Protocol):
    """One way of speaking to a model. `write(read(b).body, {})` gives `b` back, unknown fields included."""

    name: str

    @property
    def knobs(self) -> Knobs:
        """Where a body has the parameters that policy may limit; empty where there are none."""
        ...

    @property
    def bridge(self) -> Bridge | None:
        """The way to upstreams that don't speak this dialect; None where there is none."""
        ...

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. Raises BadRequest. Every leaf is a part or named structural."""
        ...

    def write(self, body: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the parts at the given addresses replaced. The input is not changed."""
        ...

    def repaint(self, body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the pictures at the given addresses replaced by those of the data URLs given."""
        ...

    def decoder(self, call: Call) -> Decoder:
        """A decoder for the upstream's reply to `call`."""
        ...

    def encoder(self, call: Call) -> Encoder:
        """An encoder for a streamed reply to the client."""
        ...

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events."""
        ...

    def error(self, error: GatewayError) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of an error before the first byte."""
        ...

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as an answer of the assistant, for chat windows that hide errors; empty where an answer of this
        dialect has no place for words."""
        ...


@runtime_checkable
class Forms(Protocol):
    """A dialect whose requests may also come as multipart/form-data: a file in the body is then an object of
    `filename`, `content_type` and `data` (base64), in one of the fields named here (with or without `[]`)."""

    files: frozenset[str]


@runtime_checkable
class Lines(Protocol):
    """A dialect whose streams are no server-sent events."""

    stream_type: str
    """Their content type."""

    def silence(self, call: Call) -> bytes:
        """What a client takes no notice of, to be sent while a stream has nothing to say."""
        ...


@runtime_checkable
class Payloads(Protocol):
    """A dialect some of whose replies are no JSON."""

    def payload(self, body: Mapping[str, Any]) -> tuple[bytes, str] | None:
        """A collected body as bytes with their content type; None where it is sent as JSON."""
        ...
