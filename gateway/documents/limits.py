"""How much one file may ask for. Sizes in bytes, times in seconds."""

from dataclasses import asdict, dataclass
from typing import Any, Self

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file and of the processes that read it.

    `size` is the file's, `unpacked` all that its packed parts come to, `ratio` how far one part may unpack.
    `pages` counts pages, slides, sheets and frames; `ocr` how many pictures or scanned pages are read by OCR, which
    takes two to three seconds each. `nesting` is how many levels of files within files are read. `wall_s` and `cpu_s`
    bound one call; `wait_s` how long a call waits for a free worker. `memory` is the address space of a worker, which
    is replaced after `recycle` files.
    """

    size: int = 25 * _MIB
    unpacked: int = 256 * _MIB
    ratio: int = 200
    pages: int = 200
    characters: int = 2_000_000
    nesting: int = 3
    pixels: int = 60_000_000
    ocr: int = 25
    wall_s: float = 90.0
    cpu_s: int = 90
    wait_s: float = 60.0
    memory: int = 3072 * _MIB
    workers: int = 1
    recycle: int = 200

    def as_json(self) -> dict[str, Any]:
        """For the worker's command line."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What `as_json` gave. Raises TypeError for unknown fields."""
        return cls(**value)
