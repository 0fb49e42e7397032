"""The model name selects a tool; a name that stands for none is met with the nearest one offered."""

from dataclasses import replace

import pytest

from gateway.catalogue import Catalogue
from gateway.model.call import Call
from gateway.model.caller import Caller
from gateway.model.errors import BadRequest, NotOffered
from gateway.stages.resolve import resolve
from policies.engine import Grant
from tests.policies.shipped import TODAY, shipped_policy

CALLER = Caller(
    "maidstone", "key-1", "person", "actor", "jo@maidstone.example", True, "employee", "housing", "correspondence"
)


def catalogue() -> Catalogue:
    return Catalogue(shipped_policy(), today=lambda: TODAY)


def call(model: str, purpose: str | None = None) -> Call:
    return Call("openai_chat", model, stream=False, body={}, parts=(), purpose=purpose)


def test_a_model_name_selects_its_tool() -> None:
    tool = resolve(CALLER, call("council-assistant-small"), catalogue())
    assert (tool.id, tool.state, tool.tier) == ("council-assistant", "live", "enterprise")
    assert [place.id for place in tool.deployments] == ["assistant-small"]
    assert tool.deployments[0].timeout_s == 60
    assert tool.client_tools == {"lookup_case", "draft_letter"}


def test_the_call_refines_the_purpose_of_the_key() -> None:
    tool = resolve(CALLER, call("casework-assistant", "casework"), catalogue())
    assert isinstance(tool.policy, Grant)
    assert "special_category" in tool.policy.standing.covers
    plain = resolve(CALLER, call("casework-assistant"), catalogue())
    assert isinstance(plain.policy, Grant)
    assert "special_category" not in plain.policy.standing.covers


def test_a_purpose_that_the_key_was_not_made_for_is_refused() -> None:
    narrow = replace(CALLER, purposes=frozenset({"correspondence", "summaries"}))
    assert resolve(narrow, call("council-assistant", "summaries"), catalogue()).id == "council-assistant"
    with pytest.raises(BadRequest, match="correspondence, summaries") as caught:
        resolve(narrow, call("council-assistant", "casework"), catalogue())
    assert caught.value.code == "purpose_not_on_key"


@pytest.mark.parametrize("model", ["retired-writer", "unassessed-transcriber", "public-chat"])
def test_a_tool_that_may_not_be_used_is_still_named(model: str) -> None:
    """The record must say which tool was asked for: `decide` refuses, not `resolve`."""
    assert resolve(CALLER, call(model), catalogue()).id == model


def test_an_unknown_name_meets_the_nearest_one_offered() -> None:
    with pytest.raises(NotOffered) as caught:
        resolve(CALLER, call("Council-Asistant"), catalogue())
    assert caught.value.status == 404
    assert "Did you mean council-assistant?" in caught.value.message
    assert "Models you may use: council-assistant, council-assistant-small, casework-assistant" in caught.value.message


def test_only_what_the_caller_may_use_is_suggested() -> None:
    with pytest.raises(NotOffered) as caught:
        resolve(replace(CALLER, service="legal"), call("casework-asistant"), catalogue())
    assert "casework-assistant" not in caught.value.message
    assert "retired" not in caught.value.message


def test_the_name_asked_for_is_not_repeated() -> None:
    """Somebody pastes a key into the model field: it must not come back, nor reach a log."""
    with pytest.raises(NotOffered) as caught:
        resolve(CALLER, call("sk-live-51Habcdef"), catalogue())
    assert "sk-live" not in caught.value.message
    assert "Did you mean" not in caught.value.message


def test_a_service_with_nothing_approved_is_told_whom_to_ask() -> None:
    with pytest.raises(NotOffered, match="no AI tool is approved for your service area yet"):
        resolve(replace(CALLER, service="parking"), call("gpt-4o"), catalogue())
