"""What the readers of Office files share: properties, pictures, embedded files, and every part that nobody asked for.

Personal data hides where nobody looks: in the cache of a pivot table, in custom XML, in the list of reviewers. So
whatever part of a package has not been read is read here, in the plainest way.
"""

from typing import Final
from xml.etree.ElementTree import Element

from gateway.documents.flow import Flow
from gateway.documents.gathering import Gathering
from gateway.documents.package import Package, attribute, each, local

_MACHINERY: Final = (
    "[content_types].xml", "/theme", "/fonttable.xml", "/styles.xml", "/styleswitheffects.xml", "/websettings.xml",
    "/numbering.xml", "/calcchain.xml", "/tablestyles.xml", "/presprops.xml", "/viewprops.xml", "/printersettings",
    "/metadata.xml", "/volatiledependencies.xml", "thumbs.db",
)  # fmt: skip
"""Parts that hold how things look, not what they say."""
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".jfif", ".jpe")
_DRAWINGS: Final = (".emf", ".wmf", ".emz", ".wmz", ".svm", ".wdp", ".heic", ".avif")
_RECORDINGS: Final = (".mp3", ".mp4", ".m4a", ".m4v", ".wav", ".wma", ".wmv", ".mov", ".avi", ".mpg", ".mpeg", ".webm")
_FONTS: Final = (".odttf", ".fntdata", ".ttf", ".otf")
_TOLD: Final = frozenset({
    "author", "displayName", "userId", "name", "descr", "title", "initials", "v", "val", "oddHeader", "uniqueName",
    "caption", "email", "location", "tooltip", "display", "connection", "command", "query",
})  # fmt: skip
"""Attributes that hold words where they do; numbers and switches are left out."""
_SWITCHES: Final = frozenset({"Anchor", "AutoFill", "Column", "MoveWithCells", "Row", "SizeWithCells", "Visible"})
"""Elements of older drawings that say where and how, not what."""
_LABELS: Final = {
    "creator": "Author", "lastModifiedBy": "Last modified by", "title": "Title", "subject": "Subject",
    "keywords": "Keywords", "description": "Comments", "category": "Category", "contentStatus": "Status",
    "Company": "Company", "Manager": "Manager", "Template": "Template", "HyperlinkBase": "Link",
}  # fmt: skip


def properties(package: Package) -> None:
    """Author, last modified by, title, company and whatever else the file says of itself."""
    for name in ("docprops/core.xml", "docprops/app.xml"):
        root = package.xml(name)
        for element in root.iter() if root is not None else ():
            if label := _LABELS.get(local(element.tag)):
                package.gathering.say(label, element.text)
    root = package.xml("docprops/custom.xml")
    for entry in root if root is not None else ():
        package.gathering.say(attribute(entry, "name") or "Property", "".join(entry.itertext()))


def comments(package: Package, name: str) -> None:
    """A part of comments of a Word document or a presentation: who wrote them and what."""
    root = package.xml(name)
    flow = Flow(package.gathering)
    for element in root.iter() if root is not None else ():
        if local(element.tag) in ("comment", "cm", "reply"):
            author = attribute(element, "author") or attribute(element, "initials")
            text = flow.words(element) or " ".join("".join(element.itertext()).split())
            package.gathering.say(f"Comment by {author}" if author else "Comment", text)
            package.gathering.note("comments_included")


def rest(package: Package) -> None:
    """Every part that has not been read: pictures by OCR, files by their kind, XML by its words."""
    gathering = package.gathering
    for name in package.rest():
        if any(machinery in "/" + name for machinery in _MACHINERY) or name.endswith(_FONTS):
            continue
        if name.endswith(_PICTURES):
            _picture(package, name)
        elif name.endswith(_DRAWINGS):
            gathering.note("pictures_not_read")
        elif name.endswith(_RECORDINGS):
            gathering.note("recordings_not_read")
        elif name.endswith(".rels"):
            package.links(name.replace("_rels/", "").removesuffix(".rels"))
        elif name.endswith((".xml", ".vml", ".rdf")):
            _words(package, name)
        elif data := package.data(name):
            gathering.inner(data, "", name)


def _picture(package: Package, name: str) -> None:
    if data := package.data(name):
        package.gathering.inner(data, "", name, notice="pictures_not_read")


def _words(package: Package, name: str) -> None:
    """The texts and the telling attributes of a part, without repeats: lists of caches repeat a lot."""
    root = package.xml(name)
    if root is None:
        return
    if "pivotcache/" in name or "externallinks/" in name:
        package.gathering.note("hidden_data_included")
    if any(local(element.tag) == "p" for element in root.iter()):
        Flow(package.gathering).add(root)
        return
    found: dict[str, None] = {}
    for element in root.iter():
        for text in _told(element):
            if any(character.isalnum() for character in text):
                found[text] = None
    package.gathering.add("\n".join(found))


def _told(element: Element) -> list[str]:
    if local(element.tag) in _SWITCHES:
        return []
    texts = [" ".join(text.split()) for text in (element.text or "", element.tail or "") if text.strip()]
    texts += [
        " ".join(value.split()) for key, value in element.attrib.items() if local(key) in _TOLD and len(value) > 1
    ]
    return texts


def links_of_all(package: Package, gathering: Gathering) -> None:
    """Addresses outside that any part refers to: `mailto:` links name people."""
    for name in package.names():
        if name.endswith(".rels") and name not in package.used:
            package.links(name.replace("_rels/", "").removesuffix(".rels"))


def texts(root: Element | None, name: str) -> list[str]:
    """The texts of all elements of a name below, each on one line."""
    return [" ".join("".join(found.itertext()).split()) for found in each(root, name)] if root is not None else []
