"""Where what the encoder saw begins and ends: what is none of it is cut, and what was cut off it is added."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_ENUMERATOR = re.compile(r"(?P<letter>[A-Z])[.)][ ]+(?=[^\W\d_]{2})")
_LETTERS_AFTER = re.compile(
    r",?[ ](?:RN|RGN|RMN|SRN|RM|MBE|OBE|CBE|JP|DL|QC|KC|MP|MEP|"
    r"BA|BSc|BEng|MA|MSc|MEng|MBA|LLB|LLM|PhD|CEng|MICE|FICE|MRICS|FRICS|MRTPI|"
    r"MCIEH|CMIOSH|CIPFA|CPFA|FCA|ACA|FCIPD|MCIPD|SCPHN|FRCGP|MRCGP|FRCS|MRCP|FRCP|MBBS|ESQ|Esq|RIBA|TD|VR|DSO|DSC|QPM|KPM)"
    r"\b\.?$|,[ ](?:Kennzeichen|Reisepass|Ausweis|Aktenzeichen)$"
)
"""Degrees, honours and bodies behind a name."""
_KISSES = re.compile(r"[ ]x{1,9}$", re.IGNORECASE)
_SIGNED = re.compile(r"[ ]x{1,6}[ .]*$", re.IGNORECASE | re.MULTILINE)
"""Kisses at the end of a line: the letter before them signs."""
_EXPLAINED = re.compile(r"[ ]as[ ]in[ ](?:the[ ])?[a-z]+$")
"""How a name is spelt, by a word that sounds so: "quill as in feather"."""
_CONTRACTED = re.compile(r"[ ](?:im|ive|ill|its|hes|shes|theyre|weve|youre)$")
"""Speech written down without apostrophes runs on: "hello toby im marie"."""
_ILLEGIBLE = re.compile(r"[?█*]{1,6}[a-zà-ž]+")
"""The rest of a name of which some letters could not be read, or were meant to be hidden: "Kowalcz?k"."""
_LONGEST_CODE = 24
_REMARK = re.compile(r"[ \t]+(?:#|//|--|;)[#/ ]*$")
_PLAIN_WORD = re.compile(r"[a-z]{3}")
_MIDDLE = re.compile(
    r"[ ](?:man|my|thi|thu|van|kim|do|so|long|ho|sun|wing|hong|ming|minh|anh|chi|kit|mo|may|young|lok|tin|shing|kam|"
    r"yin)[ ]",
    re.IGNORECASE,
)
_FIRST = "Man|My|Thi|Thu|Van|Do|So|Ho|Kim|Long"
_SYLLABLES = (
    r"anh|bich|binh|chi|chau|chun|cuc|dao|diep|diem|dung|duc|fai|fong|giang|ha|hai|hang|hanh|hao|hien|"
    r"hieu|ho|hoa|hoan|hoang|hong|hue|hung|huong|huy|huyen|kam|keung|kien|kim|kit|kwok|lam|lan|linh|ling|"
    r"loan|lok|long|luan|ly|mai|man|mei|minh|ming|my|nam|nga|ngan|ngoc|ngon|nguyet|nhi|nhu|nhung|oanh|"
    r"phuc|phuong|phuoc|quan|quang|quyen|quynh|shing|son|suong|tam|tan|thach|thai|thang|thanh|thao|thi|"
    r"thien|thinh|tho|thoa|thu|thuan|thuy|tien|tin|toan|trang|tri|trinh|truc|trung|tuan|tung|tuyen|tuyet|"
    r"uyen|van|vi|vinh|wai|wing|xuan|yen|yin|yuen|yuk"
)
_SYLLABLE = re.compile(
    rf"(?<![^\s(\"'“‘])(?:{_FIRST}|{_FIRST.upper()})"
    rf"[ ](?=(?i:{_SYLLABLES})(?!\w))"
)
"""The first syllable of a name of Vietnam or China that is a word of English or of the name's middle too: "My Linh"."""
_REACH = 7
_BORN = re.compile(r",?[ ]\(?n[ée]e[ ]")
_JOINT = re.compile(r"[ ](?:&|and|AND|und|et|i|y|și)[ ]")
_DOUBLE = re.compile(r"[ ](?:hyphen|dash)[ ]")
"""The joint of a double name, spoken: "ndlovu hyphen price"."""
_SPELT = re.compile(
    r"(?<![\w'’])(?:(?:double|triple)[ ])?[A-Za-z]"
    r"(?:(?:[ ]|[\-.,][ ]?)(?:(?:double|triple)[ ])?[A-Za-z](?![\w'’])){3,}",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"[A-Z]\.")
_LETTER_ALONE = re.compile(
    r"(?<![\w&=/\"'(+.])(?<!=[ ])(?<![ ]{2})(?:[A-DG-HJ-LN-Za-dg-hj-ln-z]|[MFmf](?![,/ ]{1,2}(?:c\.?[ ]?)?\d))"
    r"(?![\w=/\")+]|[ ][=(]|[ ]?&(?![ ]?[A-ZÀ-Þ][a-zß-ÿ]))"
)
"""One that no sign makes a part of something else: "M&S", "chemo = M", "M, 50s", a key in a column. What stands before
a name is somebody: "H & Bríd"."""
TITLED = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|cllr|domnul|doamna|pan|pani|herr|frau|mme|señora?|signora?)\.?[ ]$", re.IGNORECASE
)
_SURE = 0.8
_LETTER_SAID = re.compile(r"\b(?:an?|letter|(?:begins|starts) with|ends (?:in|with))[ ]$", re.IGNORECASE)
_DOMAIN = re.compile(r"(?<![\w\\:/.])[A-Za-z][\w\-]{1,14}\\{1,2}$")
_LONGEST_DOMAIN = 17
_GROUP = re.compile(r"[0-9A-Za-z]{1,8}(?:-[0-9A-Za-z]{1,8})*")
_CALLED = re.compile(r"(?<![^\s(\"'“‘])(?:Big|Little|Lil|Old|Young|Nan|Nana)[ ](?=[A-Z])")
"""What a first name goes with in a nickname: "Big Col", "Nana Efua"; it hides nobody better than the name does."""
_ASKED = re.compile(
    r"as[ ](?=confidential)|(?:please[ ])?(?:treat|keep|regard)[ ](?:this|it|these|them)[ ](?:as[ ])?(?=\S)",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(r"[ ](?:until|till|for the time being|for now)\b", re.IGNORECASE)
_ASIDE = re.compile(r"[ ]\([^()\d]{1,40}\)?$")
_GOES_ON = re.compile(r"[ ][–—-][ ](?=I\b|[a-z])(?!(?:rear|back|off|near|next|above|over|r/o|the)\b)[^\d\n]*$")
"""Who writes addresses with capitals goes on in small letters: "Forge End – I farm the next field"."""
_YEAR = re.compile(
    r"(?:19|20)\d\d,[ ](?=(?:[A-Z][\w'’]+[ ]){1,3}"
    r"(?:House|Cottages?|Farm|Lodge|Villas?|Hall|Barn|Manor|Oast|Grange|Mill)\b)"
)
"""A year: a house that has a name has no such number."""
_NEXT_WORD = re.compile(r"[ ](?:opp|opposite|nr|near|by|behind|at|in|on|with|wiv|w/|and|from|to|for|is|was|since)$")
"""No address ends so: "30 ferry rd wiv"."""
_SUBJECT = re.compile(
    r"(?:i[ ]am|i['’]?m|i['’]ve|i|(?:he|she)['’]?s|he|she|it['’]?s|it['’]d|it|(?:they|we|you)['’](?:re|ve)|"
    r"they|we|you)[ ](?:myself[ ])?(?=\S)",
    re.IGNORECASE,
)
"""Who something is said of is no part of what is said."""
_HAS = re.compile(r"(?<![\w'’\-])(?:who[ ](?:has|had|is|was)|has|had|got)[ ]$", re.IGNORECASE)
"""The verb by which something is said of somebody is part of it: "has two hearing aids", "who is gay"."""
_LEADING = re.compile(r"(?:to|of|for|with|by|after|about)[ ](?=\S{3})", re.IGNORECASE)
"""What leads to a statement and is mostly none of it: five times in six in the marks that the model learnt from."""
_LONG_ENOUGH = 3
"""Of "has MS" most would be the verb."""
_LOOSE = re.compile(
    r"[ ](?:at|to|in|on|of|for|with|by|from|into|under|about|his|her|their|my|the|an?)$",
    re.IGNORECASE,
)
_REST = re.compile(
    r"[ ](?:(?:his|her|their|my|our|your|its|the|this|that|an?)[ ])?[^\W_][\w'’\-]*(?:[ ]\d{1,4}(?![\w/.:]))?",
    re.IGNORECASE,
)
"""What a statement that ends in a little word goes on with: "hot to touch", "found in his car", "scan at Gate 2"."""
_DASHES = " \n\r\t,;:–—-"


def person(text: str, start: int, end: int) -> tuple[int, int]:
    """A person without a list's letter before, and without letters, dashes or the next word behind."""
    start = _from_its_first_word(text, start)
    listed = _ENUMERATOR.match(text, start, end)
    if listed is not None and _opens_line(text, start) and _goes_on(text, listed["letter"]):
        start = listed.end()
    for cut in (_LETTERS_AFTER, _CONTRACTED, _EXPLAINED, _KISSES):
        found = cut.search(text, start, end)
        if found is not None:
            end = found.start()
    end = without(text, start, end, _DASHES + "&")
    illegible = _ILLEGIBLE.match(text, end) if end > start and text[end - 1].isalpha() else None
    return start, illegible.end() if illegible is not None else end


def _from_its_first_word(text: str, start: int) -> int:
    for form in (_SYLLABLE, _CALLED):
        found = form.search(text, max(0, start - _REACH), start + 2 * _REACH)
        if found is not None and found.end() == start:
            return found.start()
    return start


def bridged(text: str, people: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Whole names of which a middle part is a word of English too: "Kwok Man Kit", "pham thu huong", "Ann née Dunk"."""
    for (start, end), (begin, stop) in pairwise(people):
        if _BORN.fullmatch(text, end, begin) or _DOUBLE.fullmatch(text, end, begin):
            yield start, stop
        if _MIDDLE.fullmatch(text, end, begin) and " " not in text[start:end] + text[begin:stop]:
            yield start, stop


def apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """People with whole names are each somebody: "STANKIEWICZ B & HOGBEN T"; not so "Ada and Jo Obi"."""
    joint = _JOINT.search(text, start, end)
    if joint is None or " " not in text[start : joint.start()] or " " not in text[joint.end() : end]:
        yield start, end
        return
    yield start, joint.start()
    yield from apart(text, joint.end(), end)


def spelt(text: str, people: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Names spelt letter by letter, of which some letters were seen: "G O double R I C K"."""
    for found in _SPELT.finditer(text) if people else ():
        if any(start < found.end() and found.start() < end for start, end in people):
            yield found.span()


def is_initial(text: str, start: int, end: int, score: float) -> bool:
    """Whether one letter is somebody's initial, and none of a word that is spelt, of a key or a firm."""
    spelling = _LETTER_SAID.search(text, max(0, start - _REACH - _REACH), start)
    alone = end - start == 1 and text[start].isalpha()
    if alone and _SIGNED.match(text, end):
        return True
    if score < _SURE or spelling is not None:
        return False
    if alone and TITLED.search(text, max(0, start - _REACH), start):
        return True
    if alone and _LETTER_ALONE.match(text, start) is not None:
        return True
    return _INITIAL.fullmatch(text, start, end) is not None


def user(text: str, start: int, end: int) -> tuple[int, int]:
    """A user name with the domain before its backslash."""
    begin = behind(text, start, end, "\\")
    domain = _DOMAIN.search(text, max(0, start - _LONGEST_DOMAIN), begin)
    return (domain.start() if domain is not None else start), end


def secret(text: str, start: int, end: int) -> int:
    """Where a secret ends that was cut within its groups: "4-4-0-7"; a remark behind it is none of it."""
    remark = _REMARK.search(text, start, end)
    if remark is not None:
        return remark.start()
    rest = _GROUP.match(text, end) if text[start:end].endswith("-") else None
    return rest.end() if rest is not None else end


def address(text: str, start: int, end: int) -> tuple[int, int]:
    """An address without punctuation around it, the year before it, or an aside or the next words behind it."""
    start = behind(text, start, end, " \n,;:.")
    year = _YEAR.match(text, start, end)
    start = year.end() if year is not None else start
    end = without(text, start, end, _DASHES + ".")
    for cut in (_ASIDE, _GOES_ON, _NEXT_WORD):
        found = cut.search(text, start, end)
        if found is not None and (cut is not _GOES_ON or not text[start : found.start()].islower()):
            end = found.start()
    return start, end


def reference(text: str, start: int, end: int) -> tuple[int, int]:
    """A reference with the rest of the code that it is a part of: "APP/X9999/W/24/3351204", not "X9999/W"."""
    low, high = start, end
    while low > 0 and (text[low - 1].isalnum() or text[low - 1] == "/") and start - low < _LONGEST_CODE:
        low -= 1
    while high < len(text) and (text[high].isalnum() or text[high] == "/") and high - end < _LONGEST_CODE:
        high += 1
    low = behind(text, low, high, "/")
    high = without(text, low, high, "/")
    # A path or a word that only begins so is no code.
    return (start, end) if _PLAIN_WORD.search(text, low, high) and (low, high) != (start, end) else (low, high)


def marking(text: str, start: int, end: int) -> tuple[int, int]:
    """A protective marking without the words that ask for it and those that say for how long."""
    asked = _ASKED.match(text, start, end)
    start = asked.end() if asked is not None else start
    ends = _HOW_LONG.search(text, start, end)
    return start, ends.start() if ends is not None else end


def statement(text: str, start: int, end: int) -> tuple[int, int]:
    """What is said of somebody, without whom and signs around it, with its "has", and whole where it was cut behind a
    little word."""
    start, end = behind(text, start, end, _DASHES), without(text, start, end, _DASHES)
    rest = _REST.match(text, end) if _LOOSE.search(text, start, end) is not None else None
    verb = _HAS.search(text, max(0, start - _REACH), start) if end - start >= _LONG_ENOUGH else None
    if verb is not None and _SUBJECT.match(text, start, end) is None:
        start = verb.start()
    else:
        for cut in (_SUBJECT, _LEADING):
            found = cut.match(text, start, end)
            start = found.end() if found is not None else start
    return start, rest.end() if rest is not None else end


def behind(text: str, start: int, end: int, signs: str) -> int:
    """Where a span begins without the signs before it."""
    while start < end and text[start] in signs:
        start += 1
    return start


def without(text: str, start: int, end: int, signs: str) -> int:
    """Where a span ends without the signs behind it."""
    while end > start and text[end - 1] in signs:
        end -= 1
    return end


def _opens_line(text: str, start: int) -> bool:
    return not text[:start].rpartition("\n")[2].strip(" *>-\t")


def _goes_on(text: str, letter: str) -> bool:
    """Whether a neighbouring letter opens another line: then the letter numbers a list and is no initial."""
    neighbours = "".join(chr(ord(letter) + step) for step in (-1, 1))
    return re.search(rf"(?:^|\n)[ \t*>-]*[{re.escape(neighbours)}][.)][ ]", text) is not None
