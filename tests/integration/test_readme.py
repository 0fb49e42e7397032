"""Every example of the README is run or loaded; every link and command of the docs exists."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest
import typer
import yaml

from gateway.cli.main import app
from gateway.settings import default_path, load_settings
from tests.support.capture import Capture
from tests.support.gateway import CONTROLLERS, Gateway
from tests.support.shared import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
COMMAND = re.compile(r"(?:^|[`\s/])ai-gateway ((?:[a-z][a-z-]* ?)+)", re.MULTILINE)


def commands(group: click.Group, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield above + name


COMMANDS = tuple(commands(cast("click.Group", typer.main.get_command(app))))


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_python_example_runs(gateway: Gateway, capture: Capture, key: str) -> None:
    (example,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example.replace("http://127.0.0.1:8080/v1", gateway.base_url)],
        env={"AI_GATEWAY_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Margaret Okafor" in done.stdout
    assert "AI helped write this." in done.stdout
    assert b"Okafor" not in b"".join(capture.received)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_example_runs(gateway: Gateway, capture: Capture, key: str) -> None:
    (example,) = (block for block in blocks("sh") if "curl" in block)
    done = subprocess.run(
        ["sh", "-c", "set -e; " + example.replace("http://127.0.0.1:8080/v1", gateway.base_url)],
        env={"AI_GATEWAY_KEY": key, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Margaret Okafor" in done.stdout


def test_the_provider_example_is_part_of_the_production_example() -> None:
    (example,) = blocks("yaml")
    named = yaml.safe_load(example)["upstreams"]
    shipped = load_settings(default_path("production.example.yaml")).upstreams
    for name, wanted in named.items():
        for key, value in wanted.items():
            assert str(getattr(shipped[name], key)).endswith(str(value))


def test_the_test_controllers_are_the_shipped_ones() -> None:
    shipped = load_settings(default_path("gateway.yaml")).controllers
    assert {name: each["prefix"] for name, each in CONTROLLERS.items()} == {n: c.prefix for n, c in shipped.items()}


def named_commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for match in COMMAND.finditer(page.read_text("utf-8")):
            yield page.name, match[1].strip()


def test_every_command_that_a_page_names_exists() -> None:
    for page, words in named_commands():
        known = any(words == command or words.startswith(command + " ") for command in COMMANDS)
        group = any(command.startswith(words + " ") for command in COMMANDS)
        assert known or group, f"{page} names `ai-gateway {words}`"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    from typer.testing import CliRunner

    shown = CliRunner().invoke(app, [*shlex.split(command), "--help"])
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 6


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
