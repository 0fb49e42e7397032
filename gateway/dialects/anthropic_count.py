"""Anthropic's token count: a Messages call that is counted and not answered.

The content leaves for the provider all the same, so it is inspected and recorded like any other call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.dialects import knobs
from gateway.dialects.anthropic_messages import AnthropicMessages
from gateway.dialects.base import WholeDecoder, Wordless
from gateway.dialects.reply import broken
from gateway.model.call import Call
from gateway.model.event import Event, Finished, Head
from gateway.model.knob import Knobs


class AnthropicCount(Wordless, AnthropicMessages):
    """The lens over `POST /v1/messages/count_tokens`."""

    name = "anthropic_count_tokens"
    knobs: Knobs = knobs.NONE

    def __init__(self) -> None:
        self.bridge = None

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """See `AnthropicMessages.read`. The reply is a number, for a program."""
        return replace(super().read(body, headers), stream=False, structured=True)

    def decoder(self, call: Call) -> "CountDecoder":
        """A decoder for the reply to `call`."""
        return CountDecoder()

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The count. Raises ValueError where the events don't end in `Finished`."""
        if not events or not isinstance(events[-1], Finished):
            raise ValueError("the reply is not whole")
        return {key: value for event in events if isinstance(event, Head) for key, value in event.fields.items()}


class CountDecoder(WholeDecoder):
    """Reads one count."""

    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """The count. Raises UpstreamFailed."""
        tokens = body.get("input_tokens")
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise broken("input_tokens")
        return [Head({"input_tokens": tokens}), Finished()]
