"""Clients other than the OpenAI package: LiteLLM as a client, and plain HTTP as a script would use it."""

import json
import os
import subprocess
import sys

import httpx
import pytest

from tests.support.capture import Capture
from tests.support.gateway import Gateway

LITELLM = """
import os, litellm
for stream in (False, True):
    reply = litellm.completion(
        model="openai/council-assistant", api_base=os.environ["URL"], api_key=os.environ["KEY"], stream=stream,
        messages=[{"role": "user", "content": "Write to Margaret Okafor about her bins."}],
    )
    if stream:
        print("".join(chunk.choices[0].delta.content or "" for chunk in reply))
    else:
        print(reply.choices[0].message.content)
try:
    litellm.completion(
        model="openai/council-assistant", api_base=os.environ["URL"], api_key=os.environ["KEY"], num_retries=0,
        messages=[{"role": "user", "content": "He was convicted of burglary. Write to him."}],
    )
except litellm.BadRequestError as error:
    print("REFUSED", error)
"""


@pytest.mark.slow
def test_litellm_as_a_client(gateway: Gateway, capture: Capture, key: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LITELLM],
        env={**os.environ, "URL": gateway.base_url, "KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout.count("Margaret Okafor") == 2
    assert done.stdout.count("AI helped write this.") == 2
    assert "REFUSED" in done.stdout
    assert "clause" in done.stdout
    assert b"Okafor" not in b"".join(capture.received)


def test_a_plain_script_reads_the_event_stream(gateway: Gateway, capture: Capture, key: str) -> None:
    body = {
        "model": "council-assistant",
        "stream": True,
        "messages": [{"role": "user", "content": "Write to Margaret Okafor about her bins."}],
        "x_vendor_field": {"kept": [1, 2.5, None, True]},
    }
    lines: list[str] = []
    with httpx.stream(
        "POST", gateway.base_url + "/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    text = "".join(
        choice["delta"].get("content") or "" for line in lines[:-1] for choice in json.loads(line[6:])["choices"]
    )
    assert "Margaret Okafor" in text
    assert capture.bodies[0]["x_vendor_field"] == {"kept": [1, 2.5, None, True]}
