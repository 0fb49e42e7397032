"""PDF: the text layer, forms, comments, bookmarks, attachments and properties; scanned pages by OCR.

pdfium does the reading, as it does in Chrome. Old revisions that a changed file still carries are not read: no reader
shows them.
"""

import ctypes
import html
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as raw  # type: ignore[import-untyped]
from PIL import Image

from gateway.documents import pictures
from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

_FEW: Final = 40
"""Characters: a page with fewer and with something else on it (a scan with a page number) is read by OCR as well."""
_LARGE: Final = 0.02
"""Share of the page from which a picture on a page of text is read: a visiting card on A4 has 0.07, a logo less."""
_LONG_SIDE: Final = 2_000
"""Pixels of a rendered page's longer side: 170 dots an inch for A4."""
_ODD: Final = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd\ufffe\uffff\ue000-\uf8ff]")
_XMP: Final = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
_TAGS: Final = re.compile(r"<[^>]*>")
_ANNOTATION: Final = (("T", "Comment by"), ("Contents", "Comment"), ("Subj", "Comment"), ("RC", "Comment"))
_MOST_ANNOTATIONS: Final = 5_000
_MOST_OBJECTS: Final = 5_000
_MOST_STRUCTURE: Final = 20_000
_MOST_BYTES: Final = 16 * 1024 * 1024


def read(data: bytes, gathering: Gathering) -> str:
    """Add a PDF. Raises Unreadable."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Unreadable("encrypted" if locked else "broken") from error
    try:
        _document(document, data, gathering)
    except pdfium.PdfiumError as error:
        raise Unreadable("broken") from error
    finally:
        document.close()
    return "PDF"


def _document(document: pdfium.PdfDocument, data: bytes, gathering: Gathering) -> None:
    if len(document) == 0:
        raise Unreadable("broken")
    gathering.count_pages(len(document))
    document.init_forms()
    for number in range(len(document)):
        page = document[number]
        try:
            _page(document, page, gathering)
        finally:
            page.close()
    for entry in document.get_toc():
        gathering.say("Bookmark", entry.get_title())
    for label, value in document.get_metadata_dict(skip_empty=True).items():
        if label not in ("CreationDate", "ModDate"):
            gathering.say(label, value)
    _packets(document, data, gathering)
    for number in range(document.count_attachments()):
        attachment = document.get_attachment(number)
        gathering.say("Attachment", attachment.get_name())
        gathering.inner(bytes(attachment.get_data()), "", attachment.get_name())


def _page(document: pdfium.PdfDocument, page: pdfium.PdfPage, gathering: Gathering) -> None:
    layer = page.get_textpage()
    text = layer.get_text_range().replace("\r\n", "\n") if layer.count_chars() else ""
    layer.close()
    gathering.add(text.replace("\ufffe", "-").replace("\0", "").strip())
    _annotations(document, page, gathering)
    _structure(page, gathering)
    meaningful = len(re.findall(r"\w", _ODD.sub("", text)))
    garbled = len(_ODD.findall(text)) > 0.1 * max(1, len(text.strip()))
    boxes = list(_boxes(page))
    if (meaningful < _FEW or garbled) and (boxes or _has_others(page)):
        _scan(page, None, text, gathering)
        return
    area = page.get_width() * page.get_height()
    for box in boxes:
        if (box[2] - box[0]) * (box[3] - box[1]) >= _LARGE * area:
            _scan(page, box, text, gathering)


def _boxes(page: pdfium.PdfPage) -> Iterator[tuple[float, float, float, float]]:
    """Where pictures stand, in points from the lower left, cut to the page."""
    left, bottom, right, top = page.get_bbox()
    for count, found in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=4)):
        if count >= _MOST_OBJECTS:
            return
        box = found.get_bounds()
        yield max(left, box[0]), max(bottom, box[1]), min(right, box[2]), min(top, box[3])


def _has_others(page: pdfium.PdfPage) -> bool:
    """Whether something besides text is drawn: letters may be drawn as lines, and forms may hold anything."""
    return bool(raw.FPDFPage_CountObjects(page) > 0 or raw.FPDFPage_GetAnnotCount(page) > 0)


def _scan(page: pdfium.PdfPage, box: tuple[float, float, float, float] | None, seen: str, gathering: Gathering) -> None:
    """Render a page, or the part of it that a picture takes, and add what it says beyond the text layer."""
    if gathering.ocr_left <= 0:
        gathering.note("pictures_not_read")
        return
    picture = _rendered(page)
    if box is not None:
        left, _, _, top = page.get_bbox()
        across, down = picture.width / page.get_width(), picture.height / page.get_height()
        edges = ((box[0] - left) * across, (top - box[3]) * down, (box[2] - left) * across, (top - box[1]) * down)
        if page.get_rotation() == 0:
            picture = picture.crop(tuple(max(0, round(edge)) for edge in edges))
    if min(picture.size) < 12:
        return
    found = pictures.scan(picture, gathering)
    gathering.add_unseen("\n".join(line.text for line in found), seen)


def _rendered(page: pdfium.PdfPage) -> Image.Image:
    scale = _LONG_SIDE / max(page.get_width(), page.get_height(), 1.0)
    bitmap = page.render(scale=scale)
    try:
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        return picture
    finally:
        bitmap.close()


def _annotations(document: pdfium.PdfDocument, page: pdfium.PdfPage, gathering: Gathering) -> None:
    """Comments, stamps, links and the fields of a form with their names and values."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            _annotation(document, annotation, gathering)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _annotation(document: pdfium.PdfDocument, annotation: Any, gathering: Gathering) -> None:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        _field(document, annotation, gathering)
        return
    if kind == raw.FPDF_ANNOT_LINK:
        action = raw.FPDFLink_GetAction(raw.FPDFAnnot_GetLink(annotation))
        if action:
            address = _bytes(raw.FPDFAction_GetURIPath, None, document, action)
            gathering.say("Link", address.decode("utf-8", "replace").strip("\0"))
    for key, label in _ANNOTATION:
        value = _wide(raw.FPDFAnnot_GetStringValue, annotation, key.encode())
        if value.strip():
            gathering.say(label, html.unescape(_TAGS.sub(" ", value)) if key == "RC" else value)
            gathering.note("comments_included")


def _field(document: pdfium.PdfDocument, annotation: Any, gathering: Gathering) -> None:
    form = document.formenv
    values = {}
    for key, function in (("name", raw.FPDFAnnot_GetFormFieldName), ("label", raw.FPDFAnnot_GetFormFieldAlternateName),
                          ("value", raw.FPDFAnnot_GetFormFieldValue)):  # fmt: skip
        if form is not None:
            values[key] = _wide(function, form, annotation)
    value = values.get("value") or _wide(raw.FPDFAnnot_GetStringValue, annotation, b"V")
    gathering.say(values.get("label") or values.get("name") or "Field", value)
    if value.strip():
        gathering.note("form_fields_included")


def _structure(page: pdfium.PdfPage, gathering: Gathering) -> None:
    """Alternative texts, which describe pictures to people who can't see them."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    left = _MOST_STRUCTURE
    waiting = [raw.FPDF_StructTree_GetChildAtIndex(tree, i) for i in range(raw.FPDF_StructTree_CountChildren(tree))]
    while waiting and left:
        element = waiting.pop()
        left -= 1
        if not element:
            continue
        text = _wide(raw.FPDF_StructElement_GetAltText, element)
        gathering.say("Description", text)
        children = min(max(0, raw.FPDF_StructElement_CountChildren(element)), left)
        waiting += [raw.FPDF_StructElement_GetChildAtIndex(element, index) for index in range(children)]
    raw.FPDF_StructTree_Close(tree)


def _packets(document: pdfium.PdfDocument, data: bytes, gathering: Gathering) -> None:
    """Dynamic forms (XFA) and descriptions (XMP), which are XML inside the PDF."""
    for index in range(max(0, raw.FPDF_GetXFAPacketCount(document))):
        size = ctypes.c_ulong()
        raw.FPDF_GetXFAPacketContent(document, index, None, 0, size)
        gathering.unpack(size.value)
        buffer = ctypes.create_string_buffer(size.value)
        if raw.FPDF_GetXFAPacketContent(document, index, buffer, size.value, size):
            gathering.add(_without_tags(buffer.raw))
    for match in _XMP.finditer(data):
        gathering.add_unseen(_without_tags(match[0]), gathering.text)


def _without_tags(xml: bytes) -> str:
    lines = html.unescape(_TAGS.sub("\n", xml.decode("utf-8", "replace"))).split("\n")
    return "\n".join(line.strip() for line in lines if any(character.isalpha() for character in line))


def _bytes(function: Callable[..., int], pointer: Any, *about: Any) -> bytes:
    """pdfium fills a buffer whose size it tells first."""
    size = function(*about, None, 0)
    if size <= 0 or size > _MOST_BYTES:
        return b""
    buffer = ctypes.create_string_buffer(size)
    function(*about, ctypes.cast(buffer, pointer) if pointer else buffer, size)
    return buffer.raw


def _wide(function: Callable[..., int], *about: Any) -> str:
    """A text that pdfium gives as UTF-16."""
    return _bytes(function, ctypes.POINTER(ctypes.c_ushort), *about).decode("utf-16-le", "replace").rstrip("\0")
