"""Every path of the records API, taken from its own OpenAPI document: who is let in, who is not, and what leaks.

A new endpoint is covered as soon as it exists. Where it takes something of its own (a case, a job), `ours` says how to
name one that exists.
"""

from collections.abc import Iterator
from typing import Any, Final

import httpx

from gateway.http.records.app import FAULTS, OPENAPI
from gateway.http.records.desk import PREFIX
from gateway.http.records.problem import MEDIA_TYPE
from gateway.model.officer import Role
from gateway.records.access import MATRIX, Act
from gateway.records.keeping import saved_number
from tests.support.records import CANARIES, Site

VERBS: Final = ("get", "post", "put", "patch", "delete")
Operation = tuple[str, str, dict[str, Any]]


async def document(office: Site) -> dict[str, Any]:
    async with office.of(Role.AUDITOR) as client:
        found: dict[str, Any] = (await client.get(OPENAPI)).json()
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
    for key in (None, "ago_wrong", "Bearer", "a.b.c"):
        answers = set()
        for verb, path, operation in [*operations(found), ("get", f"{PREFIX}/nowhere", {})]:
            async with office.client(key) as client:  # an address of its own each time, or failures would be limited
                response = await client.request(verb, filled(path, "maidstone", known), json=body(operation, found))
            refused(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")
            answers.add(response.text)
        assert len(answers) == 1


async def test_no_path_shows_another_councils_records(office: Site) -> None:
    """The other council's officer, with the strongest role, names the council itself, or its things by the own path."""
    found = await document(office)
    theirs = ours(office, "swale")
    for verb, path, operation in operations(found):
        if "{controller}" not in path:
            continue
        async with office.of(Role.DPO, "maidstone") as client:
            response = await client.request(verb, filled(path, "swale", theirs), json=body(operation, found))
            refused(response, 403)
            unknown = await client.request(verb, filled(path, "atlantis", theirs), json=body(operation, found))
            assert unknown.text == response.text, path
            if path.count("{") > 1:
                response = await client.request(verb, filled(path, "maidstone", theirs), json=body(operation, found))
                refused(response, 404)
                absent = await client.request(
                    verb, filled(path, "maidstone", nothing(theirs)), json=body(operation, found)
                )
                assert absent.text == response.text, path


async def test_each_role_gets_where_the_table_says(office: Site) -> None:
    found = await document(office)
    names = nothing(ours(office, "maidstone"))  # so that nothing is changed
    for role in Role:
        for verb, path, operation in operations(found):
            acts = {Act(each) for each in operation.get("x-acts", [])}
            async with office.of(role, "maidstone") as client:
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
