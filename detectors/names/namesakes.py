# ruff: noqa: E501  patterns read better unbroken
"""Who is called like a person and is none: animals, vessels, storms, machines, programs that talk."""

import re
from itertools import islice

_ANIMAL = (
    r"dogs?|pupp(?:y|ies)|cats?|kittens?|tomcat|parrots?|budgies?|budgerigar|cockatiel|cockatoo|macaw|canary|african grey|hens?|cockerels?|rooster|ducks?|goose|geese|swans?|cygnets?|peacocks?|owls?|hawk|falcon|pigeon|"
    r"rabbits?|hamsters?|gerbils?|guinea[ -]pigs?|rats?|mouse|ferrets?|hedgehogs?|tortoises?|turtle|terrapin|iguana|gecko|lizard|snakes?|python|boa|corn snake|tarantula|crocodile|caiman|goldfish|koi|fish|"
    r"hors(?:e|es)|pon(?:y|ies)|mares?|stallion|gelding|foal|cob|donkeys?|mules?|cows?|bulls?|bullock|heifer|calves|pigs?|sows?|boar|goats?|sheep|ewes?|rams?|lambs?|alpacas?|bees?|"
    r"labradors?|labradoodle|retrievers?|spaniels?|terriers?|alsatians?|collies?|greyhounds?|whippets?|lurchers?|poodles?|cockapoos?|staff(?:y|ie)s?|staffordshire|rottweilers?|dobermanns?|beagles?|pugs?|bulldogs?|mastiffs?|huskies|husky|dachshunds?|chihuahuas?|springers?|pointers?|setters?|corgis?|jack russells?|mongrels?|bichon|xl bull(?:y|ies)|"
    r"assistance dog|guide dog|police dog|sniffer dog|mouser|pets?"
)
_VESSEL = r"vessels?|ships?|boats?|narrowboats?|houseboats?|yachts?|barges?|tugs?|ferry|dredgers?|trawlers?|dinghy|lifeboats?|minesweeper|frigate|paddle steamers?|locomotives?|tram|steam engine|traction engine"
_MACHINE = r"chatbots?|chat bots?|bots?|robots?|virtual assistants?|voice assistants?|ai assistants?|gritters?|snow ?ploughs?|mascots?|scarecrows?|puppets?|hurricanes?|storms?|tunnel(?:ling)? boring machines?"
_THING = rf"(?:{_ANIMAL}|{_VESSEL}|{_MACHINE})"
_BESIDE = re.compile(
    rf"\b(?:{_THING})(?:(?:[ ]is|[ ]was|'s|s|[ ]are|[ ]were)?(?:,?[ ](?:also|now|both))?[ ](?:called|named|known as|by the name of)[ ]"
    rf"|(?:'s|’s|s)?[ ]names?(?:[ ]is|[ ]was|'s|[ ]are)?[ ]?:?[ ]|[ ]?[.]{{3,12}}[ ]|[ ])[\"“'‘]?$",
    re.IGNORECASE,
)
"""What stands right before its name: "the dog, also called", "African grey", "Vessel ....", "our chatbot"."""
_LISTED = re.compile(rf"\b(?:one|two|three|pets?:|pair:)[ ](?:[a-z]+[ ])?(?:{_ANIMAL})[,:][ ]$", re.IGNORECASE)
_ENDS = re.compile(r"[\"”'’)]?[ ]*(?:$|[\n.;)!?])")
_BEHIND = re.compile(
    rf"[\"”'’]?(?:,[ ]|[ ]\(|[ ](?:is|was)[ ])(?:the|a|an|my|his|her|our|their)[ ](?:[a-z]+[ -]){{0,2}}(?:{_ANIMAL}|{_MACHINE})\b"
    rf"(?![ ](?:owner|walker|warden|keeper|breeder|handler|sitter|groomer|bite|lady|man|woman|lover|driver|builder|rescue|charity|officer|person))",
    re.IGNORECASE,
)
"""What stands right behind it: "Bruno, a three-legged lurcher"."""
_WHOSE = re.compile(
    r"\b(?:owner|walker|warden|keeper|breeder|handler|sitter|lady|man|woman|driver|builder|master|skipper|captain)s?\b",
    re.IGNORECASE,
)
_REACH = 48
_NAMED_STORM = re.compile(r"\b(?:named storms?|storm names?|storms)\b[^.\n]{0,60}:[^.\n]*$", re.IGNORECASE)
_IN_A_LIST = re.compile(r"[ ]?[,(.;]|[ ]and\b")
_A_MACHINE = re.compile(
    rf"\b(?:{_MACHINE}|{_VESSEL})(?:[ ]is|[ ]was|'s)?[ ](?:called|named|known as)[ ][\"“'‘]?$", re.IGNORECASE
)
_STORMS_BEFORE = 200
_MOST_PLACES = 8


def is_namesake(text: str, start: int, end: int) -> bool:
    """Whether a name is an animal's, a vessel's, a storm's or a machine's, by what stands right before or behind it.

    What a machine is called it is called throughout; an animal may share its name with somebody in the text.
    """
    if _is_called_so(text, start, end):
        return True
    name = text[start:end]
    if " " in name or "\n" in name:
        return False
    storms = _NAMED_STORM.search(text, max(0, start - _STORMS_BEFORE), start)
    if storms is not None and _IN_A_LIST.match(text, end):
        return True
    if "called" not in text and "named" not in text and "known as" not in text:
        return False
    places = islice(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text), _MOST_PLACES)
    return any(_A_MACHINE.search(text, max(0, place.start() - _REACH), place.start()) for place in places)


def _is_called_so(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _REACH) : start]
    found = _BESIDE.search(before)
    if found is not None:
        return _WHOSE.search(found.group()) is None
    if _LISTED.search(before) and _ENDS.match(text, end):
        return True
    return _BEHIND.match(text, end, min(len(text), end + _REACH)) is not None
