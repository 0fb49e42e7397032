"""A key store in memory, a real one: what is added is found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.model.key import KeyRecord


class MemoryKeys:
    """Keeps records in a dictionary; `asked` counts look-ups, `fault` is raised by each where set."""

    def __init__(self) -> None:
        self.records: dict[str, KeyRecord] = {}
        self.asked: list[str] = []
        self.fault: Exception | None = None

    async def get(self, key_id: str) -> KeyRecord | None:
        self.asked.append(key_id)
        if self.fault is not None:
            raise self.fault
        return self.records.get(key_id)

    async def add(self, record: KeyRecord, who: str = "") -> None:
        if record.id in self.records:
            raise ValueError("taken")
        self.records[record.id] = record

    async def revoke(self, key_id: str, at: datetime, who: str = "") -> bool:
        record = self.records.get(key_id)
        if record is None:
            return False
        self.records[key_id] = replace(record, revoked=record.revoked or at)
        return True

    async def list(self, controller: str | None = None) -> Sequence[KeyRecord]:
        return [r for r in self.records.values() if controller in (None, r.controller)]
