"""From the bytes of one file to a document: finds the kind and calls its reader. Runs in the worker."""

from gateway.documents import kinds, markup, rtf, text
from gateway.documents.document import Document, Unreadable
from gateway.documents.gathering import Gathering
from gateway.documents.limits import Limits


def read(data: bytes, media: str, name: str, limits: Limits) -> Document:
    """Everything that the file says. Raises Unreadable, and nothing else for whatever bytes."""
    gathering = Gathering(limits, into)
    try:
        kind = into(gathering, data, media, name)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable("too_large") from error
    except Exception as error:  # readers of damaged files fail in ways of their own
        raise Unreadable("broken") from error
    if not gathering.text.strip():
        raise Unreadable("no_text")
    notices = tuple(sorted(gathering.notices))
    return Document(gathering.text, kind, max(1, gathering.pages), notices, tuple(gathering.words))


def into(gathering: Gathering, data: bytes, media: str, name: str) -> str:
    """Add one file, or a file within it. Its kind in plain English. Raises Unreadable."""
    kind = kinds.kind_of(data, media, name)
    if kinds.claims_other(kind, media, name):
        gathering.note("kind_differs")
    if kind in ("text", "html", "rtf"):
        gathering.count_pages(0 if gathering.depth else 1)
    if kind == "text":
        return text.read(text.decoded(data) or "", gathering)
    if kind == "html":
        return markup.read(text.decoded(data) or "", gathering)
    if kind == "rtf":
        return rtf.read(data, gathering)
    return _heavy(kind, gathering, data)


def _heavy(kind: str, gathering: Gathering, data: bytes) -> str:
    """Kinds whose readers load more than a moment: loaded when the first such file comes."""
    if kind == "zip":
        return _package(gathering, data)
    if kind == "pdf":
        from gateway.documents import pdf

        return pdf.read(data, gathering)
    if kind == "picture":
        from gateway.documents import pictures

        return pictures.read(data, gathering)
    if kind == "ole":
        from gateway.documents import outlook

        return outlook.read(data, gathering)
    from gateway.documents import mail

    return mail.read(data, gathering)


def _package(gathering: Gathering, data: bytes) -> str:
    from gateway.documents import odf, sheet, slides, word
    from gateway.documents.package import Package

    package = Package(data, gathering)
    media = package.data("mimetype").decode("ascii", "replace") if package.has("mimetype") else ""
    if not package.has("[content_types].xml") and "opendocument" not in media:
        raise Unreadable("archive")
    package.refuse_macros()
    if "opendocument" in media:
        return odf.read(package, media)
    main = package.main()
    for folder, reader in (("word", word.read), ("xl", sheet.read), ("ppt", slides.read)):
        if main.startswith(folder + "/"):
            if main.endswith(".bin"):
                raise Unreadable("old_office")
            return reader(package, main)
    raise Unreadable("unknown_kind")
