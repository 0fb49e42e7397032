import pytest

from gateway.documents import reading
from gateway.documents.document import Document
from gateway.documents.limits import Limits
from tests.documents import makers
from tests.documents.test_texts import read, refused


def test_word_document_and_every_hiding_place() -> None:
    document = read(makers.zipped(makers.docx()))
    for name in (
        "Bodina Mainwaring", "Inserta Added", "Deleta Leftley", "Insa Reviewer", "Dela Reviewer", "Hidda Vanished",
        "Alta Pictured", "Heada Topley", "Foota Bottomley", "Nota Footing", "Commenta Said", "Comma Writer",
        "Varia Stored", "Customa Xmlson", "Autor Propham", "Lasma Modley", "linka@example.org",
    ):  # fmt: skip
        assert name in document.text
    assert document.text.count("Boxley Textman") == 1
    assert "Name,Telephone\nCella Tabling,01632 960 001\n" in document.text
    assert document.text.index("Bodina") < document.text.index("Cella") < document.text.index("Inserta")
    assert document.kind == "Word document"
    assert document.notices == ("comments_included", "hidden_text_included", "tracked_changes_included")


def test_spreadsheet_and_every_hiding_place() -> None:
    document = read(makers.zipped(makers.xlsx()))
    for name in (
        "Clients of Namea", "Formula Quoted", "Rowena Hidden", "Veria Hidden", "Heada Sheetley", "Orphana Left",
        "Commenta Celling", "Autha Noting", "Pivota Cached", "9434765919", "Autor Propham", "Lasma Modley",
    ):  # fmt: skip
        assert name in document.text
    assert "Name,Telephone,Date of birth,\nSheeta Rowley,01632 960002,03/05/1980,0\n" in document.text
    assert len(document.text) < 1000, "a cell at the far edge must not bring sixteen thousand commas"
    assert (document.kind, document.pages) == ("spreadsheet", 2)
    assert document.notices == (
        "comments_included", "hidden_cells_included", "hidden_data_included", "hidden_sheets_included",
    )  # fmt: skip


def test_presentation_and_every_hiding_place() -> None:
    document = read(makers.zipped(makers.pptx()))
    for name in (
        "Firsta Slideson", "Seconda Hiddenslide", "Alta Slideman", "Noteda Speaker", "Commenta Slide",
        "Autha Slidewriter", "Autor Propham", "Name,Age\nTabla Slidely,81",
    ):  # fmt: skip
        assert name in document.text
    assert document.text.index("Firsta") < document.text.index("Seconda"), "the order of the list, not of the names"
    assert (document.kind, document.pages) == ("presentation", 2)
    assert document.notices == ("comments_included", "hidden_slides_included", "notes_included")


def test_open_document_text() -> None:
    body = (
        "<text:tracked-changes><text:deletion><dc:creator>Changa Writer</dc:creator><text:p>Deleta Openly</text:p>"
        "</text:deletion></text:tracked-changes><text:p>Opena<text:s text:c='2'/>Documenta"
        "<office:annotation><dc:creator>Nota Writer</dc:creator><text:p>Commenta Openly</text:p>"
        "</office:annotation></text:p>"
    )
    document = read(makers.zipped(makers.odt(body)))
    for name in (
        "Opena  Documenta", "Deleta Openly", "Changa Writer", "Commenta Openly", "Nota Writer", "Heada Openly",
        "Autora Openly",
    ):  # fmt: skip
        assert name in document.text
    assert document.notices == ("comments_included", "tracked_changes_included")


def test_open_document_spreadsheet() -> None:
    def row(*cells: str) -> str:
        inner = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{inner}<table:table-cell table:number-columns-repeated='16000'/></table:table-row>"

    table = f"<table:table table:name='Tenants'>{row('Name', 'Age')}{row('Sheeta Openly', '80')}</table:table>"
    document = read(makers.zipped(makers.odt(table, kind="spreadsheet")))
    assert "Sheet: Tenants\nName,Age\nSheeta Openly,80\n" in document.text
    assert document.kind == "spreadsheet"


def test_files_inside_files() -> None:
    inner = makers.zipped(makers.xlsx())
    document = read(
        makers.zipped(makers.docx({"word/embeddings/sheet1.xlsx": inner, "word/media/image1.emf": b"\1\0"}))
    )
    assert "Sheeta Rowley" in document.text
    assert document.kind == "Word document"
    assert "pictures_not_read" in document.notices


def test_an_inner_file_that_cannot_be_read_is_noted_and_a_dangerous_one_refuses_all() -> None:
    noted = read(
        makers.zipped(makers.docx({"word/embeddings/oleObject1.bin": makers.container({"WordDocument": b"x"})}))
    )
    assert "attachments_not_read" in noted.notices
    macros = makers.zipped(makers.docx({"word/vbaProject.bin": b"x"}))
    assert refused(makers.zipped(makers.docx({"word/embeddings/inner.docm": macros}))) == "macros"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (makers.docx({"word/vbaProject.bin": b"x"}), "macros"),
        (makers.xlsx({"xl/macrosheets/sheet1.xml": "<x/>"}), "macros"),
        (makers.xlsx({"[Content_Types].xml": "<t>application/vnd.ms-office.vbaProject</t>"}), "macros"),
        (makers.odt() | {"Basic/Standard/Module1.xml": "<x/>"}, "macros"),
        (makers.odt(manifest="<m><encryption-data/></m>"), "encrypted"),
        ({"letter.txt": "Dear Anna"}, "archive"),
        ({"[Content_Types].xml": "<t/>", "letter.txt": "Dear Anna"}, "archive"),
        (makers.docx({"word/document.xml": "<w:document"}), "broken"),
        (makers.docx({"WORD/DOCUMENT.XML": "<other/>"}), "broken"),
        (makers.office("xl/workbook.bin", {"xl/workbook.bin": b"x"}), "old_office"),
    ],
)
def test_packages_that_are_refused(parts: dict[str, str | bytes], code: str) -> None:
    assert refused(makers.zipped(parts)) == code


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        ({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x"}, "encrypted"),
        ({"WordDocument": b"x", "Macros/VBA/dir": b"x"}, "macros"),
        ({"WordDocument": b"x" * 5000}, "old_office"),
        ({"Workbook": b"x"}, "old_office"),
        ({"Whatever": b"x"}, "unknown_kind"),
    ],
)
def test_the_older_container(streams: dict[str, bytes], code: str) -> None:
    assert refused(makers.container(streams)) == code


def test_decompression_bombs() -> None:
    ratio = makers.zipped(makers.docx({"word/media/big.xml": bytes(20_000_000)}))
    assert len(ratio) < 40_000
    assert refused(ratio) == "bomb"
    sums = makers.zipped(makers.docx({f"word/{n}.xml": b"<a>" + bytes(900_000) for n in range(10)}))
    assert refused(sums, limits=Limits(unpacked=5_000_000)) == "bomb"


def test_a_bomb_that_lies_about_its_size() -> None:
    honest = bytearray(makers.zipped({"a": b"x" * 3_000_000}))
    for at in (honest.find(b"PK\x03\x04") + 22, honest.find(b"PK\x01\x02") + 24):
        honest[at : at + 4] = (100).to_bytes(4, "little")
    assert refused(bytes(honest)) in ("broken", "archive")


def test_entity_bombs() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "ha">{entities}]><d>&e9;</d>'
    assert refused(makers.zipped(makers.docx({"word/document.xml": laughs}))) == "bomb"
    outside = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
    assert refused(makers.zipped(makers.xlsx({"xl/sharedStrings.xml": outside}))) == "bomb"
    assert refused(makers.zipped(makers.xlsx({"xl/worksheets/sheet1.xml": laughs}))) == "bomb"


def test_nesting_without_end_is_refused() -> None:
    deep = "<w:sdt>" * 5000 + "</w:sdt>" * 5000
    assert refused(makers.zipped(makers.docx(body=deep))) == "broken"
    file: bytes = makers.zipped(makers.docx())
    for _ in range(3):
        file = makers.zipped(makers.docx({"word/embeddings/inner.docx": file}), stored=True)
    assert "Bodina" in read(file).text
    assert refused(makers.zipped(makers.docx({"word/embeddings/inner.docx": file}))) == "too_deep"


def test_more_sheets_than_allowed() -> None:
    def limited(limits: Limits) -> Document:
        return reading.read(makers.zipped(makers.xlsx()), "", "", limits)

    assert limited(Limits(pages=2)).pages == 2
    assert refused(makers.zipped(makers.xlsx()), limits=Limits(pages=1)) == "too_many_pages"
