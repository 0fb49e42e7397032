"""`ai-gateway demo`: start with embedded defaults, show one exchange from end to end, go on serving."""

import http.client
import json
import os
import shlex
import shutil
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import mistakes
from gateway.cli.render import explained, facts, fail, heading, out, say
from gateway.settings import default_path, load_settings

if TYPE_CHECKING:
    import uvicorn

    from gateway.app import Worker

PROMPT = (
    "Please draft a short letter to Margaret Okafor of 14 Union Street, Maidstone ME14 1ED "
    "(margaret.okafor@mail.example, 07700 900123) about her missed bin collection."
)
REFUSED = "Our tenant's National Insurance number is AB 12 34 56 C and his depression is worse. What should I write?"
DATA_DIR = Path("var")
OWNER = "demo.officer@maidstone.example"


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on this machine.")] = 8080,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its ledger and keys.")] = DATA_DIR,
    once: Annotated[bool, typer.Option("--once", help="End after the exchange instead of serving on.")] = False,
) -> None:
    """Start the gateway with a demo model that needs no network, and show a first exchange.

    What is shown went over HTTP through the running gateway, like any call; the model's answer is a canned one and
    says so. Ctrl-C ends it.

    Example: ai-gateway demo --port 8081
    """
    started = time.monotonic()
    import uvicorn

    from gateway.app import application, build
    from gateway.http.server import server_config
    from gateway.telemetry import logs

    path = default_path("gateway.yaml")
    os.environ.setdefault("AI_GATEWAY_CONFIG", str(path))
    logs.configure("warning")
    with explained(*mistakes()):
        settings = load_settings(path).model_copy(update={"data_dir": data_dir})
        worker = build(settings)
    server = uvicorn.Server(server_config(application(worker), host="127.0.0.1", port=port))
    failed: list[BaseException] = []

    def show() -> None:
        try:
            walk_through(worker, server, started)
            if not once:
                say("\nServing. Ctrl-C ends it.", "dim")
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            failed.append(error)
        except SystemExit:  # whoever read our output has gone
            server.should_exit = True
        if once or failed:
            server.should_exit = True

    guide = threading.Thread(target=show, name="demo", daemon=True)
    guide.start()
    server.run()
    guide.join(5)
    if failed or not server.started:
        what = str(failed[0]) if failed else f"the gateway could not listen on port {port}"
        raise fail(what, "Is the port in use? Try another: ai-gateway demo --port 8081 (or make run PORT=8081).")


def walk_through(worker: "Worker", server: "uvicorn.Server", started: float) -> None:
    """Wait for the server, make a key, do two calls, show what happened to them."""
    while not server.started:
        if server.should_exit or time.monotonic() - started > 60:
            raise RuntimeError("the gateway did not start")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    key = demo_key(worker)
    say(f"The gateway is ready on {base} after {time.monotonic() - started:.1f} s (demo settings).", "green")
    status, headers, body = post(port, key, PROMPT)
    if status != 200:
        raise RuntimeError(f"the first call was answered with status {status}")
    record = worker.ledger.reader.show(headers["x-ai-record"])
    if record is None:
        raise RuntimeError("the first call has no record")
    heading("1. What a housing officer typed")
    say(PROMPT)
    heading("2. What left the council: people are replaced by pseudonyms")
    say("\n".join(text.text or "" for text in record.request if text.role == "user"))
    heading("3. What came back: names restored, the AI note added")
    say(body["choices"][0]["message"]["content"])
    heading("4. What was recorded")
    row = record.row
    facts(
        {
            "record": f"{row.ref}, {row.outcome}",
            "asked by": f"{row.person_class} in {row.service}, under a pseudonym",
            "tool": row.tool,
            "found": row.findings,
            "decided by": f"rule {row.rule}, clause {record.clause} of the AI policy",
            "kept until": record.dispose_after,
            "proof": record.inclusion,
        }
    )
    status, _, body = post(port, key, REFUSED)
    heading(f"5. What may not be sent is refused (HTTP {status}), in words for people")
    say(body.get("error", {}).get("message", ""))
    instructions(base, key, row.ref, worker.settings.data_dir)


def demo_key(worker: "Worker") -> str:
    """A key for a day, for an imagined housing officer in Maidstone."""
    import asyncio

    from gateway.administration import pepper
    from gateway.identity.keys import create_key

    shown, record = create_key(
        pepper=pepper(worker.settings),
        controller="maidstone",
        kind="person",
        owner=OWNER,
        name="demo",
        service="housing",
        person_class="officer",
        purposes=("correspondence", "summaries", "research", "casework"),
        valid_for=timedelta(days=1),
    )
    asyncio.run(worker.ledger.admin.keys.add(record))
    return shown


def post(port: int, key: str, text: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """One chat completion over HTTP."""
    body = {"model": "council-assistant", "messages": [{"role": "user", "content": text}]}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        found: dict[str, Any] = json.loads(response.read())
        return response.status, {name.lower(): value for name, value in response.getheaders()}, found
    finally:
        connection.close()


def instructions(base: str, key: str, ref: str, data_dir: Path) -> None:
    """What to try next, ready to copy."""
    also = "" if data_dir == DATA_DIR else f" --config {shlex.quote(os.path.relpath(own_settings(data_dir)))}"
    heading("Now you (this key works for a day, on this machine)")
    example = json.dumps(
        {
            "model": "council-assistant",
            "messages": [{"role": "user", "content": "Write to Mrs Patel about her permit."}],
        }
    )
    for line in (
        f"export AI_GATEWAY_KEY={key}",
        f'curl {base}/v1/chat/completions -H "Authorization: Bearer $AI_GATEWAY_KEY" \\',
        f"  -H 'Content-Type: application/json' -d '{example}'",
        f"{program()} records show {ref}{also}",
        f"{program()} ledger verify{also}",
    ):
        out.print(f"  {line}", markup=False)


def own_settings(data_dir: Path) -> Path:
    """The demo's settings with this folder in them, for the commands that look at its records later."""
    settings = default_path("gateway.yaml").read_text(encoding="utf-8")
    made = data_dir / "gateway.yaml"
    made.write_text(settings.replace("data_dir: var", f"data_dir: {json.dumps(str(data_dir.resolve()))}"), "utf-8")
    return made


def program() -> str:
    """How this program is called from here: by its name where the shell finds it, else by its path."""
    name = Path(sys.argv[0]).name
    found = shutil.which(name)
    if found is not None and Path(found).resolve() == Path(sys.argv[0]).resolve():
        return name
    return os.path.relpath(sys.argv[0])
