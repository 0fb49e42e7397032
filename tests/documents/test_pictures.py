import io
import random

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from gateway.documents.document import Document, Unreadable
from gateway.documents.limits import Limits
from gateway.documents.reader import Reader
from tests.documents import makers
from tests.documents.test_texts import refused


def photographed(picture: Image.Image) -> Image.Image:
    """A letter as a telephone sees it: turned a little, unevenly lit, grainy."""
    chance = random.Random(7)
    turned = picture.rotate(1.5, expand=True, fillcolor=(225, 222, 210), resample=Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", turned.size, chance.randbytes(turned.width * turned.height))
    return Image.blend(turned, grain.convert("RGB"), 0.12)


async def test_a_photograph_of_a_letter(reader: Reader) -> None:
    document = await reader.read(makers.saved(photographed(makers.drawn()), "JPEG", quality=80), "image/jpeg")
    for line in ("Maidstone Borough Council", "Oluwaseun Hartley", "4471 9902", "01632 960 123"):
        assert line in document.text
    assert (document.kind, document.pages, document.notices) == ("picture", 1, ("ocr_used",))


def places(document: Document, wanted: str) -> list[tuple[int, int, int, int]]:
    start = document.text.index(wanted)
    return [word.box for word in document.words if word.start < start + len(wanted) and word.end > start]


async def test_every_word_has_its_place(reader: Reader) -> None:
    document = await reader.read(makers.saved(makers.drawn()))
    for word in document.words:
        assert document.text[word.start : word.end].split() == [document.text[word.start : word.end]]
    (left, top, right, bottom), _ = places(document, "Oluwaseun Hartley,")
    assert 130 < left < right < 330
    assert 70 < top < bottom < 125


async def test_a_covered_word_is_gone_and_the_rest_stays(reader: Reader) -> None:
    data = makers.saved(makers.drawn(), "JPEG", quality=90, comment=b"Commenta Left", exif=described())
    document = await reader.read(data)
    assert "Commenta Left" in document.text
    clean = await reader.cover(data, [*places(document, "Oluwaseun Hartley"), *places(document, "4471 9902")])
    again = await reader.read(clean)
    assert not any(word in again.text for word in ("Oluwaseun", "Hartley", "4471", "9902", "Commenta", "Described"))
    assert "Your council tax account is" in again.text
    picture = Image.open(io.BytesIO(clean))
    assert picture.format == "JPEG"
    assert not set(picture.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not picture.getexif()


def described(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "Pictura Described"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 16.0, 30.0), 3: "W", 4: (0.0, 31.0, 12.0)})
    return exif


async def test_what_stands_beside_the_pixels_is_read(reader: Reader) -> None:
    document = await reader.read(makers.saved(makers.drawn(["Hello"]), "JPEG", exif=described()))
    assert "Pictura Described" in document.text
    assert "Location: 51.27500, -0.52000" in document.text
    assert "location_included" in document.notices
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Chunka Texted")
    assert "Chunka Texted" in (await reader.read(makers.saved(makers.drawn(["Hello"]), pnginfo=info))).text


async def test_a_picture_on_its_side_is_turned_before_it_is_read(reader: Reader) -> None:
    sideways = makers.drawn().transpose(Image.Transpose.ROTATE_90)
    data = makers.saved(sideways, "JPEG", exif=described(orientation=6))
    document = await reader.read(data)
    assert "Oluwaseun Hartley" in document.text
    clean = await reader.cover(data, places(document, "Oluwaseun Hartley"))
    assert Image.open(io.BytesIO(clean)).size == makers.drawn().size
    assert "Oluwaseun" not in (await reader.read(clean)).text


async def test_a_picture_on_its_head(reader: Reader) -> None:
    upside_down = makers.saved(makers.drawn().transpose(Image.Transpose.ROTATE_180))
    document = await reader.read(upside_down)
    assert "Oluwaseun Hartley" in document.text
    clean = await reader.cover(upside_down, places(document, "Oluwaseun Hartley"))
    again = (await reader.read(clean)).text
    assert "Oluwaseun" not in again
    assert "Your council tax account" in again


async def test_white_words_on_a_transparent_ground(reader: Reader) -> None:
    black = makers.drawn(["Mrs Transparenta Ghost"])
    mask = black.convert("L").point(lambda value: 255 - value)
    white = Image.new("RGBA", black.size, (255, 255, 255, 0))
    white.putalpha(mask)
    assert "Transparenta Ghost" in (await reader.read(makers.saved(white))).text


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF", "BMP"])
async def test_other_formats_are_read_and_become_png(reader: Reader, form: str) -> None:
    data = makers.saved(makers.drawn(["Mrs Formata Filed"]), form)
    document = await reader.read(data)
    assert "Formata Filed" in document.text
    clean = await reader.cover(data, places(document, "Formata"))
    assert Image.open(io.BytesIO(clean)).format == "PNG"
    with pytest.raises(Unreadable) as caught:
        await reader.cover(b"not a picture", [])
    assert caught.value.code == "unknown_kind"


async def test_every_frame_is_read_and_covering_keeps_the_first(reader: Reader) -> None:
    frames = [makers.drawn([name]) for name in ("Mrs Firsta Frame", "Mrs Second Frame")]
    data = makers.saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    document = await reader.read(data)
    assert (document.pages, {word.page for word in document.words}) == (2, {0, 1})
    assert "Second" in document.text
    assert getattr(Image.open(io.BytesIO(await reader.cover(data, []))), "n_frames", 1) == 1


def test_pictures_beyond_the_limits() -> None:
    huge = makers.saved(Image.new("1", (9000, 9000)))
    assert len(huge) < 100_000
    assert refused(huge) == "bomb"
    many = makers.saved(Image.new("1", (20, 20)), "TIFF", save_all=True, append_images=[Image.new("1", (20, 20))] * 4)
    assert refused(many, limits=Limits(pages=3)) == "too_many_pages"


async def test_a_picture_without_words(reader: Reader) -> None:
    picture = Image.new("RGB", (200, 200), "green")
    ImageDraw.Draw(picture).ellipse((40, 40, 160, 160), fill="yellow")
    with pytest.raises(Unreadable) as caught:
        await reader.read(makers.saved(picture))
    assert caught.value.code == "no_text"


def test_a_cut_picture_is_broken() -> None:
    data = makers.saved(makers.drawn(), "JPEG")
    assert refused(data[: len(data) // 2]) == "broken"


async def test_a_box_without_an_area_is_a_mistake(reader: Reader) -> None:
    with pytest.raises(ValueError, match="area"):
        await reader.cover(makers.saved(makers.drawn()), [(10, 10, 10, 20)])


async def test_a_picture_in_a_document_is_read(reader: Reader) -> None:
    document = await reader.read(
        makers.zipped(makers.docx({"word/media/image1.png": makers.saved(makers.drawn(["Mrs Embedda Scan"]))}))
    )
    assert "Embedda Scan" in document.text
    assert document.words == ()
