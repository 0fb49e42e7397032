"""Council prompts through a running gateway: nothing that detection finds, and policy treats, leaves in any byte."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import openai
import pytest

from detectors.config import load_config
from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.suite import Suite, compile_suite
from gateway.administration import policy_of
from gateway.catalogue import Catalogue
from gateway.model.caller import Caller
from gateway.settings import load_settings
from policies.engine import Grant
from policies.facts import Facts
from tests.benchmarks.corpus import message
from tests.support.capture import Capture
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.shared import shared

PURPOSES = {"council-assistant": "correspondence", "casework-assistant": "casework"}
TOOLS = tuple(PURPOSES)
SHORTEST = 3
"""Values of fewer characters stand inside other words and numbers by chance."""


@pytest.fixture(scope="module")
def suite() -> Suite:
    return compile_suite(load_config())


@pytest.fixture(scope="module")
def gateway(server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    limits = {"calls_per_minute": 100_000, "burst": 10_000}
    with running(tmp_path_factory.mktemp("gateway"), server.url, identity=limits) as made:
        yield made


def council_prompts() -> list[str]:
    folder = shared("data/council")
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines]


def invented_prompts() -> list[str]:
    import random

    rnd = random.Random(5)
    return [message(rnd, 400) for _ in range(12)]


def treated_labels(gateway: Gateway, tool: str) -> frozenset[str]:
    """The labels that policy masks, pseudonymises, generalises or blocks for a housing officer's use of the tool."""
    caller = Caller("maidstone", "k", "person", "a", "", True, "officer", "housing", PURPOSES[tool])
    grant = Catalogue(policy_of(load_settings(gateway.config))).resolve(caller, tool).policy
    assert isinstance(grant, Grant)
    decisions = {label: grant.policy.decide(Facts(grant.standing, found=frozenset({label}))) for label in LABELS}
    return frozenset(name for name, made in decisions.items() if made.operators.get(name) != "allow")


def values_of(text: str, found: Iterable[Finding], labels: frozenset[str]) -> set[str]:
    """What detection finds under one of the labels."""
    values = {text[f.start : f.end] for f in found if f.label in labels}
    return {value for value in values if len(value) >= SHORTEST}


def strings(value: Any) -> Iterator[str]:
    """Every string and number of a JSON value, keys included, as they read once decoded."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    else:
        yield str(value)


def send(client: openai.OpenAI, tool: str, text: str, *, stream: bool) -> bool:
    """Send one prompt; whether policy let it through."""
    try:
        reply: Any = client.chat.completions.create(
            model=tool,
            messages=[{"role": "user", "content": text}],
            stream=stream,
            extra_headers={"X-AI-Purpose": PURPOSES[tool]},
        )
        if stream:
            for _ in reply:
                pass
    except openai.BadRequestError as error:
        if not (isinstance(error.body, dict) and "refusal" in error.body):
            raise
        return False
    return True


def through(gateway: Gateway, server: Capture, suite: Suite, prompts: list[str]) -> dict[str, int]:
    """Send every prompt to both tools, whole and streamed; fail where a found value left."""
    key = gateway.cli(
        *("keys", "create", "--quiet", "--controller", "maidstone", "--service", "housing"),
        *("--owner", "o@maidstone.example", "--purpose", "correspondence", "--purpose", "casework"),
    ).stdout.strip()
    sent = dict.fromkeys(TOOLS, 0)
    labels = {tool: treated_labels(gateway, tool) for tool in TOOLS}
    leaks: list[str] = []
    with openai.OpenAI(base_url=gateway.base_url, api_key=key, max_retries=0) as client:
        for text in prompts:
            found = suite.inspect(text, allow="maidstone")
            for tool in TOOLS:
                values = values_of(text, found, labels[tool])
                for stream in (False, True):
                    server.clear()
                    sent[tool] += send(client, tool, text, stream=stream)
                    raw = b"".join(server.received).decode()
                    said = "\n".join(string for body in server.bodies for string in strings(body))
                    leaks += [value for value in values if value in said or value in raw]
    assert leaks == []
    return sent


def test_invented_prompts(gateway: Gateway, server: Capture, suite: Suite) -> None:
    sent = through(gateway, server, suite, invented_prompts())
    assert sent["council-assistant"] == 24


@pytest.mark.slow
def test_the_council_set(gateway: Gateway, server: Capture, suite: Suite) -> None:
    prompts = council_prompts()
    sent = through(gateway, server, suite, prompts)
    # Refusals are fine, but a gateway that refuses everything would pass the check above.
    assert sent["council-assistant"] > len(prompts)
    assert sent["casework-assistant"] > len(prompts)
