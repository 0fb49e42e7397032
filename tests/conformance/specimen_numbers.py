"""The dialects whose replies are numbers: embeddings, moderations, a count of tokens."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from gateway.dialects.anthropic_count import AnthropicCount
from gateway.dialects.openai_vectors import (
    EMBEDDINGS_BODY,
    EMBEDDINGS_STRUCTURAL,
    MODERATIONS_BODY,
    MODERATIONS_STRUCTURAL,
    OpenAIEmbeddings,
    OpenAIModerations,
)
from tests.conformance import specimen_anthropic
from tests.conformance.harness import Body, Exchange, Specimen
from tests.support.bodies import KEYS, VALUES, WORDS, nested

_INPUTS = st.one_of(WORDS, nested(VALUES), st.lists(WORDS, min_size=1, max_size=3))
_OTHER = st.dictionaries(KEYS.filter(lambda key: key not in ("model", "input", "stream")), VALUES, max_size=3)
_BLOCKS = st.lists(
    st.one_of(
        st.builds(lambda text: {"type": "text", "text": text}, WORDS),
        st.builds(
            lambda more: {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", **more}},
            st.dictionaries(KEYS, VALUES, max_size=1),
        ),
    ),
    min_size=1,
    max_size=3,
)
_FLOATS = st.lists(st.floats(-1, 1, width=32), max_size=4)


def _bodies(inputs: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.builds(lambda given, other: {**other, "model": "m", "input": given}, inputs, _OTHER)


def plain(text: str, stream: bool) -> Body:
    return {"model": "m", "input": text}


def _vectors(vectors: Sequence[list[float]]) -> Exchange:
    data = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(vectors)]
    whole = {"object": "list", "data": data, "model": "m-1", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    return Exchange(plain("Hello", False), whole, (), frozenset())


def _verdict(flagged: bool, score: float) -> Exchange:
    row = {
        "flagged": flagged,
        "categories": {"harassment/threatening": flagged, "self-harm": False},
        "category_scores": {"harassment/threatening": score, "self-harm": 0.0},
        "category_applied_input_types": {"self-harm": ["text"]},
    }
    return Exchange(plain("Hello", False), {"id": "modr-1", "model": "m-1", "results": [row]}, (), frozenset())


EMBEDDINGS = Specimen(
    dialect=OpenAIEmbeddings(),
    plain=plain,
    bodies=_bodies(_INPUTS),
    table=EMBEDDINGS_STRUCTURAL,
    shape=EMBEDDINGS_BODY,
    exchanges=st.builds(_vectors, st.lists(_FLOATS, max_size=2)),
)
MODERATIONS = Specimen(
    dialect=OpenAIModerations(),
    plain=plain,
    bodies=_bodies(st.one_of(_INPUTS, _BLOCKS)),
    table=MODERATIONS_STRUCTURAL,
    shape=MODERATIONS_BODY,
    exchanges=st.builds(_verdict, st.booleans(), st.floats(0, 1)),
)
COUNT = Specimen(
    dialect=AnthropicCount(),
    plain=specimen_anthropic.plain,
    bodies=specimen_anthropic.BODIES,
    table=specimen_anthropic.ANTHROPIC.table,
    shape=specimen_anthropic.ANTHROPIC.shape,
    exchanges=st.builds(
        lambda n: Exchange(specimen_anthropic.plain("Hello", False), {"input_tokens": n}, (), frozenset()),
        st.integers(0, 10**6),
    ),
)
