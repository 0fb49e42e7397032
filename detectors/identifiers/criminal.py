# ruff: noqa: E501  patterns and word lists read better unbroken
"""Offences, allegations and proceedings, said of somebody (UK GDPR Art. 10, DPA 2018 s.11(2))."""

import re

from detectors.identifiers.said import said_of_somebody, vocabulary

_OFFENCE = (
    r"assault(?:s|ed|ing)?|abh|gbh|rape[ds]?|murder(?:ed)?|manslaughter|theft|shoplifting|burglary|robbery|fraud|arson|affray|harassment|stalking|blackmail|"
    r"drink[- ]?driv(?:e|ing)|drug[- ]?driv(?:e|ing)|supplying|possession with intent|drug (?:dealing|dealer)|dealing drugs|county lines|grooming|indecent (?:assaults?|images|exposure)|sexual (?:assault|abuse|offences?)|"
    r"domestic (?:violence|abuse)|coercive control|criminal damage|money laundering|benefit fraud|perjury|trafficking|modern slavery|knife crime"
)
_OFFICE = r"(?![ ](?:officers?|teams?|investigators?|managers?|advis[eo]rs?|service|unit|hotline|line|policy|strategy|training|awareness|prevention|act)\b)"
"""What goes on so is a job, a service or a rule: "a counter fraud officer"."""
_HEADER = re.compile(r"\b(?:offences?|convictions?|cautions?|criminal record)\b", re.IGNORECASE)
_PRISONS = (
    r"hmp \w+|hmyoi \w+|altcourse|askham grange|belmarsh|berwyn|brinsford|bronzefield|buckley hall|bullingdon|bure|channings wood|cookham wood|deerbolt|dovegate|downview|drake hall|"
    r"east sutton park|eastwood park|elmley|erlestoke|five wells|forest bank|fosse way|foston hall|frankland|full sutton|garth|gartree|grendon|guys marsh|hatfield|haverigg|hewell|high ?down|"
    r"highpoint|hindley|hollesley bay|holme house|huntercombe|kirklevington|lancaster farms|lindholme|littlehey|low newton|lowdham grange|maghaberry|moorland|mount|new hall|north sea camp|"
    r"onley|parkhurst|pentonville|prescoed|ranby|rye hill|saughton|barlinnie|spring hill|standford hill|stocken|swaleside|swinfen hall|sudbury|thameside|the verne|thorn cross|wealstun|"
    r"whatton|whitemoor|winson green|woodhill|wormwood scrubs|wymott"
)
"""Prisons that are called by a name of their own, and any that is called one."""
IDENTIFIER = said_of_somebody(
    "criminal",
    "CRIMINAL",
    vocabulary(
        (
            rf"(?:historic |alleged |a |an )?(?:{_OFFENCE})(?: (?:conviction|charge|allegation|offence)s?)?{_OFFICE}",
            0.7,
            False,
        ),
        (
            rf"(?:convicted|arrested|charged|cautioned|prosecuted|sentenced|jailed|imprisoned|on trial|acquitted|fined|accused|guilty|wanted (?:by|for)|suspected)(?: (?:of|for|with|on suspicion of|in connection with|by|to|£[\d,]+|at))*(?: (?:{_OFFENCE}|(?!(?:then|now|and|but|because|so|last|when|while|he|she|they|who|i|we|the other)\b)[\w£,]+)){{0,4}}",
            0.75,
            False,
        ),
        (
            (
                r"(?:criminal|police) (?:record|conviction|caution|history)s?|(?:previous |spent |unspent |drink-drive )?convictions?(?: (?:for|on|at|of) [^.\n,;]{3,50})?|known to (?:the )?police(?: for [^.\n,;]{3,40})?|on (?:bail|probation|licence|tag|remand|parole)|in (?:prison|custody|jail)|ex-offender|sex offender(?:s'? register)?|"
                r"did \w+ (?:years|months)(?: for \w+)?|served \w+ (?:years|months)|young offender|youth offending|restraining order|non-molestation order|asbo|criminal behaviour order|community (?:order|payback)|suspended sentence|undischarged bankrupt|dbs (?:disclosure|hit|shows)|"
                r"section 47|prevent referral|mappa(?: (?:level|category|cat\.?) \d)*|ivory|crown court (?:trial|for)|magistrates'? (?:court )?for"
            ),
            0.75,
            False,
        ),
        (
            (
                r"(?:carrying|had|found|possession of|with) (?:a |an )?(?:lock knife|machete|knife|firearm|gun|weapon|cannabis|cocaine|heroin|wraps|class a)(?: and \w+)?|(?:threatened|threatening) (?:me|him|her|to (?:kill|stab)|us)(?: with (?:a|an) \w+)?|m-a amenințat(?: cu un \w+)?|"
                r"(?:broke|punched|hit|beat|strangled|stabbed|kicked|slapped|raped|groomed) (?:her|him|me|his|my)(?: \w+){0,3}(?:, (?:non-?fatal|attempted))?|expose[ds]? himself|stole(?:n)? (?:from|the|my|his|her)(?: \w+){0,3}|stealing(?: \w+){0,3}|cash in hand|grow(?:s|ing) cannabis|selling drugs|drug dealer"
            ),
            0.7,
            False,
        ),
        (
            (
                rf"(?:back in|came out of|come out of|coming out of|comes out of|released from|out of|sent to|remanded to|serving (?:time )?(?:in|at)|inside at|visit(?:s|ed|ing)? \w+ (?:in|at)) (?:{_PRISONS})(?: on (?:recall|licence|remand|tag))?"
                r"|(?:back )?(?:in|at) \w+ on (?:recall|remand)|on recall|recalled to prison|in (?:\w+ ){0,2}(?:gaol|prison|jail)(?: (?:to|till|until|since) \w+)?|got form for \w+(?:,? \w+){0,2}|(?:was|were|been|got|getting) done for \w+(?: (?:in|at) \w+)?"
                r"|tagged (?:till|until|from) \w+|(?:asbi|asbo|cbo|injunction|curfew|bail|tag|order) breach(?:es|ed)?(?: no\.? \d+)?(?:, court \w+)?|breach(?:ed|es|ing)? (?:of )?(?:his|her|their|the) (?:bail|tag|curfew|injunction|order|licence)"
                r"|handling stolen goods(?: \(spent\??\))?(?: \w+ (?:mags|magistrates|crown)(?: court)?)?(?: (?:19|20)\d\d)?|fly[- ]?tipped (?:a|an|his|her|the|some|\d+)\b(?: \w+){0,4}"
                r"|(?:potentially )?violent[ ]?[\-–:,]{1,2}[ ]?(?:do not visit alone|two[- ](?:person|officer) visits?(?: only)?)|do not visit alone|visit in (?:pairs|twos)|violent (?:person|warning) (?:marker|flag)|cautionary contact"
                r"|(?:went|gone|reported|taken) (?:(?:it|him|her|this) )?to (?:the )?police(?: (?:in|on) \w+)?"
            ),
            0.75,
            False,
        ),
        (
            r"(?:i'?ll|il|i will|he'll|she'll|they'll|gonna|going to) (?:burn|smash|kill|stab|batter|torch|shoot|strangle) (?:ur|your|you|u|him|her|his|my|me|them)\b(?: (?!(?:to|and|if|so|but|when|or|then|for)\b)\w+){0,2}",
            0.75,
            True,
        ),
        (
            r"claiming (?:housing benefit|hb|uc|universal credit|single person discount)[^.\n]{0,60}(?:doesn't|does not|isn't|while|but)[^.\n]{0,30}",
            0.7,
            False,
        ),
    ),
    _HEADER,
)
