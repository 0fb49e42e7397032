"""Plain HTTP, as a script would use it. Packages are in tests/clients."""

import json

import httpx

from tests.support.capture import Capture
from tests.support.gateway import Gateway


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
