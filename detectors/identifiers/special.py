# ruff: noqa: E501  patterns and word lists read better unbroken
"""Other special category data said of somebody (UK GDPR Art. 9(1)): origin, belief, orientation, union, politics, body."""

import re

from detectors.identifiers.said import said_of_somebody, vocabulary

_NATIONS = (
    r"kurdish|roma|somali|nigerian|ghanaian|zimbabwean|eritrean|ethiopian|sudanese|congolese|kenyan|ugandan|jamaican|mauritian|bangladeshi|pakistani|indian|nepalese|sri lankan|tamil|punjabi|bengali|chinese|vietnamese|filipino|"
    r"afghan|iranian|iraqi|syrian|turkish|albanian|romanian|bulgarian|polish|lithuanian|latvian|slovak|hungarian|ukrainian|russian"
)
_IS_OF = rf"(?:he|she|they|i|we|you)(?:'s|s|[ ]is|[ ]was|'m|[ ]am|'re|re|[ ]are) (?P<said>(?:{_NATIONS})(?:(?: i think)? or (?:{_NATIONS}))?)(?! (?:food|embassy|club|school|law|lessons?|speaking|interpreter|translation)\b)"
_ETHNIC = (
    r"white british|white irish|white other|black british|black african|black caribbean|british asian|asian british|mixed race|mixed heritage|afro-?caribbean|african-caribbean|half-caste|"
    r"romany?(?: gyps(?:y|ies))?|gyps(?:y|ies)|irish traveller|traveller family|from the traveller community|"
    rf"(?:{_NATIONS})(?= (?:national|origin|background|heritage|descent|by birth|born|family|man|woman|lady|gentleman|lad|girl|boy|mother|father|parents|couple|tenant|refugee|asylum)\b)"
)
_FAITH = r"muslim|roman catholic|catholic|anglican|church of england|c of e|methodist|baptist|pentecostal|evangelical christian|christian|jehovah'?s witness|mormon|jewish|orthodox jew|sikh|hindu|buddhist|jain|quaker|rastafarian|pagan|atheist|humanist|born[- ]again(?: christian)?|seventh[- ]day adventist|plymouth brethren|converted to islam|wears (?:a |the )?(?:hijab|niqab|turban|burqa)"
_SEXUAL = r"gay|lesbian|bisexual|bi-sexual|homosexual|queer|pansexual|asexual|heterosexual|trans(?:gender|sexual)?|non-binary|came out as \w+|same-sex (?:partner|relationship|couple)|civil partner|his (?:boyfriend|husband)|her (?:girlfriend|wife)|(?:thrown|kicked|put) out for being (?:gay|a lesbian|bi|trans|queer)|his wife for (?:a|another) (?:man|chap|bloke|guy|fella|lad)(?: in \w+)?|her husband for (?:a|another) (?:woman|girl|lady)(?: in \w+)?|affair with|sleeping with"
_NOT_OUT = r"(?:not|isn't|aren't|wasn't|never) (?:yet )?out (?:to|at) (?:anyone|anybody|everyone|people|family|colleagues|work|(?:his|her|their|my) \w+)(?: here)?(?: but (?:me|us|you))?"
_UNIONS = r"unison|unite|gmb|rmt|aslef|nasuwt|neu|pcs union|usdaw|ucu|prospect|community union|tssa|rcn|bma|cwu|fbu|poa"
_PARTIES = r"labour|conservatives?|tory|tories|lib(?:eral)? ?dem(?:ocrat)?s?|greens?|green party|reform(?: uk)?|ukip|bnp|britain first|edl|socialist party|communist party|momentum|plaid cymru|snp"

_ORIGIN_HEADER = re.compile(r"\b(?:ethnic\w*|nationality|race|origin)\b", re.IGNORECASE)
_FAITH_HEADER = re.compile(r"\b(?:religion|faith|belief)\b", re.IGNORECASE)
_SEXUAL_HEADER = re.compile(r"\b(?:sexual (?:orientation|identity)|orientation|sexuality)\b", re.IGNORECASE)

ETHNICITY = said_of_somebody(
    "ethnicity", "ETHNICITY", vocabulary((_ETHNIC, 0.75, False), (_IS_OF, 0.75, True)), _ORIGIN_HEADER
)
RELIGION = said_of_somebody("religion", "RELIGION", vocabulary((_FAITH, 0.75, False)), _FAITH_HEADER)
SEXUAL_ORIENTATION = said_of_somebody(
    "sexual_orientation",
    "SEXUAL_ORIENTATION",
    vocabulary((_SEXUAL, 0.7, False), (_NOT_OUT, 0.75, True)),
    _SEXUAL_HEADER,
)
UNION = said_of_somebody(
    "union",
    "UNION",
    vocabulary(
        (
            rf"(?:(?:{_UNIONS})\s+)(?:member(?:ship)?|rep(?:resentative)?|branch (?:secretary|chair)|regional (?:organi[sz]er|officer)|steward|sub(?:s|scriptions?)?(?: stopped)?|convenor|organi[sz]er|card)",
            0.85,
            False,
        ),
        (
            rf"(?:joined|left|member of|came out of|rep for|steward for|paid? (?:into|subs to)|came out of \w+ and joined) (?:the )?(?:{_UNIONS}|a union|the union)(?: and joined (?:{_UNIONS}))?",
            0.8,
            False,
        ),
        (
            r"shop steward|union (?:rep(?:resentative)?|member(?:ship)?|steward|convenor|activist|branch secretary)|trade unionist|(?:joined|crossed|(?:always )?on|refused to cross) (?:the|a|every) picket(?: line)?|trade union (?:detriment|victimi[sz]ation|dismissal|activit(?:y|ies))|branch treasurer|went on strike|convenor|facility time",
            0.7,
            False,
        ),
    ),
)
POLITICAL = said_of_somebody(
    "political",
    "POLITICAL",
    vocabulary(
        (
            rf"(?:stood|standing|candidate|campaign(?:s|ed|ing)|canvass(?:es|ed|ing)|leaflet(?:s|ed|ting)|vot(?:es|ed|ing|er)|activist|member) (?:for|of|in) (?:the )?(?:{_PARTIES})(?: in \w+)?",
            0.8,
            False,
        ),
        (
            rf"(?:(?:{_PARTIES}) )(?:(?:party )?member(?:ship)?(?: card)?|activist|voter|supporter|canvasser|candidate)",
            0.75,
            False,
        ),
        (
            r"(?:socialist|communist|anarchist|marxist|fascist|far[- ]right|far[- ]left|brexiteer|remainer|extinction rebellion (?:member|activist)|just stop oil (?:member|activist)|politically active)",
            0.6,
            False,
        ),
    ),
)
BIOMETRIC = said_of_somebody(
    "biometric",
    "BIOMETRIC",
    vocabulary(
        (
            r"(?:his|her|their|my|the (?:child|tenant|man|woman|father)'s) (?:dna|fingerprints?|palm ?prints?|iris scan|retina scan|face ?(?:scan|print|template)|facial (?:recognition|template)|voice ?print|genetic (?:test|results?|profile))(?: (?:sample|profile|results?|test|record))?",
            0.8,
            True,
        ),
        (
            r"brca[12](?: (?:positive|gene|carrier|mutation))?|(?:paternity|dna) test (?:results?|shows?|says?|proved?|confirmed)|carrier of the \w+ gene|genetic (?:disorder|mutation)",
            0.7,
            False,
        ),
    ),
)
