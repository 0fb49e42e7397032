# ruff: noqa: E501  patterns and word lists read better unbroken
"""Offences, allegations and proceedings, said of somebody (UK GDPR Art. 10, DPA 2018 s.11(2))."""

from detectors.identifiers.said import said_of_somebody, vocabulary

_OFFENCE = (
    r"assault(?:s|ed|ing)?|abh|gbh|rape[ds]?|murder(?:ed)?|manslaughter|theft|shoplifting|burglary|robbery|fraud|arson|affray|harassment|stalking|blackmail|"
    r"drink[- ]?driv(?:e|ing)|drug[- ]?driv(?:e|ing)|supplying|possession with intent|drug (?:dealing|dealer)|dealing drugs|county lines|grooming|indecent (?:assaults?|images|exposure)|sexual (?:assault|abuse|offences?)|"
    r"domestic (?:violence|abuse)|coercive control|criminal damage|money laundering|benefit fraud|perjury|trafficking|modern slavery|knife crime"
)
_OFFICE = r"(?![ ](?:officers?|teams?|investigators?|managers?|advis[eo]rs?|service|unit|hotline|line|policy|strategy|training|awareness|prevention|act)\b)"
"""What goes on so is a job, a service or a rule: "a counter fraud officer"."""
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
                r"section 47|prevent referral|mappa|ivory|crown court (?:trial|for)|magistrates'? (?:court )?for"
            ),
            0.75,
            False,
        ),
        (
            (
                r"(?:carrying|had|found|possession of|with) (?:a |an )?(?:lock knife|machete|knife|firearm|gun|weapon|cannabis|cocaine|heroin|wraps|class a)(?: and \w+)?|(?:threatened|threatening) (?:me|him|her|to (?:kill|stab)|us)(?: with (?:a|an) \w+)?|m-a amenințat(?: cu un \w+)?|"
                r"(?:broke|punched|hit|beat|strangled|stabbed|kicked|slapped|raped|groomed) (?:her|him|me|his|my)(?: \w+){0,3}|expose[ds]? himself|stole(?:n)? (?:from|the|my|his|her)(?: \w+){0,3}|stealing(?: \w+){0,3}|cash in hand|grow(?:s|ing) cannabis|selling drugs|drug dealer"
            ),
            0.7,
            False,
        ),
        (
            r"claiming (?:housing benefit|hb|uc|universal credit|single person discount)[^.\n]{0,60}(?:doesn't|does not|isn't|while|but)[^.\n]{0,30}",
            0.7,
            False,
        ),
    ),
)
