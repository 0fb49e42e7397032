"""The records API of a running gateway: on a port of its own, for officers only, with the page's examples."""

import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.support.capture import Capture
from tests.support.gateway import Gateway, free_port
from tests.support.gateway import gateway as running
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "records.md").read_text()
EXAMPLES = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if block.startswith("curl")]


@pytest.fixture(scope="module")
def records_port() -> int:
    return free_port()


@pytest.fixture(scope="module", params=[1, 2])
def office(
    request: pytest.FixtureRequest, server: Capture, tmp_path_factory: pytest.TempPathFactory, records_port: int
) -> Iterator[Gateway]:
    """A gateway with one worker, and one with two."""
    admin = {"listen": {"port": records_port}}
    with running(tmp_path_factory.mktemp("office"), server.url, workers=request.param, admin=admin) as made:
        client = openai.OpenAI(base_url=made.base_url, api_key=made.key(), max_retries=0)
        with client:
            client.chat.completions.create(
                model="council-assistant", messages=[{"role": "user", "content": "A notice about the bin collection."}]
            )
        yield made


def ask(port: int, path: str, key: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {key}"} if key else {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_the_records_are_on_their_own_port_and_nothing_else_is(office: Gateway, records_port: int) -> None:
    key = office.officer()
    status, headers, body = ask(records_port, "/records/v1/me", key)
    assert (status, json.loads(body)["roles"]) == (200, ["ig_officer"])
    assert headers["cache-control"] == "no-store"
    assert ask(records_port, "/records/v1/me")[0] == 401
    assert ask(office.port, "/records/v1/me", key)[0] == 404
    for path in ("/v1/models", "/healthz", "/metrics"):
        assert ask(records_port, path, key)[0] == 404
    assert ask(records_port, "/v1/models", office.key())[0] == 401  # a tool's key opens no records


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_of_the_page_work(office: Gateway, records_port: int, number: int, tmp_path: Path) -> None:
    env = {**os.environ, "RECORDS": f"http://127.0.0.1:{records_port}", "KEY": office.officer()}
    done = subprocess.run(["bash", "-c", EXAMPLES[number]], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 5
