"""The published JSON Schemas are current, and what is shipped validates against them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from policies.compile import default_register_path, default_rules_dir
from policies.schema import PUBLISHED, schema_text
from policies.source import load_yaml

REGISTER_SCHEMA = default_register_path().parent / "register.schema.json"
RULES_SCHEMA = default_rules_dir() / "rules.schema.json"


def validator(path: Path) -> Draft202012Validator:
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


@pytest.mark.parametrize(("path", "model"), PUBLISHED.items(), ids=lambda value: getattr(value, "name", ""))
def test_the_published_schema_is_current(path: Path, model: type[BaseModel]) -> None:
    assert path.read_text(encoding="utf-8") == schema_text(model), "run: python -m policies.schema"


def test_the_shipped_register_is_valid() -> None:
    assert list(validator(REGISTER_SCHEMA).iter_errors(load_yaml(default_register_path()).data)) == []


@pytest.mark.parametrize(
    "path", [p for p in sorted(default_rules_dir().glob("*.yaml")) if ".cases." not in p.name], ids=lambda p: p.name
)
def test_the_shipped_rules_are_valid(path: Path) -> None:
    assert list(validator(RULES_SCHEMA).iter_errors(load_yaml(path).data)) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=./rules.schema.json\n")


def test_the_schema_sees_what_an_editor_should_show() -> None:
    data = load_yaml(default_register_path()).data
    data["tools"]["council-assistant"]["teir"] = "public"
    data["tools"]["public-chat"]["tier"] = "publick"
    data["controllers"]["Not A Slug"] = {"name": "Somewhere"}
    found = {error.validator for error in validator(REGISTER_SCHEMA).iter_errors(data)}
    assert found == {"additionalProperties", "enum"}


def test_every_key_is_explained() -> None:
    """Editors show the description beside the key: a key without one leaves the writer guessing."""
    schema = json.loads(REGISTER_SCHEMA.read_text(encoding="utf-8"))
    for holder in (schema, *schema["$defs"].values()):
        for name, entry in holder["properties"].items():
            assert entry.get("description"), f"{holder['title']}.{name}"
