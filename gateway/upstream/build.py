"""Upstreams from their configuration."""

from collections.abc import Iterable

from gateway.upstream.config import UpstreamConfig
from gateway.upstream.direct import DirectUpstream
from gateway.upstream.litellm_sdk import LitellmUpstream
from gateway.upstream.offline import OfflineUpstream
from gateway.upstream.port import Upstream


def build_upstreams(configs: Iterable[UpstreamConfig]) -> dict[str, Upstream]:
    """Name -> upstream. Raises ValueError for a name given twice or a value at fault.

    No connection is opened. litellm is imported here, and only if one of them is of that kind.
    """
    built: dict[str, Upstream] = {}
    configs = list(configs)
    if len({config.proxy for config in configs if config.kind == "litellm"}) > 1:
        raise ValueError("upstreams of kind litellm share their connections: give all of them the same proxy")
    for config in configs:
        if config.name in built:
            raise ValueError(f"upstream {config.name}: the name is given twice")
        built[config.name] = _build(config)
    return built


def _build(config: UpstreamConfig) -> Upstream:
    if config.kind == "direct":
        return DirectUpstream(config)
    if config.kind == "litellm":
        return LitellmUpstream(config)
    return OfflineUpstream()
