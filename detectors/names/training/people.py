"""Names to put in the place of those that a document was written with, so that the model learns places, not names."""

import random
from collections import defaultdict
from pathlib import Path

_ONSETS = "B Br C Ch D Dr F G Gr H J K Kl L M N P R S Sh St T Th Tr V W Y Z".split()
_MIDDLES = "a e i o u aa ee ai au ia io ou".split()
_CODAS = "b ck d dd g l ll m n nn r rr s ss t th v z nd rt lk mp".split()
_ENDS = (
    "ton ley ford well wood worth bury by ham field man son er ski ska wicz escu eanu ova ov enko chuk dze yan ani oglu "
    "ez es inho ira ini elli etti eau ard sen berg stein ker ovic ić nathan samy pillai wala deh amu nwa lade mbe ngo "
    "moyo uba oke yemi"
).split()
_WORDS = (
    "May Grace Will Mark Rose Faith Hope Bill Frank Rich Art Sandy Cherry Precious Blessing Trust Hunter Bishop Young Long "
    "Short Park Day Winter Field Wood Bush Banks Major Constable Dean Miles Chase Grant Drew Pat Bob Jack Carol Daisy Ivy "
    "Lily Olive Holly Poppy Iris Summer Autumn April June Dawn Joy Gift Prince King Baker Cook Carter Mason Fisher Potter "
    "Marsh Hill Lane Rivers Brook Stone Church Temple Wells Bath Kent Chelsea London Paris Israel Jordan India Sterling "
    "Pound Penny Price Sharp Wise Savage Strange Best Moody Gay Bright Love Darling Sweet Happy Lucky Justice Angel Star "
    "Sky River Robin Jay Martin Finch Swift Drake Nightingale Crane Fox Wolf Badger Lamb Hogg Bull Pike Salmon Herring Haddock"
).split()


def plain(name: str) -> str:
    """A name as accounts and mail addresses have it: small letters and figures of ASCII; empty where none are left."""
    return "".join(c for c in name.lower() if c.isalnum() and c.isascii())


class People:
    """Forenames and surnames by country, and how often each kind is drawn."""

    def __init__(self, gazetteers: Path, chance: random.Random) -> None:
        self._chance = chance
        self._by_country: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for line in (gazetteers / "popular_names_by_country.tsv").read_text(encoding="utf-8").splitlines():
            kind, country, name = line.split("\t")[:3]
            if name.strip():
                self._by_country[kind][country].append(name)
        rows = (gazetteers / "uk_baby_forenames_1974_2020.tsv").read_text(encoding="utf-8").splitlines()
        babies = [row.split("\t") for row in rows]
        self._babies = [name for name, *_ in babies if name.strip()]
        self._common = self._babies[:3000]
        self._forename_countries = list(self._by_country["forename"])
        self._surname_countries = list(self._by_country["surname"])

    def forename(self) -> str:
        """One forename: common British, rare British, of some country, a word, or made up."""
        draw, pick = self._chance.random(), self._chance.choice
        if draw < 0.3:
            return pick(self._common)
        if draw < 0.6:
            return pick(self._babies)
        if draw < 0.88:
            return pick(self._by_country["forename"][pick(self._forename_countries)])
        return pick(_WORDS) if draw < 0.95 else self._made()

    def surname(self) -> str:
        """One surname: of some country, made up, a word, a forename, or doubled."""
        draw, pick = self._chance.random(), self._chance.choice
        if draw < 0.45:
            return pick(self._by_country["surname"][pick(self._surname_countries)])
        if draw < 0.75:
            return self._made()
        if draw < 0.83:
            return pick(_WORDS)
        if draw < 0.88:
            return pick(self._common)
        if draw < 0.94:
            return f"{self.surname()}-{self.surname()}" if self._chance.random() < 0.7 else f"{self._made()}"
        return pick(["O'", "Mc", "Mac", "Fitz", "D'", "Al-", "El-", "St "]) + self._made()

    def _made(self) -> str:
        pick = self._chance.choice
        name = pick(_ONSETS) + pick(_MIDDLES) + (pick(_CODAS) if self._chance.random() < 0.8 else "")
        return name + pick(_ENDS) if self._chance.random() < 0.85 else name + pick(_MIDDLES)
