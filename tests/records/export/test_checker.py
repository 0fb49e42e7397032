"""The offline checker: its own cryptography against others', and packages tampered with without the council's key."""

import ast
import io
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.labels import LABELS
from gateway.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, root_of
from gateway.ledger.words import commit, open_words, split
from gateway.records.export import bag, release
from gateway.records.export.checker.main import main, verify_package
from gateway.records.export.checker.primitives import Wrong, consistent, pieces_of, under, words_root
from gateway.records.export.checker.shown import KINDS, REPLACED, SAYS
from gateway.records.export.redact import plain_label
from tests.records.export.forging import files_of, told


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 200, 257])
def test_inclusion_agrees_with_the_ledger(size: int) -> None:
    leaves = [str(number).encode() for number in range(size)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    root = root_of(hashes)
    for index in {0, size // 2, size - 1}:
        path = inclusion_proof(index, size, lambda lo, hi: root_of(hashes[lo:hi]))
        assert under(leaves[index], index, size, path, root)
        assert not under(b"x", index, size, path, root)
        assert not under(leaves[index], index + 1, size, path, root)


@given(st.text(alphabet="ab \n\té\U0001f600", max_size=300), st.data())
def test_words_agree_with_the_ledger(text: str, data: st.DataObject) -> None:
    salt, pieces = bytes(32), split(text)
    assert pieces_of(text) == pieces
    shown = data.draw(st.sets(st.integers(0, len(pieces) - 1)))
    opening = open_words(text, salt, shown)
    words = {word.index: (word.text, word.salt) for word in opening.words}
    assert words_root(opening.count, words, list(opening.hidden)) == commit(text, salt)
    if opening.hidden:
        with pytest.raises(Wrong):
            words_root(opening.count, words, list(opening.hidden)[:-1])
    with pytest.raises(Wrong):
        words_root(opening.count, words, [*opening.hidden, bytes(32)])


def test_it_holds(made: Path) -> None:
    assert told(made).startswith("The package holds")
    assert told(made.with_name("p.zip")).startswith("The package holds")


def test_a_changed_byte_anywhere_is_named(package: Path, made: Path) -> None:
    pick = random.Random(7)
    for name in files_of(made):
        path = package / name
        before = path.read_bytes()
        for at in {0, len(before) - 1, pick.randrange(len(before))}:
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            assert name in told(package), f"{name} byte {at}"
        path.write_bytes(before)
    assert told(package).startswith("The package holds")


def test_a_file_removed_added_or_linked_is_named(package: Path, made: Path) -> None:
    for name in files_of(made):
        (package / name).rename(package.parent / "away")
        assert name in told(package)
        (package.parent / "away").rename(package / name)
    (package / "data/extra.txt").write_text("x")
    assert "data/extra.txt: it is not listed in manifest-sha256.txt: it was added" in told(package)
    (package / "data/extra.txt").unlink()
    (package / "extra.txt").write_text("x")
    assert "extra.txt: it is no part of the package" in told(package)
    (package / "extra.txt").unlink()
    (package / "data/link").symlink_to("/etc/passwd")
    assert "data/link: it is a link" in told(package)


def test_a_zip_file_hides_nothing(made: Path, tmp_path: Path) -> None:
    def rewrap(change: Callable[[zipfile.ZipFile], None]) -> str:
        target = tmp_path / "z.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for name in files_of(made):
                archive.writestr(f"p/{name}", (made / name).read_bytes())
            change(archive)
        return told(target)

    def comment(archive: zipfile.ZipFile) -> None:
        archive.comment = b"John Smith"

    assert "a comment that is no part" in rewrap(comment)
    assert "outside its folder" in rewrap(lambda archive: archive.writestr("p/../evil", b"x"))
    assert "it was added" in rewrap(lambda archive: archive.writestr("p/data/evil", b"x"))
    with pytest.raises(Wrong):
        rewrap(lambda archive: archive.writestr("other/evil", b"x"))
    assert "a folder of the zip file has contents" in rewrap(lambda archive: archive.writestr("p/data/x/", b"John"))
    assert "outside its folder" in rewrap(lambda archive: archive.mkdir("p/../x"))
    assert "outside its folder" in rewrap(lambda archive: archive.writestr("p/data\\..\\x", b"x"))
    assert rewrap(lambda archive: archive.mkdir("p/data/empty")).startswith("The package holds")


class Forwards(io.RawIOBase):
    """A file that can't go back: programs write the sizes behind the data then."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path.open("wb")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self.file.write(data)

    def close(self) -> None:
        self.file.close()
        super().close()


def test_no_bytes_lie_between_the_files_of_a_zip(made: Path, tmp_path: Path) -> None:
    """A program that reads from the front would find another file there."""
    whole = made.with_name("p.zip").read_bytes()
    target = tmp_path / "z.zip"

    def written(data: bytes) -> str:
        target.write_bytes(data)
        return told(target)

    assert written(whole).startswith("The package holds")
    with zipfile.ZipFile(made.with_name("p.zip")) as archive:
        start = archive.start_dir
    hidden = "it holds bytes that belong to none of its files"
    assert hidden in written(b"MZ" + whole)
    assert hidden in written(whole + b"John Smith")
    end = bytearray(whole[:start] + b"John Smith" + whole[start:])
    place = end.rindex(b"PK\5\6") + 16
    end[place : place + 4] = (start + 10).to_bytes(4, "little")
    assert hidden in written(bytes(end))
    with zipfile.ZipFile(Forwards(target), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files_of(made):
            archive.writestr(f"p/{name}", (made / name).read_bytes())
    assert told(target).startswith("The package holds")


def test_nothing_can_be_added_to_the_signature(package: Path) -> None:
    """No manifest covers it."""
    path = package / bag.SIGNATURE
    whole = path.read_text()
    for added in ("John Smith lives there.\n", "\u2014 other.example AAAAAAAA\n", " "):
        path.write_text(whole + added)
        assert "it is not a note with one signature" in told(package)


def test_what_a_package_is_called_can_not_rewrite_the_verdict(package: Path) -> None:
    (package / "data" / "x\x1b[2J\x1b[HThe package holds\n").write_text("x")
    said = verify_package(str(package)).lines()
    assert said[0].startswith("THE PACKAGE DOES NOT HOLD")
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 200, 257])
def test_consistency_agrees_with_the_ledger(size: int) -> None:
    hashes = [leaf_hash(str(number).encode()) for number in range(size)]
    root = root_of(hashes)
    for old in {1, size // 2, size - 1, size} - {0}:
        path = consistency_proof(old, size, lambda lo, hi: root_of(hashes[lo:hi]))
        before = root_of(hashes[:old])
        assert consistent(old, size, path, before, root)
        assert not consistent(old, size, path, bytes(32), root)
        assert not consistent(old, size, path, before, bytes(32))
        assert not consistent(old, size, [*path, bytes(32)], before, root)
    assert not consistent(0, size, [], root_of([]), root)
    assert not consistent(size + 1, size, [], root, root)


def test_the_checker_knows_what_the_release_says() -> None:
    assert {plain_label(label) for label in LABELS} == KINDS
    assert REPLACED == release.REPLACED
    assert SAYS == release.SAYS


def test_no_name_stands_twice_in_the_file(made: Path) -> None:
    """The modules become one: a second definition would silently take the place of the first."""
    tree = ast.parse((made / "data/proofs/verify.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names += [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert sorted(set(names)) == sorted(names)


def test_the_file_is_python_3_9_and_needs_nothing(made: Path) -> None:
    source = (made / "data/proofs/verify.py").read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert imported <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def test_the_command_line_of_the_file(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(made)]) == 0
    for arguments, status in (([], 2), (["--help"], 0)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == status
    assert main([str(made), "--witness", "none"]) == 2
    assert main([str(made / "nothing")]) == 2
    assert main([str(made / "data")]) == 2
    assert "there is no release package here" in capsys.readouterr().out
