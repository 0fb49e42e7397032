"""Messages between the gateway and a worker: a JSON head and bytes, each after its length.

JSON and not pickle: a worker that a hostile file has taken over must not be able to run code in the gateway.
"""

import json
import struct
from typing import IO, Any, Final

_LENGTHS: Final = struct.Struct(">II")
MOST: Final = 256 * 1024 * 1024


def send(pipe: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    """Write one message. Raises OSError when the other side is gone."""
    packed = json.dumps(head, ensure_ascii=True).encode()
    pipe.write(_LENGTHS.pack(len(packed), len(body)))
    pipe.write(packed)
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one message. Raises EOFError when the other side is gone, ValueError for what is no message."""
    head_size, body_size = _LENGTHS.unpack(_exactly(pipe, _LENGTHS.size))
    if head_size + body_size > MOST:
        raise ValueError("a message larger than any that is sent")
    head = json.loads(_exactly(pipe, head_size))
    if not isinstance(head, dict):
        raise ValueError("a message without a head")
    return head, _exactly(pipe, body_size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError("the other side is gone")
    return data
