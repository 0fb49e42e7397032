"""Features that the provider runs itself: what a call asks for beside the model's words.

Web search sends the model's queries to a search engine, a remote connector (MCP) sends them anywhere. So each is a
fact of the call, for policy to allow by name; whatever isn't known here counts as `other`. Tools that the vendor only
describes and the caller runs (bash, text editor, computer) are no such feature.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

FEATURES: Final = frozenset(
    {"web_search", "web_fetch", "code_execution", "file_search", "image_generation", "mcp", "other"}
)
"""The closed vocabulary."""

_BY_TYPE: Final = (
    ("web_search", "web_search"),
    ("web_fetch", "web_fetch"),
    ("google_search", "web_search"),
    ("url_context", "web_fetch"),
    ("code_execution", "code_execution"),
    ("code_interpreter", "code_execution"),
    ("file_search", "file_search"),
    ("image_generation", "image_generation"),
    ("mcp", "mcp"),
)
_CALLERS_OWN: Final = (
    "function", "custom", "allowed_tools", "namespace", "bash", "text_editor", "memory", "computer", "local_shell",
    "apply_patch", "tool_search",
)  # fmt: skip
"""Beginnings of the types of tools that the caller runs, or that only choose among those."""


_BY_FIELD: Final = {
    "web_search_options": "web_search",
    "search_parameters": "web_search",
    "enable_search": "web_search",
    "data_sources": "file_search",
    "mcp_servers": "mcp",
    "container": "code_execution",
    "plugins": "other",
    "connectors": "other",
}
"""Fields beside `tools` with which one provider or another is asked for a feature (OpenAI, xAI, Alibaba, Azure's "on
your data", Anthropic, OpenRouter, Cohere)."""
_LISTED: Final = "mcp_list_tools"
"""The item in which a provider repeats what a remote connector offers: the connector itself is the feature."""
_DESCRIBE: Final = frozenset({"name", "function", "custom"})
"""Keys of which a function of the caller's has at least one."""


def features(body: Mapping[str, Any]) -> frozenset[str]:
    """The features that a call asks for."""
    found = {feature for field, feature in _BY_FIELD.items() if body.get(field) not in (None, False)}
    return frozenset(found.union(*map(_of_tool, _tools(body))))


def functions(body: Mapping[str, Any]) -> frozenset[str]:
    """What the caller offers the model to call: the names of functions, and the types of tools that have a vendor's
    own meaning (`bash_20250124`). They are the caller's words."""
    found: set[str] = set()
    for tool in _tools(body):
        if isinstance(tool, Mapping):
            inner = [tool.get("function"), tool.get("custom")]
            named = [tool, *(each for each in inner if isinstance(each, Mapping))]
            found |= {each["name"] for each in named if isinstance(each.get("name"), str)}
            kind = tool.get("type")
            if isinstance(kind, str) and kind not in ("function", "custom"):
                found.add(kind)
    return frozenset(found)


def _tools(body: Mapping[str, Any]) -> Iterator[Any]:
    """Every tool, those within a namespace, those that an item brings and the functions of chat's older form
    included."""
    for field in ("tools", "functions"):
        tools = body.get(field)
        if tools is not None and not isinstance(tools, list):
            tools = [tools]
        for tool in tools or ():
            yield tool
            if isinstance(tool, Mapping):
                yield from _tools({"tools": tool.get("tools")})
    items = body.get("input")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping) and item.get("type") != _LISTED:
            yield from _tools({"tools": item.get("tools")})


def _of_tool(tool: Any) -> frozenset[str]:
    """The features that one tool stands for. Google's has no type: its only key is the feature's name."""
    if not isinstance(tool, Mapping):
        return frozenset({"other"})
    found = {_named(_snake(key)) for key in tool} - {None}
    kind = tool.get("type")
    if kind is None:
        if not found and not _DESCRIBE & tool.keys():
            found.add("other")
    elif not isinstance(kind, str):
        found.add("other")
    elif not kind.startswith(_CALLERS_OWN):
        found.add(_named(kind) or "other")
    return frozenset(name for name in found if name)


def _named(word: str) -> str | None:
    return next((feature for beginning, feature in _BY_TYPE if word.startswith(beginning)), None)


def _snake(key: str) -> str:
    """`googleSearch` as `google_search`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
