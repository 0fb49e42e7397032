"""OpenAI Chat Completions: what each place of a request body is.

From the API reference (https://platform.openai.com/docs/api-reference/chat/create). The tables are short on
purpose: what they don't name is inspected, keys included.
"""

from typing import Any, Final

from gateway.dialects.lens import SCHEMA_KEYS, SCHEMA_TYPE, Check, Shape, inside, matching, one_of, shape, within
from gateway.model.part import Role

ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool_result",
    "function": "tool_result",
}

_ID: Final = matching(r"(call_|toolu_|fc_|chatcmpl-tool-)[A-Za-z0-9]{16,64}")
"""Ids that providers draw at random. Anything else in their place is read like any other text."""
_EFFORT: Final = one_of("none", "minimal", "low", "medium", "high", "xhigh", "default")
_SMALL: Final = within(0, 1_000_000)
_MODERATION: Final = one_of("score", "block")
_TOOL_KIND: Final = one_of("function", "custom", "allowed_tools")


def _model(value: Any) -> bool:
    """The name picks a tool of the register and is replaced by the deployment's before anything leaves."""
    return isinstance(value, str)


STRUCTURAL: Final[dict[str, Check]] = {
    "/model": _model,
    "/messages/*/role": one_of(*ROLES),
    "/messages/*/content/*/type": one_of("text", "refusal", "image_url", "input_audio", "file"),
    "/messages/*/content/*/image_url/detail": one_of("auto", "low", "high", "original"),
    "/messages/*/content/*/input_audio/format": one_of("wav", "mp3"),
    "/messages/*/content/*/cache_control/type": one_of("ephemeral"),
    "/messages/*/tool_call_id": _ID,
    "/messages/*/tool_calls/*/id": _ID,
    "/messages/*/tool_calls/*/type": one_of("function", "custom"),
    "/messages/*/tool_calls/*/index": within(0, 999),
    "/tools/*/type": _TOOL_KIND,
    "/tools/*/function/parameters/type": SCHEMA_TYPE,
    "/tools/*/custom/format/type": one_of("text", "grammar"),
    "/tools/*/custom/format/grammar/syntax": one_of("lark", "regex"),
    "/tool_choice": one_of("none", "auto", "required"),
    "/tool_choice/type": _TOOL_KIND,
    "/tool_choice/allowed_tools/mode": one_of("auto", "required"),
    "/tool_choice/allowed_tools/tools/*/type": _TOOL_KIND,
    "/functions/*/parameters/type": SCHEMA_TYPE,
    "/function_call": one_of("none", "auto"),
    "/response_format/type": one_of("text", "json_object", "json_schema"),
    "/response_format/json_schema/schema/type": SCHEMA_TYPE,
    "/modalities/*": one_of("text"),
    "/messages/*/content/*/prompt_cache_breakpoint/mode": one_of("explicit"),
    "/prompt_cache_options/mode": one_of("implicit", "explicit"),
    "/prompt_cache_options/ttl": one_of("30m"),
    "/moderation/policy/input/mode": _MODERATION,
    "/moderation/policy/output/mode": _MODERATION,
    "/prediction/type": one_of("content"),
    "/prediction/content/*/type": one_of("text"),
    "/reasoning_effort": _EFFORT,
    "/reasoning/effort": _EFFORT,
    "/reasoning/max_tokens": _SMALL,
    "/service_tier": one_of("auto", "default", "flex", "priority", "scale"),
    "/verbosity": one_of("low", "medium", "high"),
    "/prompt_cache_retention": one_of("in-memory", "in_memory", "24h"),
    "/web_search_options/search_context_size": one_of("low", "medium", "high"),
    "/web_search_options/user_location/type": one_of("approximate"),
    "/temperature": within(0, 2),
    "/top_p": within(0, 1),
    "/top_k": within(-1, 1000),
    "/min_p": within(0, 1),
    "/n": within(1, 128),
    "/max_tokens": _SMALL,
    "/max_completion_tokens": _SMALL,
    "/presence_penalty": within(-2, 2),
    "/frequency_penalty": within(-2, 2),
    "/repetition_penalty": within(0, 2),
    "/top_logprobs": within(0, 20),
    "/seed": within(0, 9999),
    "/logit_bias/*": within(-100, 100),
}

_SCHEMAS: Final = (
    "/tools/*/function/parameters",
    "/functions/*/parameters",
    "/response_format/json_schema/schema",
)

KNOWN: Final = (
    "/messages/*/name",
    "/messages/*/audio/id",
    "/messages/*/reasoning_content",
    "/messages/*/reasoning",
    "/messages/*/tool_calls/*/function/name",
    "/messages/*/tool_calls/*/function/arguments",
    "/messages/*/tool_calls/*/custom/name",
    "/messages/*/tool_calls/*/custom/input",
    "/messages/*/function_call/name",
    "/messages/*/function_call/arguments",
    "/messages/*/content/*/file/filename",
    "/tools/*/function/name",
    "/tools/*/function/description",
    "/tools/*/function/strict",
    "/tools/*/custom/name",
    "/tools/*/custom/description",
    "/tools/*/custom/format/grammar/definition",
    "/tool_choice/function/name",
    "/tool_choice/custom/name",
    "/tool_choice/allowed_tools/tools/*/function/name",
    "/function_call/name",
    "/functions/*/name",
    "/functions/*/description",
    "/response_format/json_schema/name",
    "/response_format/json_schema/description",
    "/response_format/json_schema/strict",
    "/web_search_options/user_location/approximate/city",
    "/web_search_options/user_location/approximate/country",
    "/web_search_options/user_location/approximate/region",
    "/web_search_options/user_location/approximate/timezone",
    "/stream",
    "/stream_options/include_usage",
    "/stream_options/include_obfuscation",
    "/store",
    "/stop",
    "/stop/*",
    "/user",
    "/metadata",
    "/logprobs",
    "/parallel_tool_calls",
    "/prompt_cache_key",
    "/safety_identifier",
    "/moderation/model",
    "/audio/format",
    "/audio/voice",
)

PROSE: Final = (
    "/messages/*/content",
    "/messages/*/content/*/text",
    "/messages/*/content/*/refusal",
    "/messages/*/refusal",
    "/messages/*/reasoning_content",
    "/messages/*/reasoning",
    "/prediction/content",
    "/prediction/content/*/text",
)

BLOBS: Final = {
    "/messages/*/content/*/image_url": "image",
    "/messages/*/content/*/image_url/url": "image",
    "/messages/*/content/*/input_audio/data": "audio",
    "/messages/*/content/*/file/file_data": "file",
    "/messages/*/content/*/file/file_id": "file",
}

PLACES: Final[dict[str, Role]] = {
    "/messages/*/name": "metadata",
    "/messages/*/tool_calls": "tool_call",
    "/messages/*/function_call": "tool_call",
    "/tools": "definition",
    "/tool_choice": "definition",
    "/functions": "definition",
    "/function_call": "definition",
    "/response_format": "definition",
    "/prediction": "user",
}
"""Whose words stand below a path. Within a message it is the message's own role, elsewhere `metadata`."""

BODY: Final[Shape] = shape(
    structural=STRUCTURAL,
    roles=PLACES,
    prose=PROSE,
    known=KNOWN,
    recursive=dict.fromkeys(_SCHEMAS, SCHEMA_KEYS),
    blobs=BLOBS,
)
MESSAGE: Final[Shape] = inside(BODY, "messages", "*")
