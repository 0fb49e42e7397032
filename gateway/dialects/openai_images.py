"""OpenAI's Images: a prompt (and pictures to work from) in, pictures out.

See https://platform.openai.com/docs/api-reference/images. A picture is passed on where it is one, and leaves with the
mark that AI made it; an address at a provider's storage is not: what lies there could not be checked or marked, and
fetching it would tell the provider who looks.
"""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dialects import openai_media, pictures, seals, xmp
from gateway.dialects.base import WholeDecoder
from gateway.dialects.lens import Check, Shape, matching, one_of, shape
from gateway.dialects.openai_media import FLAG, Media, file_keys, file_tables, is_reference, is_withheld, numeric
from gateway.dialects.reply import broken, counts_of, mended, verdicts_of, word_of
from gateway.model.call import Call
from gateway.model.errors import BadRequest, UpstreamFailed
from gateway.model.event import Event, Finished, Head, Usage
from gateway.model.part import Role

MOST: Final = 10
"""Pictures of one call."""
SEAL_KEPT: Final = "provider-seal-kept"
"""The notice that a picture is as the provider sealed it: our note is in the headers and the sidecar alone."""

_FILES: Final = ("image", "mask")
_COMMON: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/n": numeric(1, MOST),
    "/size": matching(r"auto|[0-9]{3,4}x[0-9]{3,4}"),
    "/quality": one_of("standard", "hd", "low", "medium", "high", "auto"),
    "/style": one_of("vivid", "natural"),
    "/response_format": one_of("url", "b64_json"),
    "/output_format": one_of("png", "jpeg", "webp"),
    "/output_compression": numeric(0, 100),
    "/background": one_of("transparent", "opaque", "auto"),
    "/moderation": one_of("low", "auto"),
    "/input_fidelity": one_of("high", "low"),
    "/partial_images": numeric(0, 3),
    "/stream": FLAG,
}
_FILE_STRUCTURAL, _FILE_ROLES, _FILE_BLOBS = file_tables(_FILES, "image")
IMAGES_STRUCTURAL: Final = _COMMON
IMAGES_BODY: Final[Shape] = shape(
    structural=IMAGES_STRUCTURAL, roles={"/prompt": "user"}, prose=("/prompt",), known=("/user", "/metadata")
)
FORM_STRUCTURAL: Final[dict[str, Check]] = {
    **_COMMON,
    **_FILE_STRUCTURAL,
    "/images/*/type": one_of("text"),
}
_ROLES: Final[dict[str, Role]] = {"/prompt": "user", "/images": "user", **_FILE_ROLES}
FORM_BODY: Final[Shape] = shape(
    structural=FORM_STRUCTURAL,
    roles=_ROLES,
    prose=("/prompt",),
    known=("/user", "/metadata", "/images/*/text", *file_keys(_FILES)),
    blobs={
        **_FILE_BLOBS,
        **{f"{place}/{key}": "image" for place in ("/images/*", "/mask") for key in ("image_url", "file_id")},
    },
)
_SETTINGS: Final = ("size", "quality", "style", "background", "output_format")


class OpenAIImages(Media):
    """The lens over `POST /v1/images/generations`."""

    name = "openai_images"
    body = IMAGES_BODY
    said = frozenset({"prompt"})
    settings = _SETTINGS
    source = xmp.MADE

    def check(self, body: Mapping[str, Any]) -> None:
        """A prompt, and no files."""
        openai_media.text(body, "prompt")
        openai_media.files(body)

    def choices(self, body: Mapping[str, Any]) -> int:
        """The number of pictures. Raises BadRequest."""
        return openai_media.count(body, MOST)

    def decoder(self, call: Call) -> "PicturesDecoder":
        """A decoder for the reply to `call`."""
        return PicturesDecoder()

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body, its pictures marked where no seal says the same. Raises ValueError where the events
        don't end in `Finished`."""
        head, texts, usage = openai_media.whole(events)
        rows = [dict(row) for row in head.fields["data"]]
        packet = xmp.packet(self.source, head.note, head.ref) if head.note else b""
        for index, row in enumerate(rows):
            row["b64_json"] = texts[_picture_at(index)]
            data = base64.b64decode(row["b64_json"])
            if packet and not seals.says_ai(data):
                row["b64_json"] = base64.b64encode(pictures.marked(data, packet)).decode("ascii")
            if (address := _prompt_at(index)) in texts:
                row["revised_prompt"] = texts[address]
        return {**head.fields, "data": rows, **usage}


class OpenAIImageEdits(OpenAIImages):
    """The lens over `POST /v1/images/edits`, as a form or as JSON."""

    name = "openai_image_edits"
    body = FORM_BODY
    files = frozenset(_FILES)
    holders = frozenset({"images", *_FILES})
    said = frozenset({"prompt", "images", "image", "image[]", "mask", "mask[]"})
    source = xmp.CHANGED

    def check(self, body: Mapping[str, Any]) -> None:
        """A prompt, and pictures: uploaded, or in the JSON form said where they lie."""
        openai_media.text(body, "prompt")
        named = body.get("images")
        if named is not None and not (
            isinstance(named, list) and named and all(is_reference(each) or is_withheld(each) for each in named)
        ):
            raise BadRequest(
                "'images' must be a list of pictures, each with an image_url or a file_id.", param="/images"
            )
        openai_media.files(body, self.files, "" if named else "image", named="mask")


class OpenAIImageVariations(OpenAIImages):
    """The lens over `POST /v1/images/variations`."""

    name = "openai_image_variations"
    body = FORM_BODY
    files = holders = frozenset({"image"})
    said = frozenset({"prompt", "image", "image[]"})
    source = xmp.CHANGED

    def check(self, body: Mapping[str, Any]) -> None:
        """A picture."""
        openai_media.text(body, "prompt", optional=True)
        openai_media.files(body, self.files, "image")


class PicturesDecoder(WholeDecoder):
    """Reads one reply."""

    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """The pictures, their prompts and counts. Raises UpstreamFailed."""
        rows = body.get("data")
        if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, Mapping) for row in rows):
            raise broken("pictures")
        created = body.get("created")
        known = isinstance(created, int) and not isinstance(created, bool)
        fields: dict[str, Any] = {"created": created if known else int(time.time())}
        fields |= {key: word for key in ("background", "output_format", "quality") if (word := word_of(body.get(key)))}
        if IMAGES_STRUCTURAL["/size"](body.get("size")):
            fields["size"] = body["size"]
        fields["data"] = [_beside(row) for row in rows]
        found = [_picture(row) for row in rows]
        sealed = any(seals.says_ai(base64.b64decode(data)) for data, _ in found)
        events: list[Event] = [Head(fields, {"X-AI-Notice": SEAL_KEPT} if sealed else {})]
        for index, row in enumerate(rows):
            data, media = found[index]
            events += openai_media.run(_picture_at(index), "file", data, media)
            if isinstance(row.get("revised_prompt"), str):
                events += openai_media.run(_prompt_at(index), "plain", mended(row["revised_prompt"]))
        usage = counts_of(body["usage"]) if isinstance(body.get("usage"), Mapping) else None
        return [*events, *([Usage(usage)] if usage else []), Finished()]


def _prompt_at(index: int) -> str:
    return f"/data/{index}/revised_prompt"


def _picture_at(index: int) -> str:
    return f"/data/{index}/b64_json"


def _picture(row: Mapping[str, Any]) -> tuple[str, str]:
    """A picture in base64 and its media type. Raises UpstreamFailed for anything else."""
    data = row.get("b64_json")
    if not isinstance(data, str) or not data:
        raise address_reply() if row.get("url") else broken("a picture")
    try:
        return data, pictures.kind_of(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise broken("a picture") from None


def _beside(row: Mapping[str, Any]) -> dict[str, Any]:
    """What may be handed on beside a picture and its prompt."""
    verdicts = ("content_filter_results", "prompt_filter_results")
    return {key: verdicts_of(row[key]) for key in verdicts if isinstance(row.get(key), Mapping)}


def address_reply() -> UpstreamFailed:
    """The failure for an address in place of a picture."""
    error = UpstreamFailed(
        "The AI provider answered with the address of a picture instead of the picture. The gateway does not pass such "
        'addresses on, since it can neither check nor mark what lies there. Ask with "response_format": "b64_json".'
    )
    error.code = "upstream_address_reply"
    return error
