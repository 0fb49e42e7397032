from hypothesis import given
from hypothesis import strategies as st

from detectors.tables import cells, header_at


def read(text: str) -> list[tuple[str, str]]:
    return [(cell.header, text[cell.start : cell.end]) for cell in cells(text)]


def test_delimited_text_with_quotes() -> None:
    text = 'intro\n\nCT_ACCT;LIABLE_PARTY;BAL\n400198227;"PILLAI, MEENAKSHI";-14.02\nend of it'
    assert read(text) == [("ct acct", "400198227"), ("liable party", "PILLAI, MEENAKSHI"), ("bal", "-14.02")]


def test_markdown() -> None:
    text = "| Ward | Elector no. | Name |\n|---|---|---|\n| Fant | FA2-1187 | LUSCOMBE, Ivor |\n"
    assert read(text) == [("ward", "Fant"), ("elector no", "FA2-1187"), ("name", "LUSCOMBE, Ivor")]


def test_prose_with_commas_is_no_table() -> None:
    assert read("Dear Sir, I write to say that the bins, all three of them, were missed.\nPlease help, thanks.") == []


def test_sql() -> None:
    text = "insert into t (a, b_c) values ('x''y', NULL), ('z', 7)"
    assert read(text) == [("a", "x''y"), ("b c", "NULL"), ("a", "z"), ("b c", "7")]


def test_a_place_has_the_header_over_it() -> None:
    text = "name,dob\nJo,1/2/60\n"
    known = cells(text)
    assert header_at(known, text.index("1/2")) == "dob"
    assert header_at(known, 0) == ""
    assert header_at([], 3) == ""


@given(st.text(alphabet=st.sampled_from("ab,;|\t\n\"'( )1-"), max_size=80))
def test_cells_lie_in_the_text_in_order(text: str) -> None:
    last = 0
    for cell in cells(text):
        assert 0 <= cell.start <= cell.end <= len(text)
        assert cell.start >= last
        last = cell.start
