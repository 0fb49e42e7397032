"""What the encoder saw, made fit to act on."""

import pytest

from detectors.names.decode import Seen
from detectors.names.tidy import tidied
from tests.detectors.tidying import kept, seen_in


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        ("Oluwaseun Bankole", "Oluwaseun Bankole"),
        ("Son Rui", "Rui"),
        ("Warden Obi", "Obi"),
        ("chaplain Revd Dunstan Oke", "Dunstan Oke"),
        ("żona Halina", "Halina"),
        ("N.B. Rex", "Rex"),
        ("DI Beamer", "Beamer"),
        ("Maj. Hugo Sturt", "Hugo Sturt"),
        ("Lt Col Hugo Sturt", "Hugo Sturt"),
        ("Col", "Col"),
        ("Je soussigné Hugo Sturt", "Hugo Sturt"),
        ("Jonathan Hill", "Jonathan Hill"),
        ("Bishop", "Bishop"),
        ("Jan", "Jan"),
        ("Driver Kwame Mensah", "Kwame Mensah"),
        ("Driver, Kwame Mensah", "Kwame Mensah"),
        ("Driver, Minnie", "Driver, Minnie"),
        ("FOREMAN, George", "FOREMAN, George"),
        ("Lieber, Rachel", "Lieber, Rachel"),
        ("Reisepass Wachowiak", "Wachowiak"),
        ("Dieter Klopp-Hansen, Kennzeichen", "Dieter Klopp-Hansen"),
        ("Ada xx", "Ada"),
        ("STANKIEWICZ B &", "STANKIEWICZ B"),
        ("Shell Marsh", "Shell Marsh"),
    ],
)
def test_roles_are_cut_and_names_stay(seen: str, name: str) -> None:
    assert kept(seen) == [name]


@pytest.mark.parametrize(
    "seen",
    [
        "Boughton Road",
        "Lawson Trust",
        "Arkwright Tyres",
        "Hadlow & Sons",
        "P.S.",
        "--",
        "noreply",
        "Sept",
        "H.E. Mme",
        "Lt Col",
        "f for foxtrot",
        "Banca Transilvania",
        "AANNNNNNA",
        "Test Testerson",
        "SHELL BAPCHILD",
    ],
)
def test_what_is_no_person_is_dropped(seen: str) -> None:
    assert kept(seen) == []


@pytest.mark.parametrize(
    ("seen", "user"), [("idx-prod", []), ("srv-04", []), ("svc_elections", ["svc_elections"]), ("jo-web", ["jo-web"])]
)
def test_machines_are_no_users(seen: str, user: list[str]) -> None:
    assert kept(seen, "USERNAME") == user


@pytest.mark.parametrize(
    ("seen", "address"),
    [
        ("7 Oast Close, Iwade", "7 Oast Close"),
        ("2 Mill Row, Boughton Monchelsea, Maidstone", "2 Mill Row"),
        ("Mill House, Mill Row", "Mill House, Mill Row"),
        ("Maidstone", "Maidstone"),
        ("The Barge, Tovil", "The Barge, Tovil"),
        ("Rose Cottage, Mill Row, Maidstone", "Rose Cottage, Mill Row"),
    ],
)
def test_towns_are_no_part_of_an_address(seen: str, address: str) -> None:
    assert kept(seen, "ADDRESS") == [address]


@pytest.mark.parametrize("greeted", ["Annwyl Angharad", "Cofion, Angharad", "Hr. Angharad", "Szanowna Angharad"])
def test_a_greeting_in_another_tongue_is_no_part_of_a_name(greeted: str) -> None:
    assert kept(greeted) == ["Angharad"]


def test_a_day_in_welsh_is_no_address() -> None:
    assert kept("9 Ionawr", "ADDRESS") == []
    assert kept("9 Ionawr Street", "ADDRESS") == ["9 Ionawr Street"]


@pytest.mark.parametrize(
    ("text", "label", "left"),
    [
        ("voices. «G.» rang", "PERSON", [("G.", "PERSON")]),
        ("Chukwumah with an «H.» please", "PERSON", []),
        ("memo: mrs «g» rang", "PERSON", [("g", "PERSON")]),
        ("memo: «g» rang", "PERSON", [("g", "PERSON")]),
        ("«K» is the one who let his cousin in", "PERSON", [("K", "PERSON")]),
        ("behind «M»&S", "PERSON", []),
        ("mum's chemo = «M», his shiva = S", "PERSON", []),
        ("bandstand: «M», 50s", "PERSON", []),
        ("2207  BASU T        «D»  2d", "PERSON", []),
        ("ask «g.orpin» to look", "PERSON", [("g.orpin", "USERNAME")]),
        ("ask «Orpin» to look", "PERSON", [("Orpin", "PERSON")]),
        ("«HV» and «IO»", "PERSON", []),
        ("from RDC\\«tgrewcock» [07/Oct]", "USERNAME", [("RDC\\tgrewcock", "USERNAME")]),
        ("the code is «4-4-0-»7.", "SECRET", [("4-4-0-7", "SECRET")]),
        ("once opened with «1 4 7 8 5», photos", "SECRET", [("1 4 7 8 5", "SECRET")]),
    ],
)
def test_initials_users_and_codes_are_whole(text: str, label: str, left: list[tuple[str, str]]) -> None:
    assert seen_in(text, label) == left


def test_a_doubtful_letter_is_no_initial() -> None:
    assert list(tidied("voices. G. rang", Seen(8, 10, "PERSON", 0.7))) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ("she's got asthma", "got asthma"),
        ("I am myself deaf in one ear", "deaf in one ear"),
        ("its eczema", "eczema"),
        ("is deaf", "is deaf"),
        ("Hearing loss", "Hearing loss"),
    ],
)
def test_who_is_spoken_of_is_no_part_of_what_is_said(seen: str, said: str) -> None:
    assert kept(seen, "HEALTH") == [said]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Claire", True),
        ("Victoria", True),
        ("Elizabeth", True),
        ("Mr Dickens", True),
        ("Dickens", False),
        ("Ann Summers", False),
        ("William Hazlitt", False),
        ("Hazlitt-Obi", True),
    ],
)
def test_who_is_known_to_be_nobody_is_left_alone_and_forenames_never(text: str, kept: bool) -> None:
    name = text.removeprefix("Mr ")
    seen = Seen(len(text) - len(name), len(text), "PERSON", 0.9)
    assert bool(list(tidied(text, seen))) is kept


@pytest.mark.parametrize(
    ("text", "left"),
    [("Ann Fenbrook Road", []), ("Ann Fenbrook road works", ["Ann Fenbrook"]), ("ann fenbrook road", [])],
)
def test_what_goes_on_as_a_place_is_one(text: str, left: list[str]) -> None:
    assert [text[s:e] for s, e, _, _ in tidied(text, Seen(0, 12, "PERSON", 0.9))] == left


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mrs patel's case", "patel"),
        ("OKAFOR CASE CONFERENCE", "OKAFOR"),
        ("Mr Street Academy", "Street"),
        ("Patel's case", "Patel"),
        ("Ada Obi test results", "Ada Obi"),
    ],
)
def test_a_persons_case_is_no_place(text: str, name: str) -> None:
    assert seen_in(text.replace(name, f"«{name}»", 1)) == [(name, "PERSON")]


def test_lines_columns_and_dashes_keep_people_apart() -> None:
    assert kept("Ada Obi\nJo Wu\tKim") == ["Ada Obi", "Jo Wu", "Kim"]
    assert kept("Shreya – brilliant") == ["Shreya"]
    assert kept("ada | jo") == ["ada", "jo"]
    assert kept("Bankole-Pratt") == ["Bankole-Pratt"]


@pytest.mark.parametrize(
    ("seen", "people"),
    [
        ("STANKIEWICZ B & HOGBEN T", ["STANKIEWICZ B", "HOGBEN T"]),
        ("Ada Obi and Jo Wu and Li Chen", ["Ada Obi", "Jo Wu", "Li Chen"]),
        ("Ada and Jo Obi", ["Ada and Jo Obi"]),
        ("T & W ODUYA", ["T & W ODUYA"]),
    ],
)
def test_people_with_whole_names_are_each_somebody(seen: str, people: list[str]) -> None:
    assert kept(seen) == people


def test_a_childs_age_marks_a_child() -> None:
    assert [label for _, _, label, _ in tidied("aged 7", Seen(5, 6, "AGE", 0.9))] == ["AGE", "CHILD"]
    assert [label for _, _, label, _ in tidied("aged 71", Seen(5, 7, "AGE", 0.9))] == ["AGE"]


def test_patterns_win_where_they_are_sure() -> None:
    ((_, _, _, score),) = tidied("AB123456C", Seen(0, 9, "CASE_REF", 1.0))
    assert score == pytest.approx(0.6)
    ((_, _, _, score),) = tidied("AB123456C", Seen(0, 9, "CASE_REF", 0.4))
    assert score == 0.4


@pytest.mark.parametrize("label", ["PERSON", "SECRET", "USERNAME", "CASE_REF"])
@pytest.mark.parametrize("part", ["PERSON_FK6SY954", "_FK6SY954", "FK6SY954", "FK6S"])
def test_the_gateways_own_pseudonym_is_nobody(part: str, label: str) -> None:
    text = '{"name": "PERSON_FK6SY954"}'
    start = text.index(part)
    assert list(tidied(text, Seen(start, start + len(part), label, 0.9))) == []


@pytest.mark.parametrize(
    "text",
    [
        "BANK_ACCOUNT_12345678",
        "API_KEY_FK6SY954",
        "MY_PERSON_FK6SY954",
        "PERSON_FK6SY9543",
        "PERSON_FK6SY954_2",
        "FK6SY954",
    ],
)
def test_what_only_looks_like_a_pseudonym_stays(text: str) -> None:
    assert kept(text, "SECRET") == [text]
    value = text.rpartition("_")[2]
    start = len(text) - len(value)
    assert len(list(tidied(text, Seen(start, len(text), "SECRET", 0.9)))) == 1


def test_what_reaches_beyond_a_pseudonym_stays() -> None:
    assert kept("password PERSON_FK6SY954 hunter2", "SECRET") == ["password PERSON_FK6SY954 hunter2"]


@pytest.mark.parametrize(
    "marked",
    [
        "3 Coastguard Cottages\n«Dungeness»\nTN29 9NE",
        "Thanks\nTamsin Okerberg\nAdult Social Care, «Thanet»\n",
        "Wi-Fi: SSID «StanhopeHub», key otters",
        "I left the «Fabia» (PK66 DHV) outside",
        "(iii) «Strava», as osagie_runs_kent, starts",
        "To Planning, Folkestone & «Hythe»\n",
        "Tender returns: Morrison & Sons; «P.J. Carey»; Robin Vaughan Ltd",
        "Jean-Baptiste, né le 7 janvier 1984 à «Abidjan», domicilié",
        "At 36 Gasworks Row, «Selby» YO8 3ZX",
        "«PARIS»_LDAP_BIND=svc",
    ],
)
def test_towns_firms_and_cars_are_no_persons(marked: str) -> None:
    assert seen_in(marked) == []


@pytest.mark.parametrize(
    "marked",
    [
        "From:\n«Jane Okerberg»\nTN29 9NE",
        "07700 900123\n«Jane Okerberg»\nTN29 9NE",
        "Thanks\nHousing Team, «Priya»\n",
        "Posts by «Jaydon», as jd_92, since",
        "The contractors: «Jane Okerberg»; a mate",
        "fleeing open brackets «curtis» close brackets who is out",
        "was born in 1984 to «Okerberg»",
        "«PARIS»_HB_form.pdf",
        "With love from L and «S» xx",
    ],
)
def test_persons_in_such_places_stay(marked: str) -> None:
    assert [label for _, label in seen_in(marked)] == ["PERSON"]


def test_a_choice_is_said_of_nobody() -> None:
    assert seen_in('{"religion":{"enum":["Christian","«Sikh»","None"]}}', "RELIGION") == []
    assert seen_in('{"religion":"«Sikh»"}', "RELIGION") == [("Sikh", "RELIGION")]


def test_what_a_number_is_called_is_nobodys_name() -> None:
    assert kept("NINO") == []
    assert kept("Nino") == ["Nino"]


@pytest.mark.parametrize(
    ("seen", "label"),
    [
        ("noreply-forms@swale.example", "USERNAME"),
        ("embargo now lifted", "CONFIDENTIAL"),
        ("1882.10", "DATE_OF_BIRTH"),
    ],
)
def test_what_only_looks_so_is_dropped(seen: str, label: str) -> None:
    assert kept(seen, label) == []


@pytest.mark.parametrize(
    ("text", "label", "left"),
    [
        ("Obi\tC\tLGPS/77120\t31/08", "CASE_REF", ["LGPS/77120"]),
        ("06\tskip 3 dyers row", "ADDRESS", ["skip 3 dyers row"]),
        ("01\tKCC\\rpillay\tVIEW", "USERNAME", ["KCC\\rpillay"]),
        ("can't stand\tlong", "HEALTH", ["can't stand\tlong"]),
    ],
)
def test_what_runs_over_the_cells_of_a_sheet_is_one_of_them(text: str, label: str, left: list[str]) -> None:
    assert kept(text, label) == left


def test_what_counts_something_is_no_reference() -> None:
    assert seen_in("it took «9434765919» bytes", "CASE_REF") == []
    assert seen_in("it took «9434765919» bytes", "NHS_NUMBER") == []
    assert seen_in("it is «9434765919» by the form", "CASE_REF") == [("9434765919", "CASE_REF")]
