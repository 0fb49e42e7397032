"""Sealed originals: apart from any release, opened by their key alone."""

from pathlib import Path

import pytest

from gateway.records.export.sealed import NotOpened, seal_case, unseal_original
from gateway.records.export.terms import ExportRefused
from tests.records.export.conftest import ANSWER, LETTER, Desk


def test_sealed_originals_lie_apart_and_open_with_their_key_only(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    with desk.archive.source(opened=True) as source:
        told = seal_case(source, case, tmp_path / "o.sealed")
        assert seal_case(source, case, tmp_path / "q.sealed", "correct horse battery staple") == ""
    data = (tmp_path / "o.sealed").read_bytes()
    assert (tmp_path / "o.sealed").stat().st_mode & 0o077 == 0
    inside = unseal_original(data, told.lower().replace("-", " "))
    assert len(inside) == 3
    assert any(LETTER.replace("\n", "\\n") in content.decode() for content in inside.values())
    assert any(ANSWER.replace("\n", "\\n") in content.decode() for content in inside.values())
    assert b"Acme" not in data
    assert unseal_original((tmp_path / "q.sealed").read_bytes(), "correct horse battery staple").keys() == inside.keys()
    for wrong, key in (
        (data, "A" * 52),
        (data[:-1] + bytes([data[-1] ^ 1]), told),
        (data.replace(b"matter", b"mbtter", 1), told),
        (b"x", "y"),
    ):
        with pytest.raises(NotOpened):
            unseal_original(wrong, key)
    with desk.archive.source(opened=False) as source, pytest.raises(ExportRefused):
        seal_case(source, case, tmp_path / "r.sealed")
    with desk.archive.source(opened=True) as source, pytest.raises(ValueError, match="14 characters"):
        seal_case(source, case, tmp_path / "r.sealed", "short")
    assert not (tmp_path / "r.sealed").exists()
