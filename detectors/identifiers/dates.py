# ruff: noqa: E501  patterns and word lists read better unbroken
"""Dates as people write them, for dates of birth."""

from detectors.folding import folded

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?|janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre)"
)
DATE = folded(
    rf"(?<![\w/.\-£$])(?:"
    rf"[0-3]?\d[ ]?[/.\-][ ]?[0-3]?\d[ ]?[/.\-][ ]?(?:[12]\d{{3}}|\d{{2}})"
    rf"|[12]\d{{3}}[/.\-][01]?\d[/.\-][0-3]?\d"
    rf"|[0-3]?\d(?:st|nd|rd|th)?[ \-.]{{0,2}}(?:of[ ])?{_MONTH}\.?,?[ \-.]{{0,2}}(?:[12]\d{{3}}|'?\d{{2}})"
    rf"|{_MONTH}\.?[ ][0-3]?\d(?:st|nd|rd|th)?,?[ ][12]\d{{3}}"
    rf"|[0-3]\d[ ][01]\d[ ](?:19|20)\d{{2}}|[0-3]\d[01]\d(?:19|20)\d{{2}}"
    rf")(?![\w/]|[.\-]\d)"
)
"""A day with its year."""

PARTIAL = folded(
    rf"(?<![\w/.\-£$])(?:[0-3]?\d(?:st|nd|rd|th)?[ ](?:of[ ])?{_MONTH}|{_MONTH}[ ](?:19|20)\d{{2}}|(?:19|20)\d{{2}})(?!\w)"
)
"""A day without its year, a month of a year, or a year."""
