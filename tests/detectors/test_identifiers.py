"""Every identifier: what must be found, to the letter, and what must be left alone. No model is needed."""

import pytest

from detectors.identifiers import date_of_birth, postcode
from detectors.identifiers.iban import checksum as iban_checksum
from detectors.identifiers.nhs_number import checksum as nhs_checksum
from detectors.identifiers.tax_and_school import upn_checksum, utr_checksum
from detectors.suite import Suite
from detectors.view import View
from tests.detectors.fakes import plain_suite


@pytest.fixture(scope="module")
def plain() -> Suite:
    from detectors.config import load_config

    return plain_suite(load_config())


FOUND = [
    ("NINO", "NI number [AB123456C] please"),
    ("NINO", "his NINO is [ab 12 34 56 c]"),
    ("NINO", "NI no. [QQ.12.34.56.C]"),
    ("NINO", "nat ins [AB12-34-56C]"),
    ("NINO", "NI [AB1234 56]\nthanks"),
    ("NINO", "NINO [ABI234S6C]".replace("S", "5")),
    ("NINO", "VALUES ('Jo', 'jo@example.com', '[WX818478A]')"),
    ("NHS_NUMBER", "NHS no 943 476 5919".replace("943 476 5919", "[943 476 5919]")),
    ("NHS_NUMBER", "her NHS number ([9434765918])"),
    ("NHS_NUMBER", "The memory clinic has him as [7002498797]"),
    ("POSTCODE", "lives at [ME14 1AA]"),
    ("POSTCODE", "[me141aa] please"),
    ("POSTCODE", "TN1 1RS is ours; [SW1A 2AA] too".replace("TN1 1RS", "nothing")),
    ("PHONE", "ring [07700 900123]"),
    ("PHONE", "ring [+44 (0)7700 900 123]"),
    ("PHONE", "Tel: [(01632) 960-123]"),
    ("PHONE", "call [0044 7700 900123] today"),
    ("PHONE", "ring Denzil [O77OO 9OO l36]"),
    ("PHONE", "07700 900123".join(["[", "]"])),
    ("PHONE", "my mobile is [oh seven seven double oh nine oh oh one two three]"),
    ("EMAIL", "write to [jo.bloggs@unknown-domain.example]"),
    ("EMAIL", "it is [b dot agyemang forty two at gmail dot com]"),
    ("EMAIL", "[jo(at)example.org] is hers"),
    ("DATE_OF_BIRTH", "DOB [03/05/1971]"),
    ("DATE_OF_BIRTH", "born on [3rd May 1971] in Kent"),
    ("DATE_OF_BIRTH", '{"dob":"[1959-10-27]"}'),
    ("DATE_OF_BIRTH", "dob [17/XI/41], born there"),
    ("DATE_OF_BIRTH", "24418893<7LTU[830617]4F2903112<<<<<<<<06"),
    ("DATE_OF_BIRTH", "EJ0417722<8POL[880224]<F3006118<<<<<<<02"),
    ("DATE_OF_BIRTH", "I<POLABC123456<7<<<<<<<<<<<<<<<\n[880224]3F3006118POL<<<<<<<<<<<4"),
    ("AGE", "my son, aged [7], is at home"),
    ("AGE", "she made a card for his [80th] last week"),
    ("AGE", "latest victim f/[91], of this street"),
    ("AGE", "she is [76 years old]"),
    ("UPN", "her UPN [A801200001001]? no order has been made"),
    ("PASSPORT", "passport number [925665416]"),
    ("PASSPORT", "[24418893]<7LTU8306174F2903112<<<<<<<<06"),
    ("PASSPORT", "IRGBR[RF1234567]8<<<<<<<<<<<<<<<\n8802243F3006118POL<<<<<<<<<<<4"),
    ("PASSPORT", "Passeport [19DK47712]."),
    ("DRIVING_LICENCE", "Licence no [MORGA657054SM9IJ]"),
    ("VEHICLE_REG", "a grey Astra, [GN19 ABC], parked"),
    ("VEHICLE_REG", "[GN19ABC] was seen"),
    ("VEHICLE_REG", "his car [WGM 418P] was towed"),
    ("VEHICLE_REG", "is [K9 DJB] a cherished plate or a typo"),
    ("SORT_CODE", "sort code [20-15-55] and"),
    ("BANK_ACCOUNT", "sort 20-15-55, acct [31926819] thanks"),
    ("BANK_ACCOUNT", "pay into 20-15-55 [31926819]"),
    ("SORT_CODE", "Bank ....... Credit Union, [08.60.13]  No. 00418820"),
    ("SORT_CODE", "[309118]50027716099 00000012450 FOSTERING PAY   R M"),
    ("BANK_ACCOUNT", "309118[50027716]099 00000012450 FOSTERING PAY   R M"),
    ("BANK_ACCOUNT", "207719[4409127]099 00000031275 ALLOWANCE   T O"),
    ("BANK_ACCOUNT", "309118[50027716]09920155531926819    00000012450COUNCIL"),
    ("IBAN", "to [GB33 BUKB 2020 1555 5555 55] today"),
    ("PAYMENT_CARD", "card [4242 4242 4242 4242]"),
    ("PAYMENT_CARD", "[5555-5555-5555-4444] was charged"),
    ("PAYMENT_CARD", "amex [378282246310005]"),
    ("UTR", "UTR [11557 78990]"),
    ("UPN", "UPN [A801200001001]"),
    ("UPRN", "UPRN: [200003666144]"),
    ("CASE_REF", "claim [HB2204817] refused"),
    ("CASE_REF", "Claim [20317744]."),
    ("CASE_REF", "council tax account number [400198227]"),
    ("CASE_REF", "PCN [MW91440071] of 4 August"),
    ("USERNAME", "messages her on Snapchat as [coach_tvb]"),
    ("USERNAME", "follow [@jo_from_fant] there"),
    ("IP_ADDRESS", "logged in from [81.2.69.142]"),
    ("IP_ADDRESS", "seen at [2a00:1450:4009:81f::200e] twice"),
    ("MAC_ADDRESS", "laptop [00:1B:44:11:3A:B7]"),
    ("SECRET", "AKIAZ7Q4KENTEXAMPLE1".join(["key [", "] is old"])),
    ("SECRET", 'SMTP_PW   = "[tB7#kk-Quince]"'),
    ("SECRET", "the password is [Summer2024!]"),
    ("SECRET", "DATABASE_URL=[postgres://gis_rw:Oyster%40Whitstable7@10.44.2.18:5432/llpg]"),
    ("SECRET", "keysafe code [4471]"),
    ("SECRET", "Authorization: Bearer [abcdef0123456789abcdef]"),
    ("HEALTH", "He has [dementia] now"),
    ("HEALTH", "Nature of disability: [rheumatoid arthritis and COPD]"),
    ("ETHNICITY", "she says he is [White British] too"),
    ("RELIGION", "his wife is [Muslim]"),
    ("SEXUAL_ORIENTATION", "my son is [gay]"),
    ("UNION", "she is a [Unison rep] here"),
    ("POLITICAL", "he [stood for the Greens] last year"),
    ("CRIMINAL", "he was [convicted of theft] then"),
    ("CONFIDENTIAL", "marked [OFFICIAL-SENSITIVE] throughout"),
    ("CONFIDENTIAL", "[Not for publication]: appendix B"),
    ("CONFIDENTIAL", "deputyship, [for the Deputy's eyes only] here"),
    ("LEGAL_PRIVILEGE", "this is [legally privileged] advice"),
    ("HEALTH", "I am myself [partially sighted] and walk"),
    ("HEALTH", "she said he [drowned himself] in March"),
    ("HEALTH", "her son is [allergic to wasps]"),
    ("HEALTH", "UPDATE tenant SET vuln='[self-neglect]' WHERE id = 4"),
    ("CRIMINAL", "my son [came out of Cookham Wood] on Friday"),
    ("CRIMINAL", "her ex is [back in Elmley on recall]"),
    ("CRIMINAL", "tenant flagged: [VIOLENT-DO NOT VISIT ALONE]"),
    ("CRIMINAL", "he said [i'll burn your caravan] to me"),
    ("HEALTH", "Subject: my son, 17. [Awaiting ASD assessment]."),
    ("CASE_REF", "his arm was tender, claim [HB2204817] refused"),
    ("HEALTH", "[Asthma]: she uses an inhaler"),
    ("HEALTH", "she is [under camhs] now"),
    ("HEALTH", "he has [an LD social worker] already"),
    ("ETHNICITY", "hes [polish i think or latvian] anyway"),
    ("SEXUAL_ORIENTATION", "He's [not out to anyone here but me]."),
    ("RELIGION", "his mum is [born again]"),
    ("SEXUAL_ORIENTATION", "she was [thrown out for being gay]"),
    ("UNION", "he withdraws the [trade union detriment] claim"),
    ("AGE", "how old is the little one\nspk2: [two and a half] shes called posy"),
    ("ADDRESS", "She is at [14 Sandling Road], Maidstone"),
    ("ADDRESS", "[Flat 88, Medway Heights] again"),
    ("ADDRESS", "approved 2016, [Elm Tree House, Plough Lane], both"),
    ("ADDRESS", "drain at [12 Old Tovil Mews]"),
    ("ADDRESS", "hes in a bnb at [30 ferry rd] now"),
    ("ADDRESS", '"THE COTTAGE, BULL LANE"'.replace("THE COTTAGE, BULL LANE", "[THE COTTAGE, BULL LANE]")),
]


@pytest.mark.parametrize(("label", "marked"), FOUND)
def test_is_found_to_the_letter(plain: Suite, label: str, marked: str) -> None:
    start = marked.index("[")
    end = marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    spans = [(f.start, f.end) for f in plain.inspect(text) if f.label == label]
    assert (start, end) in spans, spans


LEFT = [
    ("NINO", "The batch is AB123456C and the best before is 09/26"),
    ("NINO", "AB123456C is the example format"),
    ("NINO", "arrears of £611, a/c 318804/C"),
    ("NHS_NUMBER", "order 9434765919 was shipped"),
    ("NHS_NUMBER", "invoice ref 943 476 5919"),
    ("NHS_NUMBER", "there are 4012345678 of them"),
    ("PHONE", "Firmware is 07.70.09.00 (build 12301)"),
    ("PHONE", "Samaritans 116 123; helpline 0808 2000 247"),
    ("PHONE", "Floodline 0345 988 1188"),
    ("EMAIL", "write to noreply@swale.gov.uk or info@maidstone.gov.uk"),
    ("DATE_OF_BIRTH", "the meeting is on 03/05/1971"),
    ("DATE_OF_BIRTH", "minutes of 12/IV/19 approved"),
    ("AGE", "children aged 5 to 11 and adults over 18"),
    ("AGE", "for their 40th anniversary and for his 80th appeal"),
    ("AGE", "ref f/91, and form m/45"),
    ("AGE", "12 year olds swim free"),
    ("PASSPORT", "accepted are passports; quote 925665416"),
    ("VEHICLE_REG", 're.test("AA00 AAA")'),
    ("VEHICLE_REG", "the A249 and the M20"),
    ("VEHICLE_REG", "wrong about April: reg 33 HB Regs 2006"),
    ("UPN", "school list C888340852313? no that's the school's batch, ignore"),
    ("BANK_ACCOUNT", "we sent 31926819 letters"),
    ("BANK_ACCOUNT", "barcode 30911850027716099 00012450"),
    ("SORT_CODE", "between 20-15-55 and 21-15-55"),
    ("PAYMENT_CARD", "The barcode reads 5 012345 678900"),
    ("PAYMENT_CARD", "meter 4242424242424242"),
    ("UTR", "call 11557 78990 times"),
    ("UPRN", "there were 200003666144"),
    ("CASE_REF", "GOV.UK Notify template 8f1e2c6a-19d4-4f3c-9b70-51d2aa7e0c34"),
    ("CASE_REF", "planning application 24/501987/FULL"),
    ("CASE_REF", "account for 12,077 items"),
    ("USERNAME", "@property\ndef name(self): ..."),
    ("USERNAME", "the login page and the user guide"),
    ("IP_ADDRESS", "version 1.2.3.4 and 127.0.0.1"),
    ("IP_ADDRESS", "subnet 10.0.0.0/8"),
    ("SECRET", 'password = os.environ["DB_PASSWORD"]'),
    ("SECRET", "Password: <PASSWORD>"),
    ("SECRET", "the password is wrong"),
    ("SECRET", "STRIPE_PUB: pk_test_placeholder"),
    ("SECRET", "https://user@example.com/page"),
    ("HEALTH", "a leaflet about dementia for residents"),
    ("HEALTH", "9.2% disabled in our survey"),
    ("RELIGION", "no faith 48%, Christian 39%, Muslim 3%"),
    ("CRIMINAL", "fraud awareness training for staff"),
    ("HEALTH", "he is off with the keys to the hall"),
    ("HEALTH", "Awaiting an ASD assessment is common in the county"),
    ("CRIMINAL", "Convictions: none known to the applicant"),
    ("RELIGION", "Give me four jokes that would not upset a Methodist"),
    ("ETHNICITY", "SELECT COUNT(*) FILTER (WHERE ethnicity='Gypsy or Irish Traveller') AS grt"),
    ("CONFIDENTIAL", "the embargo is now lifted"),
    ("CONFIDENTIAL", "this is no longer commercially sensitive"),
    ("ADDRESS", "Boughton Lane / Paynes Lane is missing a bin"),
    ("ADDRESS", "in 2019 Road Traffic fell"),
    ("POSTCODE", "section 4 2nd paragraph"),
]


@pytest.mark.parametrize(("label", "text"), LEFT)
def test_is_left_alone(plain: Suite, label: str, text: str) -> None:
    assert [text[f.start : f.end] for f in plain.inspect(text) if f.label == label] == []


def test_checksums() -> None:
    assert nhs_checksum("9434765919")
    assert not nhs_checksum("9434765918")
    assert iban_checksum("GB33BUKB20201555555555")
    assert not iban_checksum("GB34BUKB20201555555555")
    assert upn_checksum("A801200001001") in (True, False)
    assert sum(utr_checksum(f"{n}155778990") for n in range(10)) == 1


def test_an_nhs_checksum_never_outranks_context(plain: Suite) -> None:
    """One ten-digit number in eleven passes the check: bare ones must not be taken for NHS numbers."""
    text = "\n".join(f"row {n}: {4_000_000_000 + n * 7_919_011}" for n in range(200))
    assert not any(f.label == "NHS_NUMBER" for f in plain.inspect(text))


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("Tenant: E M Ravenscroft   12.11.45", True),
        ("Signed E M Ravenscroft   12.11.45", False),
        ("Checked by: E M Ravenscroft, 12.11.45", False),
        ("Thanks, E M Ravenscroft d. 12/11/45", False),
    ],
)
def test_a_date_beside_whoever_signs_is_of_the_signing(text: str, born: bool) -> None:
    start = text.index("E M")
    people = ((start, start + len("E M Ravenscroft" + " d." * (" d." in text))),)
    assert bool(list(date_of_birth.IDENTIFIER.find(View(text, people=people)))) == born


def test_column_headers_reach_the_cells(plain: Suite) -> None:
    text = "CT_ACCT;NI_NO;DOB\n400198227;AB123456;13/8/55\n400198235;AB123457;1/2/60\n"
    labels = [f.label for f in plain.inspect(text)]
    assert labels == ["CASE_REF", "NINO", "DATE_OF_BIRTH"] * 2


def test_sql_values_are_read_under_their_columns(plain: Suite) -> None:
    text = "INSERT INTO customers (full_name, ni, age) VALUES\n('Beverley O''Inglesant', 'AB123456', 34);"
    found = [(f.label, text[f.start : f.end]) for f in plain.inspect(text)]
    assert ("PERSON", "Beverley O''Inglesant") in found
    assert ("NINO", "AB123456") in found
    assert ("AGE", "34") in found


def test_a_private_key_is_one_finding_however_long(plain: Suite) -> None:
    body = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj" for _ in range(100))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text = f"here it is\n{key}\nthanks"
    found = [f for f in plain.inspect(text) if f.label == "SECRET"]
    assert [(f.start, f.end) for f in found] == [(11, 11 + len(key))]


def test_a_childs_age_and_pupil_number_mark_a_child(plain: Suite) -> None:
    assert "CHILD" in {f.label for f in plain.inspect("my son, aged 7")}
    assert "CHILD" not in {f.label for f in plain.inspect("my son, aged 47")}
    assert "CHILD" in {f.label for f in plain.inspect("UPN A801200001001")}


def test_a_ticked_box_asks_for_what_follows(plain: Suite) -> None:
    text = "5 Relevant offences [ ] none [X] handling stolen goods (spent?)"
    assert [text[f.start : f.end] for f in plain.inspect(text)] == ["handling stolen goods (spent?)"]


def test_why_somebody_is_away_is_health_only_where_it_is_illness(plain: Suite) -> None:
    text = "Empl\tGrade\tAbs code\tDays\n70918\t6\tMSK-BACK\t41\n70919\t6\tANNUAL\t12"
    assert [text[f.start : f.end] for f in plain.inspect(text) if f.label == "HEALTH"] == ["MSK-BACK"]


def test_the_bracket_round_a_number_is_no_part_of_it(plain: Suite) -> None:
    text = "Unknown (07700 900 909): hello"
    assert [text[f.start : f.end] for f in plain.inspect(text)] == ["07700 900 909"]


def test_the_postcode_of_an_office_is_nobodys_and_that_of_somebody_met_there_is_theirs() -> None:
    office = "Civic Centre, 1 Market Square, BN11 1AA"
    assert list(postcode.IDENTIFIER.find(View(office))) == []
    met = "Town Hall, Ann Obi, 4 Elm Row, ME15 6JD"
    (hit,) = postcode.IDENTIFIER.find(View(met, people=((11, 18),)))
    assert met[hit.start : hit.end] == "ME15 6JD"
