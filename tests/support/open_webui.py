"""A real Open WebUI process with the settings that `deploy/open-webui` ships, driven over its HTTP API."""

import os
import secrets
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.gateway import free_port
from tests.support.shared import ROOT

SHIPPED = ROOT / "deploy" / "open-webui" / "open-webui.env"
START_LIMIT_S = 400.0
TURN_LIMIT_S = 90.0


def executable() -> str | None:
    """Where Open WebUI is: named by the variable OPEN_WEBUI, else on the path; None where it isn't installed."""
    return os.environ.get("OPEN_WEBUI") or shutil.which("open-webui")


def shipped() -> dict[str, str]:
    """The settings of the shipped file."""
    lines = (line for line in SHIPPED.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


@dataclass
class Chat:
    """One conversation, as the browser would hold it."""

    id: str = ""
    last: str | None = None


@dataclass
class OpenWebUI:
    """One Open WebUI under test. Its settings are the shipped ones; only what a site must fill in differs."""

    folder: Path
    gateway: str
    key: str
    jwt_secret: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Nothing of this process's own variables but the path: what the file says is all there is."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **shipped(),
            "OPENAI_API_BASE_URL": self.gateway,
            "OPENAI_API_KEY": self.key,
            "FORWARD_USER_INFO_HEADER_JWT_SECRET": self.jwt_secret,
            "WEBUI_SECRET_KEY": secrets.token_hex(32),
            "DATA_DIR": str(self.folder),
        }

    def start(self, program: str) -> None:
        with (self.folder / "open-webui.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["nice", program, "serve", "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            time.sleep(0.5)
        raise RuntimeError(f"Open WebUI did not start:\n{self.log[-4000:]}")

    @property
    def log(self) -> str:
        return (self.folder / "open-webui.log").read_text(errors="replace")

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):  # it may have ended already; `wait` collects it
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def enter(self, path: str, email: str, **more: str) -> httpx.Client:
        """A client with the session of somebody who has signed up or in."""
        body = {"email": email, "password": f"a long one for {email}", **more}
        answer = httpx.post(f"{self.url}/api/v1/auths/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {answer.json()['token']}"}, timeout=30
        )

    def add(self, admin: httpx.Client, email: str, name: str) -> None:
        """The administrator makes an account."""
        body = {"email": email, "password": f"a long one for {email}", "name": name, "role": "user"}
        admin.post("/api/v1/auths/add", json=body).raise_for_status()


def turn(
    session: httpx.Client,
    chat: Chat,
    text: str,
    files: Sequence[Mapping[str, Any]] = (),
    tasks: Sequence[str] = (),
) -> dict[str, Any]:
    """One turn of a chat as the web page makes it; returns the assistant's message once it is whole.

    Raises TimeoutError where it never is.
    """
    asked, answered = str(uuid.uuid4()), str(uuid.uuid4())
    now = int(time.time())
    message: dict[str, Any] = {
        "id": asked,
        "parentId": chat.last,
        "childrenIds": [],
        "role": "user",
        "content": text,
        "timestamp": now,
    }
    body = {
        "model": "council-assistant",
        "stream": True,
        "messages": [{"role": "user", "content": text}],
        "user_message": message,
        "parent_id": chat.last,
        "id": answered,
        "session_id": "none-is-connected",
        "background_tasks": dict.fromkeys(tasks, True),
        "files": list(files),
        **({"chat_id": chat.id} if chat.id else {}),
    }
    begun = session.post("/api/chat/completions", json=body)
    begun.raise_for_status()
    chat.id, chat.last = chat.id or begun.json()["chat_id"], answered
    deadline = time.monotonic() + TURN_LIMIT_S
    while time.monotonic() < deadline:
        answer: dict[str, Any] = saved(session, chat)["history"]["messages"].get(answered, {})
        if answer.get("done"):
            return answer
        time.sleep(0.2)
    raise TimeoutError("the assistant's message was never whole")


def saved(session: httpx.Client, chat: Chat) -> Mapping[str, Any]:
    """The chat as Open WebUI keeps it."""
    found = session.get(f"/api/v1/chats/{chat.id}")
    found.raise_for_status()
    whole: Mapping[str, Any] = {**found.json()["chat"], "title": found.json()["title"], "meta": found.json()["meta"]}
    return whole


@contextmanager
def open_webui(program: str, folder: Path, gateway: str, key: str, jwt_secret: str) -> Iterator[OpenWebUI]:
    """A started Open WebUI, stopped at the end."""
    made = OpenWebUI(folder, gateway, key, jwt_secret)
    try:
        made.start(program)
        yield made
    finally:
        made.stop()
