"""What OpenAI's endpoints for pictures and sound have in common: one request, one whole reply, nothing streamed.

Where a request is a form (multipart/form-data), its numbers come as text, and its files as `{"filename",
"content_type", "data"}` with the bytes in base64: those can't be read, and policy decides about them.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.dialects import asked, blocks, claims, knobs, lens
from gateway.dialects.base import Wordless
from gateway.dialects.lens import Check, Shape, Walker, one_of
from gateway.model.call import Call
from gateway.model.errors import BadRequest
from gateway.model.event import Channel, Delta, Ended, Event, Finished, Head, Started, Usage
from gateway.model.file import is_file
from gateway.model.knob import Knobs
from gateway.model.part import Part, Role

FILE_TYPE: Final[Check] = one_of(
    "image/png", "image/jpeg", "image/webp", "image/gif", "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a",
    "audio/m4a", "audio/wav", "audio/x-wav", "audio/wave", "audio/flac", "audio/x-flac", "audio/ogg", "audio/opus",
    "audio/webm", "audio/aac", "video/mp4", "video/webm", "video/mpeg", "application/octet-stream",
)  # fmt: skip
FLAG: Final[Check] = one_of("true", "false")

_WITHHELD_KEYS: Final = frozenset({"type", "text"})
_NUMBER: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,4})?")
_FAMILIES: Final = ("image/", "audio/", "video/")
_REFERENCES: Final = ("image_url", "file_id")


def numeric(low: float, high: float) -> Check:
    """A number of a range, or its spelling in a form."""

    def check(value: Any) -> bool:
        if isinstance(value, str):
            return _NUMBER.fullmatch(value) is not None and low <= float(value) <= high
        return isinstance(value, int | float) and low <= value <= high

    return check


def file_tables(names: Sequence[str], media: str) -> tuple[dict[str, Check], dict[str, Role], dict[str, str]]:
    """The structural leaves, roles and blobs of the fields called `names`, which hold files of `media`."""
    places = [place for name in names for place in (f"/{name}", f"/{name}/*", f"/{name}[]/*")]
    structural = {f"{place}/content_type": FILE_TYPE for place in places}
    structural |= {f"{place}/type": one_of("text") for place in places}
    roles: dict[str, Role] = {f"/{name}{end}": "user" for name in names for end in ("", "[]")}
    return structural, roles, {f"{place}/data": media for place in places}


def file_keys(names: Sequence[str]) -> list[str]:
    """The keys that a file has, wherever one may stand."""
    places = [place for name in names for place in (f"/{name}", f"/{name}/*", f"/{name}[]/*")]
    return [f"{place}/{key}" for place in places for key in ("filename", "text")]


def is_withheld(value: Any) -> bool:
    """Whether a value is the words that stand in a file's place."""
    return isinstance(value, Mapping) and value.keys() == _WITHHELD_KEYS and value["type"] == "text"


def listed(value: Any) -> Sequence[Any]:
    """A value, or each of a list."""
    return value if isinstance(value, list) else [value]


class Media(Wordless):
    """The lens of one endpoint. `said` are the fields that are the request itself."""

    name = ""
    knobs: Knobs = knobs.NONE
    bridge = None
    body: Shape
    said: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    """The fields that hold files, or say where they lie."""
    settings: Sequence[str] = ()
    restorable = True

    def read(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        """The call in `body`. Raises BadRequest naming the field."""
        rest, claimed = claims.take(body, headers)
        if rest.get("stream") not in (None, False, "false"):
            raise BadRequest(
                "This kind of answer comes whole here: leave 'stream' out.", param="/stream", code="not_streamed"
            )
        self.check(rest)
        walker = Walker()
        for key, value in rest.items():
            walker.value({key: value}, self.body, "", "metadata", 0 if key in self.said else -1)
        return Call(
            dialect=self.name,
            model=asked.model_of(rest),
            stream=False,
            body=rest,
            parts=tuple(_named(part, rest) for part in walker.parts),
            structured=True,
            choices=self.choices(rest),
            purpose=claimed.purpose,
            case_ref=claimed.case_ref,
            contest=claimed.contest,
            parameters={"n": self.choices(rest), **asked.settings(rest, self.settings)},
            restorable=self.restorable,
            as_words=not self.holders,
        )

    def check(self, body: Mapping[str, Any]) -> None:
        """What the gateway itself relies on. Raises BadRequest."""

    def choices(self, body: Mapping[str, Any]) -> int:
        """How many answers are asked for. Raises BadRequest."""
        return 1

    def home(self, body: Mapping[str, Any], address: str) -> str | None:
        """The field that holds a file, or says where it lies."""
        place, _, leaf = address.rpartition("/")
        if address.split("/")[1].removesuffix("[]") not in self.holders or leaf not in ("data", *_REFERENCES):
            return None
        return place if isinstance(blocks.at(body, place), Mapping) else None

    def repaint(self, body: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
        """A new body with the pictures at the given addresses replaced by those of data URLs."""
        painted = super().repaint(body, pictures)
        kinds = {
            f"{address.removesuffix('/data')}/content_type": url.partition(";")[0].removeprefix("data:")
            for address, url in pictures.items()
            if address.endswith("/data")
        }
        return lens.write(painted, kinds)


def text(body: Mapping[str, Any], name: str, *, optional: bool = False) -> None:
    """See that a field is a text. Raises BadRequest."""
    value = body.get(name)
    if not (isinstance(value, str) or (optional and value is None)):
        raise BadRequest(f"'{name}' must be a text.", param=f"/{name}")


def count(body: Mapping[str, Any], most: int) -> int:
    """How many answers are asked for in `n`, 1 where it isn't given. Raises BadRequest."""
    value = body.get("n")
    if value in (None, ""):
        return 1
    if isinstance(value, bool) or not numeric(1, most)(value) or float(value) % 1:
        raise BadRequest(f"'n' must be a whole number from 1 to {most}.", param="/n")
    return int(float(value))


def files(body: Mapping[str, Any], names: frozenset[str] = frozenset(), needed: str = "", *, named: str = "") -> None:
    """See that files are files, that there are none but in the fields `names` (with or without `[]`), and that the one
    that is `needed` is there. The field called `named` may say where its picture lies. Raises BadRequest."""
    for key, value in body.items():
        expected = key.removesuffix("[]") in names
        for each in listed(value):
            if is_file(each):
                if not expected:
                    raise BadRequest("The form has a file in a field that takes none.", code="unexpected_file")
                _decoded(each["data"])
            elif expected and not is_withheld(each) and not (key == named and is_reference(each)):
                raise BadRequest("A field that takes a file holds something else.", code="not_a_file")
    if needed and not any(body.get(name) for name in (needed, f"{needed}[]")):
        raise BadRequest(f"'{needed}' must be a file, sent as multipart/form-data.", param=f"/{needed}")


def is_reference(value: Any) -> bool:
    """Whether a value says where a picture lies, instead of being one."""
    return (
        isinstance(value, Mapping)
        and len(value) == 1
        and all(isinstance(value.get(k), str) for k in value)
        and (next(iter(value)) in _REFERENCES)
    )


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("A file's data is not base64.", code="not_a_file") from None


def _named(part: Part, body: Mapping[str, Any]) -> Part:
    """An unreadable part with the kind that its content type says: a film is no sound, though it has one."""
    if part.kind != "blob" or not part.address.endswith("/data"):
        return part
    file = blocks.at(body, part.address.removesuffix("/data"))
    kind = file.get("content_type", "") if isinstance(file, Mapping) else ""
    return replace(part, media=kind) if kind.startswith(_FAMILIES) and FILE_TYPE(kind) else part


def whole(events: Sequence[Event]) -> tuple[Head, dict[str, str], dict[str, Any]]:
    """The head of a reply, its texts by address, and its counts. Raises ValueError where it is not whole."""
    if not events or not isinstance(events[0], Head) or not isinstance(events[-1], Finished):
        raise ValueError("the reply is not whole")
    texts: dict[str, str] = {}
    usage: dict[str, Any] = {}
    for event in events:
        if isinstance(event, Delta):
            texts[event.address] = texts.get(event.address, "") + event.text
        elif isinstance(event, Usage):
            usage = {"usage": dict(event.fields)}
    return events[0], texts, usage


def run(address: str, channel: Channel, said: str, name: str = "") -> Iterator[Event]:
    """The events of one whole text, or of a file in base64 with its media type as the name."""
    yield Started(address, channel, name=name)
    yield Delta(address, said)
    yield Ended(address)
