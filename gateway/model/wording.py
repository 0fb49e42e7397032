"""Numbers of things, and times from one to another, as people write them."""


def many(count: int, one: str, several: str = "") -> str:
    """1 day, 1,000 days; `several` where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def verb(count: int, one: str, several: str) -> str:
    """The verb that goes with so many: 1 has, 2 have."""
    return one if count == 1 else several


def span(first: str, last: str) -> str:
    """One day, or the first to the last."""
    return first if first == last else f"{first} to {last}"
