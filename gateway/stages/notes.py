"""The wording of the disclosure note, for each controller: checked at start-up, recognised in resent history."""

import re
import string
import time
from collections.abc import Callable, Mapping

from gateway.model.errors import Unavailable
from gateway.stages.imitation import Imitations, Phrases

DEFAULT_TEMPLATE = "AI helped write this. No officer check is recorded. {controller} is responsible for it. Ref {ref}."
LONGEST = 400
"""Characters in a template."""

_FALSE_CLAIMS = (
    (
        re.compile(r"(?:free of|contains? no|no|without(?: any)?) personal (?:data|information)", re.I),
        "no personal data",
    ),
    (
        re.compile(r"(?:checked|reviewed|approved|verified|signed off) by|has been (?:checked|reviewed)", re.I),
        "a check",
    ),
)
_REF = r"[A-Z0-9]+(?:-[A-Z0-9]+)+"
_SPACE = r"[\s\u00a0]+"


class Notes:
    """The notes of all controllers: `{controller_id: (name, template)}`, template None for the default.

    A template is one paragraph that names `{controller}` and `{ref}`, says "AI" or "artificial intelligence", begins
    with words and claims neither a check nor the absence of personal data. Raises ValueError, naming controller and
    fix. `now` gives Unix time.
    """

    def __init__(
        self, controllers: Mapping[str, tuple[str, str | None]], *, now: Callable[[], float] = time.time
    ) -> None:
        self._templates = {}
        for controller, (name, template) in controllers.items():
            chosen = DEFAULT_TEMPLATE if template is None else template
            validate(controller, name, chosen)
            self._templates[controller] = (name, chosen)
        self.now = now
        known = {each for name, own in self._templates.values() for each in ((name, own), (name, DEFAULT_TEMPLATE))}
        self._own = [_pattern(name, template) for name, template in sorted(known)]
        self._phrases = Phrases(
            template.replace("{controller}", name).replace("{ref}", "\0") for name, template in sorted(known)
        )

    def render(self, controller: str, ref: str) -> str:
        """The note of one record. Raises Unavailable for a controller without a note."""
        if controller not in self._templates:
            raise Unavailable("No disclosure note is configured for this council.", code="no_disclosure_note")
        name, template = self._templates[controller]
        return template.format(controller=name, ref=ref)

    def strip(self, text: str) -> str:
        """The text without any of our notes, whatever spacing a client gave them."""
        for pattern in self._own:
            while found := pattern.search(text):
                head, tail = text[: found.start()].rstrip(), text[found.end() :]
                text = head + (tail if tail.strip() else "")
        return text

    def imitations(self) -> Imitations:
        """A filter for one run of prose."""
        return Imitations(self._phrases)


def validate(controller: str, name: str, template: str) -> None:
    """Raises ValueError where a template can't be used or would say what isn't true."""
    where = f"note of controller {controller!r}: "
    if not name.strip() or any(not c.isprintable() for c in name):
        raise ValueError(where + "the controller's name is empty or has control characters")
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(where + f"unbalanced braces ({error})") from error
    fields = [(f, spec, conversion) for _, f, spec, conversion in pieces if f is not None]
    if sorted(fields) != [("controller", "", None), ("ref", "", None)]:
        raise ValueError(where + "it must contain {controller} and {ref} once each, and no other field")
    if len(template) > LONGEST:
        raise ValueError(where + f"it has {len(template)} characters; at most {LONGEST} are allowed")
    if any(not c.isprintable() for c in template) or "<" in template or ">" in template:
        raise ValueError(where + "it must be one paragraph of plain text, without line breaks or markup")
    if len((pieces[0][0] or "").strip()) < 8:
        raise ValueError(where + "it must begin with at least 8 characters of its own words")
    if not re.search(r"\bAI\b|artificial intelligence", template, re.IGNORECASE):
        raise ValueError(where + 'it must say "AI" or "artificial intelligence"')
    for pattern, claim in _FALSE_CLAIMS:
        if pattern.search(template):
            raise ValueError(where + f"it claims {claim}, which the gateway can't know; remove that")


def _pattern(name: str, template: str) -> re.Pattern[str]:
    """What recognises a rendered note, its words apart by any white space."""
    words = []
    for word in template.split():
        escaped = re.escape(word).replace(re.escape("{ref}"), _REF)
        words.append(escaped.replace(re.escape("{controller}"), _SPACE.join(map(re.escape, name.split()))))
    return re.compile(_SPACE.join(words))
