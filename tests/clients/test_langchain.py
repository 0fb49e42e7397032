"""LangChain, unmodified: ChatOpenAI over both of OpenAI's interfaces, ChatAnthropic, OpenAIEmbeddings."""

import json
from typing import Any, cast

import openai
import pydantic
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import SecretStr

from tests.support.capture import Body, Capture, Reply, echo
from tests.support.gateway import Gateway

ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
MODEL = "council-assistant"


class Days(pydantic.BaseModel):
    """The days of a collection."""

    days: list[str]


@tool
def look_up(name: str) -> str:
    """Look a resident's case up."""
    return f"{name} rang on Monday about a missed bin."


@pytest.fixture(params=["chat", "responses", "anthropic"])
def model(request: pytest.FixtureRequest, gateway: Gateway, key: str) -> BaseChatModel:
    if request.param == "anthropic":
        root = gateway.base_url.removesuffix("/v1")
        return ChatAnthropic(  # type: ignore[call-arg]
            model_name=MODEL, base_url=root, api_key=SecretStr(key), max_retries=0
        )
    return ChatOpenAI(
        model=MODEL,
        base_url=gateway.base_url,
        api_key=SecretStr(key),
        max_retries=0,
        use_responses_api=request.param == "responses",
    )


def text_of(message: Any) -> str:
    return cast("str", message.text)


def test_whole_and_streamed(model: BaseChatModel, capture: Capture) -> None:
    whole = text_of(model.invoke(ASKED))
    streamed = "".join(text_of(piece) for piece in model.stream(ASKED))
    for text in (whole, streamed):
        assert "Margaret Okafor" in text
        assert text.count("AI helped write this.") == 1
    assert b"Okafor" not in b"".join(capture.received)


async def test_asynchronously(model: BaseChatModel, capture: Capture) -> None:
    assert "Margaret Okafor" in text_of(await model.ainvoke(ASKED))
    assert "Margaret Okafor" in "".join([text_of(piece) async for piece in model.astream(ASKED)])


def first_token(body: Body) -> str:
    return "PERSON_" + json.dumps(body).split("PERSON_")[1][:8]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_loop(model: BaseChatModel, capture: Capture, stream: bool) -> None:
    def calls(body: Body) -> Reply:
        arguments = json.dumps({"name": first_token(body)})
        function = {"name": "look_up", "arguments": arguments}
        return Reply(tool_calls=[{"id": "call_0123456789abcdef01", "type": "function", "function": function}])

    capture.answer = calls
    bound = model.bind_tools([look_up])
    question = HumanMessage("Look up Margaret Okafor.")
    answer: Any = None
    if stream:
        for piece in bound.stream([question]):
            answer = piece if answer is None else answer + piece
    else:
        answer = bound.invoke([question])
    (call,) = answer.tool_calls
    assert call["name"] == "look_up"
    result = look_up.invoke(call)
    assert isinstance(result, ToolMessage)
    capture.answer = lambda body: Reply(pieces=["She rang on Monday."])
    last = bound.invoke([question, answer, result])
    assert "She rang on Monday." in text_of(last)
    assert b"Okafor" not in b"".join(capture.received)


def test_structured_output(model: BaseChatModel, capture: Capture) -> None:
    def answers(body: Body) -> Reply:
        if body.get("tools"):
            function = {"name": "Days", "arguments": '{"days": ["Tuesday"]}'}
            return Reply(tool_calls=[{"id": "call_0123456789abcdef01", "type": "function", "function": function}])
        return Reply(pieces=['{"days": ', '["Tuesday"]}'])

    capture.answer = answers
    assert model.with_structured_output(Days).invoke(ASKED) == Days(days=["Tuesday"])
    assert b"Okafor" not in b"".join(capture.received)


def test_a_refusal(model: BaseChatModel, capture: Capture) -> None:
    with pytest.raises(Exception, match="clause") as caught:
        model.invoke(CRIME)
    assert type(caught.value).__mro__[1].__name__ in {"BadRequestError", "APIStatusError"}
    assert not capture.received


def test_embeddings(gateway: Gateway, capture: Capture, key: str) -> None:
    given: dict[str, Any] = {"model": MODEL, "base_url": gateway.base_url, "api_key": SecretStr(key), "max_retries": 0}
    by_default = OpenAIEmbeddings(**given, tiktoken_model_name="gpt-4o")
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        by_default.embed_documents([ASKED])
    assert not capture.received
    readable = OpenAIEmbeddings(**given, check_embedding_ctx_length=False)
    assert readable.embed_documents([ASKED, "Bins"]) == [[0.5, 0.0], [0.5, 1.0]]
    assert readable.embed_query("Bins") == [0.5, 0.0]
    assert b"Okafor" not in b"".join(capture.received)
    assert capture.answer is echo
