"""What a second person is to the first: nobody's, the same person under another key, or appointed by the first.

Where two people have to agree, an id is not enough: a person's new key has a new id, and whoever may appoint officers
could appoint the one who agrees with them.
"""

from gateway.model.officer import Officer, OfficerStore, Tie


class Ties:
    """Answers from what is stored of officers. Officers by sign-in are appointed by their council, and not stored: of
    those only the id is known."""

    def __init__(self, officers: OfficerStore) -> None:
        self._officers = officers

    def between(self, first: str, second: Officer) -> Tie:
        """What `second` is to the officer of the id `first`; appointed also by somebody whom the first appointed, or by
        an earlier key of the first. Raises Unavailable."""
        address = self._address(first)
        if second.id == first or (address and address == second.address):
            return Tie.SAME
        seen, record = {second.id}, self._officers.get(second.id)
        while record is not None and record.added_by and record.added_by not in seen:
            by = record.added_by
            if by == first or (address and address == self._address(by)):
                return Tie.APPOINTED
            seen.add(by)
            record = self._officers.get(by)
        return Tie.NONE

    def _address(self, officer_id: str) -> str:
        record = self._officers.get(officer_id)
        return "" if record is None else record.officer.address
