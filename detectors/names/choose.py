"""Which model finds names: the shipped encoder, a folder with another encoder, or a spaCy pipeline."""

from detectors.names.encoder import Encoder
from detectors.names.files import folder_of
from detectors.names.finder import NameFinder
from detectors.names.model import Finder
from detectors.names.reader import Reader


def finder(model: str, cache_units: int) -> Finder:
    """The finder for a configured model. Raises ConfigError."""
    folder = folder_of(model)
    if folder is not None:
        return Reader(Encoder(folder), cache_units)
    from detectors.names.spacy_model import SpacyModel  # spaCy takes a second to import: only where it is wanted

    return NameFinder(SpacyModel(model), cache_units)
