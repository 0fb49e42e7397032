"""Characters in pictures, by PP-OCRv6 (small): three models that come inside the wheel of rapidocr.

Nothing is downloaded and nothing is reported: see `detectors/names/runtime.py` for what the runtime would send home.
The models are loaded with the first picture, which takes about half a second, and then stay.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from gateway.documents.rows import Box, Line, Piece, Quad, joined

if TYPE_CHECKING:
    from rapidocr import RapidOCR

_LEGIBLE: Final = 0.30
_SURE: Final = 0.60
"""Scores of a line, 0 to 1: below the first it is noise, and so are one or two signs below the second."""
_SMALL: Final = 736
"""Pixels: the shorter side to which the model enlarges smaller pictures."""
_UPRIGHT: Final = 0.85
"""Mean score of a page: above 0.95 where it stands upright, about 0.7 where it stands on its head."""


@cache
def _engine() -> "RapidOCR":
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the runtime is loaded
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    one_thread = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Global.log_level": "critical",
        "Global.text_score": _LEGIBLE,
        "Global.use_cls": False,  # turns single upright lines on their head; whole pages are tried both ways instead
    }
    return RapidOCR(params=one_thread)


def lines(picture: Image.Image) -> list[Line]:
    """The lines of an RGB picture, top to bottom. Two to three seconds for a full page on one core.

    A page that reads badly is tried on its head as well; one that lies on its side is read as it lies.
    """
    found = _read(picture)
    if not found or _mean(found) >= _UPRIGHT:
        return found
    turned = _read(picture.transpose(Image.Transpose.ROTATE_180))
    return found if _mean(turned) <= _mean(found) else [_turned(line, picture.size) for line in turned]


def _mean(found: list[Line]) -> float:
    return sum(line.score for line in found) / max(1, len(found))


def _turned(line: Line, size: tuple[int, int]) -> Line:
    width, height = size
    words = tuple(
        (start, end, (width - right, height - bottom, width - left, height - top))
        for start, end, (left, top, right, bottom) in line.words
    )
    return Line(line.text, words, line.score)


def _read(picture: Image.Image) -> list[Line]:
    """Small pictures are set on a larger ground: the model would blow them up and take the gaps for ends of lines."""
    ground = (max(picture.width, _SMALL), max(picture.height, _SMALL))
    shown = picture
    if ground != picture.size:
        shown = Image.new("RGB", ground, picture.getpixel((picture.width - 1, picture.height - 1)))
        shown.paste(picture)
    pixels = np.ascontiguousarray(np.asarray(shown)[:, :, ::-1])
    result: Any = _engine()(pixels, return_word_box=True)
    if result is None or result.txts is None or result.boxes is None:
        return []
    words = result.word_results or ((),) * len(result.txts)
    pieces = [
        Piece(_line(text, float(score), box, spans, picture.size), _quad(box))
        for text, score, box, spans in zip(result.txts, result.scores, result.boxes, words, strict=False)
        if len(text.strip()) >= (1 if score >= _SURE else 3)
    ]
    return joined(pieces)


def _quad(box: Any) -> Quad:
    """The middles of a piece's left and right edges, and its height."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = np.asarray(box, dtype=float).tolist()
    return ((ax + dx) / 2, (ay + dy) / 2, (bx + cx) / 2, (by + cy) / 2, max(1.0, (dy - ay + cy - by) / 2))


def _line(text: str, score: float, box: Any, spans: Any, size: tuple[int, int]) -> Line:
    """Words are looked up in the line one after another; a line where that fails has one place, the whole."""
    found: list[tuple[int, int, Box]] = []
    position = 0
    for word, _, corners in spans or ():
        start = text.find(word, position) if word and corners is not None else -1
        if start < 0:
            found = []
            break
        position = start + len(word)
        found.append((start, position, _around(corners, size)))
    covered = sum(end - start for start, end, _ in found)
    if covered < len("".join(text.split())):
        found = [(0, len(text), _around(box, size))]
    return Line(text, tuple(found), score)


def _around(corners: Any, size: tuple[int, int]) -> Box:
    """The upright box around four corners, inside the picture."""
    points = np.asarray(corners, dtype=float).reshape(-1, 2)
    left, top = np.floor(points.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
    width, height = size
    return (max(0, left), max(0, top), min(width, max(right, left + 1)), min(height, max(bottom, top + 1)))
