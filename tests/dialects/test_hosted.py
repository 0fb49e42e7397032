"""What a call asks the provider to run, and which functions it offers the model, in every dialect's words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.dialects.all import every
from gateway.dialects.hosted import FEATURES, features, functions

DIALECTS = {dialect.name: dialect for dialect in every()}
FUNCTION = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, set()),
        ({"tools": None, "functions": None}, set()),
        ({"tools": [FUNCTION]}, set()),
        ({"functions": [{"name": "look_up"}]}, set()),
        ({"tools": [{"name": "look_up", "input_schema": {}}]}, set()),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, set()),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, set()),
        ({"web_search_options": {}}, {"web_search"}),
        ({"web_search_options": None}, set()),
        ({"search_parameters": {"mode": "auto"}}, {"web_search"}),
        ({"enable_search": True}, {"web_search"}),
        ({"enable_search": False}, set()),
        ({"data_sources": [{"type": "azure_search"}]}, {"file_search"}),
        ({"plugins": [{"id": "web"}]}, {"other"}),
        ({"tools": [{"type": "web_search_preview_2025_03_11"}]}, {"web_search"}),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, {"web_search"}),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, {"code_execution"}),
        ({"tools": [FUNCTION, {"type": "file_search", "vector_store_ids": ["v"]}]}, {"file_search"}),
        ({"tools": [{"type": "image_generation"}, {"type": "mcp", "server_url": "x"}]}, {"image_generation", "mcp"}),
        ({"mcp_servers": [{"url": "https://x"}]}, {"mcp"}),
        ({"container": {"skills": []}}, {"code_execution"}),
        ({"tools": [{"googleSearch": {}}]}, {"web_search"}),
        ({"tools": [{"google_search_retrieval": {}}]}, {"web_search"}),
        ({"tools": [{"urlContext": {}}]}, {"web_fetch"}),
        ({"tools": [{**FUNCTION, "googleSearch": {}}]}, {"web_search"}),
        ({"tools": [{"enterpriseWebSearch": {}}]}, {"other"}),
        ({"tools": [{}]}, {"other"}),
        ({"tools": ["web_search"]}, {"other"}),
        ({"tools": {"type": "web_search"}}, {"web_search"}),
        ({"tools": [{"type": "WEB_SEARCH"}]}, {"other"}),
        ({"tools": [{"type": 7}]}, {"other"}),
        ({"tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "web_search"}]}]}, {"web_search"}),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "code_interpreter"}]}]}, {"code_execution"}),
        ({"input": [{"type": "tool_search_output", "tools": [{"type": "mcp", "server_url": "x"}]}]}, {"mcp"}),
        ({"input": [{"type": "mcp_list_tools", "tools": [{"name": "theirs", "input_schema": {}}]}]}, set()),
        ({"input": "tools"}, set()),
    ],
)  # fmt: skip
def test_features(body: dict[str, Any], expected: set[str]) -> None:
    assert features(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"tools": [FUNCTION]}, {"look_up"}),
        ({"functions": [{"name": "send_email"}]}, {"send_email"}),
        ({"tools": [{"type": "function", "name": "a"}, {"name": "b", "input_schema": {}}]}, {"a", "b"}),
        ({"tools": [{"type": "custom", "custom": {"name": "c"}}]}, {"c"}),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, {"bash", "bash_20250124"}),
        ({"tools": [{"type": "local_shell"}]}, {"local_shell"}),
        ({"tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "send"}]}]},
         {"namespace", "crm", "send"}),
        ({"tools": [{"type": "function", "function": {"name": 7}}, 7, None]}, set()),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "function", "name": "send"}]}, 7]}, {"send"}),
        ({"input": [{"type": "mcp_list_tools", "tools": [{"name": "theirs"}]}]}, set()),
        ({}, set()),
    ],
)  # fmt: skip
def test_functions(body: dict[str, Any], expected: set[str]) -> None:
    assert functions(body) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["tools", "functions", "type", "name", "function", "web_search_options", "container"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=3), max_size=3), max_size=4))
def test_any_body_can_be_read(body: dict[str, Any]) -> None:
    assert features(body) <= FEATURES
    assert all(isinstance(name, str) for name in functions(body))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai_chat", {"messages": [{"role": "user", "content": "x"}]}),
        ("openai_completions", {"prompt": "x"}),
        ("openai_responses", {"input": "x"}),
        ("anthropic_messages", {"messages": [{"role": "user", "content": "x"}]}),
        ("anthropic_count_tokens", {"messages": [{"role": "user", "content": "x"}]}),
    ],
)
def test_every_dialect_says_both(name: str, body: dict[str, Any]) -> None:
    tools = [{"type": "web_search"}, {"type": "function", "name": "send", "function": {"name": "send"}}]
    call = DIALECTS[name].read({"model": "m", **body, "tools": tools}, {})
    assert call.hosted == {"web_search"}
    assert "send" in call.functions
