"""Which metric names exist, from the code that makes them."""

import re

from gateway.telemetry import metrics

NAME = re.compile(r"\baigw_[a-z0-9_]+")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def families() -> dict[str, str]:
    """Metric name as exposed (without a histogram's suffix) -> type; the process's own ones left out."""
    found = {}
    for family in metrics.REGISTRY.collect():
        if family.name.startswith("aigw_process_"):
            continue
        found[family.name + ("_total" if family.type == "counter" else "")] = family.type
    return found


def series() -> set[str]:
    """Every name that a query may use."""
    return {
        name.removesuffix("_total") + suffix if kind == "counter" else name + suffix
        for name, kind in families().items()
        for suffix in SUFFIXES[kind]
    }


def labels() -> dict[str, frozenset[str]]:
    """Labels of each family, by the name of any of its series."""
    found: dict[str, frozenset[str]] = {}
    for value in vars(metrics).values():
        name, given = getattr(value, "_name", None), getattr(value, "_labelnames", None)
        if isinstance(name, str) and given is not None:
            for suffix in ("", "_total", "_bucket", "_count", "_sum"):
                found[name + suffix] = frozenset(given)
    return found
