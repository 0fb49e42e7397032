"""Features that the provider runs itself: what a call asks for beside the model's words.

Web search sends the model's queries to a search engine, a remote connector (MCP) sends them anywhere. So each is a
fact of the call, for policy to allow by name; whatever isn't known here counts as `other`. Tools that the vendor only
describes and the caller runs (bash, text editor, computer) are no such feature.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

FEATURES: Final = frozenset(
    {"web_search", "web_fetch", "code_execution", "file_search", "image_generation", "mcp", "other"}
)
"""The closed vocabulary."""

_BY_TYPE: Final = (
    ("web_search", "web_search"),
    ("web_fetch", "web_fetch"),
    ("google_search", "web_search"),
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


def of_chat(body: Mapping[str, Any]) -> frozenset[str]:
    """The features that a chat completion asks for."""
    found = set(_of_tools(body.get("tools")))
    for field in ("web_search_options", "search_parameters", "plugins"):
        if body.get(field) is not None:
            found.add("web_search" if field != "plugins" else "other")
    return frozenset(found)


def of_responses(body: Mapping[str, Any]) -> frozenset[str]:
    """The features that a call of OpenAI's Responses asks for."""
    return frozenset(_of_tools(body.get("tools")))


def of_anthropic(body: Mapping[str, Any]) -> frozenset[str]:
    """The features that a call of Anthropic's Messages asks for."""
    found = set(_of_tools(body.get("tools")))
    if body.get("mcp_servers"):
        found.add("mcp")
    if body.get("container") is not None:
        found.add("code_execution")
    return frozenset(found)


def _of_tools(tools: Any) -> Iterable[str]:
    for tool in tools if isinstance(tools, list) else ():
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if isinstance(tool, Mapping) and kind is None:
            continue  # a function, in Anthropic's older form
        if not isinstance(kind, str):
            yield "other"
        elif not kind.startswith(_CALLERS_OWN):
            yield next((feature for beginning, feature in _BY_TYPE if kind.startswith(beginning)), "other")
