from gateway.documents.rows import Line, Piece, Quad, joined


def piece(text: str, left: float, middle: float, right: float, height: float = 20, drop: float = 0) -> Piece:
    quad: Quad = (left, middle, right, middle + drop, height)
    return Piece(Line(text, ((0, len(text), (int(left), int(middle) - 10, int(right), int(middle) + 10)),), 0.9), quad)


def test_pieces_of_a_line_are_joined_and_columns_kept_apart() -> None:
    found = joined([piece("Hartley", 210, 52, 290), piece("Name", 400, 51, 460), piece("Oluwaseun", 100, 50, 200)])
    assert [line.text for line in found] == ["Oluwaseun Hartley\tName"]
    start, end, box = found[0].words[1]
    assert found[0].text[start:end] == "Hartley"
    assert box == (210, 42, 290, 62)


def test_lines_below_each_other_stay_apart_on_a_slanted_page() -> None:
    pieces = [piece("first", 0, 100, 300, drop=15), piece("second", 0, 130, 300, drop=15)]
    found = joined([*pieces, piece("end", 305, 116, 360, drop=3)])
    assert [line.text for line in found] == ["first end", "second"]


def test_text_that_runs_downwards_stands_alone() -> None:
    assert len(joined([piece("down", 0, 100, 20, height=200), piece("up", 25, 100, 45, height=200)])) == 2
