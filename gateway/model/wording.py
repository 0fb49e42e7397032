"""Numbers of things, as people write them."""


def many(count: int, what: str) -> str:
    """1 day, 2 days."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def verb(count: int, one: str, several: str) -> str:
    """The verb that goes with so many: 1 has, 2 have."""
    return one if count == 1 else several
