"""OpenAI's Transcriptions and Translations: a recording in, what was said in it out.

See https://platform.openai.com/docs/api-reference/audio/createTranscription. The recording can't be read, so policy
decides about it; the transcript is guarded like any other answer. Where it comes in pieces (segments, words,
subtitles) those are guarded as the one text that they are. Numbers of tokens and their probabilities, which spell
the text once more, are left out.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.dialects import openai_media, subtitles
from gateway.dialects.base import WholeDecoder
from gateway.dialects.lens import Check, Shape, matching, one_of, shape
from gateway.dialects.openai_media import FLAG, Media, file_keys, file_tables, numeric
from gateway.dialects.reply import broken, code_of, counts_of, mended, word_of
from gateway.model.call import Call
from gateway.model.errors import BadRequest
from gateway.model.event import Event, Finished, Head, Usage

FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
WORDS_ALONE: Final = frozenset({"text", "srt", "vtt"})
"""Formats that are no JSON."""
MAX_PIECES: Final = 200_000

_FILE_STRUCTURAL, _FILE_ROLES, _FILE_BLOBS = file_tables(("file",), "audio")
_LANGUAGE: Final = matching(r"[a-z]{2}(-[A-Z]{2})?")
_SPEAKER: Final = matching(r"[A-Z]?|(speaker|SPEAKER)[ _]?[0-9]{1,3}")
"""What a provider calls speakers whose names it was not given: a letter, or a number."""
STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/response_format": one_of(*FORMATS),
    "/temperature": numeric(0, 1),
    "/language": _LANGUAGE,
    "/languages[]/*": _LANGUAGE,
    "/timestamp_granularities[]/*": one_of("word", "segment"),
    "/include[]/*": one_of("logprobs"),
    "/chunking_strategy": one_of("auto"),
    "/chunking_strategy[type]": one_of("server_vad"),
    "/chunking_strategy[prefix_padding_ms]": numeric(0, 60_000),
    "/chunking_strategy[silence_duration_ms]": numeric(0, 60_000),
    "/chunking_strategy[threshold]": numeric(0, 1),
    "/stream": FLAG,
    **_FILE_STRUCTURAL,
}
BODY: Final[Shape] = shape(
    structural=STRUCTURAL,
    roles={"/prompt": "user", "/keywords[]": "user", "/known_speaker_names[]": "user", **_FILE_ROLES},
    prose=("/prompt",),
    known=("/user", "/metadata", "/keywords[]", "/known_speaker_names[]", *file_keys(("file",))),
    blobs={**_FILE_BLOBS, "/known_speaker_references[]/*": "audio"},
)
_NUMBERS: Final = ("id", "seek", "start", "end", "temperature", "avg_logprob", "compression_ratio", "no_speech_prob")


class OpenAITranscriptions(Media):
    """The lens over `POST /v1/audio/transcriptions`."""

    name = "openai_transcriptions"
    body = BODY
    files = holders = frozenset({"file"})
    said = frozenset({"prompt", "file", "keywords[]", "known_speaker_names[]"})
    settings = ("language", "response_format", "temperature")

    def check(self, body: Mapping[str, Any]) -> None:
        """One recording, and a format that can be guarded."""
        openai_media.text(body, "prompt", optional=True)
        openai_media.files(body, self.files, "file")
        if isinstance(body.get("file"), list) or "file[]" in body:
            raise BadRequest("Send one recording in one call.", param="/file")
        if _form(body) not in FORMATS:
            raise BadRequest(f"'response_format' must be one of {', '.join(FORMATS)}.", param="/response_format")

    def decoder(self, call: Call) -> "TranscriptDecoder":
        """A decoder for the reply to `call`."""
        return TranscriptDecoder(_form(call.body), notices=_notices(call.body))

    def collect(self, call: Call, events: Sequence[Event]) -> dict[str, Any]:
        """The whole reply body. Raises ValueError where the events don't end in `Finished`."""
        head, texts, usage = openai_media.whole(events)
        body = dict(head.fields)
        for name, key in (("segments", "text"), ("segments", "speaker"), ("words", "word")):
            if (address := f"/{name}/{key}") in texts:
                body[name] = [
                    {**row, key: new} for row, new in zip(body[name], json.loads(texts[address]), strict=True)
                ]
        if "lines" in body:
            said = iter(json.loads(texts.get("/lines", "[]")))
            body["text"] = "\n".join(next(said) if line is None else line for line in body.pop("lines"))
        else:
            body["text"] = texts.get("/text", "")
        return {**body, **usage}

    def payload(self, body: Mapping[str, Any]) -> tuple[bytes, str] | None:
        """The text itself, in formats that are no JSON."""
        if "content_type" not in body:
            return None
        text: str = body["text"]
        return text.encode(), f"{body['content_type']}; charset=utf-8"


class OpenAITranslations(OpenAITranscriptions):
    """The lens over `POST /v1/audio/translations`."""

    name = "openai_translations"


def _form(body: Mapping[str, Any]) -> str:
    form = body.get("response_format")
    return "json" if form is None else str(form)


def _notices(body: Mapping[str, Any]) -> dict[str, str]:
    asked = "logprobs" in openai_media.listed(body.get("include[]", body.get("include")))
    return {"X-AI-Notice": "logprobs-left-out"} if asked else {}


class TranscriptDecoder(WholeDecoder):
    """Reads one reply in the format called `form`."""

    def __init__(self, form: str, notices: Mapping[str, str]) -> None:
        self._form = form
        self._notices = notices

    def read(self, body: Mapping[str, Any]) -> list[Event]:
        """The transcript. Raises UpstreamFailed."""
        if not isinstance(body.get("text"), str):
            raise broken("a transcript")
        said = mended(body["text"])
        if self._form in WORDS_ALONE:
            return self._words(said)
        fields, pieces = self._fields(body)
        events: list[Event] = [Head(fields, self._notices), *openai_media.run("/text", "plain", said)]
        for address, texts in pieces.items():
            events += openai_media.run(address, "pieces", json.dumps(texts, ensure_ascii=False))
        usage = _usage(body.get("usage"))
        return [*events, *([Usage(usage)] if usage else []), Finished()]

    def _words(self, said: str) -> list[Event]:
        """A reply that is a text or subtitles."""
        fields: dict[str, Any] = {"content_type": "text/plain"}
        if self._form == "text":
            return [Head(fields, self._notices), *openai_media.run("/text", "plain", said), Finished()]
        try:
            lines = subtitles.split(said, self._form)
        except ValueError:
            raise broken("subtitles") from None
        if len(lines) > MAX_PIECES:
            raise broken("too many subtitles")
        fields["lines"] = [None if is_text else line for line, is_text in lines]
        texts = json.dumps([line for line, is_text in lines if is_text], ensure_ascii=False)
        return [Head(fields, self._notices), *openai_media.run("/lines", "pieces", texts), Finished()]

    def _fields(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """What a JSON reply holds besides its text, and the texts of its pieces by address."""
        fields: dict[str, Any] = {}
        pieces: dict[str, list[str]] = {}
        fields |= {key: word for key in ("task", "language") if (word := word_of(body.get(key)))}
        duration = body.get("duration")
        if _finite(duration) or (isinstance(duration, str) and numeric(0, 10**5)(duration)):
            fields["duration"] = duration
        if isinstance(body.get("languages"), list):
            codes = [each.get("code") for each in body["languages"][:20] if isinstance(each, Mapping)]
            fields["languages"] = [{"code": code} for code in codes if _LANGUAGE(code)]
        diarized = self._form == "diarized_json"
        if isinstance(body.get("segments"), list):
            fields["segments"] = [_segment(row, diarized=diarized) for row in _rows(body["segments"])]
            pieces["/segments/text"] = _texts(body["segments"], "text")
            speakers = _texts(body["segments"], "speaker")
            if diarized and all(map(_SPEAKER, speakers)):
                fields["segments"] = [
                    {**row, "speaker": who} for row, who in zip(fields["segments"], speakers, strict=True)
                ]
            elif diarized:
                pieces["/segments/speaker"] = speakers
        if isinstance(body.get("words"), list):
            fields["words"] = [{"word": "", **_numbers(row)} for row in _rows(body["words"])]
            pieces["/words/word"] = _texts(body["words"], "word")
        return fields, pieces


def _rows(rows: list[Any]) -> list[Mapping[str, Any]]:
    if len(rows) > MAX_PIECES or not all(isinstance(row, Mapping) for row in rows):
        raise broken("pieces of a transcript")
    return rows


def _texts(rows: list[Any], key: str) -> list[str]:
    found = [row.get(key) for row in rows]
    return [mended(text) if isinstance(text, str) else "" for text in found]


def _segment(row: Mapping[str, Any], *, diarized: bool) -> dict[str, Any]:
    """A segment without its text. `tokens` spell it again: the list is there, as clients expect, and empty."""
    if diarized:
        kept = {"type": "transcript.text.segment", "id": code_of(row.get("id")) or "", "speaker": "", "text": ""}
        return {**kept, **{key: value for key, value in _numbers(row).items() if key in ("start", "end")}}
    return {**_numbers(row), "text": "", "tokens": []}


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in _NUMBERS if _finite(row.get(key))}


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _usage(value: Any) -> dict[str, Any]:
    """What was counted, and whether it was tokens or seconds."""
    if not isinstance(value, Mapping):
        return {}
    kind = value.get("type")
    counts: dict[str, Any] = counts_of(value)
    return {**({"type": kind} if kind in ("tokens", "duration") else {}), **counts}
