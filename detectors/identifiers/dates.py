# ruff: noqa: E501  patterns and word lists read better unbroken
"""Dates as people write them, for dates of birth."""

from detectors.folding import folded

_ENGLISH = r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
_ABROAD = (
    r"janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre"
    r"|januar|februar|m[äa]rz|juni|juli|oktober|dezember|januari|februari|maart|mei|augustus"
    r"|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrze[śs]nia|pa[źz]dziernika|listopada|grudnia"
    r"|ianuarie|februarie|martie|aprilie|iunie|iulie|septembrie|octombrie|noiembrie|decembrie"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
)
_MONTH = rf"(?:{_ENGLISH}|{_ABROAD})"
_TENTHS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_ORDINAL = (
    r"(?:the[ ])?(?:(?:twenty|thirty)[ \-]?)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth"
)
_SPOKEN_YEAR = (
    rf"nineteen[ \-](?:(?:oh|hundred(?: and)?)[ \-])?(?:{_TENTHS}(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?|one|two|three|four|five|six|seven|eight|nine|ten|\w+teen)"
    r"|two thousand(?:[ ](?:and[ ])?\w+)?|twenty[ \-](?:\w+teen|ten|eleven|twelve|twenty(?:[ \-]\w+)?)|(?:19|20)\d\d"
)
_DAY = r"[0-3o]?[\dol](?:st|nd|rd|th)?"
_SEP = r"[ \n]?[/.\-\\_][ \n]?"
_END = r"(?![\w/]|[.\-]\d)"
_START = r"(?<![\w/.\-£$])"
DATE = folded(
    rf"{_START}(?=\d|[ol][\d/.\-])(?:"
    rf"[0-3ol]?[\dol]{_SEP}[0-3ol]?[\dol]{_SEP}(?:[12l][\dol]{{3}}|\d{{2}}){_END}"
    rf"|[12]\d{{3}}[/.\-][01]?\d[/.\-][0-3]?\d(?:t\d\d:[\d:.]{{2,10}}z?)?{_END}"
    rf"|{_DAY}[ \-.]{{0,2}}(?:of[ ]|de[ ])?{_MONTH}\.?,?[ \-.]{{0,2}}(?:de[ ])?(?:[12]\d{{3}}|'?\d{{2}}){_END}"
    rf"|[0-3]\d[ ][01]\d[ ](?:19|20)\d{{2}}{_END}|[0-3]\d[01]\d(?:19|20)\d{{2}}{_END}|(?:19|20)\d{{2}}[01]\d[0-3]\d{_END}"
    rf"|[0-3]?\d(?:st|nd|rd|th)[ ](?:of[ ])?(?:the[ ])?[01]?\d(?:st|nd|rd|th)?,?[ ](?:[12]\d{{3}}|\d{{2}}){_END}"
    rf"|[0-3]?\d(?:st|nd|rd|th)?(?:[ ]of)?[ ](?:{_ENGLISH}),?[ ](?:nineteen|twenty|two thousand)[ \-]?\w+(?:[ \-]\w+)?\b"
    rf"|[0-3]?\d{_SEP}[ivx]{{1,4}}{_SEP}(?:19|20)?\d\d{_END})"
)
"""A day with its year, the day in figures."""

WORDED = folded(
    rf"{_START}(?:{_MONTH}\.?[ ][0-3]?\d(?:st|nd|rd|th)?,?[ ][12]\d{{3}}{_END}"
    rf"|(?:the[ ])?(?:{_ORDINAL})(?:[ ]of)?[ ](?:{_ENGLISH}|the[ ](?:{_ORDINAL})),?[ ](?:{_SPOKEN_YEAR}|{_TENTHS}(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?)\b)"
)
"""A day with its year that begins with a word: "May 3, 1971", "third of May nineteen seventy-one"."""

PARTIAL = folded(
    rf"{_START}(?:(?=\d)(?:[0-3]?\d(?:st|nd|rd|th)?[ ](?:of[ ])?{_MONTH}|(?:19|20)\d{{2}}|[0-3]\d[01]\d\d\d|[0-3]?\d[ ][01]?\d[ ]\d\d)|{_MONTH}[ ](?:19|20)\d{{2}})(?!\w)"
)
"""A day without its year, a month of a year, a year, or six figures run together."""
