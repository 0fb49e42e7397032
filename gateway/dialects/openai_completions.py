"""OpenAI's legacy Completions: a prompt in, its continuation out.

See https://platform.openai.com/docs/api-reference/completions. The reply is a chat completion's in other clothes, so it
is read and written by way of that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.dialects import asked, claims, explain, hosted, knobs, openai_error, sse
from gateway.dialects.base import Lens
from gateway.dialects.bridge import CHAT, cannot
from gateway.dialects.lens import Check, Shape, Walker, shape, within
from gateway.dialects.openai_chat_decoder import ChatDecoder
from gateway.dialects.reply import broken, fresh_id
from gateway.model.call import Call
from gateway.model.dialect import Decoder
from gateway.model.errors import GatewayError, Refused
from gateway.model.event import ChoiceEnded, Delta, Event, Finished, Head, Started, Usage
from gateway.model.knob import Knobs

_SMALL: Final = within(0, 1_000_000)
STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/temperature": within(0, 2),
    "/top_p": within(0, 1),
    "/n": within(1, 128),
    "/best_of": within(1, 20),
    "/max_tokens": _SMALL,
    "/logprobs": within(0, 20),
    "/presence_penalty": within(-2, 2),
    "/frequency_penalty": within(-2, 2),
    "/seed": within(0, 9999),
    "/logit_bias/*": within(-100, 100),
}
BODY: Final[Shape] = shape(
    structural=STRUCTURAL,
    roles={"/prompt": "user", "/suffix": "user"},
    prose=("/prompt", "/prompt/*", "/suffix"),
    known=("/stream", "/stream_options/include_usage", "/echo", "/stop", "/stop/*", "/user", "/store", "/metadata"),
)
_SETTINGS: Final = ("temperature", "top_p", "max_tokens", "presence_penalty", "frequency_penalty", "seed", "best_of")
_BRIDGED: Final = frozenset(
    {"model", "temperature", "top_p", "n", "max_tokens", "presence_penalty", "frequency_penalty", "seed", "stop",
     "stream", "stream_options", "user", "logit_bias"}
)  # fmt: skip
_LEFT_OUT: Final = frozenset({"prompt", "logprobs", "store", "metadata"})
_OWN: Final = frozenset({"suffix", "echo", "best_of"})


class OpenAICompletions(Lens):
    """The lens over `POST /v1/completions`."""

    name = "openai_completions"
    knobs: Knobs = knobs.COMPLETIONS

    def __init__(self) -> None:
        self.bridge = CompletionsBridge()

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        asked.texts(rest, "prompt")
        choices = asked.count(rest, "n", 128)
        walker = Walker()
        for key, value in rest.items():
            walker.value({key: value}, BODY, "", "metadata", 0 if key in ("prompt", "suffix") else -1)
        prompt = rest["prompt"]
        return Call(
            dialect=self.name,
            model=asked.model_of(rest),
            stream=asked.flag(rest, "stream"),
            body=rest,
            parts=tuple(walker.parts),
            choices=choices * (len(prompt) if isinstance(prompt, list) else 1),
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters={"n": choices, **asked.settings(rest, _SETTINGS)},
            hosted=hosted.features(rest),
            functions=hosted.functions(rest),
        )

    def decoder(self, call: Call) -> "CompletionsDecoder":
        """A decoder for the reply to `call`."""
        return CompletionsDecoder(ChatDecoder(call))

    def encoder(self, call: Call) -> "CompletionsEncoder":
        """An encoder for a streamed reply to `call`."""
        return CompletionsEncoder(call)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body from guarded events. Raises ValueError where they don't end in `Finished`."""
        if not events or not isinstance(events[-1], Finished):
            raise ValueError("the reply is not whole")
        encoder = CompletionsEncoder(call)
        choices: dict[int, dict[str, Any]] = {}
        for event in events:
            encoder.feed(event)
            if isinstance(event, Started):
                choices.setdefault(event.choice, _choice(event.choice, ""))
            elif isinstance(event, Delta) and event.address in encoder.runs:
                choices[encoder.runs[event.address]]["text"] += event.text
            elif isinstance(event, ChoiceEnded):
                choices.setdefault(event.choice, _choice(event.choice, ""))["finish_reason"] = event.reason
        body = {**encoder.head, "choices": [choices[index] for index in sorted(choices)]}
        return body if encoder.usage is None else {**body, "usage": encoder.usage}

    def refusal(self, call: Call, error: Refused) -> list[Event]:
        """The refusal as a completion, for windows that hide errors."""
        head = {"model": call.model, **openai_error.opening("cmpl-refused")}
        return explain.message(head, "/choices/0/text", "content_filter", error)


class CompletionsDecoder:
    """Reads a completion as a chat completion that says the same."""

    def __init__(self, inner: ChatDecoder) -> None:
        self._inner = inner

    def whole(self, body: Mapping[str, Any]) -> list[Event]:
        """A whole reply. Raises UpstreamFailed."""
        return self._inner.whole(_as_chat(body, "message"))

    def chunk(self, data: Mapping[str, Any]) -> list[Event]:
        """One chunk of a stream. Raises UpstreamFailed."""
        return self._inner.chunk(_as_chat(data, "delta"))

    def end(self) -> list[Event]:
        """The stream has closed properly."""
        return self._inner.end()


def _as_chat(body: Mapping[str, Any], part: str) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise broken("not an object")
    choices = body.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(choice, Mapping) for choice in choices):
        raise broken("choices")
    said = [
        {**{key: choice[key] for key in choice if key != "text"}, part: {"content": choice.get("text") or ""}}
        for choice in choices
    ]
    return {**body, "choices": said}


class CompletionsEncoder:
    """Writes one streamed reply; `runs` are the text runs by address, with their choice."""

    def __init__(self, call: Call) -> None:
        options = call.body.get("stream_options")
        self._with_usage = isinstance(options, Mapping) and options.get("include_usage") is True
        self._call = call
        self._ended: list[ChoiceEnded] = []
        self.runs: dict[str, int] = {}
        self.head: dict[str, Any] = {}
        self.usage: dict[str, Any] | None = None

    def feed(self, event: Event) -> bytes:
        """The frames for one event, possibly none."""
        match event:
            case Head():
                fields = {key: event.fields[key] for key in ("created", "system_fingerprint") if key in event.fields}
                identity = event.fields.get("id") or fresh_id("cmpl")
                model = event.fields.get("model") or self._call.model
                self.head = {"id": identity, "object": "text_completion", "model": model, **fields}
            case Started() if event.channel in ("text", "refusal"):
                self.runs[event.address] = event.choice
            case Delta() if event.address in self.runs and event.text:
                return self._chunk([_choice(self.runs[event.address], event.text)])
            case ChoiceEnded():
                self._ended.append(event)
            case Usage():
                self.usage = dict(event.fields)
            case Finished():
                ends = [_choice(end.choice, "", end.reason) for end in self._ended]
                last = self._chunk([], usage=self.usage) if self._with_usage else b""
                return self._chunk(ends) + last + sse.DONE
        return b""

    def error(self, error: GatewayError) -> bytes:
        """The error event: clients stop at it, and `[DONE]` never follows."""
        return sse.data(openai_error.body(error))

    def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: " + orjson.dumps({**self.head, "choices": choices, **more}) + b"\n\n"


def _choice(index: int, text: str, reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": reason}


class CompletionsBridge:
    """Says a completion as a chat with one message."""

    to = CHAT

    def body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The chat completion. Raises BadRequest for what it has no form for."""
        prompt = body["prompt"]
        if isinstance(prompt, list):
            if len(prompt) != 1:
                raise cannot("several prompts in one call", "/prompt")
            prompt = prompt[0]
        for name, value in body.items():
            if name not in _BRIDGED and name not in _LEFT_OUT and value not in (None, False):
                raise cannot(f"'{name}'" if name in _OWN else "a field of this request")
        return {**{k: v for k, v in body.items() if k in _BRIDGED}, "messages": [{"role": "user", "content": prompt}]}

    def decoder(self, inner: Decoder) -> Decoder:
        """The chat's own decoder: a completion's encoder understands its events."""
        return inner
