"""Presentations: slides in order, their notes, tables and comments, and what layouts add."""

import re

from gateway.documents import leftovers
from gateway.documents.flow import Flow
from gateway.documents.package import Package, each, local

_COMMENTS = re.compile(r"ppt/comments/[^/]+\.xml")
_MASTERS = re.compile(r"ppt/(slidelayouts|slidemasters|notesmasters|handoutmasters)/[^/]+\.xml")


def read(package: Package, main: str) -> str:
    """Add a presentation. Raises Unreadable."""
    gathering = package.gathering
    links = package.links(main)
    root = package.xml(main)
    slides = each(root, "sldId") if root is not None else ()
    order = [links.get(_link(slide.attrib), ("", ""))[1] for slide in slides]
    listed = [name for name in order if package.has(name)]
    unlisted = [name for name in package.names() if re.fullmatch(r"ppt/slides/[^/]+\.xml", name) and name not in listed]
    gathering.count_pages(max(1, len(listed) + len(unlisted)))
    for number, name in enumerate([*listed, *unlisted], 1):
        _slide(package, name, number)
    for name in package.names():
        if _COMMENTS.fullmatch(name):
            leftovers.comments(package, name)
        elif _MASTERS.fullmatch(name):
            _master(package, name)
    leftovers.properties(package)
    leftovers.rest(package)
    return "presentation"


def _link(attributes: dict[str, str]) -> str:
    """The relationship's id: the attribute `id` that has a namespace; the other one is the slide's number."""
    return next((value for key, value in attributes.items() if key.endswith("}id")), "")


def _slide(package: Package, name: str, number: int) -> None:
    gathering = package.gathering
    root = package.xml(name)
    if root is None:
        return
    if root.get("show") in ("0", "false"):
        gathering.note("hidden_slides_included")
    gathering.add(f"Slide {number}")
    Flow(gathering).add(root)
    for kind, target in package.links(name).values():
        if kind == "notesSlide" and (notes := package.xml(target)) is not None:
            gathering.add("Notes")
            gathering.note("notes_included")
            Flow(gathering).add(notes)


def _master(package: Package, name: str) -> None:
    """Shapes of layouts that are no placeholders: an address on every slide, not "Click to edit"."""
    root = package.xml(name)
    for shape in root.iter() if root is not None else ():
        if local(shape.tag) in ("sp", "graphicFrame", "pic") and not any(True for _ in each(shape, "ph")):
            Flow(package.gathering).add(shape)
