# ruff: noqa: E501  patterns and word lists read better unbroken
"""Names that the writing itself announces: titles, form labels, sign-offs, "my name is", "SURNAME, Forename"."""

import re
from collections.abc import Iterator

from detectors.folding import folded
from detectors.names.edges import apart
from detectors.names.lexicon import BRANDS, NOT_A_FORENAME, ORGANISATION, PLACE_WORDS, PLACES, STOP
from detectors.view import Hit, View

_U = r"[A-ZÀ-ÖØ-ÞĀ-ŽȘȚḀ-Ỿ]"
_L = r"[a-zà-öø-ÿā-žșțḁ-ỿı]"
_PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|el|al|bin|bint|ibn|ben|ap|ter|ten|St\.?|San|y)"
TOKEN = rf"(?:(?:O'|D'|L'|N'|M'|Mc|Mac|Fitz|Al-|El-|al-|el-)?{_U}(?:{_L}+|{_U}+(?!{_L}))(?:['\-](?:{_U}{_L}+|{_U}+|{_L}{{2,}}))*)"
_INITIAL = rf"(?:{_U}(?:\.[ ]?{_U})*\.?(?=[ ]))"
NAME = rf"(?:{_INITIAL}[ ]){{0,3}}{TOKEN}(?:[ ](?:{_INITIAL}[ ])?(?:{_PARTICLE}[ ]){{0,2}}{TOKEN}){{0,3}}(?:[ ]{_U}\b\.?(?!['{_L[1:-1]}]))?"
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Master|Dr|Prof|Professor|Sir|Dame|Lady|Lord|Rev|Revd|Reverend|Fr|Father|Sister|Imam|Rabbi|Cllr|Councillor|"
    r"PC|PCSO|DC|DS|DI|DCI|Sgt|Sergeant|Insp|Inspector|Supt|Capt|Captain|Major|Lt|Col|Lt[ ]Col|HHJ|Judge|Justice|Alderman|Ald|"
    r"Mme|Mlle|Monsieur|M\.|Herr|Frau|Sra|Sr|Se[ñn]or|Se[ñn]ora|Pan|Pani|domnul|doamna|Nurse|Uncle|Auntie|Aunty|Aunt)"
)
_TITLED = folded(rf"(?<![\w'])(?:{_TITLE}s?\b\.?[ ](?:\(retd\)[ ]|and[ ]{_TITLE}\b\.?[ ])?)+")
_TITLED_INITIALS = re.compile(
    rf"(?<![\w'])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Cllr)\b\.?[ ](?P<name>(?:{_U}\.?[ ]?){{1,3}}{TOKEN})"
)
_LOW_TITLE = re.compile(
    r"(?<![\w'.])(?:mr|mrs|ms|miss|mx|dr|cllr)\.?[ ](?P<name>[a-z][a-z'\-]{2,}(?:[ ][a-z][a-z'\-]{2,})?)(?![\w@])"
)
_CUE = folded(
    r"\b(?:my name is|his name is|her name is|their name is|name is|name as|named|full name|real name|i am called|is called|"
    r"signed by|spoken? (?:to|with)|speaking (?:to|with)|mă numesc|nazywam się|je m'appelle|je soussigné[e]?|first name|surname|forename|"
    r"birth dad|birth mum|dad|mum|mother|father|son|daughter|brother|sister|husband|wife|partner|ex|nan|gran|grandad|"
    r"my|niece|nephew|cousin|baby|tenant|claimant|applicant|complainant|client|patient|officer|adviser|convenor|neighbour|"
    r"social worker|probation officer|manager|chaplain|candidate|pupil|carers?|late husband|late wife|late brother|żona|frère|vrouw)"
    r"[ ]?[,:=]?[ ](?:is[ ]|was[ ]|\(|\")?"
)
_LABEL = folded(
    r"(?:^[ \t>*\-]*(?:from|to|cc|name|full name|first name|surname|forename|signed|signature|contact|officer|tenant|claimant|applicant|customer|"
    r"client|patient|pupil|child|parent|carers?|complainant|attendees?|present|author|caller|witness|keeper|driver|owner|case ?worker|dear|hi|hello|"
    r"hiya|dear mr|cheers|regards|best|thanks|yours|sincerely))[ \t]*[:,]?[ \t]+"
)
_SIGN_OFF = folded(
    r"(?:yours|kind regards|regards|best wishes|many thanks|thanks|cheers|sincerely|faithfully|with love|love|best)[^\n]{0,30}[,.]?\n{1,3}[ \t]*"
)
_SIGNED = re.compile(rf"(?P<name>{NAME}|(?:{_U}\.[ ]?){{1,3}}{TOKEN}(?:[ \-]{TOKEN})?)(?=[ \t]*(?:\n|,|$|\())")
_NAME = re.compile(rf"(?P<name>{NAME})")
_SIGNED_INLINE = re.compile(rf"(?:Yours|Regards|Thanks|Cheers|Best wishes)(?:[ ]&c)?[.,][ ](?P<name>{NAME})")
_DASHED = re.compile(rf"[.!?][\"']?[ ]?[-–—][ ](?P<name>{TOKEN}(?:[ ]{TOKEN}){{0,2}})(?:,[ ]{TOKEN})?[ ]*(?:\n|$)")
_INVERTED = re.compile(
    rf"(?<![\w'])(?P<name>(?:(?:VAN|VON|DE|DER|DEN|LA|LE|AL|EL|ST)[ ]){{0,2}}[A-Z](?:'?[A-Z]|-){{2,}},[ ]"
    rf"(?:{_U}{_L}+|[A-Z]{{3,}})(?:[ ](?:{_U}{_L}+|[A-Z]{{3,}}(?<!MRS)(?<!MISS)|[A-Z]\b\.?))?)(?![\w'])"
)
_KEYED = folded(r"[\"'](?:\w*_)?(?:name|full_?name|first_?name|last_?name|given_?name|display_?name|sn|cn|surname|forename|claimant|tenant|officer|contact)[\"']\s*:\s*[\"'](?P<name>[^\"'\n<>{}$\[\]]{2,60})[\"']")  # fmt: skip
_NAME_HEADER = re.compile(r"\b(?:name|liable party|party|occupier|tenant|claimant|applicant|customer|officer|contact|pupil|child|parent|owner|keeper|driver|employee|payee|person|surname|forename)\b")  # fmt: skip
_NOT_HEADER = re.compile(r"\b(?:file|user|host|street|road|company|business|org|organisation|school|ward|parish|site|product|event|team|service|field|column|table|domain|key|service|place|building|no|number|id|ref|dob|type|status|email|phone|address)\b")  # fmt: skip
_CELL_NAME = re.compile(r"(?i:EXORS? OF |THE EXECUTORS OF |ESTATE OF )?(?P<name>[^\W\d_][\w'’.\- ,&]{0,58})")
_SIGNATURE = re.compile(
    rf"(?m:^)(?P<name>{NAME})(?=[ ]*(?:,[^\n]*)?\n+[ ]*(?:(?i:head|director|chief|senior|principal|assistant|deputy|team|lead|service|housing|planning|benefits?|democratic|legal|council tax|revenues|customer|environmental|licensing|enforcement|"
    rf"ddi|tel|ext|mobile|e-?mail)\b|[A-Z][a-z]+[ ](?i:officer|manager|adviser|advisor|assistant|team|lead|worker)))"
)
_GREETED = re.compile(rf"(?m:^)(?P<name>{TOKEN}(?:[ ]{TOKEN})?),[ ]*\n[ ]*\n")
_SPEAKER = re.compile(
    rf"(?<![\w'])(?P<name>{TOKEN}[ ]{TOKEN}(?:[ ]{TOKEN})?)(?=[ ](?:said|says|rang|phoned|asked|told|wrote|lives|lived|owes|drives|emailed|texted|admitted|complained|replied|explained|disputes|could|couldn't|hasn't|hadn't|doesn't|didn't|rang|ext\.?[ ]\d))"
)
_BESIDE = re.compile(
    rf"(?<![\w'])(?P<name>(?:{TOKEN}|[A-Z]{{2}}\b)(?:[ ]{TOKEN}){{0,2}})(?=[ ]\((?:\d{{1,2}}[/.]\d{{1,2}}[/.]|\d{{1,2}}\)|(?i:dob|aged?)\b)|,[ ]\d{{1,2}},[ ])"
)
_FAMILY = re.compile(
    rf"\b(?:[Tt]he[ ](?P<name>{TOKEN})[ ](?:family|household|children|brothers|sisters)\b|[Ff]amil(?:y|ies):[ ](?P<other>{TOKEN})(?:[ ]and[ ](?P<third>{TOKEN}))?)"
)
_LOW_CUE = re.compile(
    r"\b(?:full name|my name is|(?:his|her|their) name is|name is|name's|names)[ ](?P<name>[a-z][a-z'\-]+(?:[ ][a-z][a-z'\-]+){0,2})(?![\w@])"
)
_AND = re.compile(r"[ ](?:&|and|AND)[ ]")

TITLE_SCORE, CUE_SCORE = 0.92, 0.8


_WHOLE = (
    (_TITLED_INITIALS, TITLE_SCORE),
    (_SIGNED_INLINE, CUE_SCORE),
    (_DASHED, CUE_SCORE),
    (_INVERTED, 0.85),
    (_SIGNATURE, CUE_SCORE),
    (_GREETED, 0.75),
    (_SPEAKER, 0.75),
    (_BESIDE, 0.75),
)
_FOLLOWED = (
    (_TITLED, _NAME, TITLE_SCORE),
    (_SIGN_OFF, _SIGNED, CUE_SCORE),
    (_LABEL, _NAME, CUE_SCORE),
    (_CUE, _NAME, CUE_SCORE),
)


def announced(view: View) -> Iterator[Hit]:
    """Persons announced by the writing around them."""
    for pattern, score in _WHOLE:
        for match in view.matches(pattern):
            yield from _hit(view, *match.span("name"), score)
    for cue, name, score in _FOLLOWED:
        for match in view.matches(cue):
            named = name.match(view.text, match.end())
            if named is not None:
                yield from _hit(view, *named.span("name"), score)
    for match in view.matches(_FAMILY):
        for group in ("name", "other", "third"):
            if match[group]:
                yield from _hit(view, *match.span(group), 0.75)
    yield from _uncapitalised(view)
    if view.cells:
        yield from _in_cells(view)


def _uncapitalised(view: View) -> Iterator[Hit]:
    """Names that are announced but written without capitals, or as the value of a key."""
    for pattern in (_LOW_TITLE, _LOW_CUE):
        for match in view.matches(pattern):
            yield from _lowered(match)
    for match in view.matches(_KEYED):
        start, end = match.span("name")
        value = view.text[start:end]
        if _NAME_LIKE.fullmatch(value) and plausible(value, lone=False):
            yield Hit(start, end, "PERSON", 0.9)


def _hit(view: View, start: int, end: int, score: float) -> Iterator[Hit]:
    text = view.text[start:end].rstrip(" ")
    trimmed = trim(text)
    if trimmed is None:
        return
    low, high = trimmed
    name = text[low:high]
    if (
        score != TITLE_SCORE
        and name.isupper()
        and " " not in name
        and (len(name) <= 4 or score == CUE_SCORE)
        and len(name) != 2
    ):
        return
    if _is_known(name):
        return
    if plausible(name, lone=True):
        yield Hit(start + low, start + high, "PERSON", score)


def _is_known(name: str) -> bool:
    """A firm, a work or a place."""
    return name.lower() in BRANDS or all(w.lower().strip(",.") in PLACES for w in name.split())


_NAME_LIKE = re.compile(rf"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.?[ ])?{_U}[^_/\\@:=]*")


def _lowered(match: re.Match[str]) -> Iterator[Hit]:
    start = match.start("name")
    taken = 0
    for word in re.finditer(r"[^ ]+", match["name"]):
        if word.group().strip("'") in STOP or word.group() in NOT_A_FORENAME:
            break
        taken = word.end()
    if taken:
        yield Hit(start, start + taken, "PERSON", 0.8)


def _in_cells(view: View) -> Iterator[Hit]:
    for start, end in view.cells_under(_NAME_HEADER):
        match = _CELL_NAME.fullmatch(view.text, start, end)
        if match is None or _NOT_HEADER.search(view.header(start).replace("full name", "name")):
            continue
        position = match.start("name")
        for piece in [*_AND.finditer(view.text, position, end), None]:
            stop = piece.start() if piece is not None else end
            value = view.text[position:stop]
            if _NAME_LIKE.fullmatch(value) and plausible(value, lone=True) and not _is_known(value):
                yield Hit(position, stop, "PERSON", 0.85)
            position = piece.end() if piece is not None else end


_OF_PEOPLE = re.compile(
    r"\b(?:dob|date of birth|born|age|ni|nino|nat ins|nhs|gender|sex|grade|salary|absences?|abs code|sickness|mob|mobile|e-?mail|tel|telephone|phone|address|addr|postcode|"
    r"uprn|upn|year group|ethnicity|disability|medical|arrears|tenancy|payroll|pension(?: ref)?|init(?:ial)?s?|forenames?|pay type|sort|sort code|acct|account no|bank|council tax)\b"
)
"""Columns that only a list of people has."""
_THEIR_NAMES = re.compile(
    r"(?:full |first |last |given |family |fore|sur|f|s|l)?name|tenant|claimant|applicant|employee|pupil|child|parent|carer|patient|customer|client|resident|occupiers?"
    r"|init(?:ial)?s?|householders?|leaseholders?|ratepayers?|account holders?|liable part(?:y|ies)"
)


def tabled(view: View) -> Iterator[Hit]:
    """Names in a table of people, whatever words they are: under a heading for names, beside a birth date or the like."""
    if not any(_OF_PEOPLE.search(header) for header in {cell.header for cell in view.cells}):
        return
    for start, end in view.cells_under(_THEIR_NAMES):
        match = _CELL_NAME.fullmatch(view.text, start, end)
        if match is None or not _THEIR_NAMES.fullmatch(view.header(start)):
            continue
        words = [_bare(w) for w in re.split(r"[ ,]+", view.text[start:end]) if w]
        if words and not any(w in ORGANISATION for w in words) and words[0] not in _NO_NAMES:
            for low, high in apart(view.text, match.start("name"), end):
                yield Hit(low, high, "PERSON", 0.85)


_ALIAS = re.compile(
    r"\b(?:man|woman|boy|girl|lad|lass|someone|somebody|bloke|guy|person|friend|dealer|lodger|partner)[ ](?:called|named|known as|"
    r"calling (?:himself|herself))[ ][\"“'‘](?P<name>[^\"”'’\n]{2,30})[\"”'’]"
)
_INITIAL_ALONE = re.compile(
    r"\b(?:is|was|called|named)[ ](?P<name>[A-Z]\.)(?=,[ ](?:aged[ ])?\d{1,2}\b)"
    r"|(?i:office use)[^\n]{0,60}[ ](?i:by)[ :]{1,2}(?P<initials>[a-z]{2,4}|[A-Z]{2,4})(?=[ .,;]|\n|$)"
)
_TITLED_INITIAL = re.compile(
    r"(?<![\w'])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Cllr)\b\.?[ ](?P<name>[A-Z])(?![\w&/]|\.[ ]?[A-Z]|[ ][A-Z]|\.\w)"
)
"""One letter behind a title: whoever it stands for is meant to be known."""
_BODIES = frozenset(
    [
        "hr",
        "it",
        "ict",
        "dwp",
        "nhs",
        "gp",
        "all",
        "the",
        "us",
        "me",
        "you",
        "post",
        "hand",
        "mail",
        "cash",
        "bacs",
        "fax",
    ]
)


def certain(view: View) -> Iterator[Hit]:
    """Names that the writing gives as such, whatever they look like: what somebody is called, initials on a form."""
    for match in view.matches(_ALIAS):
        yield Hit(*match.span("name"), "PERSON", 0.85)
    for match in view.matches(_TITLED_INITIAL):
        yield Hit(*match.span("name"), "PERSON", TITLE_SCORE)
    for match in view.matches(_INITIAL_ALONE):
        group = "name" if match["name"] else "initials"
        if match[group].lower() not in _BODIES:
            yield Hit(*match.span(group), "PERSON", 0.8)


_NO_NAMES = frozenset(
    [
        "void",
        "vacant",
        "none",
        "unknown",
        "tbc",
        "tba",
        "na",
        "n/a",
        "total",
        "average",
        "anonymous",
        "redacted",
        "empty",
        "test",
    ]
)


def trim(text: str) -> tuple[int, int] | None:
    """The part of a run of capitalised words that can be a name: what begins with words that never are is cut."""
    words = list(re.finditer(r"\S+", text))
    while words and (_bare(words[0].group()) in STOP or not any(c.isalpha() for c in words[0].group())):
        words.pop(0)
    while words and _bare(words[-1].group()) in STOP:
        words.pop()
    if not words:
        return None
    for index, word in enumerate(words):
        if index and _bare(word.group()) in STOP:
            words = words[:index]
            break
    return words[0].start(), words[-1].end()


def plausible(name: str, *, lone: bool) -> bool:
    """Whether a run of words can be a person's name. `lone`: a single word may be one."""
    words = [w for w in re.split(r"[ ,]+", name.strip(" ,.\"'")) if w]
    if not words or len(words) > 6 or any(c.isdigit() for c in name):
        return False
    lowered = [_bare(w) for w in words]
    if any(w in ORGANISATION for w in lowered) or lowered[-1] in PLACE_WORDS:
        return False
    if all(w in STOP or w in NOT_A_FORENAME for w in lowered):
        return False
    if len(words) == 1:
        return lone and len(lowered[0]) >= 2 and lowered[0] not in NOT_A_FORENAME
    return True


def _bare(word: str) -> str:
    lowered = word.lower().strip(".,;:()\"'")
    return lowered.removesuffix("'s")
