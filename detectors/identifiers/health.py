# ruff: noqa: E501  patterns and word lists read better unbroken
"""Health, disability and care, said of somebody (UK GDPR Art. 4(15))."""

import re
from collections.abc import Iterator

from detectors.identifiers.base import Identifier
from detectors.identifiers.said import said_of_somebody, vocabulary
from detectors.view import Hit, View

_CONDITIONS = (
    r"(?:rheumatoid |osteo-?)?arthritis|copd|asthma|emphysema|(?:type (?:1|2|one|two) )?diabet(?:es|ic)|insulin[- ]dependent|epilep(?:sy|tic)|crise d'épilepsie|(?:frontotemporal |vascular )?dementia|alzheimer'?s?|"
    r"parkinson'?s?|multiple sclerosis|motor neurone disease|mnd|cerebral palsy|(?:muscular dystrophy)|stroke|heart (?:attack|failure|disease|condition|scan|problems?)|angina|"
    r"(?:breast |lung |bowel |prostate |terminal |stage \d |skin )?cancer(?: la plămâni)?|tumou?r|leuka?emia|lymphoma|chemo(?:therapy)?|radiotherapy|dialysis|transplant|hiv(?:\+| positive)?|aids|hepatitis(?: [abc])?|tb|tuberculosis|"
    r"(?:clinical |severe |postnatal |post-natal )?depress(?:ion|ed)|anxiety(?: disorder)?|ptsd(?: following \w+)?|bipolar(?: disorder)?|schizophreni[ac]|psycho(?:sis|tic)|puerperal psychosis|personality disorder|ocd|"
    r"eating disorder|anorexi[ac]|bulimi[ac]|self[- ]harm(?:s|ed|ing)?|suicid(?:al|e attempt)|overdosed?|autis(?:m|tic)|asd|adhd(?:, \w+ since \w+)?|asperger'?s?|dyslexi[ac]|dyscalculia|dyspraxi[ac]|tourette'?s?|learning (?:disabilit(?:y|ies)|difficult(?:y|ies))|"
    r"down'?s syndrome|global developmental delay|alcoholi[cs]m?|addict(?:ed|ion)?(?: to \w+)?|heroin user|methadone|wheelchair(?: user)?|amputee|(?:partially|registered) (?:sighted|blind|deaf)|blind|deaf|incontinen(?:t|ce)|"
    r"pregnan(?:t|cy)|miscarr(?:iage|ied)|abortion|ivf|visibly expecting|hip replacement|broken (?:hip|leg|arm|wrist|ankle)|in plaster|fibromyalgia|chronic (?:pain|fatigue)|long covid|covid|crohn'?s|colitis|ibs|eczema|psoriasis|"
    r"lupus|sickle cell|haemophilia|thyroid|sciatica|slipped disc|migraines?|seizures?|panic attacks?|hallucinat\w+|delusion(?:s|al)|paranoi[ad]|sectioned(?: in \w+)?|detained under the mental health act|nervous breakdown|"
    r"mental health (?:issues?|problems?|crisis|condition|difficulties)|disabled|palliative|end of life care|hospice|on (?:antidepressants|medication|oxygen|insulin|morphine)|sertraline|fluoxetine|citalopram|quetiapine|olanzapine|lithium|ritalin|"
    r"fit note|occupational health|signed off(?: sick)?(?: with \w+)?|off sick(?: with \w+)?|sick leave|phased return|menopaus\w+|"
    r"spina bifida|hydrocephalus|cystic fibrosis|huntington'?s|coeliac(?: disease)?|narcoleps(?:y|is)|narcoleptic|scoliosis|osteoporosis|endometriosis|pre-?eclampsia|sepsis|meningitis|pneumonia|pleurisy|cirrhosis|(?:kidney|liver|renal|respiratory|organ) (?:failure|disease)|"
    r"(?:brain )?aneurysm|brain (?:bleed|haemorrhage|tumou?r)|bleed on the brain|mini-?stroke|pulmonary embolism|blood clots?|dvt|hernia|gallstones?|shingles|vertigo|tinnitus|macular(?: degeneration| disease)?|retinopathy|detached retina|hard of hearing|non-verbal|selective(?:ly)? mut(?:e|ism)|"
    r"stoma(?: bag)?|colostomy|catheter|pacemaker|insulin pump|feeding tube|peg[- ]fed|syringe driver|prosthe(?:sis|tic (?:leg|arm|limb))|hearing aids?|oxygen cylinders?|(?:home )?dialysis|"
    r"warfarin|methotrexate|morphine|fentanyl|oxycodone|tramadol|pregabalin|gabapentin|diazepam|clozapine|risperidone|mirtazapine|venlafaxine|antabuse|librium|subutex|buprenorphine|naloxone|antipsychotics?|antidepressants?|"
    r"self[- ]neglect(?:s|ing|ed)?|bed-?bound|house-?bound|terminally ill|low mood|(?:mental |nervous )?breakdown|sick pay for \w+(?: \w+)?|allergic to \w+|(?:nut|latex|penicillin|bee|wasp) allergy|community psychiatric nurse|cpn|in-?patient|awaiting (?:an )?(?:asd|adhd|autism|mental health) assessment|(?:scan|biopsy|blood test) results?|"
    r"hasn't slept|can't sleep|unmedicated|puerperal \w+|brain injury|head injury|memory (?:loss|problems)|hearing (?:loss|aids?)|cataracts?|glaucoma|gender dysphoria|hormone treatment"
)

_HEADER = re.compile(
    r"\b(?:disabilit\w+|medical|health|condition|diagnosis|diagnoses|illness|reason for absence|absence reason|risk|needs|vuln\w*|why)\b",
    re.IGNORECASE,
)

_ABSENCE = re.compile(r"\b(?:abs(?:ence)?|sick(?:ness)?)[ ]?(?:code|reason|type)\b")
_ABSENT_FOR = re.compile(
    r"(?:MH|MSK|PREG\w*|GI|RESP|CARD\w*|NEURO\w*|STRESS|ANX\w*|DEP\w*|BACK|CANC\w*|ONC\w*|SURG\w*|OP|FLU|COVID\w*|MIGR\w*|VIR\w*)(?:[ \-/]\w+){0,3}",
    re.IGNORECASE,
)
"""What a personnel system writes for why somebody is away ill; leave of another kind is no health."""

_SAID = said_of_somebody(
    "health",
    "HEALTH",
    vocabulary(
        (rf"(?:{_CONDITIONS})(?:(?: and |, | & | \+ )(?:{_CONDITIONS}))*", 0.75, False),
        (
            (
                r"(?:was |been |is |am )?diagnosed (?:with|as) (?:\w+[ ]){0,3}\w+(?: in (?:the )?\w+)?"
                r"|(?:(?:under|open to|known to|discharged (?:from|by)|seen by|sectioned by) (?:the )?(?:cmht|camhs|crisis team|mental health team|memory clinic|eating disorders? (?:service|team)|drug and alcohol (?:service|team)))"
                r"|(?:cmht|camhs|crisis team|mental health team) (?:closed|discharged|saw|assessed|sectioned) (?:him|her|them|me)(?: (?:in|on) \w+)?"
                r"|op(?:eration)? (?:in|on|next) (?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|week|month)"
            ),
            0.8,
            False,
        ),
        (r"(?:has|had|have|having) (?:got )?(?P<said>ms|tb|mnd|als|cf)(?= |\.|,|$)", 0.6, False),
        (
            (
                r"(?:hang(?:ed|ing)|drown(?:ed|ing)|shot|kill(?:ed|ing)?|poison(?:ed|ing)|gass(?:ed|ing)|harm(?:s|ed|ing)?|cut(?:s|ting)?|starv(?:ed|ing)) (?:himself|herself|themself|themselves|myself)"
                r"|took (?:his|her|their) own life|died by suicide|end(?:ed|ing)? (?:his|her|their|my) (?:own )?life|(?:took|taken|taking) an overdose|(?:(?<=i am )|(?<=i am myself ))(?:partially sighted|blind|deaf|disabled)"
                rf"|off (?:(?:work |sick )with \w+|with (?:a |an |his |her )?(?:{_CONDITIONS}))"
            ),
            0.8,
            True,
        ),
        (
            r"(?:has|have|had|uses|using|needs|with|on) (?P<said>an? (?:hoist|stairlift|walking frame|zimmer(?: frame)?|ventilator|nebuliser|(?:ld|mental health|learning disability|substance misuse|drugs?|alcohol) (?:social|support|key) ?worker))",
            0.75,
            False,
        ),
    ),
    _HEADER,
)


def _find(view: View) -> Iterator[Hit]:
    yield from _SAID.find(view)
    for start, end in view.cells_under(_ABSENCE):
        if _ABSENT_FOR.fullmatch(view.text, start, end):
            yield Hit(start, end, "HEALTH", 0.8)


IDENTIFIER = Identifier("health", ("HEALTH",), _find)
