"""Anthropic Messages: what each place of a request body is.

From the API reference (https://docs.claude.com/en/api/messages). As in every dialect, what the tables don't name is
inspected, keys included.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.dialects.lens import SCHEMA_KEYS, SCHEMA_TYPE, Check, Shape, inside, matching, one_of, shape, within
from gateway.dialects.media import is_ciphertext
from gateway.model.part import Role

ROLES: Final[dict[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}
BLOCK_ROLES: Final[dict[str, Role]] = {
    "tool_use": "tool_call",
    "server_tool_use": "tool_call",
    "mcp_tool_use": "tool_call",
    "tool_result": "tool_result",
    "mcp_tool_result": "tool_result",
    "web_search_tool_result": "tool_result",
    "web_fetch_tool_result": "tool_result",
    "search_result": "tool_result",
}
"""Whose words a block holds, where that is another than the speaker's."""

_ID: Final = matching(r"(toolu_|srvtoolu_|mcptoolu_|call_)[A-Za-z0-9]{16,64}")
_SMALL: Final = within(0, 1_000_000)

_FIRST: Final = ("/messages/*/content/*", "/system/*")
_NESTED: Final = ("/content/*", "/source/content/*")
BLOCKS: Final = tuple(
    place + inner + deeper
    for place in _FIRST
    for inner in ("", *_NESTED)
    for deeper in (("", *_NESTED) if inner else ("",))
)
"""Every place of a content block: within a message, within a tool's result or a document, and within those again."""

_BLOCK_STRUCTURAL: Final[dict[str, Check]] = {
    "/type": one_of(
        "text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use", "tool_result",
        "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "mcp_tool_use", "mcp_tool_result",
        "code_execution_tool_result", "container_upload",
    ),
    "/cache_control/type": one_of("ephemeral"),
    "/cache_control/ttl": one_of("5m", "1h"),
    "/source/type": one_of("base64", "url", "text", "content", "file"),
    "/source/media_type": one_of(
        "image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain"
    ),
    "/id": _ID,
    "/tool_use_id": _ID,
    "/signature": is_ciphertext,
    "/data": is_ciphertext,
}  # fmt: skip
_BLOCK_KNOWN: Final = (
    "/text", "/thinking", "/name", "/input", "/is_error", "/title", "/context", "/citations", "/citations/enabled",
    "/content", "/source", "/source/data", "/source/url", "/source/file_id", "/source/content", "/cache_control",
)  # fmt: skip


def _everywhere(paths: Iterable[str]) -> list[str]:
    return [place + path for place in BLOCKS for path in paths]


STRUCTURAL: Final[dict[str, Check]] = {
    "/model": lambda value: isinstance(value, str),
    "/messages/*/role": one_of(*ROLES),
    **{place + path: check for place in BLOCKS for path, check in _BLOCK_STRUCTURAL.items()},
    "/max_tokens": _SMALL,
    "/temperature": within(0, 1),
    "/top_p": within(0, 1),
    "/top_k": within(0, 1000),
    "/service_tier": one_of("auto", "standard_only", "standard", "priority"),
    "/tool_choice/type": one_of("auto", "any", "tool", "none"),
    "/thinking/type": one_of("enabled", "disabled", "adaptive"),
    "/thinking/budget_tokens": _SMALL,
    "/thinking/display": one_of("summarized", "omitted"),
    "/tools/*/type": one_of("custom"),
    "/tools/*/input_schema/type": SCHEMA_TYPE,
    "/tools/*/cache_control/type": one_of("ephemeral"),
    "/tools/*/cache_control/ttl": one_of("5m", "1h"),
    "/cache_control/type": one_of("ephemeral"),
    "/cache_control/ttl": one_of("5m", "1h"),
    "/output_config/effort": one_of("low", "medium", "high", "xhigh", "max"),
    "/output_config/format/type": one_of("json_schema"),
    "/output_config/format/schema/type": SCHEMA_TYPE,
    "/output_format/type": one_of("json_schema"),
    "/output_format/schema/type": SCHEMA_TYPE,
}

_SCHEMAS: Final = ("/tools/*/input_schema", "/output_config/format/schema", "/output_format/schema")

KNOWN: Final = (
    *_everywhere(_BLOCK_KNOWN),
    "/stream",
    "/stop_sequences",
    "/stop_sequences/*",
    "/metadata",
    "/metadata/user_id",
    "/tools/*/name",
    "/tools/*/description",
    "/tools/*/cache_control",
    "/tools/*/strict",
    "/tool_choice/name",
    "/tool_choice/disable_parallel_tool_use",
)

PROSE: Final = ("/system", "/messages/*/content", *_everywhere(("/text", "/thinking", "/content")))

PLACES: Final[dict[str, Role]] = {
    "/system": "system",
    "/tools": "definition",
    "/tool_choice": "definition",
    "/output_config": "definition",
    "/output_format": "definition",
}

BODY: Final[Shape] = shape(
    structural=STRUCTURAL, roles=PLACES, prose=PROSE, known=KNOWN, recursive=dict.fromkeys(_SCHEMAS, SCHEMA_KEYS)
)
MESSAGE: Final[Shape] = inside(BODY, "messages", "*")
BLOCK: Final[Shape] = inside(BODY, "messages", "*", "content", "*")
SYSTEM_BLOCK: Final[Shape] = inside(BODY, "system", "*")
_SOURCE_STRUCTURAL: Final[Mapping[str, Check]] = {
    path.removeprefix("/source"): check for path, check in _BLOCK_STRUCTURAL.items() if path.startswith("/source/")
}
IMAGE: Final[Shape] = shape(
    structural=_SOURCE_STRUCTURAL, roles={}, blobs={"/data": "image", "/url": "image", "/file_id": "image"}
)
FILE: Final[Shape] = shape(
    structural=_SOURCE_STRUCTURAL, roles={}, blobs={"/data": "file", "/url": "file", "/file_id": "file"}
)
"""The source of an image and of a document that can't be read as it stands."""


def unread_source(block: Mapping[str, Any]) -> Shape | None:
    """The shape of a block's source where it holds or names what can't be read, else None."""
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") in ("text", "content"):
        return None
    return IMAGE if block.get("type") == "image" else FILE
