"""Small pictures and sounds of each format, and what a capturing upstream answers where they are asked for."""

import base64
import io
import json
import random
import struct
import wave
import zlib
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from PIL import Image

Body = Mapping[str, Any]


def picture(kind: str = "png", side: int = 16, seed: int = 1, mode: str = "RGB", **how: Any) -> bytes:
    """A square of random pixels."""
    pixels = Image.frombytes("RGBA", (side, side + 3), random.Random(seed).randbytes(side * (side + 3) * 4))
    out = io.BytesIO()
    pixels.convert(mode).save(out, kind, **how)
    return out.getvalue()


def pixels(data: bytes) -> bytes:
    """A picture's pixels, whatever its format."""
    return Image.open(io.BytesIO(data)).convert("RGBA").tobytes()


def xmp_of(data: bytes) -> str:
    """The XMP packet of a picture, as a reader of its own finds it."""
    info = Image.open(io.BytesIO(data)).info
    found = info.get("xmp", info.get("XML:com.adobe.xmp", b""))
    return found.decode() if isinstance(found, bytes) else str(found)


AI_MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def manifest(source: str = AI_MADE, kind: bytes = b"c2pa") -> bytes:
    """A JUMBF superbox as C2PA's manifest stores begin, with an action's digital source type somewhere inside."""
    described = b"jumd" + kind + bytes.fromhex("00110010800000aa00389b71") + b"\x03c2pa\0"
    inner = b"cbor" + bytes(3000) + b"qdigitalSourceType\x78\x46" + source.encode() + bytes(3000)
    body = b"jumb" + (len(described) + 4).to_bytes(4, "big") + described + (len(inner) + 4).to_bytes(4, "big") + inner
    return (len(body) + 4).to_bytes(4, "big") + body


def sealed(kind: str, box: bytes, piece: int = 60_000, more: bytes = b"") -> bytes:
    """A picture that carries a box where its format has C2PA's manifests; a JPEG in segments of `piece` bytes."""
    data = picture(kind)
    if kind == "png":
        body = b"caBX" + box
        return data[:33] + (len(box)).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + data[33:] + more
    if kind == "webp":
        chunk = b"C2PA" + struct.pack("<I", len(box)) + box + b"\0" * (len(box) % 2)
        return b"RIFF" + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk + more
    pieces = [box[8:][at : at + piece] for at in range(0, len(box) - 8, piece)]
    bodies = [b"JP\0\x01" + number.to_bytes(4, "big") + box[:8] + each for number, each in enumerate(pieces, 1)]
    segments = [b"\xff\xeb" + (len(body) + 2).to_bytes(2, "big") + body for body in bodies]
    return data[:2] + b"".join(segments) + data[2:] + more


def wav(samples: int = 40) -> bytes:
    """A recording of as many samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(random.Random(2).randbytes(2 * samples))
    return out.getvalue()


FRAMES = b"\xff\xf3\x84\xc4" + random.Random(3).randbytes(140)
"""As an MP3's sound begins: MPEG-2 layer III."""
FLAC_SOUND = b"\xff\xf8" + random.Random(4).randbytes(60)
SOUNDS: Mapping[str, bytes] = {
    "mp3": FRAMES,
    "opus": b"OggS" + bytes(24) + b"OpusHead" + bytes(30),
    "aac": b"\xff\xf1\x50\x80" + bytes(40),
    "flac": b"fLaC\x80\x00\x00\x22" + bytes(range(34)) + FLAC_SOUND,
    "wav": wav(),
    "pcm": random.Random(5).randbytes(400),
}


def parsed_form(content_type: str, raw: bytes) -> dict[str, Any]:
    """A form as Python's own e-mail parser reads it: texts, and files as name, type and bytes."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
    body: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        filename = part.get_filename()
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        value: Any = (filename, part.get_content_type(), payload) if filename else payload.decode()
        if name in body:
            earlier = body[name]
            body[name] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            body[name] = [value] if name.endswith("[]") else value
    return body


def images(body: Body, said: str) -> dict[str, Any]:
    """Pictures of the format asked for; what was said is the revised prompt. DALL-E gives addresses unless told."""
    if "dall-e" in body["model"] and body.get("response_format") != "b64_json":
        return {"created": 1_760_000_000, "data": [{"url": "https://storage.example/secret.png"}]}
    data = picture(body.get("output_format") or "png")
    row = {"b64_json": base64.b64encode(data).decode(), "revised_prompt": said}
    usage = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11,
             "input_tokens_details": {"image_tokens": 0, "text_tokens": 5}}  # fmt: skip
    return {"created": 1_760_000_000, "data": [row] * int(body.get("n") or 1), "usage": usage}


def transcript(body: Body, said: str) -> tuple[bytes, str]:
    """What was said, in the format asked for."""
    form = body.get("response_format") or "json"
    words = said.split()
    halves = [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
    if form == "text":
        return said.encode(), "text/plain"
    if form in ("srt", "vtt"):
        point = "," if form == "srt" else "."
        cues = [
            f"{index + 1}\n00:00:0{index}{point}000 --> 00:00:0{index + 1}{point}500\n{half}\n"
            for index, half in enumerate(halves)
        ]
        return (("WEBVTT\n\n" if form == "vtt" else "") + "\n".join(cues)).encode(), "text/plain"
    whole: dict[str, Any] = {"text": said, "usage": {"type": "duration", "seconds": 3}}
    if form == "verbose_json":
        whole |= {"task": "transcribe", "language": "english", "duration": 3.5}
        whole["segments"] = [
            {"id": index, "seek": 0, "start": index * 1.5, "end": 1.5 + index, "text": f" {half}", "tokens": [50364, 9],
             "temperature": 0.0, "avg_logprob": -0.3, "compression_ratio": 1.1, "no_speech_prob": 0.02}
            for index, half in enumerate(halves)
        ]  # fmt: skip
        whole["words"] = [{"word": word, "start": n * 0.5, "end": n * 0.5 + 0.4} for n, word in enumerate(words)]
    if form == "diarized_json":
        whole |= {"task": "transcribe", "duration": 3.5}
        whole["segments"] = [
            {"type": "transcript.text.segment", "id": f"seg_{n}", "start": n * 1.5, "end": n + 1.5, "text": half,
             "speaker": "AB"[n]}
            for n, half in enumerate(halves)
        ]  # fmt: skip
    return json.dumps(whole).encode(), "application/json"


def id3_frames(data: bytes) -> dict[str, bytes]:
    """The frames of an ID3v2.4 tag at the beginning of an MP3."""
    assert data[:4] == b"ID3\x04"

    def size(raw: bytes) -> int:
        return sum(byte << shift for byte, shift in zip(raw, (21, 14, 7, 0), strict=True))

    end, position, found = 10 + size(data[6:10]), 10, {}
    while position < end:
        name, length = data[position : position + 4].decode(), size(data[position + 4 : position + 8])
        body = data[position + 11 : position + 10 + length]
        found[name + body.partition(b"\0")[0].decode() if name == "TXXX" else name] = body
        position += 10 + length
    found["after"] = data[end:]
    return found


def riff_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF file."""
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    position, found = 12, {}
    while position < len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        found[name] = data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    return found
