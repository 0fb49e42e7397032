"""RFC 6962 trees against the RFC's own vectors and against an independent implementation."""

import hashlib
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as oracle_verify

from gateway.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SIZE = 300
LEAVES = [leaf_hash(str(number).encode()) for number in range(SIZE)]


@cache
def subtree(lo: int, hi: int) -> bytes:
    return root_of(LEAVES[lo:hi])


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(SIZE):
        tree.append_entry(str(number).encode())
    return tree


def test_the_vectors_of_certificate_transparency() -> None:
    """The eight-leaf tree that the RFC 6962 reference implementations share."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    hashes = [leaf_hash(bytes.fromhex(each)) for each in data]
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT
    assert root_of(hashes[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root_of(hashes[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert root_of(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_roots_are_the_oracle_s_at_every_size(oracle: InmemoryTree) -> None:
    frontier = Frontier()
    for size in range(1, SIZE + 1):
        frontier.append(LEAVES[size - 1])
        wanted = oracle.get_root(size)
        assert root_of(LEAVES[:size]) == frontier.root() == wanted
        assert Frontier(frontier.size, frontier.hashes).root() == wanted


def flipped(proof: list[bytes], place: int, bit: int) -> list[bytes]:
    """The proof with one bit of one hash changed."""
    changed = (int.from_bytes(proof[place]) ^ (1 << bit)).to_bytes(32)
    return [*proof[:place], changed, *proof[place + 1 :]]


def some_flips(proof: list[bytes], turn: int) -> Iterator[list[bytes]]:
    """One bit of each hash, another one each time."""
    for place in range(len(proof)):
        yield flipped(proof, place, (turn * 31 + place * 7) % 256)


def every_flip(proof: list[bytes]) -> Iterator[list[bytes]]:
    for place in range(len(proof)):
        for bit in range(256):
            yield flipped(proof, place, bit)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_inclusion_proof_is_the_oracle_s_and_no_changed_one_verifies(oracle: InmemoryTree) -> None:
    """All 45,150 leaves of all trees of 1 to 300."""
    for size in range(1, SIZE + 1):
        root = subtree(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, subtree)
            path = [bytes.fromhex(each) for each in oracle.prove_inclusion(index + 1, size).serialize()["path"]]
            assert path == [LEAVES[index], *proof]
            assert verify_inclusion(LEAVES[index], index, size, proof, root)
            for changed in some_flips(proof, size + index):
                assert not verify_inclusion(LEAVES[index], index, size, changed, root)


@cache
def mth(lo: int, hi: int) -> bytes:
    """RFC 6962 section 2.1 word for word, over the leaves lo..hi-1."""
    if hi - lo == 1:
        return LEAVES[lo]
    split = 1
    while split * 2 < hi - lo:
        split *= 2
    return hashlib.sha256(b"\x01" + mth(lo, lo + split) + mth(lo + split, hi)).digest()


def subproof(old: int, lo: int, hi: int, whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2 word for word: SUBPROOF(m, D[n], b)."""
    if old == hi - lo:
        return [] if whole else [mth(lo, hi)]
    split = 1
    while split * 2 < hi - lo:
        split *= 2
    if old <= split:
        return [*subproof(old, lo, lo + split, whole), mth(lo + split, hi)]
    return [*subproof(old - split, lo + split, hi, False), mth(lo, lo + split)]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_consistency_proof_is_the_rfc_s_and_no_changed_one_verifies(oracle: InmemoryTree) -> None:
    """All 45,150 pairs of sizes from 1 to 300; the oracle's own proofs have another form, so they must agree on what
    they prove: that its states are ours, and that one is the beginning of the other."""
    for size in range(1, SIZE + 1):
        root = subtree(0, size)
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, subtree)
            assert proof == subproof(old, 0, size, True)
            assert verify_consistency(old, size, proof, oracle.get_root(old) if size == SIZE else subtree(0, old), root)
            for changed in some_flips(proof, size + old):
                assert not verify_consistency(old, size, changed, subtree(0, old), root)
            if (old + size) % 7 == 0:
                oracle_verify(subtree(0, old), root, oracle.prove_consistency(old, size))


def test_every_single_bit_of_every_proof_counts() -> None:
    """All bits of all proofs of the trees of 1 to 20."""
    tried = 0
    for size in range(1, 21):
        root = subtree(0, size)
        for place in range(size):
            for changed in every_flip(inclusion_proof(place, size, subtree)):
                assert not verify_inclusion(LEAVES[place], place, size, changed, root)
                tried += 1
            for changed in every_flip(consistency_proof(place + 1, size, subtree)):
                assert not verify_consistency(place + 1, size, changed, subtree(0, place + 1), root)
                tried += 1
    assert tried > 300_000


@given(st.integers(2, SIZE), st.data())
def test_a_changed_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    bit = data.draw(st.integers(0, 255))

    def included(proof: list[bytes]) -> bool:
        return verify_inclusion(LEAVES[index], index, size, proof, subtree(0, size))

    def consistent(proof: list[bytes]) -> bool:
        return verify_consistency(old, size, proof, subtree(0, old), subtree(0, size))

    proofs = (inclusion_proof(index, size, subtree), consistency_proof(old, size, subtree))
    for proof, check in zip(proofs, (included, consistent), strict=True):
        place = data.draw(st.integers(0, len(proof) - 1))
        assert not check(flipped(proof, place, bit))
        assert not check(proof[:-1])
        assert not check([*proof, proof[0]])


@given(st.integers(1, SIZE), st.data())
def test_a_proof_shows_one_place_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size + 2))
    proof = inclusion_proof(index, size, subtree)
    if other != index:
        assert not verify_inclusion(LEAVES[index], other, size, proof, subtree(0, size))
    assert not verify_inclusion(node_hash(LEAVES[0], LEAVES[0]), index, size, proof, subtree(0, size))


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    with pytest.raises(ValueError):
        inclusion_proof(3, 3, subtree)
    with pytest.raises(ValueError):
        consistency_proof(0, 3, subtree)
    with pytest.raises(ValueError):
        consistency_proof(4, 3, subtree)
    with pytest.raises(ValueError):
        Frontier(3, [LEAVES[0]])
    assert not verify_inclusion(LEAVES[0], 0, 0, [], EMPTY_ROOT)
    assert not verify_consistency(0, 3, [], EMPTY_ROOT, subtree(0, 3))
