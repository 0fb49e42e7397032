"""The offline checker: its own cryptography against others', and every way to tamper with a package."""

import ast
import json
import random
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.checkpoint import Signer
from gateway.ledger.merkle import inclusion_proof, leaf_hash, root_of
from gateway.ledger.words import commit, open_words, split
from gateway.records.export import bag
from gateway.records.export.checker.main import main, verify_package
from gateway.records.export.checker.primitives import Key, Wrong, ed25519_verify, pieces_of, under, words_root
from tests.records.export.conftest import Desk

Files = dict[str, bytes]


@given(st.binary(max_size=64), st.binary(min_size=32, max_size=32), st.integers(0, 511))
def test_ed25519_agrees_with_another_implementation(message: bytes, seed: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519_verify(public, message, signature)
    forged = bytearray(signature)
    forged[bit // 8] ^= 1 << bit % 8
    assert not ed25519_verify(public, message, bytes(forged))
    assert not ed25519_verify(public, message + b"x", signature)


def test_ed25519_vectors_of_rfc_8032() -> None:
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert ed25519_verify(public, bytes.fromhex("af82"), signature)
    order = 2**252 + 27742317777372353535851937790883648493
    high = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert not ed25519_verify(public, bytes.fromhex("af82"), high)
    assert not ed25519_verify(b"\xff" * 32, b"", signature)


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


@pytest.mark.parametrize("vkey", ["", "a+b", "x+00000000+AAAA", "x+zz+!!"])
def test_what_is_no_key_is_refused(vkey: str) -> None:
    with pytest.raises(Wrong):
        Key(vkey)


@pytest.fixture(scope="module")
def made(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that holds."""
    target = tmp_path_factory.mktemp("made") / "p"
    desk.export(desk.case(), target)
    return target


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(made, tmp_path / "p"))


def told(path: Path, key: str = "") -> str:
    return "\n".join(verify_package(str(path), key).lines())


def files_of(made: Path) -> list[str]:
    return sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())


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


class Council:
    """Whoever holds the council's key, and makes a package that is signed but not true."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.signer, self.folder = Signer(desk.archive.keystore), folder

    def resign(self) -> None:
        """Make manifests and signature fit again."""
        names = files_of(self.folder)
        payload = {name: (self.folder / name).read_bytes() for name in names if name.startswith("data/")}
        tags = bag.tag_files(payload, {"External-Identifier": "x"})
        for name, data in tags.items():
            (self.folder / name).write_bytes(data)
        note = self.signer.note(bag.to_sign(self.signer.origin, tags["tagmanifest-sha256.txt"]))
        (self.folder / bag.SIGNATURE).write_text(note)

    def edit(self, name: str, change: Callable[[str], str]) -> str:
        """Change one file, make all fit again; what the checker says."""
        path = self.folder / name
        before = path.read_bytes()
        after = change(before.decode()).encode()
        assert before != after
        path.write_bytes(after)
        self.resign()
        said = told(self.folder, self.signer.vkey)
        path.write_bytes(before)
        self.resign()
        assert told(self.folder, self.signer.vkey).startswith("The package holds")
        return said


@pytest.fixture
def council(desk: Desk, package: Path) -> Council:
    return Council(desk, package)


WORDS = "data/proofs/words/T00001.json"


def as_json(change: Callable[[dict], object]) -> Callable[[str], str]:  # type: ignore[type-arg]
    def apply(text: str) -> str:
        body = json.loads(text)
        change(body)
        return json.dumps(body, ensure_ascii=False)

    return apply


def test_even_the_council_can_not_change_a_released_word(council: Council) -> None:
    said = council.edit(WORDS, lambda text: text.replace("rent of £412", "rent of £413"))
    assert f"{WORDS}: a released word is not the one that was recorded" in said
    for name in ("records.jsonl", "records.csv", "records.html"):
        said = council.edit(f"data/release/{name}", lambda text: text.replace("£412", "£413"))
        assert f"data/release/{name}" in said
        assert "T00001: its words are not those proved" in said


def test_even_the_council_can_not_move_drop_or_forge_a_word(council: Council) -> None:
    def drop(body: dict) -> None:  # type: ignore[type-arg]
        body["runs"][0]["text"] = body["runs"][0]["text"].replace("draft ", "")

    assert "its runs do not follow each other" in council.edit(WORDS, as_json(drop))

    def swap(body: dict) -> None:  # type: ignore[type-arg]
        body["runs"][0]["text"] = body["runs"][0]["text"].replace("draft a ", "a draft ")

    assert "a released word is not the one that was recorded" in council.edit(WORDS, as_json(swap))

    def salt(body: dict) -> None:  # type: ignore[type-arg]
        body["salts"] = "A" + body["salts"][1:] if body["salts"][0] != "A" else "B" + body["salts"][1:]

    assert "a forged salt" in council.edit(WORDS, as_json(salt))

    def hide(body: dict) -> None:  # type: ignore[type-arg]
        body["hidden"] = body["hidden"][:-1]

    assert "hashes of hidden words are missing" in council.edit(WORDS, as_json(hide))

    def another(body: dict) -> None:  # type: ignore[type-arg]
        body["commitment"] = "00" * 32

    assert "not the one that the log holds" in council.edit(WORDS, as_json(another))

    def fewer(body: dict) -> None:  # type: ignore[type-arg]
        gap = next(run for run in body["runs"] if "count" in run)
        gap["count"] += 1

    assert WORDS in council.edit(WORDS, as_json(fewer))

    def stuffed(body: dict) -> None:  # type: ignore[type-arg]
        next(run for run in body["runs"] if "count" in run)["after"] = " not at all "

    assert "a gap holds other words" in council.edit(WORDS, as_json(stuffed))


def test_even_the_council_can_not_change_a_record(council: Council, package: Path) -> None:
    name = sorted(each for each in files_of(package) if "/records/MBC" in each)[0]
    said = council.edit(name, lambda text: text.replace("housing", "parking"))
    assert "the leaf is not in the log at this place" in said

    def box(body: dict) -> None:  # type: ignore[type-arg]
        body["manifests"]["request"]["entries"][0]["box"] = "00" * 32

    assert "request manifest is not the one that the log names" in council.edit(name, as_json(box))

    def unnamed(body: dict) -> None:  # type: ignore[type-arg]
        del body["manifests"]["request"]["entries"][0]["text"]

    assert "neither shown nor marked as withheld" in council.edit(name, as_json(unnamed))

    def no_reply(body: dict) -> None:  # type: ignore[type-arg]
        del body["manifests"]["reply"]

    assert "its reply manifest is missing" in council.edit(name, as_json(no_reply))
    proof = sorted(each for each in files_of(package) if each.endswith(".tlog-proof"))[0]
    said = council.edit(proof, lambda text: text.replace("index ", "index 1"))
    assert f"{proof}: the leaf is not in the log" in said


def test_the_release_says_what_the_log_says(council: Council) -> None:
    name = "data/release/records.jsonl"
    said = council.edit(name, lambda text: text.replace('"outcome":"delivered"', '"outcome":"refused"', 1))
    assert "outcome is not what the log says" in said
    said = council.edit(name, lambda text: text.split("\n", 1)[1])
    assert "is proved but not in the release" in said
    said = council.edit("data/release/records.html", lambda text: text.replace("<main", "<script>1</script><main"))
    assert "it has a <script>" in said
    said = council.edit("data/release/records.html", lambda text: text.replace("<h1", "<h1 onclick='x'"))
    assert "an event handler" in said


def test_the_schedule_fits_the_gaps(council: Council) -> None:
    name = "data/schedule-of-redactions.csv"
    said = council.edit(name, lambda text: text.replace(",1,FOIA s.43(2),", ",1,FOIA s.42,"))
    assert "the release gives another ground than FOIA s.42" in said
    said = council.edit(name, lambda text: "".join(text.splitlines(keepends=True)[:2]))
    assert "is missing: a gap of the release names it" in said
    said = council.edit(name, lambda text: text.replace(",1,FOIA s.43(2),", ",2,FOIA s.43(2),"))
    assert "it speaks of 2 gaps, the release has 1" in said


def test_a_checkpoint_of_another_log_is_no_proof(council: Council, package: Path, tmp_path: Path) -> None:
    from gateway.ledger.keystore import FileKeyStore

    other = Signer(FileKeyStore(tmp_path / "k"))
    said = council.edit("data/proofs/checkpoint", lambda _: other.sign(8, bytes(32)))
    assert "data/proofs/checkpoint" in said
    rewritten = council.signer.sign(8, bytes(32))
    assert "for another checkpoint" in council.edit("data/proofs/checkpoint", lambda _: rewritten)
    assert "it is another key than the one that was given" in told(package, other.vkey)
    checkpoint_as_signature = (package / "data/proofs/checkpoint").read_text()
    (package / bag.SIGNATURE).write_text(checkpoint_as_signature)
    assert "signed for another tagmanifest" in told(package)


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
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert main([str(made / "nothing")]) == 2
    assert main([str(made / "data")]) == 2
    assert "there is no release package here" in capsys.readouterr().out
