"""The dialects whose requests or replies are pictures and sound."""

import base64
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from gateway.dialects import openai_images, openai_speech, openai_transcripts
from gateway.dialects.lens import Shape
from gateway.model.dialect import Dialect
from tests.conformance.harness import Body, Exchange, Specimen
from tests.support.bodies import KEYS, VALUES, WORDS, nested
from tests.support.media import SOUNDS, picture

_TEXTS = st.one_of(WORDS, nested(VALUES))
_SETTLED = frozenset(
    {"model", "stream", "n", "prompt", "input", "instructions", "image", "mask", "images", "file", "response_format",
     "stream_format", "metadata"}
)  # fmt: skip
_OTHER = st.dictionaries(KEYS.filter(lambda key: key.removesuffix("[]") not in _SETTLED), VALUES, max_size=3)
_SIZES = st.sampled_from(["1024x1024", "auto", "my size", "3", 3])


def _file(data: bytes, filename: str = "a.png", kind: str = "image/png") -> Body:
    return {"filename": filename, "content_type": kind, "data": base64.b64encode(data).decode()}


PICTURE = _file(picture())
RECORDING = _file(SOUNDS["mp3"], "a.mp3", "audio/mpeg")
_PICTURES = st.builds(
    _file, st.binary(max_size=12), WORDS, st.one_of(st.sampled_from(["image/png", "image/jpeg", "audio/wav"]), WORDS)
)
_RECORDINGS = st.builds(_file, st.binary(max_size=12), WORDS, st.sampled_from(["audio/mpeg", "video/mp4", "x"]))
_WITHHELD = st.builds(lambda text: {"type": "text", "text": text}, WORDS)
_LIES = st.one_of(
    st.builds(lambda where: {"image_url": f"https://pictures.example/{where}"}, WORDS),
    st.just({"image_url": "data:image/png;base64,AAAA"}),
    st.just({"file_id": "file-1"}),
    _WITHHELD,
)


def _made(other: Body, *fields: tuple[str, Any]) -> Body:
    return {**other, "model": "m", **dict(fields)}


_PROMPTS = st.builds(
    lambda other, prompt, size, n: _made(other, ("prompt", prompt), ("size", size), ("n", n)),
    _OTHER, _TEXTS, _SIZES, st.sampled_from([1, 2, "2"]),
)  # fmt: skip
_EDITS = st.one_of(
    st.builds(
        lambda base, image, mask: {**base, "image": image, **mask},
        _PROMPTS,
        st.one_of(_PICTURES, st.lists(_PICTURES, min_size=1, max_size=2)),
        st.one_of(st.just({}), st.builds(lambda mask: {"mask": mask}, _PICTURES)),
    ),
    st.builds(lambda base, images: {**base, "image[]": images}, _PROMPTS, st.lists(_PICTURES, min_size=1, max_size=2)),
    st.builds(
        lambda base, images, mask: {**base, "images": images, "mask": mask},
        _PROMPTS,
        st.lists(_LIES, min_size=1, max_size=2),
        _LIES,
    ),
)
_VARIATIONS = st.builds(lambda other, image: _made(other, ("image", image)), _OTHER, _PICTURES)
_SPEECHES = st.builds(
    lambda other, said, how, voice, form: _made(
        other, ("input", said), ("instructions", how), ("voice", voice), ("response_format", form)
    ),
    _OTHER, _TEXTS, _TEXTS, st.one_of(st.just("alloy"), WORDS, st.builds(lambda name: {"id": name}, WORDS)),
    st.sampled_from(sorted(SOUNDS)),
)  # fmt: skip
_TRANSCRIPTIONS = st.builds(
    lambda other, prompt, file, names, temperature: {
        **_made(other, ("prompt", prompt), ("file", file)), "known_speaker_names[]": names, "temperature": temperature
    },
    _OTHER, _TEXTS, _RECORDINGS, st.lists(WORDS, max_size=2), st.sampled_from(["0.2", 0.5, "hot", "9434765919"]),
)  # fmt: skip


def _pictures(prompts: Sequence[str | None], kind: str) -> Exchange:
    row = {"b64_json": base64.b64encode(picture(kind)).decode()}
    data = [row if prompt is None else {**row, "revised_prompt": prompt} for prompt in prompts]
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "input_tokens_details": {"text_tokens": 3}}
    whole = {"created": 1_760_000_000, "output_format": kind, "size": "1024x1024", "data": data, "usage": usage}
    return Exchange({"model": "m", "prompt": "Hello", "image": PICTURE}, whole, (), frozenset())


_PICTURE_REPLIES = st.builds(
    _pictures, st.lists(st.one_of(st.none(), st.text(max_size=9)), max_size=3), st.sampled_from(["png", "jpeg", "webp"])
)


def _generated(exchange: Exchange) -> Exchange:
    return Exchange({"model": "m", "prompt": "Hello"}, exchange.whole, (), frozenset())


def _spoken(form: str) -> Exchange:
    types = {"mp3": "audio/mpeg", "opus": "audio/ogg"}
    whole = {"content_type": types.get(form, f"audio/{form}"), "data": base64.b64encode(SOUNDS[form]).decode()}
    request = {"model": "m", "input": "Hello", "voice": "alloy", "response_format": form}
    return Exchange(request, whole, (), frozenset())


def _heard(form: str, pieces: Sequence[str], more: Body) -> Exchange:
    request = {"model": "m", "file": RECORDING, "response_format": form}
    text = " ".join(pieces)
    if form in ("text", "srt", "vtt"):
        if form != "text":
            times = "00:00:01,000 --> 00:00:02,000"
            flat = [piece.replace("\n", " ") for piece in pieces]
            cues = [f"{number}\n{times}\n{piece}\n" for number, piece in enumerate(flat)]
            text = "\n".join(["WEBVTT\n"] * (form == "vtt") + cues)
        return Exchange(request, {"content_type": "text/plain", "text": text}, (), frozenset())
    whole: Body = {"text": text, **more}
    if form == "verbose_json":
        whole |= {"task": "transcribe", "language": "english", "duration": 3.5}
        whole["segments"] = [
            {"id": n, "start": n * 1.5, "end": n + 1.5, "avg_logprob": -0.3, "text": piece, "tokens": []}
            for n, piece in enumerate(pieces)
        ]
        whole["words"] = [{"word": piece, "start": n * 1.5, "end": n + 1.5} for n, piece in enumerate(pieces)]
    if form == "diarized_json":
        whole["segments"] = [
            {"type": "transcript.text.segment", "id": f"seg_{n}", "speaker": piece, "start": 0, "end": 1, "text": piece}
            for n, piece in enumerate(pieces)
        ]
    return Exchange(request, whole, (), frozenset())


_HEARD = st.builds(
    _heard,
    st.sampled_from(openai_transcripts.FORMATS),
    st.lists(st.text(max_size=9), max_size=3),
    st.sampled_from([{}, {"usage": {"type": "tokens", "input_tokens": 3, "output_tokens": 4, "total_tokens": 7}}]),
)


def _specimen(
    dialect: Dialect, shape: Shape, table: Any, plain: Body, key: str, bodies: st.SearchStrategy[Body], exchanges: Any
) -> Specimen:
    return Specimen(
        dialect=dialect,
        plain=lambda text, _stream: {"model": "m", key: text, **plain},
        bodies=bodies,
        table=table,
        shape=shape,
        exchanges=exchanges,
    )


_FORM, _FORM_TABLE = openai_images.FORM_BODY, openai_images.FORM_STRUCTURAL
_TOLD, _TOLD_TABLE = openai_transcripts.BODY, openai_transcripts.STRUCTURAL
MEDIA = (
    _specimen(
        openai_images.OpenAIImages(), openai_images.IMAGES_BODY, openai_images.IMAGES_STRUCTURAL, {}, "prompt",
        _PROMPTS, _PICTURE_REPLIES.map(_generated),
    ),
    _specimen(
        openai_images.OpenAIImageEdits(), _FORM, _FORM_TABLE, {"image": PICTURE}, "prompt", _EDITS, _PICTURE_REPLIES
    ),
    _specimen(
        openai_images.OpenAIImageVariations(), _FORM, _FORM_TABLE, {"image": PICTURE}, "user", _VARIATIONS,
        _PICTURE_REPLIES,
    ),
    _specimen(
        openai_speech.OpenAISpeech(), openai_speech.BODY, openai_speech.STRUCTURAL, {"voice": "alloy"}, "input",
        _SPEECHES, st.sampled_from(sorted(SOUNDS)).map(_spoken),
    ),
    _specimen(
        openai_transcripts.OpenAITranscriptions(), _TOLD, _TOLD_TABLE, {"file": RECORDING}, "prompt", _TRANSCRIPTIONS,
        _HEARD,
    ),
    _specimen(
        openai_transcripts.OpenAITranslations(), _TOLD, _TOLD_TABLE, {"file": RECORDING}, "prompt", _TRANSCRIPTIONS,
        _HEARD,
    ),
)  # fmt: skip
