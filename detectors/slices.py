"""Slices: a long text is worked through in pieces, so that calls can take turns."""

LENGTH = 4_000
"""About how many characters one slice has."""
AROUND = 200
"""How many characters before and after a slice its recognisers may read."""


def slices(text: str) -> list[tuple[int, int]]:
    """Spans of at most LENGTH characters that cover `text`, cut at line ends or spaces where there are any."""
    spans: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > LENGTH:
        low, high = start + LENGTH * 3 // 4, start + LENGTH
        cut = text.rfind("\n", low, high)
        if cut < 0:
            cut = text.rfind(". ", low, high)
        if cut < 0:
            cut = text.rfind(" ", low, high)
        cut = high if cut < 0 else cut + 1
        spans.append((start, cut))
        start = cut
    spans.append((start, len(text)))
    return spans
