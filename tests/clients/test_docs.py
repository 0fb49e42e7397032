"""Every example of docs/clients.md runs as it stands, against a gateway elsewhere."""

import os
import re
import subprocess

import pytest

from tests.clients.test_node import ABSENT, FOLDER, NODE
from tests.support.capture import Capture
from tests.support.gateway import Gateway
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "clients.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8080"
EMBEDDING = "[0.5, 0.0]"


def examples(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def client_of(example: str) -> str:
    """What an example is about: the last package that it imports."""
    named = re.findall(r"^(?:from|import) (\w+)|from \"([^\"]+)\"", example, re.MULTILINE)
    return "".join(named[-1])


def checked(text: str, capture: Capture) -> None:
    assert EMBEDDING in text or ("Margaret Okafor" in text and text.count("AI helped write this.") == 1), text
    assert capture.received
    assert b"Okafor" not in b"".join(capture.received)


@pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier")
@pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning")
@pytest.mark.parametrize("example", examples("python"), ids=client_of)
def test_python(
    example: str,
    gateway: Gateway,
    capture: Capture,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AI_GATEWAY_KEY", key)
    code = example.replace(ADDRESS, gateway.base_url.removesuffix("/v1"))
    exec(compile(code, "docs/clients.md", "exec"), {})  # noqa: S102 - a page of our own
    checked(capsys.readouterr().out, capture)


@pytest.mark.skipif(bool(ABSENT), reason=ABSENT)
@pytest.mark.parametrize("example", examples("js"), ids=client_of)
def test_node(example: str, gateway: Gateway, capture: Capture, key: str) -> None:
    assert NODE
    code = example.replace(ADDRESS, gateway.base_url.removesuffix("/v1"))
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", code],
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"], "AI_GATEWAY_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    checked(done.stdout, capture)


def test_examples_are_short() -> None:
    for example in examples("python") + examples("js"):
        assert len([line for line in example.splitlines() if line.strip()]) <= 8
