"""Clients from npm: OpenAI's and Anthropic's packages for Node, and the Vercel AI SDK.

They are not installed by `make test`. `make node-clients` installs them, after which these tests run.
"""

import json
import os
import re
import shutil
import subprocess
import time

import pytest

from tests.support.capture import Body, Capture, Reply, echo, last_text
from tests.support.gateway import Gateway
from tests.support.sealed import reply_text
from tests.support.shared import ROOT

FOLDER = ROOT / "tests" / "clients" / "node"
NODE = os.environ.get("NODE") or shutil.which("node")
OLDEST = 22


def missing() -> str:
    """Why these tests can't run here; empty where they can."""
    if not (FOLDER / "node_modules").is_dir():
        return "needs the packages from npm: make node-clients"
    if not NODE:
        return f"needs Node {OLDEST} or later on the path, or its program in NODE"
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < OLDEST:
        return f"needs Node {OLDEST} or later; here is {version.strip()}"
    return ""


ABSENT = missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]


def answers(body: Body) -> Reply:
    """A tool call where there are tools and no result yet, JSON where it is asked for, else the text again."""
    whole = json.dumps(body)
    if body.get("tools") and not any(sign in whole for sign in ('"tool"', "function_call_output", "tool_result")):
        arguments = json.dumps({"name": "PERSON_" + whole.split("PERSON_")[1][:8]})
        function = {"name": "lookup_case", "arguments": arguments}
        return Reply(tool_calls=[{"id": "call_0123456789abcdef01", "type": "function", "function": function}])
    if body.get("response_format"):
        return Reply(pieces=['{"days": ', '["Tuesday"]}'])
    if last_text(body) == "Be slow.":
        return Reply(pieces=[f"Sentence {number} is about bins. " for number in range(300)], pause_s=0.03)
    return echo(body)


@pytest.mark.parametrize("script", ["openai", "anthropic", "vercel"])
def test_a_package(gateway: Gateway, capture: Capture, key: str, script: str) -> None:
    assert NODE
    capture.answer = answers
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", f"{script}.test.mjs"],
        cwd=FOLDER,
        env={
            "PATH": os.environ["PATH"],
            "ROOT": gateway.base_url.removesuffix("/v1"),
            "KEY": key,
        },
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"^ℹ fail 0$", done.stdout, re.MULTILINE), done.stdout[-2000:]
    assert b"Okafor" not in b"".join(capture.received)
    for ref in re.findall(r"ABORTED (\S+)", done.stdout):
        half(gateway, ref)


def half(gateway: Gateway, ref: str) -> None:
    """The record of a stream that the client left: closed as that, with what was delivered."""
    deadline = time.monotonic() + 20
    while not gateway.records(ref)["outcome"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert gateway.records(ref)["outcome"] == "disconnected"
    kept = reply_text(gateway.database, gateway.database.parent / "keys", ref)
    assert "Sentence 1 is about bins." in kept
    assert "Sentence 299" not in kept
