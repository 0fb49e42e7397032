"""Small writers of the kinds of files that are read. Every name in them is invented."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

LETTER = (
    "Maidstone Borough Council",
    "Dear Mrs Oluwaseun Hartley,",
    "Your council tax account is 4471 9902.",
    "Please telephone 01632 960 123.",
)


def zipped(parts: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()


# Pictures


def drawn(lines: Sequence[str] = LETTER, size: int = 28) -> Image.Image:
    font = ImageFont.load_default(size)
    picture = Image.new("RGB", (40 + int(size * 0.62 * max(map(len, lines))), 40 + len(lines) * size * 2), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((20, 20 + number * size * 2), line, font=font, fill="black")
    return picture


def saved(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


# PDF


class Pdf:
    """Objects by number; 1 is the catalogue, 2 the tree of pages, 3 the font."""

    def __init__(self, info: str = "", root: str = "", trailer: str = "") -> None:
        self.objects: list[bytes] = [b"", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
        self.pages: list[int] = []
        self.root, self.trailer = root, trailer
        self.info = self.add(info.encode("latin-1")) if info else 0

    def add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)

    def stream(self, head: str, body: bytes) -> int:
        return self.add(f"<<{head}/Length {len(body)}>>stream\n".encode() + body + b"\nendstream")

    def picture(self, picture: Image.Image) -> int:
        width, height = picture.size
        head = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB"
        head += "/BitsPerComponent 8/Filter/FlateDecode"
        return self.stream(head, zlib.compress(picture.convert("RGB").tobytes()))

    def page(
        self, lines: Sequence[str] = (), *, draw: str = "", images: Mapping[str, int] | None = None, more: str = ""
    ) -> int:
        shown = "".join(f"BT /F 12 Tf 50 {780 - 18 * n} Td ({line}) Tj ET\n" for n, line in enumerate(lines))
        content = self.stream("", (shown + draw).encode("latin-1"))
        resources = "".join(f"/{name} {number} 0 R" for name, number in (images or {}).items())
        self.pages.append(
            self.add(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R"
                f"/Resources<</Font<</F 3 0 R>>/XObject<<{resources}>>>>{more}>>".encode()
            )
        )
        return self.pages[-1]

    def bytes(self) -> bytes:
        kids = " ".join(f"{number} 0 R" for number in self.pages)
        self.objects[0] = f"<</Type/Catalog/Pages 2 0 R{self.root}>>".encode()
        self.objects[1] = f"<</Type/Pages/Count {len(self.pages)}/Kids[{kids}]>>".encode()
        out, places = bytearray(b"%PDF-1.7\n"), []
        for number, body in enumerate(self.objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        info = f"/Info {self.info} 0 R" if self.info else ""
        out += (
            f"trailer\n<</Size {len(places) + 1}/Root 1 0 R{info}{self.trailer}>>\nstartxref\n{start}\n%%EOF".encode()
        )
        return bytes(out)


def scanned(picture: Image.Image) -> bytes:
    pdf = Pdf()
    image = pdf.picture(picture)
    height = 500 * picture.height // picture.width
    pdf.page(draw=f"q 500 0 0 {height} 40 {800 - height} cm /I Do Q", images={"I": image})
    return pdf.bytes()


# Office

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:creator>Autor Propham</dc:creator>'
    "<cp:lastModifiedBy>Lasma Modley</cp:lastModifiedBy></cp:coreProperties>"
)


def links(*targets: tuple[str, str], external: Sequence[str] = ()) -> str:
    entries = [
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for n, (kind, to) in enumerate(targets, 1)
    ]
    entries += [
        f'<Relationship Id="x{n}" Type="{_OFFICE}/hyperlink" Target="{to}" TargetMode="External"/>'
        for n, to in enumerate(external)
    ]
    return f'<Relationships xmlns="p">{"".join(entries)}</Relationships>'


def office(main: str, parts: Mapping[str, str | bytes], types: str = "") -> dict[str, str | bytes]:
    return {
        "[Content_Types].xml": f'<Types xmlns="t">{types}</Types>',
        "_rels/.rels": links(("officeDocument", main)),
        "docProps/core.xml": _CORE,
        **parts,
    }


def _w(name: str, body: str) -> str:
    return f'<?xml version="1.0"?><w:{name} xmlns:w="w" xmlns:mc="m" xmlns:wp="wp" xmlns:r="r">{body}</w:{name}>'


def _p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(extra: Mapping[str, str | bytes] | None = None, body: str = "") -> dict[str, str | bytes]:
    cells = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_p(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (("Name", "Telephone"), ("Cella Tabling", "01632 960 001"))
    )
    box = f"<w:txbxContent>{_p('Boxley Textman')}</w:txbxContent>"
    document = (
        _p("Dear Bodina Mainwaring")
        + f"<w:tbl>{cells}</w:tbl>"
        + '<w:p><w:ins w:author="Insa Reviewer"><w:r><w:t>Inserta Added</w:t></w:r></w:ins>'
        + '<w:del w:author="Dela Reviewer"><w:r><w:delText>Deleta Leftley</w:delText></w:r></w:del></w:p>'
        + "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidda Vanished</w:t></w:r></w:p>"
        + f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        + '</mc:AlternateContent></w:r><w:r><w:drawing><wp:docPr name="Picture 1" descr="Alta Pictured"/>'
        + "</w:drawing></w:r></w:p>"
        + body
    )
    return office(
        "word/document.xml",
        {
            "word/document.xml": _w("document", f"<w:body>{document}</w:body>"),
            "word/_rels/document.xml.rels": links(
                ("header", "header1.xml"),
                ("footer", "footer1.xml"),
                ("footnotes", "footnotes.xml"),
                ("comments", "comments.xml"),
                ("settings", "settings.xml"),
                external=["mailto:linka@example.org"],
            ),
            "word/header1.xml": _w("hdr", _p("Heada Topley")),
            "word/footer1.xml": _w("ftr", _p("Foota Bottomley")),
            "word/footnotes.xml": _w("footnotes", f"<w:footnote>{_p('Nota Footing')}</w:footnote>"),
            "word/comments.xml": _w(
                "comments", f'<w:comment w:author="Comma Writer">{_p("Ask Commenta Said")}</w:comment>'
            ),
            "word/settings.xml": _w("settings", '<w:docVars><w:docVar w:name="v" w:val="Varia Stored"/></w:docVars>'),
            "customXml/item1.xml": "<case><client>Customa Xmlson</client></case>",
            **(extra or {}),
        },
    )


_STYLES = (
    '<styleSheet xmlns="s"><numFmts><numFmt numFmtId="170" formatCode="00000\\ 000000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/></cellXfs></styleSheet>'
)


def xlsx(extra: Mapping[str, str | bytes] | None = None) -> dict[str, str | bytes]:
    shared = ("Name", "Telephone", "Date of birth", "Sheeta Rowley", "Orphana Left")
    cells = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" s="1"><v>1632960002</v></c><c r="C2" s="2"><v>29344</v></c>'
        '<c r="D2"><f>IF(A2="Formula Quoted",1,0)</f><v>0</v></c></row>'
        '<row r="3" hidden="1"><c r="A3" t="inlineStr"><is><t>Rowena Hidden</t></is></c></row>'
    )
    hidden = '<row r="7"><c r="XFD7" t="str"><v>Veria Hidden</v></c></row>'
    sheet = (
        '<worksheet xmlns="s"><sheetData>{}</sheetData><headerFooter><oddHeader>&amp;CHeada Sheetley</oddHeader>'
        "</headerFooter></worksheet>"
    )
    return office(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": '<workbook xmlns="s" xmlns:r="r"><sheets><sheet name="Clients of Namea" r:id="r1"/>'
            '<sheet name="Old" state="veryHidden" r:id="r2"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": links(
                ("worksheet", "worksheets/sheet1.xml"),
                ("worksheet", "/xl/worksheets/sheet2.xml"),
                ("sharedStrings", "sharedStrings.xml"),
                ("styles", "styles.xml"),
            ),
            "xl/worksheets/sheet1.xml": sheet.format(cells),
            "xl/worksheets/sheet2.xml": sheet.format(hidden),
            "xl/sharedStrings.xml": f'<sst xmlns="s">{"".join(f"<si><t>{text}</t></si>" for text in shared)}</sst>',
            "xl/styles.xml": _STYLES,
            "xl/comments1.xml": '<comments xmlns="s"><authors><author>Autha Noting</author></authors><commentList>'
            '<comment ref="A2" authorId="0"><text><t>Commenta Celling</t></text></comment></commentList></comments>',
            "xl/pivotCache/pivotCacheDefinition1.xml": '<pivotCacheDefinition xmlns="s"><sharedItems>'
            '<s v="Pivota Cached"/><n v="9434765919"/></sharedItems></pivotCacheDefinition>',
            **(extra or {}),
        },
    )


def pptx() -> dict[str, str | bytes]:
    def page(*texts: str, more: str = "", show: str = "") -> str:
        shapes = "".join(f"<p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>" for text in texts)
        return f'<p:sld xmlns:p="p" xmlns:a="a"{show}><p:cSld><p:spTree>{shapes}{more}</p:spTree></p:cSld></p:sld>'

    def cell(text: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    table = f"<a:tbl><a:tr>{cell('Name')}{cell('Age')}</a:tr><a:tr>{cell('Tabla Slidely')}{cell('81')}</a:tr></a:tbl>"
    picture = '<p:pic><p:nvPicPr><p:cNvPr id="4" name="Picture 4" descr="Alta Slideman"/></p:nvPicPr></p:pic>'
    return office(
        "ppt/presentation.xml",
        {
            "ppt/presentation.xml": '<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="257" r:id="r2"/>'
            '<p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": links(("slide", "slides/slide1.xml"), ("slide", "slides/slide2.xml")),
            "ppt/slides/slide1.xml": page("Seconda Hiddenslide", show=' show="0"'),
            "ppt/slides/slide2.xml": page("Firsta Slideson", more=table + picture),
            "ppt/slides/_rels/slide2.xml.rels": links(("notesSlide", "../notesSlides/notesSlide1.xml")),
            "ppt/notesSlides/notesSlide1.xml": page("Noteda Speaker"),
            "ppt/comments/comment1.xml": '<p:cmLst xmlns:p="p"><p:cm authorId="0">'
            "<p:text>Commenta Slide</p:text></p:cm></p:cmLst>",
            "ppt/commentAuthors.xml": '<p:cmAuthorLst xmlns:p="p">'
            '<p:cmAuthor id="0" name="Autha Slidewriter"/></p:cmAuthorLst>',
        },
    )


def odt(
    body: str = "<text:p>Opena Documenta</text:p>", manifest: str = "<manifest/>", kind: str = "text"
) -> dict[str, str | bytes]:
    head = 'xmlns:office="o" xmlns:text="x" xmlns:table="t" xmlns:dc="d"'
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": manifest,
        "content.xml": f"<office:document-content {head}>{body}</office:document-content>",
        "styles.xml": f"<office:document-styles {head}><text:p>Heada Openly</text:p></office:document-styles>",
        "meta.xml": f"<office:document-meta {head}><dc:creator>Autora Openly</dc:creator></office:document-meta>",
    }


# The older container of Office (MS-CFB)


def container(streams: Mapping[str, bytes]) -> bytes:
    """Streams by path, with `/` between storages. Small streams go into the small-stream area, as the format asks."""
    entries = _entries(streams)
    small, large = bytearray(), []
    small_chain: list[int] = []
    for entry in entries:
        data = entry["data"]
        assert isinstance(data, bytes)
        if entry["kind"] == 2 and 0 < len(data) < 4096:
            entry["start"] = len(small_chain)
            small += data.ljust(-(-len(data) // 64) * 64, b"\0")
            small_chain += _chain(len(small_chain), -(-len(data) // 64))
        elif entry["kind"] == 2 and data:
            large.append(entry)
    return _laid_out(entries, bytes(small), small_chain, large)


def _chain(first: int, count: int) -> list[int]:
    return [*range(first + 1, first + count), 0xFFFFFFFE]


def _entries(streams: Mapping[str, bytes]) -> list[dict[str, object]]:
    root: dict[str, object] = {
        "name": "Root Entry",
        "kind": 5,
        "data": b"",
        "start": 0xFFFFFFFE,
        "path": "",
        "kids": [],
    }
    entries = [root]
    known = {"": root}
    for path, data in streams.items():
        folder = ""
        for step in (*path.split("/")[:-1], None):
            here = path if step is None else f"{folder}/{step}".lstrip("/")
            if here not in known:
                kind = 2 if step is None else 1
                name = here.rpartition("/")[2]
                known[here] = {
                    "name": name,
                    "kind": kind,
                    "data": data if kind == 2 else b"",
                    "start": 0xFFFFFFFE,
                    "kids": [],
                }
                kids = known[folder]["kids"]
                assert isinstance(kids, list)
                kids.append(len(entries))
                entries.append(known[here])
            folder = here
    return entries


def _laid_out(
    entries: list[dict[str, object]], small: bytes, small_chain: list[int], large: list[dict[str, object]]
) -> bytes:
    body, fat = bytearray(), [0xFFFFFFFD]

    def put(data: bytes) -> int:
        start, count = len(fat), -(-len(data) // 512)
        body.extend(data.ljust(count * 512, b"\0"))
        fat.extend(_chain(start, count))
        return start

    for entry in large:
        data = entry["data"]
        assert isinstance(data, bytes)
        entry["start"] = put(data)
    if small:
        entries[0]["start"], entries[0]["size"] = put(small), len(small)
    small_fat = put(struct.pack(f"<{len(small_chain)}I", *small_chain).ljust(512, b"\xff")) if small else 0xFFFFFFFE
    directory = put(b"".join(_entry(entries, number) for number in range(len(entries))))
    assert len(fat) <= 128, "one sector of allocation is enough for tests"
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, directory, 0, 4096, small_fat, int(bool(small)), 0xFFFFFFFE, 0, 0,
    )  # fmt: skip
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    return header.ljust(512, b"\xff") + table + bytes(body)


def _entry(entries: list[dict[str, object]], number: int) -> bytes:
    """Siblings are linked to the right, one after another: a tree, if an unbalanced one."""
    entry, none = entries[number], 0xFFFFFFFF
    name = str(entry["name"]).encode("utf-16-le")
    right = none
    for parent in entries:
        kids = parent["kids"]
        assert isinstance(kids, list)
        if number in kids and number != kids[-1]:
            right = kids[kids.index(number) + 1]
    kids, data = entry["kids"], entry["data"]
    assert isinstance(kids, list)
    assert isinstance(data, bytes)
    size = entry.get("size", len(data))
    return struct.pack(
        "<64sHBBIII16xI16xIII", name, len(name) + 2, entry["kind"], 1, none, right, kids[0] if kids else none, 0,
        entry["start"], size, 0,
    )  # fmt: skip
