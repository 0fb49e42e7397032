"""The benches' upstream: an echoing OpenAI-compatible server in a process of its own.

It answers at once with part of the last user message, so that pseudonyms come back, and keeps what it received
for the check afterwards (`GET /received`, which also forgets it).
"""

import argparse
import json
from typing import Any

from aiohttp import web

from tests.support.capture import Reply, last_text, sse_frames, whole_body

RECEIVED: list[str] = []


async def chat(request: web.Request) -> web.StreamResponse:
    """Echo up to 240 characters, whole or as one delta a word."""
    raw = await request.read()
    body: dict[str, Any] = json.loads(raw)
    RECEIVED.append(raw.decode())
    words = ("Thank you for your message. You wrote: " + last_text(body)[:240]).split(" ")
    reply = Reply(pieces=[word + " " for word in words])
    if not body.get("stream"):
        return web.json_response(whole_body(body, reply))
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for frame in sse_frames(body, reply):
        await response.write(frame)
    await response.write_eof()
    return response


async def received(request: web.Request) -> web.Response:
    """Every body received since the last look."""
    bodies, RECEIVED[:] = list(RECEIVED), []
    return web.json_response(bodies)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_get("/received", received)
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, access_log=None, print=None)


if __name__ == "__main__":
    main()
