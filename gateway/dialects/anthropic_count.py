"""Anthropic's token count: a Messages call that is counted and not answered.

The content leaves for the provider all the same, so it is inspected and recorded like any other call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.dialects import knobs
from gateway.dialects.anthropic_messages import AnthropicMessages
from gateway.dialects.reply import broken, failed_reply
from gateway.model.call import Call
from gateway.model.errors import Refused
from gateway.model.event import Event, Finished, Head
from gateway.model.knob import Knobs


class AnthropicCount(AnthropicMessages):
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

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """Nothing: a count has no place for words, so a refusal is an error here."""
        return []


class CountDecoder:
    """Reads one count."""

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        if isinstance(body, Mapping) and body.get("error"):
            raise failed_reply(body["error"])
        tokens = body.get("input_tokens") if isinstance(body, Mapping) else None
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise broken("input_tokens")
        return [Head({"input_tokens": tokens}), Finished()]

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """These replies come whole."""
        raise broken("a stream")

    def end(self) -> list[Event]:
        """These replies come whole."""
        raise broken("a stream")
