"""The routes in one table: what is offered in which dialect, and what is known and not offered."""

from collections.abc import Iterator, Mapping
from typing import Final

from starlette.types import Scope

CALLS: Final[Mapping[str, str]] = {
    "/v1/chat/completions": "openai_chat",
    "/v1/completions": "openai_completions",
    "/v1/responses": "openai_responses",
    "/v1/embeddings": "openai_embeddings",
    "/v1/moderations": "openai_moderations",
    "/v1/images/generations": "openai_images",
    "/v1/images/edits": "openai_image_edits",
    "/v1/images/variations": "openai_image_variations",
    "/v1/audio/speech": "openai_speech",
    "/v1/audio/transcriptions": "openai_transcriptions",
    "/v1/audio/translations": "openai_translations",
    "/v1/messages": "anthropic_messages",
    "/v1/messages/count_tokens": "anthropic_count_tokens",
    "/api/chat": "ollama_chat",
    "/api/generate": "ollama_generate",
}
"""Path -> dialect."""
DEFAULT_DIALECT: Final = "openai_chat"
"""Whose error shape is used where no dialect has been chosen by the path."""
FAMILIES: Final[Mapping[str, str]] = {"/v1/messages": "anthropic_messages", "/api/": "ollama_chat"}
"""Beginning of a path -> the dialect whose errors its clients understand."""

AZURE_V1: Final = "/openai/v1"
AZURE: Final = "/openai"
AZURE_DEPLOYMENT: Final = "/openai/deployments/{deployment}"
"""How Azure's SDKs write the same paths: https://learn.microsoft.com/azure/ai-foundry/openai/reference."""

KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "/v1/files": ("files", "Stored files"),
    "/v1/uploads": ("files", "Stored files"),
    "/v1/batches": ("batches", "Batches of calls"),
    "/v1/messages/batches": ("batches", "Batches of calls"),
    "/v1/fine_tuning": ("fine_tuning", "Training a model"),
    "/v1/realtime": ("realtime", "Live speech"),
    "/v1/vector_stores": ("vector_stores", "Stored collections of documents"),
    "/v1/assistants": ("assistants", "Assistants that the provider runs"),
    "/v1/threads": ("assistants", "Assistants that the provider runs"),
    "/v1/conversations": ("conversations", "Conversations that the provider keeps"),
    "/v1/containers": ("containers", "Containers that the provider runs"),
    "/v1/evals": ("evals", "Evaluations that the provider runs"),
    "/v1/videos": ("videos", "Making videos"),
    "/v1/skills": ("skills", "Skills that the provider keeps"),
    **{
        f"/api/{act}": ("ollama_models", "Models that a caller fetches, makes or takes away")
        for act in ("pull", "push", "create", "copy", "delete", "blobs")
    },
    **{
        f"/api/{act}": ("ollama_embeddings", "Embeddings by Ollama's API (by OpenAI's they are offered)")
        for act in ("embed", "embeddings")
    },
}
"""Beginning of a path -> its name on the record, and what it is called in plain words."""
NOT_OFFERED: Final = (
    "{what}: this gateway does not offer that, since what is sent there could not be checked and recorded. If your "
    "service needs it, ask the owner of the AI gateway."
)


def dialect_of(path: str) -> str:
    """The dialect whose errors the clients of a path understand, where the path has none of its own."""
    return next((name for start, name in FAMILIES.items() if path.startswith(start)), DEFAULT_DIALECT)


def spellings(path: str) -> Iterator[str]:
    """A path as OpenAI's, and where it is not Anthropic's as Azure's SDKs write it."""
    yield path
    if path.startswith("/v1/") and not path.startswith("/v1/messages"):
        yield path.replace("/v1", AZURE_V1, 1)
        yield path.replace("/v1", AZURE, 1)
        yield path.replace("/v1", AZURE_DEPLOYMENT, 1)


def method(scope: Scope) -> str:
    """The method where it is a standard one; a client can send any word."""
    named = scope.get("method", "")
    return named if named in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
