"""RFC 6962 trees against the RFC's own vectors and against an independent implementation."""

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

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


def test_every_inclusion_proof_is_the_oracle_s_and_verifies(oracle: InmemoryTree) -> None:
    for size in [*range(1, 66), 127, 128, 129, 255, 256, 257, SIZE]:
        root = subtree(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, subtree)
            assert verify_inclusion(LEAVES[index], index, size, proof, root)
            if size in (7, 64, 129, SIZE):
                path = [bytes.fromhex(each) for each in oracle.prove_inclusion(index + 1, size).serialize()["path"]]
                assert path[1:] == proof


def test_every_consistency_proof_verifies() -> None:
    for size in [*range(1, 66), 127, 128, 129, 255, 256, 257, SIZE]:
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, subtree)
            assert verify_consistency(old, size, proof, subtree(0, old), subtree(0, size))


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
        changed = (int.from_bytes(proof[place]) ^ (1 << bit)).to_bytes(32)
        assert not check([*proof[:place], changed, *proof[place + 1 :]])
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
