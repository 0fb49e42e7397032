"""The process that opens files: `python -m gateway.documents.worker LIMITS`, jobs on stdin, answers on stdout.

It is started without the gateway's environment, may not write to any file, and is killed when it takes too much.
"""

import json
import os
import resource
import sys
from typing import IO, Any

from gateway.documents import reading, wire
from gateway.documents.document import Document, Unreadable
from gateway.documents.limits import Limits


def confine(limits: Limits) -> None:
    """Bound memory; no core dumps and no growing files, so content can't reach a disk."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def allow_cpu(seconds: int) -> None:
    """From now on. The kernel's bound counts from the start of the process and ends it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    bound = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (bound, resource.RLIM_INFINITY))


def answer(head: dict[str, Any], data: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """One job's answer: a document, a covered picture, or the reason why not."""
    try:
        if head["do"] == "cover":
            return {"done": True}, _covered(data, head["boxes"], limits)
        return {"document": _plain(reading.read(data, head["media"], head["name"], limits))}, b""
    except Unreadable as reason:
        return {"code": reason.code, "message": reason.message}, b""


def _covered(data: bytes, boxes: list[list[int]], limits: Limits) -> bytes:
    from gateway.documents import kinds, pictures

    if kinds.kind_of(data, "", "") != "picture":
        raise Unreadable("unknown_kind")
    try:
        return pictures.covered(data, boxes, limits.pixels)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable("too_large") from error
    except Exception as error:  # writers of pictures fail in ways of their own
        raise Unreadable("broken") from error


def _plain(document: Document) -> dict[str, Any]:
    words = [[word.start, word.end, word.page, *word.box] for word in document.words]
    text = document.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return {
        "text": text, "kind": document.kind, "pages": document.pages, "notices": document.notices, "words": words,
    }  # fmt: skip


def serve(jobs: IO[bytes], answers: IO[bytes], limits: Limits) -> None:
    """Answer jobs until the gateway closes the pipe."""
    while True:
        try:
            head, data = wire.receive(jobs)
        except EOFError:
            return
        allow_cpu(limits.cpu_s)
        reply, body = answer(head, data, limits)
        del data
        wire.send(answers, reply, body)


def main() -> None:
    """Take over stdout for answers: what a library prints must not be taken for one, nor end up in a log."""
    limits = Limits.from_json(json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    confine(limits)
    serve(sys.stdin.buffer, answers, limits)


if __name__ == "__main__":
    main()
