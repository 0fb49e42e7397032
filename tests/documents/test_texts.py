import pytest

from gateway.documents import reading
from gateway.documents.document import MESSAGES, Document, Unreadable
from gateway.documents.limits import Limits


def read(data: bytes, media: str = "", name: str = "") -> Document:
    return reading.read(data, media, name, Limits())


def refused(data: bytes, media: str = "", name: str = "", limits: Limits | None = None) -> str:
    with pytest.raises(Unreadable) as caught:
        reading.read(data, media, name, limits or Limits())
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_usual_encoding(encoding: str) -> None:
    document = read("Dear Zoë Brontë,\r\nyou owe £12 – please pay.".encode(encoding))
    assert "Zoë Brontë" in document.text
    assert "£12 – please" in document.text
    assert (document.kind, document.pages, document.notices) == ("text", 1, ())


def test_a_text_cut_inside_a_character_is_read() -> None:
    assert "Zoë Bront" in read("Zoë Brontë".encode()[:-1]).text


def test_csv_stays_as_it_is() -> None:
    assert read(b"Name,Tel\nAnna Lee,01632 960 001\n", "text/csv").text.startswith("Name,Tel\nAnna Lee,01632")


def test_escapes_of_json_and_entities_of_xml_are_undone() -> None:
    assert "Zoë" in read(b'{"name": "Zo\\u00eb"}').text
    assert "Jo Smith" in read(b"<case><name>&#74;o Smith</name></case>").text


def test_json_nested_without_end_is_text() -> None:
    assert read(b"[" * 100_000 + b"\\").kind == "text"


def test_html_gives_up_what_it_hides() -> None:
    page = b"""<!DOCTYPE html><html><head><title>Titla Page</title><meta content="Meta Described"></head><body>
    <!-- Commenta Left --><p style="display: none">Hidda Styled</p>
    <img alt="Alta Imaged" src="data:image/png;base64,AAAA">
    <a href="mailto:linka@example.org" title="Toola Tipped">mail</a><input type="hidden" value="Fielda Valued">
    <table><tr><th>Name</th><th>Age</th></tr><tr><td>Cella Row</td><td>80</td></tr></table>
    <script>var who = "Scripta Said";</script><span data-owner="Datta Set">S&eacute;an</span></body></html>"""
    document = read(page)
    for hidden in (
        "Titla Page", "Meta Described", "Commenta Left", "Hidda Styled", "Alta Imaged", "linka@example.org",
        "Toola Tipped", "Fielda Valued", "Name\tAge", "Cella Row\t80", "Scripta Said", "Datta Set", "Séan",
    ):  # fmt: skip
        assert hidden in document.text
    assert document.kind == "web page"
    assert document.notices == ("hidden_text_included", "pictures_not_read")


@pytest.mark.parametrize(
    ("piece", "code"), [(b"<!--", "broken"), (b"<!D", "broken"), (b"<a ", "broken"), (b"<b>", "too_large")]
)
def test_pages_made_to_keep_the_parser_busy(piece: bytes, code: str) -> None:
    assert refused(b"<html>" + piece * 200_000) == code


def test_rtf_gives_up_what_it_hides() -> None:
    source = rb"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial Fontname;}}{\info{\author Autha Rich}{\title Titla Rich}}
{\header Heada Rich\par}{\footer Foota Rich}Dear S\'e9an M\u252?ller,\par {\v Hidda Rich}{\deleted Deleta Rich}
{\*\annotation Commenta Rich}{\footnote Nota Rich}{\pict\pngblip 89504e47}Name\cell Age\cell\row\bin4 {}}}end}"""
    document = read(source)
    for hidden in (
        "Autha Rich", "Titla Rich", "Heada Rich", "Foota Rich", "Séan Müller", "Hidda Rich", "Deleta Rich",
        "Commenta Rich", "Nota Rich", "Name\tAge", "end",
    ):  # fmt: skip
        assert hidden in document.text
    assert "89504e47" not in document.text
    assert "Fontname" not in document.text
    assert document.kind == "rich text"
    assert set(document.notices) == {
        "comments_included", "hidden_text_included", "pictures_not_read", "tracked_changes_included",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_text"),
        (b" \r\n ", "no_text"),
        (bytes(range(256)) * 20, "unknown_kind"),
        (b"\x1f\x8b\x08" + bytes(40), "archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "archive"),
        (b"x" * 257 + b"ustar\0" + bytes(300), "archive"),
        (b"\x7fELF" + bytes(40), "program"),
        (b"MZ\x90\0" + bytes(40), "program"),
        (b"ID3\x04" + bytes(40), "audio"),
        (b"\xff\xfb\x90\x64" + bytes(40), "audio"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio"),
        (b"\0\0\0\x20ftypM4A " + bytes(20), "audio"),
        (b"\0\0\0\x20ftypisom" + bytes(20), "video"),
        (b"\x1aE\xdf\xa3" + bytes(20), "video"),
        (b"\0\0\0\x20ftypheic" + bytes(20), "unknown_kind"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "broken"),
        (b"%PDF-1.7\nnothing of the kind", "broken"),
        (b"PK\x03\x04" + bytes(40), "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "broken"),
    ],
)
def test_what_is_refused_and_why(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_words_that_begin_like_files_are_text() -> None:
    assert read(b"MZ is short for Mark Zbikowski").kind == "text"
    assert read(b"BM is a postcode area").kind == "text"


def test_the_bytes_decide_and_a_false_claim_is_noted() -> None:
    document = read(b"Dear Anna, all is well.", "application/pdf", "letter.pdf")
    assert (document.kind, document.notices) == ("text", ("kind_differs",))
    assert read(b"plain", "text/plain", "x.txt").notices == ()


def test_more_text_than_allowed() -> None:
    assert refused(b"word " * 50, limits=Limits(characters=200)) == "too_large"


def test_neither_a_document_nor_a_reason_shows_content() -> None:
    document = read(b"Secreta Name")
    assert "Secreta" not in repr(document)
    assert all("." in message for message in MESSAGES.values())
