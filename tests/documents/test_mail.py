import struct
from email.message import EmailMessage

import pytest

from gateway.documents.outlook import unpacked_rtf
from tests.documents import makers
from tests.documents.test_texts import read, refused


def mail(subject: str = "Re: Subja Lined") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Senda Fromley <senda@example.org>"
    message["To"] = "Recia Toley <recia@example.org>"
    message["Cc"] = "Coppy Ccson <coppy@example.org>"
    message["Subject"] = subject
    message["Date"] = "Fri, 03 May 2024 10:00:00 +0100"
    message["Keywords"] = "Keya Worded"
    message.set_content("Dear Bodia Plainly,\nnothing else.\n")
    return message


def test_mail_with_both_bodies_and_attachments() -> None:
    message = mail("Zoë Subjectley")
    message.add_alternative("<html><body><p>Dear Bodia Plainly,</p><p>Htmla Only</p></body></html>", subtype="html")
    message.add_attachment(
        makers.zipped(makers.docx()), maintype="application", subtype="octet-stream", filename="Attacha Named.docx"
    )
    message.add_attachment(b"\x1f\x8b\x08" + bytes(30), maintype="application", subtype="gzip", filename="x.gz")
    document = read(message.as_bytes())
    for name in (
        "Senda Fromley", "recia@example.org", "Coppy Ccson", "Zoë Subjectley", "03 May 2024", "Keya Worded",
        "Htmla Only", "Attacha Named.docx", "Bodina Mainwaring", "Deleta Leftley",
    ):  # fmt: skip
        assert name in document.text
    assert document.text.count("Bodia Plainly") == 1
    assert document.kind == "e-mail"
    assert "attachments_not_read" in document.notices


def test_mails_within_mails_up_to_a_depth() -> None:
    message = mail("Innermosta Mail")
    for level in range(3):
        outer = mail(f"Level {level}")
        outer.add_attachment(message)
        message = outer
    assert "Innermosta Mail" in read(message.as_bytes()).text
    outer = mail()
    outer.add_attachment(message)
    assert refused(outer.as_bytes()) == "too_deep"


def test_more_headers_than_any_mail_has() -> None:
    assert refused(b"From: a@example.org\nTo: b\n" + b"X-A: b\n" * 5000 + b"\nHello") == "too_large"


def test_a_mailbox_of_several() -> None:
    box = b"".join(
        b"From a@example.org Fri May 3 10:00:00 2024\n" + mail(f"Subject {n}").as_bytes() + b"\n" for n in range(3)
    )
    text = read(box).text
    assert all(f"Subject {n}" in text for n in range(3))


def test_malformed_headers_are_read_as_they_stand() -> None:
    source = b'From: "Broka Quoted <a@@b\r\nTo: =?utf-8?q?Zo=C3=AB?= =?bad?x?y?=\r\nMIME-Version: 1.0\r\n\r\nHello'
    text = read(source).text
    assert "Broka Quoted" in text
    assert "Zoë" in text


def test_encrypted_mail_is_refused() -> None:
    source = b"From: a@example.org\nTo: b@example.org\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nMIIB"
    assert refused(source) == "encrypted"


def test_a_letter_that_looks_like_headers_is_text() -> None:
    assert read(b"Dear all,\nFrom: Monday\nTo: Friday\n\nwe are closed.").kind == "text"


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def outlook() -> dict[str, bytes]:
    return {
        "__properties_version1.0": bytes(32),
        "__substg1.0_0C1A001F": wide("Senda Outlook"),
        "__substg1.0_0E04001F": wide("Recia Outlook"),
        "__substg1.0_0037001F": wide("Subja Outlook"),
        "__substg1.0_1000001F": wide("Dear Bodia Outlook, " + "and so on. " * 300),
        "__substg1.0_10130102": b"<html><body>Htmla Outlook</body></html>",
        "__substg1.0_8005001F": wide("Custo Property"),
        "__recip_version1.0_#00000000/__properties_version1.0": bytes(8),
        "__recip_version1.0_#00000000/__substg1.0_3001001F": wide("Hidda Bcc"),
        "__recip_version1.0_#00000000/__substg1.0_39FE001F": wide("hidda@example.org"),
        "__attach_version1.0_#00000000/__substg1.0_3707001F": wide("Attacha Outlook.xlsx"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": makers.zipped(makers.xlsx()),
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0": bytes(8),
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F": wide("Innera Message"),
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F": wide("Innera Body"),
    }


def test_outlook_message() -> None:
    document = read(makers.container(outlook()))
    for name in (
        "From: Senda Outlook", "Recia Outlook", "Subja Outlook", "Bodia Outlook", "Htmla Outlook", "Custo Property",
        "Hidda Bcc", "hidda@example.org", "Attacha Outlook.xlsx", "Sheeta Rowley", "Innera Message", "Innera Body",
    ):  # fmt: skip
        assert name in document.text
    assert document.kind == "e-mail"


def test_outlook_body_in_compressed_rtf() -> None:
    # The example of MS-OXRTFCP 3.1.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpacked_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    plain = struct.pack("<IIII", 60, 44, 0x414C454D, 0) + rb"{\rtf1 Richa Outlook}"
    message = {"__properties_version1.0": bytes(32), "__substg1.0_10090102": plain}
    assert "Richa Outlook" in read(makers.container(message)).text


def test_too_many_outlook_messages_within_each_other() -> None:
    step = "__attach_version1.0_#00000000/__substg1.0_3701000D/"
    streams = {step * level + "__properties_version1.0": bytes(32) for level in range(6)}
    assert refused(makers.container(streams)) == "too_deep"


@pytest.mark.parametrize("cut", [600, 1500, 3000])
def test_a_cut_outlook_message_is_refused_or_read(cut: int) -> None:
    data = makers.container(outlook())
    assert refused(data[:cut]) in ("broken", "unknown_kind")
