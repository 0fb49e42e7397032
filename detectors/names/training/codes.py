"""Secrets, user names and references made by rule, in the settings where people leave them, beside what only looks so.

A pattern is marked like the corpus. In `{...}` stand things that are drawn anew for each text: `{key}`, `{word}` and `{pin}`
for secrets, `{u}` for an account, `{h}` for a handle, `{ref}` for a reference to somebody's file; the other slots are nobody's.
"""

import itertools
import random
import re
import string
from collections.abc import Callable, Iterator

from detectors.names.training.corpus import Example, parse
from detectors.names.training.people import People, plain

_SECRETS = (
    "password: {word}", "pw {word}", "Pwd = {word}", "pass is {word} til friday", "it's {word}, capital at the start", "try {word} or if not {word}", "the old one was {word}, the new one is {word}",
    "wifi: {town}-Guest / {word}", "Guest wifi code {word}", "WIFI:T:WPA;S:{town} Hall;P:{word};;", "log in as {u} with {word}", "user {u} pass {word}", "{u} / {word}", "{u}:{word}", "{u},{word},{town}\n{u},{word},{town}",
    "door code {pin}", "the keypad is {pin} then the tick", "alarm: {pin}, unset {pin}", "safe {pin} left, {pin} right", "key safe at the back, {pin}", "PIN {pin}", "voicemail pin is {pin}", "gate {pin}#", "till override {pin}", "padlock's {pin}",
    "your code is {pin}. Don't share it.", "OTP {pin} (10 mins)", "use {pin} when it asks for the second factor", "recovery codes: {rec} {rec} {rec}", "BitLocker {bit}", "authenticator seed {seed}", "memorable word {word}",
    "API_KEY={key}", 'api_key: "{key}"', "'X-Api-Key': '{key}'", "Authorization: Bearer {key}", "Authorization: Basic {key}", "curl -H 'apikey: {key}' https://api.{dom}/v1", "curl -u {u}:{word} https://{host}/rest", "https://{u}:{word}@{host}/feed.xml", "GET /hook?token={key} 200", "?sig={key}&se={year}",
    "client_secret = {key}", "clientSecret: {key}", '{{"client_id":"{uuid}","client_secret":"{key}"}}', "secret_key: {key}", "SECRET_KEY = '{key}'  # move to vault", "AWS_SECRET_ACCESS_KEY={key}", "DefaultEndpointsProtocol=https;AccountName={s}files;AccountKey={key};", "SharedAccessSignature sv={year}&sig={key}",
    "Server={host};Database={s}_live;User Id={u};Password={word};", "postgres://{u}:{word}@{host}:5432/{s}", "mysql -h {host} -u {u} -p{word}", "jdbc:oracle:thin:{u}/{word}@{host}:1521/{s}", "mongodb+srv://{u}:{word}@{host}/", "redis://:{key}@{host}:6379/0", "{host}:5432:{s}:{u}:{word}", "machine {host} login {u} password {word}",
    "CREATE USER {u} IDENTIFIED BY '{word}';", "ALTER ROLE {u} PASSWORD '{word}';", "net use \\\\{host}\\share /user:{u} {word}", "sshpass -p {word} ssh {u}@{host}", "echo {word} | sudo -S apt update", "export TOKEN={key}", "set PASS={word}", "$cred = ConvertTo-SecureString '{word}' -AsPlainText -Force",
    "snmp-server community {word} RO", "enable secret {word}", "ansible_password: {word}", "bind dn cn={u} pw {word}", "smtp_pass: {word}", "kind: Secret\ndata:\n  token: {key}", "session={key}; path=/", "Cookie: SID={key}", "webhook: https://hooks.{dom}/services/{key}", "-----BEGIN PRIVATE KEY-----\n[[SECRET|{raw}]]\n-----END PRIVATE KEY-----",
    "I typed {word} twice and it locked me out", "can someone reset it, it was {word}", "she wrote {word} on the monitor", "mother's maiden name {word}, first pet {word}", "licence key {lic}", "password for the spreadsheet is {word}", "zip is protected: {word}", "temp password {word} (must change at first log-on)",
    "token {key} expires Friday", "my key is {key}, why 403?", "| system | user | password |\n|---|---|---|\n| {s} | {u} | {word} |", "System: {s}\nUser: {u}\nPassword: {word}", "<add key=\"ApiKey\" value=\"{key}\"/>", "<password>{word}</password>", "ENV NPM_TOKEN={key}", "//registry.{dom}/:_authToken={key}",
)  # fmt: skip
_NO_SECRETS = (
    "password: ********", "PASSWORD=changeme", "api_key: <your key here>", "API_KEY=${{API_KEY}}", "token = os.environ['{s}_TOKEN']", "password = getpass()", "secret: {{{{ vault_{s} }}}}", "pwd: xxxxxxxx", "password: see Keeper", "user {{user}} password {{password}}", "client_secret: REPLACE_ME", "key = settings.api_key",
    "commit {hash}", "sha256:{hash64}", "md5 {hash}", "ETag: \"{hash}\"", "request id {uuid}", "correlation {uuid}", "<uuid>{uuid}</uuid>", "image: {dom}/{s}:{ver}@sha256:{hash64}", "git checkout {hash}", "index {hash}..{hash} 100644", "Serial Number: {hash}", "thumbprint {hash}", "integrity=\"sha384-{raw}\"", "ssh-ed25519 {raw} (public)",
    "Passwords must be 14 characters with a number.", "forgot password link broken since {date}", "the password field rejects £ signs", "reset_password_token is null", "password_reset.html", "def check_password(user, password):", "if not token: raise AuthError", "minLength: 12", "secret santa is on {date}", "Error 0x8{n7}", "KB{n7}", "build {ver} ({n4})", "part no. {part}", "model {part}", "SKU {part}", "colour #{hex6}",
    "Use SSO; there is no password.", "rotate keys every 90 days", "Which password manager is cheapest?", "key stage 2, key workers, key dates", "the code of conduct, code 4 faults, codes of practice", "pin the notice to the board", "error code {n4}", "room {n3}, floor {n1}", "extension {n4}", "promo code SUMMER{n2}", "country code GB, class code {n4}", "tax code 1257L", "SIC code {n5}", "fault code {part}",
)  # fmt: skip
_LOGINS = (
    "login {u} failed 3 times", "account {u} is locked", "{u} can't get into {s}", "unlock {u} pls", "user={u} host={host} action=read", "{year}-03-1{n1} 0{n1}:1{n1}:2{n1} INFO user {u} opened case", "sAMAccountName: {u}", "uid={u},ou=staff", "MIDKENT\\{u}", "CORP\\{u} logged on to {host}", "C:\\Users\\{u}\\Documents", "/home/{u}/src", "ssh {u}@{host}", "{u}@{host}:~$", "whoami\n{u}",
    "Assignee: {u}\nReporter: {u}", "owner {u}, last edit {u}", "updated_by='{u}'", "created_by;modified_by\n{u};{u}", "{{\"user\":\"{u}\",\"role\":\"admin\"}}", "user: {u}", "username = {u}", "copy the rights of {u} to {u}", "give {u} read on the HR share", "licences to remove: {u}, {u}, {u}", "chown {u}: report.csv", "Author: {u}", "blame: {u} {date}", "svn log r{n4} | {u}", "mailbox of {u} is full", "her login is {u}", "log on as {u} not {u}", "approved_by {u}", "Requested by: {u} on {date}",
    "@{h} thanks, sorted", "{h} replied to your post", "RT @{h}: the tip is shut", "message from {h} on Nextdoor", "{h}: still no bins\n{h}: same", "tiktok.com/@{h}", "insta {h}", "she's {h} on Facebook", "posted by {h} {n1}h ago", "u/{h} says", "<{h}> hiya", "gamertag {h}", "snap: {h}", "he goes by {h} on the forum", "Reviewer {h} gave 1 star", "DM {h} first", "seller {h}", "the account {h} posted the photo",
    "Session opened for {u} from {host}", "kill session {u}", "SELECT * FROM audit WHERE usr = '{u}'", "WHERE created_by IN ('{u}','{u}')", "grant select on {s} to {u};", "Logon failure: {u}, reason: bad password", "[{u}] joined the channel", "{u} set the topic", "cc {u}", "Shift lead: {u}", "| {u} | active | {date} |\n| {u} | disabled | {date} |", "last login\n{u}  {date}\n{u}  never",
)  # fmt: skip
_NO_LOGINS = (
    "@decorator\ndef {s}():", "@media (max-width: {n3}px)", "import {s} from '@{s}/core'", "npm i @{s}/{s}@{ver}", "service account svc-backup", "root@{host}:~#", "user 'www-data'", "GRANT ALL TO app_rw;", "ubuntu@{host}", "login as administrator", "noreply@{dom}", "info@{dom} is the role mailbox", "user={{username}}", "username: <your username>", "branch feature/{s}-export", "repo {s}/{s}", "host {host} is down", "class=\"{s}-card\"",
    "#LoveYourStreet #{town}", "@BBCNews reported it", "the user guide, user groups and user research", "user story 14", "login page, login button, log-in rate", "chmod 644 {s}.py", "table dbo.{s}", "schema {s}_live", "queue hr-inbound", "folder /srv/{s}/in", "daemon nobody", "postgres is the owner", "SYSTEM and NETWORK SERVICE", "as user 1 or user 2", "new user form v{n1}", "Users: {n4}; active: {n3}", "@param name, @return list", "server {host}, port 8{n3}",
)  # fmt: skip
_REFS = (
    "ref {ref}", "our ref {ref}", "Your reference: {ref}", "account {ref} is £{n3} in credit", "claim {ref} suspended", "{ref} - arrears letter 2 sent", "PCN {ref} paid twice", "tenancy {ref} ends {date}", "case {ref} closed", "complaint {ref}, stage 2", "crime ref {ref}", "quoting {ref}", "on {ref} he says he paid", "{ref}: rang, no answer", "payroll {ref} overpaid", "staff no {ref}", "library card {ref}", "{ref}\t{date}\t£{n3}.00\n{ref}\t{date}\t£{n2}.50", "acc_ref,balance\n{ref},{n3}.10\n{ref},0.00", "{{\"case\":\"{ref}\",\"open\":true}}",
    "merge {ref} with {ref}", "See {ref} and the linked {ref}", "homeless application {ref}", "licence holder no. {ref}", "member {ref} wants a refund", "grave {ref}, family wants a bench", "pupil ref {ref}", "court ref {ref}", "the ombudsman's {ref}", "elector {ref} moved", "ring back about {ref}", "plot holder {ref} gave notice", "council tax number {ref}", "benefit ref {ref} NINO to follow", "badge {ref} expires",
)  # fmt: skip
_NO_REFS = (
    "tender {part}", "invoice {n6} for £{n4}", "PO {n7}", "cost centre {n5}", "GL {n4}-{n4}", "contract {part} runs to {year}", "asset tag {n6}", "BS EN {n4}:{year}", "ISO {n5}", "form {part}", "leaflet {part}", "planning application {n2}/{n5}/FULL by {firm}", "policy HR-{n2} v{n1}", "minute {n2}/{n1}", "item {n1}.{n1} of the agenda", "FOI log {n4}", "project {part}", "risk R{n2}", "meter {n7}", "lot {n1} of {n2}", "job {n6} in the print queue", "order {n6}: {n2} lamps", "drawing {part} rev C", "grid ref TQ {n3} {n3}", "S106 ref {n2}/{n4}", "ISBN 978{n7}{n3}", "route {n3}", "A{n3} at the M2{n1}", "schedule {n1} part {n1}", "KPI {n2}.{n1}", "table {n2}", "page {n2} of {n3}", "grant {part} from the Fund", "vacancy {part}", "DOI 10.{n4}/{n5}",
)  # fmt: skip
_SLOT = re.compile(r"\{([a-z]+)(\d*)\}")
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnprstvwyz"
_SIGNS = "!?#$%&*-_.+=@^~"
_KEYS = (
    "sk-",
    "sk_live_",
    "pk_test_",
    "ghp_",
    "glpat-",
    "xoxb-",
    "AKIA",
    "SG.",
    "key-",
    "eyJ",
    "hvs.",
    "dop_v1_",
    "npm_",
    "AIza",
    "mk_",
    "notify-",
    "",
)


class Codes:
    """Makes examples of secrets, accounts and references, and of what is none."""

    def __init__(self, people: People, towns: list[str], chance: random.Random) -> None:
        self._people, self._towns, self._chance = people, towns, chance
        self._made: dict[str, Callable[[], str]] = {
            "key": lambda: f"[[SECRET|{self._key()}]]",
            "word": lambda: f"[[SECRET|{self._word()}]]",
            "pin": lambda: f"[[SECRET|{self._digits(chance.choice((4, 4, 4, 5, 6)))}]]",
            "rec": lambda: (
                f"[[SECRET|{self._of(string.ascii_lowercase + string.digits, 5)}-{self._of(string.digits, 5)}]]"
            ),
            "bit": lambda: f"[[SECRET|{'-'.join(self._digits(6) for _ in range(8))}]]",
            "seed": lambda: f"[[SECRET|{self._of(string.ascii_uppercase + '234567', chance.choice((16, 26, 32)))}]]",
            "lic": lambda: (
                f"[[SECRET|{'-'.join(self._of(string.ascii_uppercase + string.digits, 5) for _ in range(5))}]]"
            ),
            "raw": lambda: self._of(string.ascii_letters + string.digits + "+/", chance.randint(40, 90)),
            "u": lambda: f"[[USERNAME|{self._account()}]]",
            "h": lambda: f"[[USERNAME|{self._handle()}]]",
            "ref": lambda: f"[[CASE_REF|{self._reference()}]]",
            "hash": lambda: self._of("0123456789abcdef", chance.choice((7, 8, 12, 32, 40))),
            "hex": lambda: self._of("0123456789abcdef", 6),
            "uuid": lambda: "-".join(self._of("0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
            "ver": lambda: ".".join(str(chance.randint(0, 20)) for _ in range(chance.choice((2, 3)))),
            "part": self._part,
            "host": lambda: (
                f"{self._small(chance.choice(('srv', 'app', 'db', 'mk-web', 'gis', 'vpn')))}{chance.randint(1, 40):02}"
            ),
            "dom": lambda: f"{self._small(self._people.surname())}.example",
            "s": lambda: self._small(self._people.surname()),
            "town": lambda: chance.choice(self._towns),
            "firm": lambda: f"{self._people.surname()} {chance.choice(('Homes', 'Ltd', 'plc', '& Sons', 'Group'))}",
            "year": lambda: str(chance.randint(2012, 2026)),
            "date": lambda: f"{chance.randint(1, 28)}/{chance.randint(1, 12):02}/{chance.randint(2012, 2026)}",
        }

    def many(self, count: int) -> Iterator[Example]:
        """`count` examples; half of them hold nothing, and some mix several."""
        kinds = (_SECRETS, _SECRETS, _LOGINS, _LOGINS, _REFS, _NO_SECRETS, _NO_SECRETS, _NO_LOGINS, _NO_REFS, _NO_REFS)
        for _ in range(count):
            size = self._chance.choice((1, 1, 1, 2, 3))
            joint = self._chance.choice(("\n", " ", "; ", "\n\n"))
            some = [self._chance.choice(self._chance.choice(kinds)) for _ in range(size)]
            yield parse(joint.join(self._filled(each) for each in some), "codes", "codes")

    def form(self) -> Callable[[], str]:
        """References of one form, as a column holds them: other figures each time, or one more each time."""
        pick, digits = self._chance.choice, self._digits
        upper = self._of(string.ascii_uppercase, 2)
        short = (
            digits(4),
            f"{digits(2)}/{digits(4)}",
            f"{upper}/{digits(2)}",
            f"{upper[0]}-{digits(3)}",
            f"{upper}{digits(3)}",
        )
        first = pick((self._reference(), self._reference(), pick(short)))
        figures = re.search(r"\d{2,}$", first)
        if figures is None or self._chance.random() < 0.5:
            return lambda: re.sub(r"\d", lambda _: digits(1), first)
        head, number = first[: figures.start()], int(figures[0])
        size = len(figures[0])
        counted = itertools.count(number, pick((1, 1, 1, 3, 7)))
        return lambda: f"{head}{next(counted) % 10**size:0{size}}"

    def account(self) -> str:
        """A marked user name of a system."""
        return self._made["u"]()

    def thing(self, what: str) -> str:
        """What is nobody's: a town, a firm, a part, a version, a host."""
        return self._made[what]()

    def _filled(self, pattern: str) -> str:
        def put(match: re.Match[str]) -> str:
            name, size = match[1], match[2]
            if name == "n":
                return self._digits(int(size))
            if name == "hash" and size:
                return self._of("0123456789abcdef", int(size))
            return self._made[name]() if name in self._made else match[0]

        return _SLOT.sub(put, pattern.replace("{{", "\0").replace("}}", "\1")).replace("\0", "{").replace("\1", "}")

    def _of(self, letters: str, size: int) -> str:
        return "".join(self._chance.choices(letters, k=size))

    def _digits(self, size: int) -> str:
        return self._of(string.digits, size)

    def _small(self, name: str) -> str:
        return plain(name) or "rowan"

    def _key(self) -> str:
        letters = self._chance.choice(
            (
                string.ascii_letters + string.digits,
                string.digits + "abcdef",
                string.ascii_letters + string.digits + "_-",
            )
        )
        return self._chance.choice(_KEYS) + self._of(letters, self._chance.randint(16, 48))

    def _spoken(self) -> str:
        parts = (
            self._chance.choice(_CONSONANTS) + self._chance.choice(_VOWELS) for _ in range(self._chance.randint(2, 3))
        )
        return "".join(parts) + self._chance.choice(("", "n", "x", "st", "rk", "ll"))

    def _word(self) -> str:
        """A password as people make them up: words, a year, a sign, letters changed for digits."""
        pick, draw = self._chance.choice, self._chance.random
        words = [
            pick((self._spoken, self._people.forename, lambda: pick(self._towns)))().replace(" ", "")
            for _ in range(pick((1, 1, 2, 3)))
        ]
        words = [w.capitalize() if draw() < 0.7 else w.lower() for w in words]
        made = pick(("", "", "-", "_", ".")).join(w for w in words if w.isascii()) or "Rowan"
        if draw() < 0.4:
            made = made.translate(str.maketrans("aoi", "401") if draw() < 0.5 else str.maketrans("es", "3$"))
        made += self._digits(pick((1, 2, 2, 4))) if draw() < 0.8 else ""
        made += pick(_SIGNS[:6]) if draw() < 0.5 else ""
        if draw() < 0.15:
            made = self._of(string.ascii_letters + string.digits + _SIGNS, self._chance.randint(8, 16))
        return made if any(not c.isalpha() for c in made) else f"{made}{self._digits(2)}"

    def _account(self) -> str:
        pick, number = self._chance.choice, self._chance.randint
        first, last = self._small(self._people.forename()), self._small(self._people.surname())
        return pick(
            (
                f"{first[0]}{last}", f"{last}{first[0]}", f"{first}.{last}", f"{first[0]}.{last}", f"{last}_{first[0]}", f"{first}{last[0]}{number(1, 9)}", f"{first[0]}{last[:6]}{number(1, 99):02}",
                f"{first[0]}{last[0]}{number(100, 99999)}", f"adm-{first[0]}{last}", f"{first[0]}{last}_adm", f"a_{last}", f"{last[:4]}{first[:2]}".upper(), f"u{number(10000, 999999)}", f"ext.{first}.{last}", f"{first}_{last}",
            )
        )  # fmt: skip

    def _handle(self) -> str:
        pick, number = self._chance.choice, self._chance.randint
        first, last = self._small(self._people.forename()), self._small(self._people.surname())
        word, town = self._spoken(), self._small(pick(self._towns))
        return pick(
            (
                f"{first}_{last}", f"{first}{number(1, 2015)}", f"x_{first}_x", f"xX{word}Xx", f"{word}_{town}", f"{town}{pick(('lad', 'mum', 'gal', 'dad', 'boy', 'rider'))}{number(1, 99)}", f"mumof{number(2, 5)}_{town}", f"the.{word}.{last}",
                f"not_{first}", f"{first[:3]}{last[:3]}_{number(10, 99)}", f"{word}{word}{number(1, 999)}", f"just.{first}", f"{first}lovescats", f"real{first}{last}", f"{word}.{first[0]}", f"angry_{word}", f"{last}ys_{word}", f"{first}{last}".title(),
            )
        )  # fmt: skip

    def _reference(self) -> str:
        pick, number, digits = self._chance.choice, self._chance.randint, self._digits
        heads = "CT HB CTR TEN SC ASC CSC PCN MW MT EV HOM HR CRM FS DB LIC PHD NDR EH ENF ASB SWF EHC BB".split()
        made = pick(
            (
                digits(8), digits(9), f"{pick(heads)}{digits(6)}", f"{pick(heads)}/{number(10, 26)}/{digits(4)}", f"{pick(heads)}-{digits(5)}", f"{digits(2)}/{digits(5)}", f"{self._of(string.ascii_uppercase, 1)}{digits(6)}", f"{digits(8)}{self._of('XYKLM', 1)}",
                f"{digits(2)}/{digits(5)}/{number(20, 26)}", f"{pick(heads)} {digits(3)} {digits(3)}", f"{self._of(string.ascii_uppercase, 2)}{digits(1)}-{digits(4)}", f"{digits(4)}-{digits(4)}", f"{pick(heads)}{number(2018, 2026)}-{digits(4)}", f"{digits(2)} {digits(3)} {digits(4)}",
            )
        )  # fmt: skip
        return made.lower() if self._chance.random() < 0.15 else made

    def _part(self) -> str:
        pick, digits = self._chance.choice, self._digits
        upper = self._of(string.ascii_uppercase, self._chance.choice((1, 2, 3)))
        return pick(
            (
                f"{upper}{digits(3)}",
                f"{upper}-{digits(4)}",
                f"{upper}{digits(2)}/{digits(3)}",
                f"{digits(3)}-{upper}",
                f"{upper}.{digits(2)}.{digits(1)}",
            )
        )
