"""Where a name or an address that the encoder saw begins and ends: what stands beside it and is none of it is cut."""

import re
from collections.abc import Callable

_ENUMERATOR = re.compile(r"(?P<letter>[A-Z])[.)][ ]+(?=[^\W\d_]{2})")
_LETTERS_AFTER = re.compile(
    r",?[ ](?:RN|RGN|RMN|SRN|RM|MBE|OBE|CBE|JP|DL|QC|KC|MP|MEP|"
    r"BA|BSc|BEng|MA|MSc|MEng|MBA|LLB|LLM|PhD|CEng|MICE|FICE|MRICS|FRICS|MRTPI|"
    r"MCIEH|CMIOSH|CIPFA|CPFA|FCA|ACA|FCIPD|MCIPD|SCPHN|FRCGP|MRCGP|FRCS|MRCP|FRCP|MBBS|ESQ|Esq|RIBA|TD|VR|DSO|DSC|QPM|KPM)"
    r"\b\.?$"
)
"""Degrees, honours and bodies behind a name."""
_CONTRACTED = re.compile(r"[ ](?:im|ive|ill|its|hes|shes|theyre|weve|youre)$")
"""Speech written down without apostrophes runs on: "hello toby im marie"."""
_ASIDE = re.compile(r"[ ]\([^()\d]{1,40}\)?$")
_DASHES = " \n\r\t,;:–—-"


def person(text: str, start: int, end: int) -> tuple[int, int]:
    """A person without a list's letter before, and without letters, dashes or the next word behind."""
    listed = _ENUMERATOR.match(text, start, end)
    if listed is not None and _opens_line(text, start) and _goes_on(text, listed["letter"]):
        start = listed.end()
    for cut in (_LETTERS_AFTER, _CONTRACTED):
        found = cut.search(text, start, end)
        if found is not None:
            end = found.start()
    return start, _without(text, start, end, _DASHES)


def address(text: str, start: int, end: int) -> tuple[int, int]:
    """An address without punctuation around it or an aside behind it."""
    while start < end and text[start] in " \n,;:.":
        start += 1
    end = _without(text, start, end, _DASHES + ".")
    aside = _ASIDE.search(text, start, end)
    return start, aside.start() if aside is not None else end


def _without(text: str, start: int, end: int, edges: str) -> int:
    while end > start and text[end - 1] in edges:
        end -= 1
    return end


def _opens_line(text: str, start: int) -> bool:
    return not text[:start].rpartition("\n")[2].strip(" *>-\t")


def _goes_on(text: str, letter: str) -> bool:
    """Whether a neighbouring letter opens another line: then the letter numbers a list and is no initial."""
    neighbours = "".join(chr(ord(letter) + step) for step in (-1, 1))
    return re.search(rf"(?:^|\n)[ \t*>-]*[{re.escape(neighbours)}][.)][ ]", text) is not None


Trim = Callable[[str, int, int], tuple[int, int]]
TRIMS: dict[str, Trim] = {"PERSON": person, "ADDRESS": address}
