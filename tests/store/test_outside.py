"""The files outside the database hold whole lines, whatever a crash or a full disk does."""

import errno
import os
from pathlib import Path

import pytest

from gateway.store import outside
from gateway.store.disposed_log import DisposedLog
from gateway.store.outside import append, drop_half_line


def test_half_a_line_is_dropped_before_the_next(tmp_path: Path) -> None:
    """Also one that is longer than what is read at once, and where there is no whole line before it."""
    file = tmp_path / "x.log"
    for half in (b"half", b"h" * 200_000):
        file.write_bytes(b'{"a":1}\n' + half)
        append(file, b'{"b":2}\n')
        assert file.read_bytes() == b'{"a":1}\n{"b":2}\n'
        file.write_bytes(half)
        drop_half_line(file)
        assert file.read_bytes() == b""
    drop_half_line(tmp_path / "not there")
    assert not (tmp_path / "not there").exists()


def test_a_full_disk_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that gives up half way raises, and what it wrote is taken back; a short one is gone on with."""
    log = DisposedLog(tmp_path / "disposed.log")
    log.append([{"ref": "A"}])
    write, room = os.write, 10

    def scarce(descriptor: int, data: memoryview) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, "no space left")
        done = write(descriptor, bytes(data[: min(room, 7)]))
        room -= done
        return done

    monkeypatch.setattr(os, "write", scarce)
    with pytest.raises(OSError, match="no space"):
        log.append([{"ref": "B"}, {"ref": "C"}])
    assert list(log.lines()) == [{"ref": "A"}]
    room = 1_000
    log.append([{"ref": "B"}, {"ref": "C"}])
    assert [line["ref"] for line in log.lines()] == ["A", "B", "C"]


def test_a_new_file_is_durable_by_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(outside, "sync_folder", synced.append)
    append(tmp_path / "x.log", b"1\n")
    append(tmp_path / "x.log", b"2\n")
    assert synced == [tmp_path]
    assert (tmp_path / "x.log").stat().st_mode & 0o077 == 0
