import pytest

from gateway.documents.numbers import displayed


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("7700900123", "00000 000000", "07700 900123"),
        ("7700900123", "0", "7700900123"),
        ("123456", '"QQ" 00 00 00 "C"', "QQ 12 34 56 C"),
        ("123456789", "000\\-00\\-0000", "123-45-6789"),
        ("5", "###", "5"),
        ("29344", "dd/mm/yyyy", "03/05/1980"),
        ("29344", "[$-809]d mmmm yyyy;@", "03/05/1980"),
        ("45292.5", "d/m/y h:m", "01/01/2024 12:00"),
        ("0.5", "h:m", "12:00"),
        ("1234.5", '"£"#,##0.00', "£1,234.50"),
        ("-1234.5", "#,##0.00", "-1,234.50"),
        ("0.25", "0.0%", "25.0%"),
        ("12345678901", "General", "12345678901"),
        ("1.2345678901E10", "", "12345678901"),
        ("0.1", "", "0.1"),
        ("42", ";;;", "42"),
        ("text", "0", "text"),
        ("1e308", "yyyy", "1e+308"),
        ("1E400", "0", "inf"),
        ("3.5", "# ?/?", "3.5"),
    ],
)
def test_numbers_as_their_cells_show_them(value: str, code: str, shown: str) -> None:
    assert displayed(value, code) == shown


def test_the_other_count_of_days() -> None:
    assert displayed("0", "d/m/y", since_1904=True) == "01/01/1904"
