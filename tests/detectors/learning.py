"""Data to learn from, as small as can be."""

from pathlib import Path


def laid_out(folder: Path) -> Path:
    """The folders that training reads, with one tweet, post and passage and one place; the corpus folder, empty."""
    sets = ("broad_twitter", "wnut17", "re3d")
    for name in ("corpus", "gazetteers", "tab", *sets):
        (folder / name).mkdir()
    for name in sets:
        (folder / name / "train.jsonl").write_text('{"text": "Ada rang", "spans": []}\n')
    (folder / "gazetteers" / "uk_places_geonames500.tsv").write_text("Lenham\t51.2\n")
    (folder / "tab" / "train_with_identifier_type.jsonl").touch()
    return folder / "corpus"
