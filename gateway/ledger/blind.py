"""The blind index: keyed digests of detected values, by which originals are searched without opening them.

A digest is HMAC-SHA-256 over kind and normal form, cut to 12 bytes, under a key of its own for each controller. Who has
the database without the key store can't even try names against it; and two councils' indexes can't be joined. It holds
what detection found: what detection missed is in no index, which every search says.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.ledger.keystore import KeyStore
from gateway.ledger.mac import Mac
from gateway.ledger.name_forms import name_forms, wanted_names
from gateway.ledger.place_forms import address_forms, wanted_addresses
from gateway.ledger.value_forms import VALUE_LABELS, value_form, wanted_values
from gateway.model.search import Subject

Form = tuple[str, str]
Named = Sequence[tuple[str, str]]
"""Labels and values of one text, in its order."""

BLIND_SECRET = "blind-index"  # noqa: S105 - the name of a secret, not one
DIGEST_BYTES = 12
"""96 bits: among 10^9 digests the odds of one false meeting are below 10^-10."""
SEARCHABLE = frozenset({"PERSON", "ADDRESS", *VALUE_LABELS} - {"PURPOSE", "CALL_CASE_REF"})
"""The labels by which a data subject can be looked for."""
PURPOSE, CALL_CASE_REF = "PURPOSE", "CALL_CASE_REF"


def controller_key(keystore: KeyStore, controller: str) -> bytes:
    """The key of a controller's digests (HKDF-SHA-256, RFC 5869)."""
    return _derived(keystore.secret(BLIND_SECRET, 32), controller)


def digests_of(key: bytes, label: str, value: str) -> tuple[bytes, ...]:
    """The digests under which a value that was found is indexed."""
    return digests_of_text(key, ((label, value),))


def digests_of_text(key: bytes, named: Named) -> tuple[bytes, ...]:
    """The digests of everything found in one text, each once. A postcode belongs to the address before it too."""
    return digests(key, forms_of(named))


def alternatives(key: bytes, subject: Subject) -> tuple[bytes, ...]:
    """The digests that a search for a data subject looks for: any of them in a conversation is a hit."""
    return digests(key, wanted_forms(subject))


def digests(key: bytes, forms: Iterable[Form]) -> tuple[bytes, ...]:
    """The digests of forms, each once, in order."""
    mac = _mac(key)
    return tuple(
        mac(f"{kind}\0{form}".encode("utf-8", "surrogatepass"))[:DIGEST_BYTES] for kind, form in dict.fromkeys(forms)
    )


def forms_of(named: Named) -> Iterator[Form]:
    """What the index holds of the values of one text, before they are digested."""
    for position, (label, value) in enumerate(named):
        if label == "PERSON":
            yield from name_forms(value)
        elif label == "ADDRESS":
            behind = named[position + 1] if position + 1 < len(named) else ("", "")
            yield from address_forms(value, behind[1] if behind[0] == "POSTCODE" else "")
        else:
            form = value_form(label, value)
            if form:
                yield form


def wanted_forms(subject: Subject) -> Iterator[Form]:
    """What a search for a data subject looks for, before it is digested."""
    if subject.kind == "PERSON":
        yield from wanted_names(subject.value, subject.fuzzy)
    elif subject.kind == "ADDRESS":
        yield from wanted_addresses(subject.value)
    else:
        yield from wanted_values(subject.kind, subject.value)


@lru_cache(maxsize=64)
def _derived(secret: bytes, controller: str) -> bytes:
    info = b"council-ai-gateway blind index v1\0" + controller.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)


@lru_cache(maxsize=64)
def _mac(key: bytes) -> Mac:
    return Mac(key)
