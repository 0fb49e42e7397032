"""The JSON Schemas of register and rule files, for editors that check and complete while one writes.

`python -m policies.schema` writes them again after a change to a model; a test says when that is due.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from policies.register.model import Register
from policies.rulefile import RuleFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HERE = Path(__file__).resolve().parent

PUBLISHED: dict[Path, type[BaseModel]] = {
    _HERE / "register" / "register.schema.json": Register,
    _HERE / "rules" / "rules.schema.json": RuleFile,
}
"""Where each schema is published, and the model it is made from."""


def schema_text(model: type[BaseModel]) -> str:
    """The JSON Schema (draft 2020-12) of a file, as it is published."""
    made = {"$schema": DIALECT, **model.model_json_schema()}
    return json.dumps(_closed(made), indent=2, ensure_ascii=False) + "\n"


def _closed(node: Any) -> Any:
    """Keys of a mapping must match its pattern: pydantic says so of the right keys but lets others be."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if "patternProperties" in closed:
        closed["additionalProperties"] = False
    return closed


def publish() -> None:
    """Write every schema to its place."""
    for path, model in PUBLISHED.items():
        path.write_text(schema_text(model), encoding="utf-8")


if __name__ == "__main__":
    publish()
