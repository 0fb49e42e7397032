"""Dashboards ask for metrics and labels that exist, and rank nobody."""

import json
import re
from typing import Any

import pytest

from tests.deploy.names import NAME, families, labels, series
from tests.support.shared import ROOT

PATHS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
PANELS: list[dict[str, Any]] = [panel for path in PATHS for panel in json.loads(path.read_text())["panels"]]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_there_are_some() -> None:
    assert QUERIES


@pytest.mark.parametrize("query", QUERIES)
def test_every_name_exists(query: str) -> None:
    named = set(NAME.findall(query))
    assert named
    assert named <= series()


@pytest.mark.parametrize("query", QUERIES)
def test_every_label_exists(query: str) -> None:
    known = labels()
    for name, selectors in re.findall(r"(aigw_[a-z0-9_]+)\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)\s*=~?", selectors)) <= known[name]
    (first, *_) = NAME.findall(query)
    for group in re.findall(r"by \(([^)]*)\)", query):
        assert {label.strip() for label in group.split(",")} <= known[first] | {"le", "instance"}


def test_every_metric_is_shown_somewhere() -> None:
    shown = {name for query in QUERIES for name in NAME.findall(query)}
    for name, kind in families().items():
        candidates = {name} if kind != "histogram" else {name + s for s in ("_bucket", "_count", "_sum")}
        assert shown & candidates, f"{name} is on no dashboard"


def test_panels_stand_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, f"{panel['title']} overlaps another panel"
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_nobody_is_ranked() -> None:
    assert not re.search(r"topk|bottomk|\b(actor|person|user|owner|key_id)\b", " ".join(QUERIES))
    assert not any(
        label in {"actor", "person", "user", "owner", "key_id"} for each in labels().values() for label in each
    )


def test_the_data_source_is_the_provisioned_one() -> None:
    import yaml

    folder = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())["datasources"]
    used = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert used == {source["uid"]}
