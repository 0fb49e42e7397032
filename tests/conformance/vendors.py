"""What each dialect's requests are, by the types in the packages that its vendor publishes."""

from dataclasses import dataclass
from typing import Any

from anthropic.types import message_count_tokens_params, message_create_params
from anthropic.types.beta import message_count_tokens_params as beta_count_params
from anthropic.types.beta import message_create_params as beta_create_params
from hypothesis import strategies as st
from openai.types import (
    completion_create_params,
    embedding_create_params,
    image_create_variation_params,
    image_edit_params,
    image_generate_params,
    moderation_create_params,
)
from openai.types.audio import speech_create_params, transcription_create_params, translation_create_params
from openai.types.chat import completion_create_params as chat_params
from openai.types.responses import response_create_params

from tests.conformance.specimens import SPECIMENS
from tests.support.vendor_types import TEXTS, Bodies, Body

_TEXT_OR_TEXTS = TEXTS | st.lists(TEXTS, min_size=1, max_size=3)
_WHOLE = {f"{name}.stream": st.none() for name in (
    "ImageGenerateParamsNonStreaming", "ImageGenerateParamsStreaming", "ImageEditParamsNonStreaming",
    "ImageEditParamsStreaming", "TranscriptionCreateParamsNonStreaming", "TranscriptionCreateParamsStreaming",
)}  # fmt: skip
_FILE = st.fixed_dictionaries(
    {
        "filename": st.just("a.bin"),
        "content_type": st.sampled_from(["image/png", "audio/wav", "audio/mpeg", "application/octet-stream"]),
        "data": st.sampled_from(["AAAA", "iVBORw0KGgo=", "UklGRg=="]),
    }
)
BODIES = Bodies(
    files=_FILE,
    chosen={
        **_WHOLE,
        "EmbeddingCreateParams.input": _TEXT_OR_TEXTS,
        "CompletionCreateParamsNonStreaming.prompt": _TEXT_OR_TEXTS,
        "CompletionCreateParamsStreaming.prompt": _TEXT_OR_TEXTS,
        "SpeechCreateParams.stream_format": st.just("audio"),
    },
    always={"model": "council-assistant"},
    needed=frozenset({"input", "prompt"}),
)
"""Token numbers and streamed media are refused; each has a test of its own."""


@dataclass(frozen=True)
class Vendor:
    """One of a vendor's request types, and the dialect that reads it."""

    dialect: str
    kind: Any
    form: bool = False
    beta: bool = False

    @property
    def name(self) -> str:
        return f"{self.dialect}{'-beta' if self.beta else ''}"

    def bodies(self) -> st.SearchStrategy[Body]:
        """Its requests as they come over the wire: in a form, lists are named with brackets and numbers are text."""
        drawn = BODIES.of(self.kind)
        return drawn.map(_as_form) if self.form else drawn


def _as_form(body: Body) -> Body:
    found: Body = {}
    for key, value in body.items():
        if isinstance(value, list):
            found[f"{key}[]"] = [each if isinstance(each, dict) else str(each) for each in value]
        elif isinstance(value, dict) and "data" not in value:
            found |= {f"{key}[{inner}]": str(each) for inner, each in value.items()}
        elif value is not None:
            found[key] = str(value).lower() if isinstance(value, bool | int | float) else value
    return found


VENDORS = (
    Vendor("openai_chat", chat_params.CompletionCreateParams),
    Vendor("openai_completions", completion_create_params.CompletionCreateParams),
    Vendor("openai_responses", response_create_params.ResponseCreateParams),
    Vendor("openai_embeddings", embedding_create_params.EmbeddingCreateParams),
    Vendor("openai_moderations", moderation_create_params.ModerationCreateParams),
    Vendor("openai_images", image_generate_params.ImageGenerateParams),
    Vendor("openai_image_edits", image_edit_params.ImageEditParams, form=True),
    Vendor("openai_image_variations", image_create_variation_params.ImageCreateVariationParams, form=True),
    Vendor("openai_speech", speech_create_params.SpeechCreateParams),
    Vendor("openai_transcriptions", transcription_create_params.TranscriptionCreateParams, form=True),
    Vendor("openai_translations", translation_create_params.TranslationCreateParams, form=True),
    Vendor("anthropic_messages", message_create_params.MessageCreateParams),
    Vendor("anthropic_messages", beta_create_params.MessageCreateParams, beta=True),
    Vendor("anthropic_count_tokens", message_count_tokens_params.MessageCountTokensParams),
    Vendor("anthropic_count_tokens", beta_count_params.MessageCountTokensParams, beta=True),
)
SPECIMEN = {specimen.name: specimen for specimen in SPECIMENS}
