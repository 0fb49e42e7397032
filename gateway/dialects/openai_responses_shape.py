"""OpenAI Responses: what each place of a request body is.

From the API reference (https://platform.openai.com/docs/api-reference/responses/create). As in every dialect, what the
tables don't name is inspected, keys included.
"""

from typing import Final

from gateway.dialects.lens import SCHEMA_KEYS, SCHEMA_TYPE, Check, Shape, inside, matching, one_of, shape, within
from gateway.dialects.media import is_ciphertext
from gateway.model.part import Role

ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
"""Whose words a message holds."""
KINDS: Final[dict[str, Role]] = {
    "function_call": "tool_call",
    "function_call_output": "tool_result",
    "custom_tool_call": "tool_call",
    "custom_tool_call_output": "tool_result",
    "reasoning": "assistant",
    "web_search_call": "tool_call",
    "file_search_call": "tool_result",
    "code_interpreter_call": "tool_call",
    "image_generation_call": "tool_call",
    "mcp_call": "tool_result",
    "mcp_list_tools": "tool_result",
    "compaction": "assistant",
}
"""Whose words any other item holds."""

_ID: Final = matching(r"(call_|fc_|ctc_|rs_|msg_|toolu_|chatcmpl-tool-)[A-Za-z0-9]{16,80}")
_SMALL: Final = within(0, 1_000_000)
_TOOL_KIND: Final = one_of("function", "custom", "allowed_tools")
_STATUS: Final = one_of("in_progress", "completed", "incomplete")
_PARTS: Final = ("/input/*/content/*", "/input/*/output/*", "/input/*/summary/*")

_PART_STRUCTURAL: Final[dict[str, Check]] = {
    "/type": one_of(
        "input_text", "output_text", "refusal", "input_image", "input_file", "input_audio", "summary_text",
        "reasoning_text",
    ),
    "/detail": one_of("auto", "low", "high", "original"),
    "/input_audio/format": one_of("wav", "mp3"),
}  # fmt: skip

STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/input/*/role": one_of(*ROLES),
    "/input/*/type": one_of("message", *KINDS),
    "/input/*/status": _STATUS,
    "/input/*/id": _ID,
    "/input/*/call_id": _ID,
    "/input/*/phase": one_of("commentary", "final_answer"),
    "/input/*/encrypted_content": is_ciphertext,
    **{place + path: check for place in _PARTS for path, check in _PART_STRUCTURAL.items()},
    "/tools/*/type": _TOOL_KIND,
    "/tools/*/parameters/type": SCHEMA_TYPE,
    "/tools/*/format/type": one_of("text", "grammar"),
    "/tools/*/format/syntax": one_of("lark", "regex"),
    "/tool_choice": one_of("none", "auto", "required"),
    "/tool_choice/type": _TOOL_KIND,
    "/tool_choice/mode": one_of("auto", "required"),
    "/tool_choice/tools/*/type": _TOOL_KIND,
    "/text/format/type": one_of("text", "json_object", "json_schema"),
    "/text/format/schema/type": SCHEMA_TYPE,
    "/text/verbosity": one_of("low", "medium", "high"),
    "/reasoning/effort": one_of("none", "minimal", "low", "medium", "high", "xhigh"),
    "/reasoning/summary": one_of("auto", "concise", "detailed"),
    "/reasoning/generate_summary": one_of("auto", "concise", "detailed"),
    "/include/*": one_of(
        "reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results",
        "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ),
    "/truncation": one_of("auto", "disabled"),
    "/service_tier": one_of("auto", "default", "flex", "priority", "scale"),
    "/prompt_cache_retention": one_of("in-memory", "in_memory", "24h"),
    "/temperature": within(0, 2),
    "/top_p": within(0, 1),
    "/top_logprobs": within(0, 20),
    "/max_output_tokens": _SMALL,
    "/max_tool_calls": _SMALL,
}  # fmt: skip

_SCHEMAS: Final = ("/tools/*/parameters", "/text/format/schema")

KNOWN: Final = (
    *(place + path for place in _PARTS for path in ("/text", "/refusal", "/annotations", "/logprobs", "/filename")),
    "/input/*/name",
    "/input/*/arguments",
    "/input/*/input",
    "/input/*/output",
    "/input/*/content",
    "/input/*/summary",
    "/instructions",
    "/tools/*/name",
    "/tools/*/description",
    "/tools/*/strict",
    "/tools/*/format/definition",
    "/tool_choice/name",
    "/tool_choice/tools/*/name",
    "/text/format/name",
    "/text/format/description",
    "/text/format/strict",
    "/stream",
    "/stream_options/include_obfuscation",
    "/store",
    "/background",
    "/previous_response_id",
    "/conversation",
    "/prompt",
    "/parallel_tool_calls",
    "/user",
    "/metadata",
    "/safety_identifier",
    "/prompt_cache_key",
)

PROSE: Final = (
    "/instructions",
    "/input",
    "/input/*",
    "/input/*/content",
    "/input/*/output",
    *(place + path for place in _PARTS for path in ("/text", "/refusal")),
)

BLOBS: Final[dict[str, str]] = {
    f"{place}{path}": media
    for place in _PARTS
    for path, media in (
        ("/image_url", "image"), ("/file_data", "file"), ("/file_url", "file"), ("/file_id", "file"),
        ("/input_audio/data", "audio"),
    )
} | {"/input/*/result": "image"}  # fmt: skip

PLACES: Final[dict[str, Role]] = {
    "/instructions": "system",
    "/tools": "definition",
    "/tool_choice": "definition",
    "/text": "definition",
}

BODY: Final[Shape] = shape(
    structural=STRUCTURAL,
    roles=PLACES,
    prose=PROSE,
    known=KNOWN,
    recursive=dict.fromkeys(_SCHEMAS, SCHEMA_KEYS),
    blobs=BLOBS,
)
ITEM: Final[Shape] = inside(BODY, "input", "*")
