"""Word documents: body, headers and footers, notes, comments, tracked changes, text boxes, properties."""

from typing import Final

from gateway.documents import leftovers
from gateway.documents.flow import Flow
from gateway.documents.package import Package, attribute, local

_PARTS: Final = ("header", "footer", "footnotes", "endnotes", "glossaryDocument")


def read(package: Package, main: str) -> str:
    """Add a Word document: the body first, then what stands around it. Raises Unreadable."""
    gathering = package.gathering
    flow = Flow(gathering)
    root = package.xml(main)
    if root is not None:
        flow.add(root)
    for kind, target in package.links(main).values():
        if kind in _PARTS and (part := package.xml(target)) is not None:
            flow.add(part)
        elif kind == "comments":
            leftovers.comments(package, target)
        elif kind == "settings":
            _settings(package, target)
    leftovers.properties(package)
    leftovers.rest(package)
    gathering.count_pages(1)
    return "Word document"


def _settings(package: Package, name: str) -> None:
    """Variables and mail merge: the only words among the settings."""
    root = package.xml(name)
    for element in root.iter() if root is not None else ():
        if local(element.tag) == "docVar":
            package.gathering.say(attribute(element, "name"), attribute(element, "val"))
        elif local(element.tag) in ("query", "connectString", "addressFieldName"):
            package.gathering.say("Mail merge", attribute(element, "val"))
