"""Open WebUI with the settings under `deploy/open-webui`, as a process of its own: ten turns of one chat.

It is not among the packages that `make test` installs (7 GB). Name the program, and this runs:
OPEN_WEBUI=/path/to/bin/open-webui python -m pytest tests/clients/test_open_webui.py
"""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import yaml

from gateway.settings import IdentitySettings
from tests.support.capture import Body, Capture, Reply, echo, last_text
from tests.support.gateway import Gateway
from tests.support.gateway import gateway as running
from tests.support.open_webui import Chat, OpenWebUI, executable, open_webui, saved, shipped, turn
from tests.support.shared import ROOT

FOLDER = ROOT / "deploy" / "open-webui"
PROGRAM = executable()
needs_it = pytest.mark.skipif(
    PROGRAM is None, reason="needs Open WebUI: set OPEN_WEBUI to its program (deploy/open-webui/README.md)"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

JO, SAM = "jo.bloggs@maidstone.example", "sam.hill@maidstone.example"
CRIME = "He was convicted of burglary in 2019. Write to him."
TURNS = [
    "Write to Margaret Okafor about her missed bin.",
    "Shorter, please.",
    "Add that the crew comes again on Friday.",
    CRIME,
    "Never mind him. Write to Margaret Okafor again, more warmly.",
    "Her e-mail is margaret.okafor@mail.example. Put it at the top.",
    "Make a list of three points of it.",
    "Now as two paragraphs.",
    "Take out the apology.",
    "Thank you. Once more, whole.",
]


def test_the_shipped_settings_hold_no_secret_and_keep_everything_in_the_house() -> None:
    settings = shipped()
    assert not {name for name in settings if name.endswith(("_KEY", "_KEYS", "_SECRET"))}
    assert settings["FORWARD_USER_INFO_HEADER_JWT"] == "X-AI-User-Token"
    assert json.loads(settings["OPENAI_API_CONFIGS"])["0"]["headers"] == {"X-AI-Task": "{{TASK}}"}
    for name in ("ENABLE_OLLAMA_API", "ENABLE_DIRECT_CONNECTIONS", "ENABLE_WEB_SEARCH", "ENABLE_VERSION_UPDATE_CHECK"):
        assert settings[name] == "false"
    assert settings["OFFLINE_MODE"] == "true"


def test_the_gateways_part_loads() -> None:
    identity = IdentitySettings.model_validate(yaml.safe_load((FOLDER / "gateway.yaml").read_text())["identity"])
    assert identity.issuers["open-webui"].audience is None


def answers(body: Body) -> Reply:
    """Titles as chatty models give them, tags as they should be, everything else said again."""
    text = last_text(body)
    if '"title"' in text:
        return Reply(pieces=['Here you are: { "title": "Missed bin" }'])
    if '"tags"' in text:
        return Reply(pieces=['{ "tags": ["Waste"] }'])
    return echo(body)


@pytest.fixture(scope="module")
def jwt_secret() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def gateway(server: Capture, jwt_secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The shipped settings of the gateway's side, with the secret in the test's own place."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "jwt").write_text(jwt_secret)
    identity = yaml.safe_load((FOLDER / "gateway.yaml").read_text())["identity"]
    identity["issuers"]["open-webui"]["secret_file"] = str(folder / "jwt")
    server.answer = answers
    with running(folder, server.url, identity=identity) as made:
        yield made


@pytest.fixture(scope="module")
def webui(gateway: Gateway, jwt_secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWebUI]:
    assert PROGRAM
    key = gateway.key(kind="app", token_issuer="open-webui")
    with open_webui(PROGRAM, tmp_path_factory.mktemp("webui"), gateway.base_url, key, jwt_secret) as made:
        yield made


@pytest.fixture(scope="module")
def people(webui: OpenWebUI) -> Iterator[dict[str, httpx.Client]]:
    """The administrator signs up first and makes two accounts; both sign in."""
    with webui.enter("signup", "admin@maidstone.example", name="Ada Admin") as admin:
        for email, name in ((JO, "Jo Bloggs"), (SAM, "Sam Hill")):
            webui.add(admin, email, name)
    with webui.enter("signin", JO) as jo, webui.enter("signin", SAM) as sam:
        yield {JO: jo, SAM: sam}


def actor(gateway: Gateway, email: str) -> str:
    """How records name a person: taken from a call with a key of the person's own."""
    with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key(owner=email)) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="council-assistant", messages=[{"role": "user", "content": "Hello."}]
        )
    found: str = gateway.records(raw.headers["x-ai-record"])["actor"]
    return found


def records(gateway: Gateway) -> list[dict[str, Any]]:
    """Every record there is, oldest first, as `records show` gives it."""
    rows = json.loads(gateway.cli("records", "search", "--records", "--limit", "500", "--json").stdout)
    return [gateway.records(row["ref"]) for row in reversed(rows)]


@needs_it
def test_ten_turns(webui: OpenWebUI, people: dict[str, httpx.Client], gateway: Gateway, server: Capture) -> None:
    chat = Chat()
    said: list[dict[str, Any]] = []
    for number, text in enumerate(TURNS):
        said.append(turn(people[JO], chat, text, tasks=("title_generation", "tags_generation") if number == 0 else ()))

    for text, message in zip(TURNS, said, strict=True):
        if text != CRIME:
            assert text in message["content"], "what was asked comes back, with the names"
            assert message["content"].count("AI helped write this.") == 1
            assert "error" not in message
    refused = said[TURNS.index(CRIME)]
    shown = refused["error"]["content"]
    assert "was not sent to the AI tool" in shown
    assert "What to do:" in shown
    assert "burglary" not in shown

    kept = saved(people[JO], chat)
    assert kept["title"] == "Missed bin"
    assert kept["meta"]["tags"] == ["waste"]

    received = b"".join(server.received)
    for never in (b"Okafor", b"margaret.okafor", b"burglary", JO.encode(), b"Bloggs", b"x-ai-user-token"):
        assert never.lower() not in received.lower()
    assert not [body for body in server.bodies if "tools" in body]

    found = records(gateway)
    assert len(found) == len(TURNS) + 2, "each turn, the title and the tags"
    assert [each["outcome"] for each in found].count("refused") == 1
    assert {each["actor"] for each in found} == {actor(gateway, JO)}


@needs_it
def test_what_the_chat_asks_for_itself_has_its_note_beside_it(
    people: dict[str, httpx.Client], gateway: Gateway
) -> None:
    before = {each["ref"] for each in records(gateway)}
    asked = {"model": "council-assistant", "messages": [{"role": "user", "content": "Write about the bins."}]}
    answer = people[SAM].post("/api/v1/tasks/title/completions", json=asked).json()
    assert answer["choices"][0]["message"]["content"] == 'Here you are: { "title": "Missed bin" }'
    (record,) = [each for each in records(gateway) if each["ref"] not in before]
    assert record["actor"] == actor(gateway, SAM) != actor(gateway, JO)
    assert "beside the answer, in its headers" in gateway.cli("records", "show", record["ref"]).stdout


@needs_it
def test_a_document_goes_whole_through_the_gateway(
    webui: OpenWebUI, people: dict[str, httpx.Client], server: Capture, tmp_path: Path
) -> None:
    paper = ("case.txt", b"Margaret Okafor has rung three times about the bin at 14 Bank Street.")
    uploaded = people[SAM].post("/api/v1/files/", files={"file": paper})
    uploaded.raise_for_status()
    server.clear()
    message = turn(people[SAM], Chat(), "What does she want?", files=[{"type": "file", **uploaded.json()}])
    assert "error" not in message
    assert b"has rung three times" in b"".join(server.received)
    assert b"Okafor" not in b"".join(server.received)
