"""How text was carried: escaped line ends, quoted and wrapped messages, forms, markup. All of it is undone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.normalise import normalise

SIGNS = st.text(
    alphabet=st.sampled_from('ab1A \n>\\nt"=&?+_*~<b></td br/>-,電ก\x0b'),
    max_size=80,
)


@given(SIGNS)
def test_every_character_maps_into_the_original(text: str) -> None:
    normal = normalise(text)
    for index in range(len(normal.text)):
        start, end = normal.original(index, index + 1)
        assert 0 <= start < end <= len(text)


@given(SIGNS)
def test_letters_and_figures_are_never_lost(text: str) -> None:
    """Only signs and what stands in bare tags and escapes may go."""
    normal = normalise(text)
    covered = {place for index in range(len(normal.text)) for place in range(*normal.original(index, index + 1))}
    gone = "".join(text[place] if place not in covered else " " for place in range(len(text)))
    words = "".join(sign if sign.isalnum() else " " for sign in gone).lower().split()
    assert set(words) <= {"a", "b", "br", "td", "tr", "n", "r", "t"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"help?\nCUSTOMER: hi\nADVISOR: yes", "help?\nCUSTOMER: hi\nADVISOR: yes"),
        (r'{"note":"Dear all\nbob smith\nTel"}', '{"note":"Dear all\nbob smith\nTel"}'),
        (r'{"m":"a\\nB\\nc"}', '{"m":"a\nB\nc"}'),
        (r'"a\r\nB\r\nc" said \"no\"', '"a\nB\nc" said "no"'),
        (r"who:\tJo\nwhere:\tDeal", "who:\tJo\nwhere:\tDeal"),
        (r"jane\_smith@example.com, 4\-4\-0\-7", "jane_smith@example.com, 4-4-0-7"),
        ("one\x0btwo\x0cthree", "one\ntwo\nthree"),
    ],
)
def test_line_ends_and_signs_written_with_a_backslash_are_themselves(text: str, plain: str) -> None:
    assert normalise(text).text == plain


@pytest.mark.parametrize(
    "text",
    [
        r"C:\new\table\ren",
        r"KCC\npatel and KCC\rpillay",
        r'{"user":"KCC\\npatel"}',
        "x = 1 + 2, a=b+c",
        "snake_case_name, @big_al_, file_2024_v2_.txt",
        "card 5412****1234****, C**** L********",
        "1 < 2 and <Nm>Perpetua</Nm>, <span title='Jo'>",
        "a =\nb",
        "> alone on its line",
    ],
)
def test_paths_users_masks_and_sums_stay_as_they_are(text: str) -> None:
    assert normalise(text).text == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("name=Ann+Dunk&road=12+High+St", "name=Ann Dunk&road=12 High St"),
        ("https://x.test/?q=Jo+Bloggs", "https://x.test/?q=Jo Bloggs"),
        ("Ann =\nDunk of =\nDeal", "Ann Dunk of Deal"),
        ("Ann\r\nDunk\rDeal", "Ann\nDunk\nDeal"),
        ("a =\nb =\nc=3Dd", "a b c=d"),
        ("JosÃ© owes Â£40, weâ€™re sure", "José owes £40, we're sure"),
        ("café…” and „ä”", 'café…" and „ä"'),
        ("> Ann\n> Dunk\nyes", "Ann\nDunk\nyes"),
        (">> Ann\n> > Dunk\n", "Ann\nDunk\n"),
        ("**Ann Dunk** and _07700 900123_", "Ann Dunk and 07700 900123"),
        ("~~14 Mill Lane~~ __now__ 15", "14 Mill Lane now 15"),
        ("<p>Ann</p><p>Dunk</p>", "Ann\nDunk\n"),
        ("Ann<br>\nDunk<br/>Deal", "Ann\nDunk\nDeal"),
        ("<tr><td>Ann</td><td><b>9</b></td></tr>", "Ann\t9\t\n"),
        ("EA68&nbsp;VWS, J&#1086;hn", "EA68 VWS, John"),
        ("电话是07700900123。", "电话是 07700900123。"),
        ("楼上的Gary先生", "楼上的 Gary 先生"),
    ],
)
def test_what_only_carries_words_is_undone(text: str, plain: str) -> None:
    assert normalise(text).text == plain


def test_lines_that_were_cut_to_a_width_are_whole_again() -> None:
    mail = (
        "Dear all, I spoke to the resident yesterday and she told me that her\n"
        "neighbour, Augustin Fairhead, had rung her again on the number 07700\n"
        "900123 and that she would rather hear from us than from Mr Ashworth-\n"
        "Quaye, who is on leave.\n"
        "Thanks\n"
        "Jo"
    )
    assert normalise(mail).text == (
        "Dear all, I spoke to the resident yesterday and she told me that her "
        "neighbour, Augustin Fairhead, had rung her again on the number 07700 "
        "900123 and that she would rather hear from us than from Mr Ashworth-"
        "Quaye, who is on leave.\n"
        "Thanks\n"
        "Jo"
    )


@pytest.mark.parametrize(
    "rows",
    [
        "2025-03-01 12:00:01 INFO worker started with the usual settings\n" * 4,
        "70918,BRIGHT MAY,GE409912B,MH-STRESS,41,Swale House,East Street\n" * 4,
        "Name: Ann Dunk\nAddress: 14 Mill Lane\nTelephone: 07700 900123\nNotes: rings in the morning, never at noon\n",
    ],
)
def test_rows_and_forms_keep_their_lines(rows: str) -> None:
    assert normalise(rows).text == rows


@pytest.mark.parametrize("unit", ["\\n", "=\n", "> x\n", "_a", "**a", "<b>", "a=b+&", "word " * 12 + "\n", "电a", "~~"])
def test_long_runs_of_signs_take_time_in_proportion(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count
        best = 9.0
        for _ in range(3):
            started = time.perf_counter()
            normalise(text)
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds(16_000) < 100 * max(seconds(1_000), 1e-4)
