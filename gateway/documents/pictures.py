"""Pictures: decoded with care, turned upright, read by OCR, and painted over."""

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageOps

from gateway.documents import ocr
from gateway.documents.document import Unreadable, Word
from gateway.documents.gathering import Gathering
from gateway.documents.rows import Line

_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
_TINY: Final = 12
"""Pixels: nothing smaller than this on a side can hold a word."""
_EXIF: Final = {
    "ImageDescription": "Description", "Artist": "Artist", "Copyright": "Copyright", "UserComment": "Comment",
    "XPTitle": "Title", "XPComment": "Comment", "XPAuthor": "Author", "XPKeywords": "Keywords", "XPSubject": "Subject",
    "DocumentName": "Document", "HostComputer": "Computer", "CameraOwnerName": "Owner", "PageName": "Page",
}  # fmt: skip
_TECHNICAL: Final = frozenset({"exif", "icc_profile", "photoshop", "compression", "transparency", "gamma", "srgb"})
_MOST_INFO: Final = 20_000
_QUALITY: Final = 92


def _open(data: bytes, pixels: int) -> Image.Image:
    """The picture, not decoded yet, if it is no larger than `pixels`. Raises Unreadable."""
    Image.MAX_IMAGE_PIXELS = pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise Unreadable("bomb") from error
    except Exception as error:  # decoders of damaged pictures fail in ways of their own
        raise Unreadable("broken") from error
    if picture.width * picture.height > pixels:
        raise Unreadable("bomb")
    return picture


def _frames(picture: Image.Image, most: int) -> Iterator[Image.Image]:
    """The frames or pages, decoded and upright. Raises Unreadable for damage."""
    try:
        for number in range(min(getattr(picture, "n_frames", 1), most)):
            picture.seek(number)
            if picture.width * picture.height > (Image.MAX_IMAGE_PIXELS or 0):
                raise Unreadable("bomb")
            picture.load()
            yield ImageOps.exif_transpose(picture)
    except Unreadable:
        raise
    except Image.DecompressionBombError as error:
        raise Unreadable("bomb") from error
    except Exception as error:  # as above
        raise Unreadable("broken") from error


def _flat(frame: Image.Image, ground: str = "white") -> Image.Image:
    """As RGB. What is transparent shows `ground`; depths beyond eight bits are scaled, not cut off."""
    if frame.mode[0] in "IF":
        values = np.asarray(frame, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)).convert("RGB")
    if frame.has_transparency_data:
        layered = frame.convert("RGBA")
        flat = Image.new("RGB", layered.size, ground)
        flat.paste(layered, mask=layered.getchannel("A"))
        return flat
    return frame.convert("RGB")


def read(data: bytes, gathering: Gathering) -> str:
    """Add what a picture says: first its words, each with its place, then what is written beside the pixels."""
    picture = _open(data, gathering.limits.pixels)
    count = getattr(picture, "n_frames", 1)
    about = _about(picture)
    gathering.count_pages(count)
    for page, frame in enumerate(_frames(picture, count)):
        if min(frame.size) < _TINY:
            continue
        if gathering.ocr_left <= 0:
            gathering.note("pictures_not_read")
            break
        _frame(frame, page, gathering)
    for label, text in about:
        gathering.say(label, text)
    if any(label == "Location" for label, _ in about):
        gathering.note("location_included")
    return "picture"


def _frame(frame: Image.Image, page: int, gathering: Gathering) -> None:
    """White words on a transparent ground are seen on black only, and the other way round: both are read."""
    shown = _flat(frame)
    before = gathering.mark()
    for line in scan(shown, gathering):
        place(line, page, gathering)
    if frame.has_transparency_data:
        seen = "".join(gathering.since(before).split()).casefold()
        for line in scan(_flat(frame, "black"), gathering):
            if "".join(line.text.split()).casefold() not in seen:
                place(line, page, gathering)


def scan(picture: Image.Image, gathering: Gathering) -> list[Line]:
    """The lines of an upright RGB picture, and one less that may be read. Needs `gathering.ocr_left`."""
    gathering.ocr_left -= 1
    found = ocr.lines(picture)
    if found:
        gathering.note("ocr_used")
    if any(not line.clear for line in found):
        gathering.note("unclear_text")
    return found


def place(line: Line, page: int, gathering: Gathering) -> None:
    """Add a line and the places of its words."""
    offset = gathering.add(line.text)
    gathering.words += [Word(offset + start, offset + end, page, *box) for start, end, box in line.words]


def _about(picture: Image.Image) -> list[tuple[str, str]]:
    """Descriptions, names and places that are stored beside the pixels."""
    found: list[tuple[str, str]] = []
    for key, value in list(picture.info.items()):
        if key in _TECHNICAL:
            continue
        if isinstance(value, bytes) and key in ("xmp", "XML:com.adobe.xmp", "comment"):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str) and not str(key).startswith("jfif"):
            found.append((str(key), value[:_MOST_INFO]))
    try:
        exif = picture.getexif()
        for tags in (dict(exif), dict(exif.get_ifd(ExifTags.IFD.Exif))):
            found += [(_EXIF[name], _exif_text(value)) for tag, value in tags.items()
                      if (name := ExifTags.TAGS.get(tag, "")) in _EXIF]  # fmt: skip
        gps = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - damaged EXIF: nobody else can read it either
        return found
    if ExifTags.GPS.GPSLatitude in gps and ExifTags.GPS.GPSLongitude in gps:
        found.append(
            ("Location", f"{_degrees(gps, ExifTags.GPS.GPSLatitude)}, {_degrees(gps, ExifTags.GPS.GPSLongitude)}")
        )
    return found


def _exif_text(value: Any) -> str:
    if isinstance(value, bytes):
        body = value[8:] if value[:8] in (b"ASCII\0\0\0", b"UNICODE\0", bytes(8)) else value
        wide = value[:8] == b"UNICODE\0" or body[1:2] == b"\0"
        return body.decode("utf-16-le" if wide else "utf-8", "replace").replace("\0", "").strip()[:_MOST_INFO]
    return str(value)[:_MOST_INFO]


def _degrees(gps: dict[int, Any], tag: int) -> str:
    try:
        degrees, minutes, seconds = (float(part) for part in gps[tag])
    except (TypeError, ValueError, ZeroDivisionError):
        return "unknown"
    sign = -1 if gps.get(tag - 1) in ("S", "W") else 1  # the hemisphere is the tag before
    return f"{sign * (degrees + minutes / 60 + seconds / 3600):.5f}"


def covered(data: bytes, boxes: Sequence[Sequence[int]], pixels: int) -> bytes:
    """The first frame, upright, with black boxes and nothing beside the pixels. Raises Unreadable.

    A JPEG stays one; everything else becomes PNG. Boxes are grown by an eighth of their height, at least two pixels:
    the edges of a letter are grey, and its tail may leave the line. The new picture is made from the painted pixels
    alone, so no chunk, profile or thumbnail of the old one can come along.
    """
    picture = _open(data, pixels)
    jpeg = picture.format == "JPEG"
    shown = _flat(next(_frames(picture, 1)))
    clean = Image.frombytes("RGB", shown.size, shown.tobytes())
    draw = ImageDraw.Draw(clean)
    for left, top, right, bottom in boxes:
        if right <= left or bottom <= top:
            raise ValueError("a box without an area covers nothing")
        grow = max(2, (bottom - top) // 8)
        draw.rectangle((left - grow, top - grow, right - 1 + grow, bottom - 1 + grow), fill="black")
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY) if jpeg else clean.save(out, "PNG")
    return out.getvalue()
