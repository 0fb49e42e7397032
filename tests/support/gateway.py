"""A real gateway process: settings written, keys created through the command line, `ai-gateway serve` started."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import nursery
from tests.support.databases import lay
from tests.support.shared import ROOT

CONTROLLERS = {
    "maidstone": {"name": "Maidstone Borough Council", "prefix": "MBC", "contact": "ig@maidstone.example"},
    "swale": {"name": "Swale Borough Council", "prefix": "SBC", "contact": "ig@swale.example"},
    "tunbridge-wells": {
        "name": "Tunbridge Wells Borough Council",
        "prefix": "TWBC",
        "contact": "ig@tunbridgewells.example",
    },
}
RETENTION = {
    "classes": {
        name: {"days": days, "basis": f"Test schedule, {name}"}
        for name, days in (("routine", 365), ("casework", 2190), ("refused", 90))
    }
}
START_LIMIT_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Gateway:
    """One gateway under test. `start` and `stop` may be called again and again on the same data."""

    folder: Path
    upstream: str
    workers: int = 1
    overrides: Mapping[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | nursery.Forked | None = None
    wrapper: tuple[str, ...] = ()
    officer_key: str = ""

    @property
    def config(self) -> Path:
        return self.folder / "gateway.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "ledger.db"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"

    def write_settings(self) -> None:
        """Production mode, the shipped register, and the register's `offline` upstream bound to the test's server."""
        settings = {
            "mode": "production",
            "listen": {"port": self.port, "workers": self.workers},
            "data_dir": str(self.folder / "data"),
            "controllers": CONTROLLERS,
            "retention": RETENTION,
            "upstreams": {"offline": {"kind": "direct", "base_url": self.upstream}},
            **self.overrides,
        }
        self.config.write_text(yaml.safe_dump(settings))

    def cli(self, *words: str, check: bool = True, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `ai-gateway` with this gateway's settings, as an administrator would; records as an officer."""
        env = {**os.environ, "AI_GATEWAY_CONFIG": str(self.config), "NO_COLOR": "1"}
        if words[0] == "records":
            env["AI_GATEWAY_OFFICER_KEY"] = self.officer()
        return nursery.run(words, text=text or "", env=env, check=check)

    def officer(self) -> str:
        """The key of an Information Governance officer of every council, made at first use."""
        if not self.officer_key:
            words = ["--email", "ig@maidstone.example", "--role", "ig_officer"]
            for controller in CONTROLLERS:
                words += ["--controller", controller]
            self.officer_key = self.cli("officers", "add", "--quiet", *words).stdout.strip()
        return self.officer_key

    def key(self, *, service: str = "housing", controller: str = "maidstone", **options: str) -> str:
        """A new gateway key, as printed once by `keys create --quiet`."""
        words = ["--controller", controller, "--service", service, "--owner", "officer@maidstone.example"]
        for name, value in {"purpose": "correspondence", **options}.items():
            words += [f"--{name.replace('_', '-')}", value]
        return self.cli("keys", "create", "--quiet", *words).stdout.strip()

    def start(self) -> None:
        words = ["serve", "--config", str(self.config)]
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self.workers == 1 and not self.wrapper:
                if "database" not in self.overrides:
                    lay(f"sqlite:///{self.database}")
                self.process = nursery.start(words, (nothing, log, log), os.environ)
            else:
                command = [*self.wrapper, sys.executable, "-m", "gateway.cli.main", *words]
                self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.get("/readyz")[0] == 200:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the gateway did not become ready:\n{self.log.read_text()[-4000:]}")

    def get(self, path: str, key: str | None = None) -> tuple[int, bytes]:
        """Status and body of a GET; status 0 where nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
            response = connection.getresponse()
            return response.status, response.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, or with SIGKILL take it down in the middle of what it does."""
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):  # it may have ended already; `wait` collects it
            os.killpg(process.pid, how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def records(self, ref: str) -> dict[str, Any]:
        """What `records show --json` prints."""
        shown: dict[str, Any] = json.loads(self.cli("records", "show", ref, "--json").stdout)
        return shown


@contextmanager
def gateway(folder: Path, upstream: str, *, workers: int = 1, **overrides: Any) -> Iterator[Gateway]:
    """A started gateway, stopped at the end."""
    made = Gateway(folder, upstream, workers, overrides)
    made.write_settings()
    try:
        made.start()
        yield made
    finally:
        made.stop()
