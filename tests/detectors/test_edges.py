"""Where what the encoder saw begins and ends, and what joins two names."""

import pytest

from detectors.names import edges
from detectors.names.decode import Seen
from detectors.names.tidy import tidied
from tests.detectors.tidying import kept, seen_in


def test_what_is_spelt_is_a_name_where_letters_of_it_were_seen() -> None:
    text = "It's Gorrick. G O double R I C K. Flat A B C D"
    assert [text[a:b] for a, b in edges.spelt(text, [(26, 27)])] == ["G O double R I C K"]
    assert list(edges.spelt(text, [])) == []


def test_a_maiden_name_is_part_of_a_name() -> None:
    text = "Mrs Iris Fagg née Dunk rang Jo near Ann"
    assert [text[a:b] for a, b in edges.bridged(text, [(4, 13), (18, 22), (28, 30), (36, 39)])] == [
        "Iris Fagg née Dunk"
    ]


def test_a_double_name_is_whole_where_its_hyphen_is_spoken() -> None:
    text = "the surname is ndlovu hyphen price and the other is may"
    assert [text[a:b] for a, b in edges.bridged(text, [(15, 21), (29, 34), (52, 55)])] == ["ndlovu hyphen price"]


def test_a_middle_name_that_is_a_word_is_part_of_the_name() -> None:
    text = "its kwok man kit here, and anna may come with pham thu huong"
    people = [(text.index(name), text.index(name) + len(name)) for name in ("kwok", "kit", "anna", "pham", "huong")]
    assert [text[a:b] for a, b in edges.bridged(text, people)] == ["kwok man kit", "pham thu huong"]


@pytest.mark.parametrize(
    ("text", "somebody"),
    [
        ("H & Bríd Ó Sé are both at home", True),
        ("J&Marta rang", True),
        ("M & S asked for it", False),
        ("M&S asked for it", False),
        ("R & D, and Ann", False),
    ],
)
def test_an_initial_beside_a_name_is_somebody(text: str, somebody: bool) -> None:
    assert edges.is_initial(text, 0, 1, 0.9) == somebody
    assert not edges.is_initial(text, 0, 1, 0.7), "if the model is sure of it"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Linh rang again", "My Linh"),
        ("I spoke to Do Kim Oanh on Tuesday", "Do Kim Oanh"),
        ("Pham, Thu Huong and one other", "Thu Huong"),
        ("DO KIM OANH DID NOT ATTEND", "DO KIM OANH"),
        ("My Linda rang again", "Linda"),
        ("tent with Little Neil again", "Little Neil"),
        ("To: Nan Hathersage", "Nan Hathersage"),
        ("the old Queenie", "Queenie"),
        ("so Do Gary and Pat know", "Gary"),
    ],
)
def test_a_name_begins_at_its_first_word(text: str, name: str) -> None:
    last = name.split()[1:] or name.split()
    start = text.index(" ".join(last))
    begin, end = edges.person(text, start, start + len(" ".join(last)))
    assert text[begin:end] == name


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("panel:\n«A. Zeynep Aktürk», 41\nB. Roland Featherbe, 59", "Zeynep Aktürk"),
        ("Dear all\n«A. Zeynep Aktürk» wrote", "A. Zeynep Aktürk"),
        ("«Marivic Santos-Bright RN», NMC", "Marivic Santos-Bright"),
        ("hello «toby im» marie", "toby"),
        ("«Gethin –» can you", "Gethin"),
        ("Mein «Sohn Lorenz» ist", "Lorenz"),
        ("NAME  «HARGREAVES, Ivy M.      D.»0.B.", "HARGREAVES, Ivy M."),
        ("mister «quill as in feather» lovely", "quill"),
    ],
)
def test_a_name_ends_where_it_ends(marked: str, name: str) -> None:
    assert (name, "PERSON") in seen_in(marked)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ulcers, «hot to» touch, both legs", "hot to touch"),
        ("a pistol was «found in» his wardrobe", "found in his wardrobe"),
        ("the «palm scan at» Gate 2 put him", "palm scan at Gate 2"),
        ("he «hears voices» at night", "hears voices"),
        ("she is «fasting for», oh", "fasting for"),
        ("she has «two hearing aids» now", "has two hearing aids"),
        ("Antony, who is «gay», had it framed", "who is gay"),
        ("mum has «MS» and", "MS"),
        ("lost a son «to leukaemia» then", "leukaemia"),
        ("he is «from St Lucia» too", "from St Lucia"),
        ("she's got «one lung», mate", "got one lung"),
        ("the wasps «cut by hashish», he", "cut by hashish"),
        ("known for «– asthma,» and", "asthma"),
    ],
)
def test_a_statement_is_whole_and_no_more(text: str, said: str) -> None:
    start, end = text.index("«"), text.index("»") - 1
    plain = text.replace("«", "").replace("»", "")
    ((low, high, _, _),) = tidied(plain, Seen(start, end, "HEALTH", 0.9))
    assert plain[low:high] == said


@pytest.mark.parametrize(
    ("marked", "address"),
    [
        ("at «rear of 5 Kiln Barn Rd (caravan)»", "rear of 5 Kiln Barn Rd"),
        ("8 and 5«, 113 Cavendish Towers». Alfie", "113 Cavendish Towers"),
        ("Mrs M, «2 Cobb Close –» tablets", "2 Cobb Close"),
        ("at «4 Oast Yard (flat 2)» now", "4 Oast Yard (flat 2)"),
        ("hes at «30 ferry rd wiv» his nan", "30 ferry rd"),
        ("since «2016, Elm Tree House, Plough Wents» has", "Elm Tree House, Plough Wents"),
        ("our ref is «1066, Hastings Rd»", "1066, Hastings Rd"),
        ("Tidmarsh, «Forge End – I farm the next field». He", "Forge End"),
        ("im at «flat 2 oast yard - mill lane»", "flat 2 oast yard - mill lane"),
        ("to «The Barn – rear of Mill House» by", "The Barn – rear of Mill House"),
    ],
)
def test_an_address_ends_where_it_ends(marked: str, address: str) -> None:
    assert seen_in(marked, "ADDRESS") == [(address, "ADDRESS")]


@pytest.mark.parametrize(
    ("text", "name"), [("Mrs Kowalcz?k + 3", "Kowalcz?k"), ("Tyler Ma?ks.", "Tyler Ma?ks"), ("Is it Ada? Yes", "Ada")]
)
def test_letters_that_could_not_be_read_are_part_of_a_name(text: str, name: str) -> None:
    start = text.index(name)
    seen = Seen(start, start + len(name.split("?")[0]), "PERSON", 0.9)
    ((low, high, _, _),) = tidied(text, seen)
    assert text[low:high] == name


@pytest.mark.parametrize(
    ("seen", "mark"),
    [
        ("Please treat this as confidential – addressee only until HR have replied", "confidential – addressee only"),
        ("keep this in confidence for now", "in confidence"),
        ("Strictly embargoed", "Strictly embargoed"),
        ("as confidential – addressee only", "confidential – addressee only"),
        ("RESTRICTED – core group members only", "RESTRICTED – core group members only"),
    ],
)
def test_a_marking_is_no_more_than_its_words(seen: str, mark: str) -> None:
    assert kept(seen, "CONFIDENTIAL") == [mark]


@pytest.mark.parametrize(
    ("text", "seen", "whole"),
    [
        ("Appeal APP/X9999/W/24/3351204.", "X9999/W", "APP/X9999/W/24/3351204"),
        ("application 23/01188/HOU – loft", "23/01188", "23/01188/HOU"),
        ("GET /idox/appeals/3290 HTTP", "3290", "3290"),
        ("file EN/25/0340.", "EN/25/0340", "EN/25/0340"),
    ],
)
def test_a_reference_is_the_whole_code(text: str, seen: str, whole: str) -> None:
    start = text.index(seen)
    ((low, high, _, _),) = tidied(text, Seen(start, start + len(seen), "CASE_REF", 0.9))
    assert text[low:high] == whole
