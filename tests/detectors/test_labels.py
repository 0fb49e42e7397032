from detectors.labels import LABELS, DataClass

AGREED = (
    "PERSON ADDRESS POSTCODE PHONE EMAIL DATE_OF_BIRTH AGE NINO NHS_NUMBER PASSPORT DRIVING_LICENCE VEHICLE_REG "
    "BANK_ACCOUNT SORT_CODE IBAN PAYMENT_CARD UTR UPN UPRN CASE_REF USERNAME IP_ADDRESS MAC_ADDRESS HEALTH ETHNICITY "
    "RELIGION SEXUAL_ORIENTATION UNION POLITICAL BIOMETRIC CRIMINAL CHILD CONFIDENTIAL LEGAL_PRIVILEGE SECRET "
    "HIDDEN_TEXT"
)


def test_the_list_is_closed_and_in_order() -> None:
    assert list(LABELS) == AGREED.split()


def test_every_label_reads_well() -> None:
    for name, label in LABELS.items():
        assert label.name == name
        assert label.plain_name[0].islower() or label.plain_name.split()[0].isupper() or name in {"NINO", "NHS_NUMBER"}
        assert label.plural != label.plain_name
        assert label.example


def test_every_data_class_has_a_label() -> None:
    assert {label.data_class for label in LABELS.values()} == set(DataClass)


def test_hidden_text_is_said_kindly() -> None:
    assert LABELS["HIDDEN_TEXT"].plain_name == "hidden characters or encoding"
