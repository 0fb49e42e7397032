"""The laws of `test_dialects` over every request that the vendors' own packages can say.

A vendor's next release may bring fields that no table names. They are inspected, or refused plainly; none passes.
"""

import copy
import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gateway.model.call import Call
from gateway.model.errors import BadRequest
from tests.conformance.harness import Specimen, escaped, leaves
from tests.conformance.specimens import SPECIMENS
from tests.conformance.vendors import SPECIMEN, VENDORS, Vendor
from tests.support.vendor_types import Body

every = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
careful = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

REFUSALS = frozenset({"bad_request", "kept_by_provider", "modality_not_offered", "region_not_offered"})
"""The only ways in which a vendor's own request is not taken."""
ELSEWHERE = frozenset({"file_id", "file_ids", "file_url", "file_data", "image_url", "vector_store_ids", "container"})
"""Keys whose value stands for something that isn't in the call."""
SAID_OF = frozenset({"annotations", "citations", "results"})
"""What a model said of its sources in an earlier answer: words about a file, not the file."""


def accepted(specimen: Specimen, body: Body) -> tuple[Body, Call] | None:
    """The body and its call, without the fields for which it is refused; None where one of those is needed."""
    while True:
        before = copy.deepcopy(body)
        read = _read(specimen, body)
        assert body == before, "reading changes nothing"
        if isinstance(read, Call):
            return body, read
        assert read.code in REFUSALS, "an error of another kind than those that callers are told of"
        assert read.message.endswith(".")
        event(f"refused: {read.code} {read.param}")
        field = (read.param or "").split("/")[1:2]
        if not field or field[0] not in body or field[0] in ("input", "messages"):
            return None
        body = {key: value for key, value in body.items() if key != field[0]}


def _read(specimen: Specimen, body: Body) -> Call | BadRequest:
    try:
        return specimen.dialect.read(body, {})
    except BadRequest as error:
        return error


def test_every_dialect_has_its_vendors_types() -> None:
    assert {vendor.dialect for vendor in VENDORS} == {specimen.name for specimen in SPECIMENS if specimen.published}


@every
@careful
@given(data=st.data())
def test_writing_what_was_read_gives_it_back(vendor: Vendor, data: st.DataObject) -> None:
    specimen = SPECIMEN[vendor.dialect]
    found = accepted(specimen, data.draw(vendor.bodies()))
    if found:
        body, call = found
        assert specimen.dialect.write(call.body, {}) == body


@every
@careful
@given(data=st.data())
def test_every_leaf_is_a_part_or_on_the_list(vendor: Vendor, data: st.DataObject) -> None:
    specimen = SPECIMEN[vendor.dialect]
    found = accepted(specimen, data.draw(vendor.bodies()))
    if not found:
        return
    body, call = found
    parts = {part.address: part for part in call.parts}
    documents = {address.partition("::")[0] for address in parts if "::" in address}
    for path, kind, value in leaves(body):
        address = escaped(path)
        if kind == "key":
            assert address + "#key" in parts or value in specimen.own_keys, f"the key at {address} passes unseen"
        elif address in parts:
            assert parts[address].text == (value if isinstance(value, str) else json.dumps(value))
        else:
            assert address in documents or specimen.structural(path, value), f"{address} passes unseen"


@every
@careful
@given(data=st.data())
def test_what_lies_elsewhere_is_never_taken_for_words(vendor: Vendor, data: st.DataObject) -> None:
    """A file by its number, a picture by its address: unreadable, or part of a feature that policy allows by name."""
    specimen = SPECIMEN[vendor.dialect]
    found = accepted(specimen, data.draw(vendor.bodies()))
    if not found:
        return
    body, call = found
    blobs = [part.address for part in call.parts if part.kind == "blob"]
    for path, kind, value in leaves(body):
        if kind == "value" and isinstance(value, str) and value.strip() and _names_elsewhere(path):
            address = escaped(path)
            unread = any(address == blob or address.startswith(f"{blob}/") for blob in blobs)
            assert unread or call.hosted, f"{address} is taken for words"


def _names_elsewhere(path: Sequence[str]) -> bool:
    keys = [key for key in path if not key.isdigit()]
    return bool(keys) and keys[-1] in ELSEWHERE and not SAID_OF.intersection(keys) and "parameters" not in keys


@every
@careful
@given(data=st.data())
def test_edits_everywhere_leave_nothing_of_the_old(vendor: Vendor, data: st.DataObject) -> None:
    specimen = SPECIMEN[vendor.dialect]
    found = accepted(specimen, data.draw(vendor.bodies()))
    if not found:
        return
    call = found[1]
    blobs = {part.address for part in call.parts if part.kind == "blob"}
    edits = {part.address: f"edit{number}e" for number, part in enumerate(call.parts) if part.address not in blobs}
    written = json.dumps(specimen.dialect.write(call.body, edits))
    for marker in edits.values():
        assert written.count(marker) == 1
