"""The XMP packet that says of a picture that AI made it (ISO 16684-1; IPTC Photo Metadata Standard 2025.1)."""

from typing import Final
from xml.sax.saxutils import escape

MADE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for what a trained model made."""
CHANGED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for what a trained model made out of something else, such as a photograph."""

_PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
<photoshop:Credit>Made with AI. Record {ref}</photoshop:Credit>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{note}</rdf:li></rdf:Alt></dc:description>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def packet(source: str, note: str, ref: str) -> bytes:
    """The packet, in UTF-8: `source` is the IPTC term, `note` our note's words, `ref` the record's reference."""
    return _PACKET.format(source=escape(source), note=escape(note), ref=escape(ref)).encode()
