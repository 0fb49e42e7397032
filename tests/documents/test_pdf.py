from gateway.documents import reading
from gateway.documents.limits import Limits
from gateway.documents.reader import Reader
from tests.documents import makers
from tests.documents.makers import Pdf
from tests.documents.test_texts import read, refused


def full() -> bytes:
    pdf = Pdf(info="<</Author(Autha Portable)/Title(Titla Portable)/Keywords(Keya Portable)>>")
    note = pdf.add(b"<</Type/Annot/Subtype/Text/Rect[0 0 20 20]/T(Nota Writer)/Contents(Commenta Portable)>>")
    link = pdf.add(b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(mailto:linka@example.org)>>>>")
    field = pdf.add(
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(applicant)/TU(Name of applicant)/V(Fielda Filled)"
        b"/Rect[50 50 200 70]/F 4>>"
    )
    hidden = pdf.add(b"<</Type/Annot/Subtype/Widget/FT/Tx/T(old)/V(Fielda Hidden)/Rect[0 0 1 1]/F 2>>")
    file = pdf.stream("/Type/EmbeddedFile", makers.zipped(makers.docx()))
    spec = pdf.add(f"<</Type/Filespec/F(Attacha.docx)/UF(Attacha.docx)/EF<</F {file} 0 R>>>>".encode())
    alt = pdf.add(b"<</Type/StructElem/S/Figure/Alt(Alta Portable)/K 0/P 1 0 R>>")
    tree = pdf.add(f"<</Type/StructTreeRoot/K {alt} 0 R/ParentTree<</Nums[0[{alt} 0 R]]>>>>".encode())
    xmp = pdf.stream("/Type/Metadata/Subtype/XML", b"<x:xmpmeta><dc:creator>Xmpa Stored</dc:creator></x:xmpmeta>")
    outline = len(pdf.objects) + 2
    pdf.add(f"<</Title(Booka Marked)/Parent {outline} 0 R>>".encode())
    pdf.add(f"<</Type/Outlines/First {outline - 1} 0 R/Last {outline - 1} 0 R/Count 1>>".encode())
    pdf.root = (
        f"/AcroForm<</Fields[{field} 0 R {hidden} 0 R]>>/Names<</EmbeddedFiles<</Names[(a){spec} 0 R]>>>>"
        f"/StructTreeRoot {tree} 0 R/MarkInfo<</Marked true>>/Metadata {xmp} 0 R/Outlines {outline} 0 R"
    )
    annotations = " ".join(f"{number} 0 R" for number in (note, link, field, hidden))
    page = pdf.page(
        ["Dear Paga Portable, this page has a layer of text that is long enough."],
        draw="BT 3 Tr /F 12 Tf 50 300 Td (Invisa Layered) Tj ET",
        more=f"/Annots[{annotations}]/StructParents 0",
    )
    pdf.objects[alt - 1] = pdf.objects[alt - 1].replace(b"/P 1 0 R", f"/P {tree} 0 R/Pg {page} 0 R".encode())
    pdf.page(["The second page is as long as it needs to be to count as one with text."])
    return pdf.bytes()


def test_pdf_and_every_hiding_place() -> None:
    document = read(full())
    for name in (
        "Paga Portable", "Invisa Layered", "Commenta Portable", "Nota Writer", "linka@example.org",
        "Name of applicant: Fielda Filled", "Fielda Hidden", "Attacha.docx", "Bodina Mainwaring", "Alta Portable",
        "Xmpa Stored", "Booka Marked", "Autha Portable", "Titla Portable", "Keya Portable", "second page",
    ):  # fmt: skip
        assert name in document.text
    assert (document.kind, document.pages) == ("PDF", 3)
    assert {"comments_included", "form_fields_included"} <= set(document.notices)


async def test_a_scanned_page_is_read_by_ocr(reader: Reader) -> None:
    document = await reader.read(makers.scanned(makers.drawn()), "application/pdf")
    assert "Oluwaseun Hartley" in document.text
    assert "01632 960 123" in document.text
    assert document.notices == ("ocr_used",)
    assert document.words == ()


async def test_a_picture_on_a_page_of_text_is_read_too(reader: Reader) -> None:
    pdf = Pdf()
    image = pdf.picture(makers.drawn(["Mrs Picta Inserted"]))
    lines = ["A page of text with a picture on it, and the text goes on.", "A second line."]
    pdf.page(lines, draw="q 300 0 0 60 100 300 cm /I Do Q", images={"I": image})
    document = await reader.read(pdf.bytes())
    assert "Picta Inserted" in document.text
    assert document.text.count("A second line") == 1


async def test_letters_drawn_as_an_unreadable_font_are_read_by_ocr(reader: Reader) -> None:
    pdf = Pdf()
    image = pdf.picture(makers.drawn(["Mrs Garbla Fontley"]))
    garbage = "".join(f"\\{number:03o}" for number in range(1, 9)) * 8
    pdf.page([garbage], draw="q 300 0 0 60 100 300 cm /I Do Q", images={"I": image})
    assert "Garbla Fontley" in (await reader.read(pdf.bytes())).text


def test_pictures_beyond_the_budget_are_noted() -> None:
    pdf = Pdf()
    image = pdf.picture(makers.drawn(["Mrs Picta Inserted"]))
    lines = ["A page of text with a picture on it, and the text goes on."]
    pdf.page(lines, draw="q 300 0 0 60 9 9 cm /I Do Q", images={"I": image})
    document = reading.read(pdf.bytes(), "", "", Limits(ocr=0))
    assert document.notices == ("pictures_not_read",)


def test_an_encrypted_pdf_is_refused() -> None:
    locked = "<</Filter/Standard/V 1/R 2/P -44/O<" + "41" * 32 + ">/U<" + "42" * 32 + ">>>"
    pdf = Pdf(trailer=f"/ID[<00><00>]/Encrypt {locked}")
    pdf.page(["Secret"])
    assert refused(pdf.bytes()) == "encrypted"


def test_pages_are_counted_before_they_are_read() -> None:
    pdf = Pdf()
    for _ in range(4):
        pdf.page(["A page"])
    assert refused(pdf.bytes(), limits=Limits(pages=3)) == "too_many_pages"


def test_a_page_without_anything_has_no_text() -> None:
    pdf = Pdf()
    pdf.page()
    assert refused(pdf.bytes()) == "no_text"


def test_a_claimed_pdf_with_bytes_before_it_is_one() -> None:
    assert read(b"junk\n" + full(), "application/pdf").kind == "PDF"
