"""OpenAI's Embeddings and Moderations: text in, numbers out.

See https://platform.openai.com/docs/api-reference/embeddings and /moderations. There is nothing in the reply to restore
or to inspect: it is let through where it is nothing but numbers.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.dialects import asked, claims, knobs
from gateway.dialects.base import WholeDecoder, Wordless
from gateway.dialects.lens import Check, Shape, Walker, one_of, shape, within
from gateway.dialects.reply import broken, code_of, counts_of, fresh_id, word_of
from gateway.model.call import Call
from gateway.model.errors import BadRequest
from gateway.model.event import Event, Finished, Head, Usage
from gateway.model.knob import Knobs

MAX_DIMENSIONS: Final = 65_536

EMBEDDINGS_STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/encoding_format": one_of("float", "base64"),
    "/dimensions": within(1, MAX_DIMENSIONS),
}
EMBEDDINGS_BODY: Final[Shape] = shape(
    structural=EMBEDDINGS_STRUCTURAL,
    roles={"/input": "user"},
    prose=("/input", "/input/*"),
    known=("/user", "/metadata"),
)
MODERATIONS_STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/input/*/type": one_of("text", "image_url"),
}
MODERATIONS_BODY: Final[Shape] = shape(
    structural=MODERATIONS_STRUCTURAL,
    roles={"/input": "user"},
    prose=("/input", "/input/*", "/input/*/text"),
    known=("/metadata",),
    blobs={"/input/*/image_url": "image", "/input/*/image_url/url": "image"},
)


_BLOCK: Final = re.compile(r"(/input/\d+)/image_url(?:/url)?")


class _Numbers(Wordless):
    """What both have in common: a body of inputs, a reply of rows without words."""

    name = ""
    knobs: Knobs = knobs.NONE
    bridge = None
    body: Shape
    rows = ""
    """The reply's key of its rows, one for each input."""
    row: Callable[[Mapping[str, Any]], dict[str, Any]]
    """A row as it may be handed on. Raises UpstreamFailed."""
    settings: Sequence[str] = ()

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        self.check(rest)
        if asked.flag(rest, "stream"):
            raise BadRequest("This kind of answer is not streamed: take 'stream' out.", param="/stream")
        walker = Walker()
        for key, value in rest.items():
            walker.value({key: value}, self.body, "", "metadata", 0 if key == "input" else -1)
        return Call(
            dialect=self.name,
            model=asked.model_of(rest),
            stream=False,
            body=rest,
            parts=tuple(walker.parts),
            structured=True,
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters=asked.settings(rest, self.settings),
        )

    def check(self, body: Mapping[str, Any]) -> None:
        """What the gateway itself relies on. Raises BadRequest."""
        asked.texts(body, "input")

    def decoder(self, call: Call) -> "NumbersDecoder":
        """A decoder for the reply to `call`."""
        return NumbersDecoder(call, self.rows, type(self).row)

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
        if not events or not isinstance(events[-1], Finished):
            raise ValueError("the reply is not whole")
        body: dict[str, Any] = {}
        for event in events:
            if isinstance(event, Head):
                body |= event.fields
            elif isinstance(event, Usage):
                body["usage"] = dict(event.fields)
        return body


class NumbersDecoder(WholeDecoder):
    """Reads one reply."""

    def __init__(self, call: Call, rows: str, row: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        self._call, self._rows, self._row = call, rows, row

    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """The rows, their model and counts. Raises UpstreamFailed."""
        rows = body.get(self._rows)
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise broken(self._rows)
        fields: dict[str, Any] = {
            self._rows: [self._row(row) for row in rows],
            "model": code_of(body.get("model")) or self._call.model,
        }
        fields |= {"object": "list"} if self._rows == "data" else {"id": code_of(body.get("id")) or fresh_id("modr")}
        usage = counts_of(body["usage"]) if isinstance(body.get("usage"), Mapping) else None
        return [Head(fields), *([Usage(usage)] if usage else []), Finished()]


def _vector(row: Mapping[str, Any]) -> dict[str, Any]:
    index, vector = row.get("index"), row.get("embedding")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise broken("an embedding's index")
    if isinstance(vector, str):
        try:
            size = len(base64.b64decode(vector, validate=True))
        except (binascii.Error, ValueError):
            size = 1
        if size % 4 or size > 4 * MAX_DIMENSIONS:
            raise broken("an embedding")
    elif not (isinstance(vector, list) and len(vector) <= MAX_DIMENSIONS and all(map(_finite, vector))):
        raise broken("an embedding")
    return {"object": "embedding", "index": index, "embedding": vector}


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _verdict(row: Mapping[str, Any]) -> dict[str, Any]:
    def kept(values: Any, good: Callable[[Any], bool]) -> dict[str, Any]:
        items = values.items() if isinstance(values, Mapping) else ()
        return {key: value for key, value in items if _category(key) and good(value)}

    def sources(value: Any) -> bool:
        return isinstance(value, list) and all(item in ("text", "image") for item in value)

    found: dict[str, Any] = {
        "flagged": row.get("flagged") is True,
        "categories": kept(row.get("categories"), lambda value: isinstance(value, bool)),
        "category_scores": kept(row.get("category_scores"), _finite),
    }
    if row.get("category_applied_input_types") is not None:
        found["category_applied_input_types"] = kept(row["category_applied_input_types"], sources)
    return found


def _category(key: Any) -> bool:
    """A category's name, such as `harassment/threatening`."""
    return isinstance(key, str) and word_of(key.replace("/", "_").replace("-", "_")) is not None


class OpenAIEmbeddings(_Numbers):
    """The lens over `POST /v1/embeddings`."""

    name = "openai_embeddings"
    body = EMBEDDINGS_BODY
    rows = "data"
    row = staticmethod(_vector)
    settings = ("dimensions", "encoding_format")


class OpenAIModerations(_Numbers):
    """The lens over `POST /v1/moderations`."""

    name = "openai_moderations"
    unread = (_BLOCK,)
    body = MODERATIONS_BODY
    rows = "results"
    row = staticmethod(_verdict)

    def check(self, body: Mapping[str, Any]) -> None:
        """A text, texts, or blocks of text and images."""
        given = body.get("input")
        if not (isinstance(given, list) and given and all(isinstance(block, dict) for block in given)):
            asked.texts(body, "input")
