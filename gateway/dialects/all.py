"""Every dialect that the gateway speaks."""

from gateway.dialects.anthropic_count import AnthropicCount
from gateway.dialects.anthropic_messages import AnthropicMessages
from gateway.dialects.ollama import OllamaChat, OllamaGenerate
from gateway.dialects.openai_chat import OpenAIChat
from gateway.dialects.openai_completions import OpenAICompletions
from gateway.dialects.openai_images import OpenAIImageEdits, OpenAIImages, OpenAIImageVariations
from gateway.dialects.openai_responses import OpenAIResponses
from gateway.dialects.openai_speech import OpenAISpeech
from gateway.dialects.openai_transcripts import OpenAITranscriptions, OpenAITranslations
from gateway.dialects.openai_vectors import OpenAIEmbeddings, OpenAIModerations
from gateway.model.dialect import Dialect


def every() -> tuple[Dialect, ...]:
    """One of each."""
    return (
        OpenAIChat(),
        OpenAICompletions(),
        OpenAIResponses(),
        OpenAIEmbeddings(),
        OpenAIModerations(),
        OpenAIImages(),
        OpenAIImageEdits(),
        OpenAIImageVariations(),
        OpenAISpeech(),
        OpenAITranscriptions(),
        OpenAITranslations(),
        AnthropicMessages(),
        AnthropicCount(),
        OllamaChat(),
        OllamaGenerate(),
    )
