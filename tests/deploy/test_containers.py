"""Container, compose and systemd files: hardened, pinned, and naming only what exists."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.shared import ROOT

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EACH = pytest.mark.parametrize("name", sorted(SERVICES))


def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, continuation lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE))
    return [(a, b) for a, _, b in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def test_the_container_runs_as_nobody_in_particular() -> None:
    users = [argument for name, argument in instructions() if name == "USER"]
    assert users == ["10001:10001"], "numeric, so that an orchestrator can check it"
    last_from = max(i for i, (name, _) in enumerate(instructions()) if name == "FROM")
    after = [name for name, _ in instructions()[last_from:]]
    assert "ADD" not in after
    assert after.index("USER") < after.index("ENTRYPOINT")


def test_dependencies_are_pinned_by_hash() -> None:
    installs = [argument for name, argument in instructions() if name == "RUN" and "pip install" in argument]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]
    lock = (ROOT / "requirements" / "run.lock").read_text()
    assert "hatchling==" in lock, "the build needs nothing that is not in the lock"
    assert lock.count("--hash=sha256:") >= len(re.findall(r"^\S+==", lock, re.MULTILINE))


def test_what_is_copied_exists_and_is_let_through() -> None:
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    for name, argument in instructions():
        if name == "COPY" and not argument.startswith("--from"):
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignored, source


def test_every_package_is_copied() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    (listed,) = re.findall(r"^packages = \[(.*)\]$", text, re.MULTILINE)
    copied = {argument.split()[0] for name, argument in instructions() if name == "COPY"}
    assert set(re.findall(r'"(\w+)"', listed)) <= copied


def test_the_base_can_be_pinned() -> None:
    assert instructions()[0][0] == "ARG"
    assert all(argument.startswith("${BASE}") for name, argument in instructions() if name == "FROM")
    assert "sha256" in CONTAINERFILE


@EACH
def test_services_are_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert service["mem_limit"]


@EACH
def test_ports_are_this_hosts_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@EACH
def test_images_have_a_version(name: str) -> None:
    image = SERVICES[name].get("image")
    assert image is None or re.fullmatch(r"docker\.io/[\w/-]+:v?\d+\.\d+\.\d+", image)


@EACH
def test_mounted_files_exist(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source = volume.split(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_no_secret_is_written_here() -> None:
    for path in sorted(p for p in DEPLOY.rglob("*") if p.is_file()):
        text = path.read_text()
        assert not re.search(r"(?i)(password|secret|api_?key|token)\s*[:=]\s*[\"']?[A-Za-z0-9+/]{8,}", text), path.name


def test_prometheus_finds_the_gateway() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert host in SERVICES
    assert f"EXPOSE {port}" in CONTAINERFILE
    assert set(SERVICES["prometheus"]["networks"]) & set(SERVICES["gateway"]["networks"])


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((DEPLOY / "systemd" / "ai-gateway.service").read_text())
    return parser


def test_the_unit_is_hardened() -> None:
    service = unit()["Service"]
    assert service["User"] != "root"
    for setting in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"):
        assert service[setting] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["LimitCORE"] == "0"
    assert int(service["TimeoutStopSec"]) > 30, "running calls may take 30 seconds to end"


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("needs systemd-analyze, which is not installed here")
    written = tmp_path / "ai-gateway.service"
    text = (DEPLOY / "systemd" / "ai-gateway.service").read_text()
    written.write_text(text.replace("/opt/ai-gateway/bin/ai-gateway", "/bin/true"))
    done = subprocess.run([found, "verify", str(written)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "ai-gateway" not in done.stderr, done.stderr


def test_commands_in_the_files_exist() -> None:
    """`serve`, `check` and their options are those of the command line."""
    from typer.main import get_command

    from gateway.cli.main import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    (command,) = [argument for name, argument in instructions() if name == "CMD"]
    verb, *options = re.findall(r'"([^"]+)"', command)
    known = {option for parameter in commands[verb].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    for line in ("ExecStart", "ExecStartPre"):
        assert unit()["Service"][line].split()[1] in commands
