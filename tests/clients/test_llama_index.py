"""LlamaIndex, unmodified: OpenAILike, its OpenAI class, and embeddings."""

import json
from typing import Any

import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike, OpenAILikeResponses

from tests.support.capture import Body, Capture, Reply
from tests.support.gateway import Gateway

ASKED = "Write to Margaret Okafor about her bins."
CRIME = "He was convicted of burglary in 2019. Write to him."
MODEL = "council-assistant"


@pytest.fixture(params=[OpenAILike, OpenAILikeResponses], ids=["chat", "responses"])
def llm(request: pytest.FixtureRequest, gateway: Gateway, key: str) -> FunctionCallingLLM:
    made: FunctionCallingLLM = request.param(
        model=MODEL,
        api_base=gateway.base_url,
        api_key=key,
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )
    return made


def asked(text: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


def test_whole_and_streamed(llm: FunctionCallingLLM, capture: Capture) -> None:
    whole = llm.chat(asked(ASKED)).message.content or ""
    streamed = "".join(piece.delta or "" for piece in llm.stream_chat(asked(ASKED)))
    for text in (whole, streamed):
        assert "Margaret Okafor" in text
        assert text.count("AI helped write this.") == 1
    assert "Margaret Okafor" in llm.complete(ASKED).text
    assert b"Okafor" not in b"".join(capture.received)


async def test_asynchronously(llm: FunctionCallingLLM, capture: Capture) -> None:
    assert "Margaret Okafor" in ((await llm.achat(asked(ASKED))).message.content or "")
    pieces = [piece.delta or "" async for piece in await llm.astream_chat(asked(ASKED))]
    assert "Margaret Okafor" in "".join(pieces)


def test_a_tool_call(llm: FunctionCallingLLM, capture: Capture) -> None:
    def calls(body: Body) -> Reply:
        arguments = json.dumps({"name": "PERSON_" + json.dumps(body).split("PERSON_")[1][:8]})
        function = {"name": "lookup_case", "arguments": arguments}
        return Reply(tool_calls=[{"id": "call_0123456789abcdef01", "type": "function", "function": function}])

    def lookup_case(name: str) -> str:
        """Look a resident's case up."""
        return name

    capture.answer = calls
    reply = llm.chat_with_tools([FunctionTool.from_defaults(lookup_case)], user_msg="Look up Margaret Okafor.")
    (call,) = llm.get_tool_calls_from_response(reply)
    assert (call.tool_name, call.tool_kwargs) == ("lookup_case", {"name": "Margaret Okafor"})
    assert b"Okafor" not in b"".join(capture.received)


def test_a_refusal(llm: FunctionCallingLLM, capture: Capture) -> None:
    with pytest.raises(openai.BadRequestError, match="clause"):
        llm.chat(asked(CRIME))
    assert not capture.received


def test_embeddings(gateway: Gateway, capture: Capture, key: str) -> None:
    given: dict[str, Any] = {"model_name": MODEL, "api_base": gateway.base_url, "api_key": key, "max_retries": 0}
    embedding = OpenAILikeEmbedding(**given)
    assert embedding.get_text_embedding_batch([ASKED, "Bins"]) == [[0.5, 0.0], [0.5, 1.0]]
    assert embedding.get_query_embedding("Bins") == [0.5, 0.0]
    with pytest.raises(openai.BadRequestError, match="clause"):
        embedding.get_text_embedding(CRIME)
    assert b"Okafor" not in b"".join(capture.received)
