"""Every path of the records API, taken from its own OpenAPI document: who is let in, who is not, and what leaks.

A new endpoint is covered as soon as it exists. Where it takes something of its own (a case, a job), `ours` says how to
name one that exists.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from jsonschema import Draft202012Validator

from gateway.http.records.app import BODY_FAULTS, FAULTS, OPENAPI
from gateway.http.records.desk import PREFIX
from gateway.http.records.problem import MEDIA_TYPE
from gateway.http.records.routes import ROUTERS
from gateway.model.officer import Role
from gateway.records.access import MATRIX, Act
from gateway.records.keeping import saved_number
from tests.support.records import CANARIES, Site

VERBS: Final = ("get", "post", "put", "patch", "delete")
Operation = tuple[str, str, dict[str, Any]]


_DOCUMENTS: list[bytes] = []


async def document(office: Site) -> dict[str, Any]:
    """Asked for once: it tells of the code, not of an office."""
    if not _DOCUMENTS:
        async with office.of(Role.AUDITOR) as client:
            _DOCUMENTS.append((await client.get(OPENAPI)).content)
    found: dict[str, Any] = json.loads(_DOCUMENTS[0])
    return found


def operations(found: dict[str, Any]) -> Iterator[Operation]:
    for path, verbs in found["paths"].items():
        for verb in VERBS:
            if verb in verbs:
                yield verb, path, verbs[verb]


def filled(path: str, controller: str, names: dict[str, str]) -> str:
    """A path with its parameters replaced: by things that exist, where we know one."""
    out = path.replace("{controller}", controller)
    for name, value in names.items():
        out = out.replace("{" + name + "}", value)
    assert "{" not in out, f"say how to fill {path}"
    return out


def ours(office: Site, controller: str) -> dict[str, str]:
    """Things of a council that exist."""
    job = office.office.jobs.start("verify", controller, office.officers[controller, Role.DPO].id, lambda _folder: {})
    case = office.cases[controller]
    return {
        "case_id": case.id,
        "unit": f"{case.units[0]:016x}",
        "search_id": case.searches[0].id,
        "saved_id": saved_number(case.searches[0].id),
        "scan_id": "X-0123456789AB",
        "hold_id": case.hold,
        "ref": office.refs[controller],
        "officer_id": office.officers[controller, Role.AUDITOR].id,
        "job_id": job.id,
    }


def nothing(names: dict[str, str]) -> dict[str, str]:
    """Names of the right form that nothing has."""
    return {name: "0" * (16 if name == "unit" else 24) for name in names}


def body(operation: dict[str, Any], found: dict[str, Any]) -> Any:
    """The smallest body that the schema takes; None where there is none."""
    if "requestBody" not in operation:
        return None
    return smallest(operation["requestBody"]["content"]["application/json"]["schema"], found)


def smallest(schema: dict[str, Any], found: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return smallest(found["components"]["schemas"][schema["$ref"].rpartition("/")[2]], found)
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return smallest(schema[name][0], found)
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        return {name: smallest(schema["properties"][name], found) for name in schema.get("required", [])}
    if kind == "array":
        return [smallest(schema["items"], found)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    if schema.get("format") == "date":
        return "2026-11-02"
    if schema.get("format") == "date-time":
        return "2026-11-02T09:00:00Z"
    return schema.get("examples", ["x" * max(1, schema.get("minLength", 1))])[0]


def refused(response: httpx.Response, *statuses: int) -> None:
    """A problem of these statuses, whole, and nothing of anybody's records in it."""
    assert response.status_code in statuses, (response.request.method, response.url.path, response.text[:500])
    assert response.headers["content-type"] == MEDIA_TYPE
    said = response.json()
    assert said["status"] == response.status_code
    assert said["type"].endswith(said["code"])
    assert said["title"]
    assert said["detail"].endswith((".", "?"))
    for canary in (*CANARIES.values(), "canary", "SBC-"):
        assert canary not in response.text


def validator(schema: dict[str, Any], found: dict[str, Any]) -> Draft202012Validator:
    """What checks a value against a schema of the document."""
    return Draft202012Validator(
        {**schema, "components": found["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def schemas(found: Any) -> Iterator[dict[str, Any]]:
    """Everything in the document that has examples."""
    if isinstance(found, dict):
        if isinstance(found.get("examples"), list):
            yield found
        for each in found.values():
            yield from schemas(each)
    elif isinstance(found, list):
        for each in found:
            yield from schemas(each)


def fits(response: httpx.Response, operation: dict[str, Any], found: dict[str, Any]) -> None:
    """The answer is one that the document names, in the form that it gives."""
    where = (operation["operationId"], response.status_code, response.text[:500])
    said = operation["responses"].get(str(response.status_code))
    assert said is not None, where
    if "$ref" in said:
        said = found["components"]["responses"][said["$ref"].rpartition("/")[2]]
    for name in said.get("headers", {}):
        assert name in response.headers, where
    kinds = said.get("content", {})
    if not kinds:
        assert not response.content, where
        return
    kind = response.headers["content-type"].partition(";")[0]
    assert kind in kinds, where
    if kind != "application/octet-stream":
        validator(kinds[kind]["schema"], found).validate(response.json())


async def test_every_route_is_in_the_document(office: Site) -> None:
    found = await document(office)
    routes = {(verb.lower(), route.path) for each in ROUTERS for route in each.routes for verb in route.methods}  # type: ignore[attr-defined]
    assert {(verb, path) for verb, path, _ in operations(found)} == {*routes, ("get", OPENAPI)}
    Draft202012Validator.check_schema({"$defs": found["components"]["schemas"]})


async def test_every_example_is_one(office: Site) -> None:
    found = await document(office)
    examples = [(each, example) for each in schemas(found) for example in each["examples"]]
    for each, example in examples:
        validator({name: value for name, value in each.items() if name != "examples"}, found).validate(example)
    assert len(examples) > 5


async def test_every_answer_is_as_the_document_says(office: Site) -> None:
    """Each operation on things that exist, by who may: no answer is one that a program could not expect."""
    found = await document(office)
    known, done = ours(office, "maidstone"), set()
    reading = sorted(operations(found), key=lambda each: (each[0] != "get", each[0] == "delete"))
    async with office.of(Role.DPO) as client:
        for verb, path, operation in reading:
            response = await client.request(verb, filled(path, "maidstone", known), json=body(operation, found))
            fits(response, operation, found)
            done |= {operation["operationId"]} if response.is_success else set()
            for sent in ({"surplus": 1}, [1]) if "requestBody" in operation else ():
                fits(await client.request(verb, filled(path, "maidstone", known), json=sent), operation, found)
    assert {"case", "case_hits", "record", "me", "officers", "holds", "statistics", "proof", "sheet"} <= done


async def test_the_document_is_complete(office: Site) -> None:
    found = await document(office)
    names = set()
    for verb, path, operation in operations(found):
        where = f"{verb} {path}"
        assert path.startswith(PREFIX + "/"), where
        assert operation["operationId"] not in names, where
        names.add(operation["operationId"])
        assert operation["summary"], where
        assert operation["tags"], where
        assert len(operation["description"]) > 20, where
        assert operation["description"].split("\n\n")[0].endswith((".", "?")), where
        assert set(FAULTS) <= set(operation["responses"]), where
        assert (set(BODY_FAULTS) <= set(operation["responses"])) == ("requestBody" in operation), where
        good = [code for code in operation["responses"] if code.startswith("2")]
        assert good, where
        for code in good:
            said = operation["responses"][code]
            assert code == "204" or said["content"], where
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), f"{where}: {parameter['name']}"
        if "{controller}" in path:
            assert operation["x-acts"], where
            assert set(operation["x-acts"]) <= set(Act), where
    assert found["security"] == [{"officer": []}]
    assert found["components"]["securitySchemes"]["officer"]["scheme"] == "bearer"


async def test_without_a_key_nothing_is_said_about_any_path(office: Site) -> None:
    found = await document(office)
    known = ours(office, "maidstone")
    ended = datetime.now(UTC) - timedelta(days=2)
    expired = office.add_officer("maidstone", Role.DPO, made=ended)
    revoked = office.add_officer("maidstone", Role.DPO)
    office.office.officers.revoke(office.officers["maidstone", Role.DPO].id, ended, "test")
    answers = set()
    for key in (None, "ago_wrong", "Bearer", "a.b.c", expired, revoked):
        for verb, path, operation in [*operations(found), ("get", f"{PREFIX}/nowhere", {})]:
            async with office.client(key) as client:  # an address of its own each time, or failures would be limited
                response = await client.request(verb, filled(path, "maidstone", known), json=body(operation, found))
            refused(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")
            answers.add(response.text)
    assert len(answers) == 1


@pytest.mark.parametrize("role", Role)
async def test_no_path_shows_another_councils_records(office: Site, role: Role) -> None:
    """An officer of the other council names the council itself, and is told what is told of one that there is not."""
    found = await document(office)
    theirs = ours(office, "swale")
    async with office.of(role, "maidstone") as client:
        for verb, path, operation in operations(found):
            if "{controller}" not in path:
                continue
            response = await client.request(verb, filled(path, "swale", theirs), json=body(operation, found))
            refused(response, 403)
            unknown = await client.request(verb, filled(path, "atlantis", theirs), json=body(operation, found))
            assert unknown.text == response.text, path


async def test_no_path_tells_whether_something_is_another_councils(office: Site) -> None:
    """The officer with the strongest role names the other council's things by the own council's path: all of them, and
    one beside things of the own."""
    found = await document(office)
    mine, theirs = ours(office, "maidstone"), ours(office, "swale")
    absent, tried = nothing(theirs), 0
    async with office.of(Role.DPO, "maidstone") as client:
        for verb, path, operation in operations(found):
            named = [name for name in theirs if "{" + name + "}" in path]
            if not named:
                continue
            for names in [named, *([name] for name in named if len(named) > 1)]:
                answers = []
                for others in (theirs, absent):
                    url = filled(path, "maidstone", {**mine, **{name: others[name] for name in names}})
                    response = await client.request(verb, url, json=body(operation, found))
                    refused(response, 404, *((409,) if names != named else ()))
                    answers.append(response.text)
                assert answers[0] == answers[1], (verb, path, names)
                tried += 1
    assert tried > 50


async def test_no_body_tells_whether_something_is_another_councils(office: Site) -> None:
    """What is named in a body instead of the path."""
    mine, theirs = ours(office, "maidstone"), ours(office, "swale")
    absent = {"unit": "0" * 16, "case_id": "FOI-SBC-2026-0999", "ref": "SBC-0000-0000"}
    at = f"{PREFIX}/controllers/maidstone"
    case = f"{at}/cases/{mine['case_id']}"
    incident = {"subject": "x", "aware_at": "2026-11-02T09:00:00Z"}
    questions: list[tuple[str, Any]] = [
        (f"{case}/related", lambda it: {"case": it["case_id"]}),
        (f"{case}/second-readings", lambda it: {"units": [it["unit"]]}),
        (f"{case}/hits/{mine['unit']}/alike", lambda it: {"units": [it["unit"]], "confirmed": True}),
        (f"{case}/corrections", lambda it: {"unit": it["unit"], "text": "x"}),
        (f"{case}/restrictions", lambda it: {"units": [it["unit"]], "reason": "x"}),
        (f"{case}/restrictions/lift", lambda it: {"units": [it["unit"]], "reason": "x"}),
        (f"{case}/erasures", lambda it: {"units": [it["unit"]], "reason": "x", "confirmed": True}),
        (f"{at}/incidents", lambda it: {**incident, "refs": [it["ref"]]}),
        (f"{at}/conversations/search", lambda it: {"query": {"refs": [it["ref"]]}}),
    ]
    async with office.of(Role.DPO, "maidstone") as client:
        for url, asked in questions:
            answers = [await client.post(url, json=asked(it)) for it in (theirs, absent)]
            assert answers[0].text == answers[1].text, (url, answers[0].text, answers[1].text)
            assert answers[0].status_code == answers[1].status_code != 422, (url, answers[0].text)
            for canary in (*CANARIES.values(), theirs["case_id"], theirs["ref"]):
                assert canary not in answers[0].text
        found = [await client.post(f"{case}/searches", json={"refs": [it["ref"]]}) for it in (theirs, absent)]
        assert [each.json()["hits"] for each in found] == [1, 1]  # the own one, found before


async def test_each_role_gets_where_the_table_says(office: Site) -> None:
    found = await document(office)
    names = nothing(ours(office, "maidstone"))  # so that nothing is changed
    for role in Role:
        async with office.of(role, "maidstone") as client:
            for verb, path, operation in operations(found):
                acts = {Act(each) for each in operation.get("x-acts", [])}
                response = await client.request(verb, filled(path, "maidstone", names), json=body(operation, found))
                allowed = not acts or bool(acts & MATRIX[role])
                if allowed and acts <= MATRIX[role]:  # where it depends on the thing, the service's own tests say more
                    assert response.status_code != 403, (role, verb, path, response.text[:300])
                assert response.status_code not in (401, 405, 500), (verb, path, response.text[:300])
                if not allowed:
                    refused(response, 403)
                    assert "needs the role of" in response.json()["detail"]
                if acts:
                    assert response.headers["cache-control"] == "no-store"
