"""The shared lens over any JSON: nothing passes unseen, and every edit lands where it is addressed."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialects import embedded, lens
from gateway.dialects.lens import Shape, Walker
from gateway.dialects.pointer import key_of, keys_of, token
from gateway.model.part import Part
from tests.support.bodies import KEYS, VALUES, nested

OBJECTS = st.dictionaries(KEYS, st.one_of(VALUES, nested(VALUES)), max_size=4)
many = settings(max_examples=80, deadline=None)


def parts_of(body: Any) -> list[Part]:
    walker = Walker()
    walker.value(body, Shape(), "", "metadata")
    return walker.parts


@many
@given(st.text())
def test_keys_survive_being_written_in_an_address(key: str) -> None:
    assert key_of(token(key)) == key
    assert keys_of(f"/a/{token(key)}") == ["a", key]
    assert not {":", "#", "/"} & set(token(key))


@many
@given(OBJECTS)
def test_addresses_are_distinct(body: dict[str, Any]) -> None:
    addresses = [part.address for part in parts_of(body)]
    assert len(set(addresses)) == len(addresses)


@many
@given(OBJECTS)
def test_no_edit_changes_nothing_and_an_edit_to_itself_changes_no_value(body: dict[str, Any]) -> None:
    before = json.dumps(body)
    assert lens.write(body, {}) == body
    same = {part.address: part.text for part in parts_of(body) if part.kind != "number"}
    again = lens.write(body, same)
    assert json.dumps(body) == before, "the input is not changed"
    # A quoted string whose escapes are spelled out is no document any more; its text is the same between the quotes.
    assert [p.text.strip('"') for p in parts_of(again)] == [p.text.strip('"') for p in parts_of(body)]


@many
@given(OBJECTS, st.data())
def test_one_edit_leaves_the_rest(body: dict[str, Any], data: st.DataObject) -> None:
    parts = parts_of(body)
    if not parts:
        return
    index = data.draw(st.integers(0, len(parts) - 1))
    text = 'Ünï "q" \\ \n edit'
    again = parts_of(lens.write(body, {parts[index].address: text}))
    assert [p.text for p in again] == [text if n == index else p.text for n, p in enumerate(parts)]


@many
@given(nested(VALUES), st.data())
def test_splicing_keeps_every_other_character(text: str, data: st.DataObject) -> None:
    """Number spellings, white space and order of the untouched part are the bytes they were."""
    document = embedded.parse(text)
    if document is None:
        return
    leaves = [p for p in parts_of(text) if "::" in p.address and p.address.count("::") == 1 and p.kind != "key"]
    if not leaves:
        return
    chosen = data.draw(st.sampled_from(leaves))
    spliced = embedded.splice(text, {chosen.address.partition("::")[2]: "MARK"})
    before, mark, after = spliced.partition('"MARK"')
    assert mark
    assert text.startswith(before)
    assert text.endswith(after)


@many
@given(st.text(alphabet='{}[]",:\\ud8a0 1e-.\n\t', max_size=30))
def test_any_text_is_read_as_a_document_or_as_text(text: str) -> None:
    parts = parts_of({"x": text})
    assert parts[0].address == "/x#key"
    if len(parts) == 2 and parts[1].address == "/x":
        assert parts[1].text == text
    else:
        edits = {part.address: "E" for part in parts[1:]}
        assert all("::" in address for address in edits)
        assert "E" in lens.write({"x": text}, edits)["x"]
