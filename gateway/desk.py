"""Everything the pipeline works with, put on its desk by `app`."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.identity.port import Identity
from gateway.ledger.port import Ledger
from gateway.model.dialect import Dialect
from gateway.stages.disclose import Notes
from gateway.stages.documents import Documents
from gateway.stages.inspect import Inspector
from gateway.stages.resolve import Register
from gateway.stages.transform import Transformer
from gateway.upstream.port import Upstream


@dataclass(frozen=True, slots=True)
class Desk:
    """The services of one worker. `dialects` by name; `upstreams` by the name deployments refer to."""

    identity: Identity
    ledger: Ledger
    register: Register
    detectors: Inspector
    documents: Documents
    transformer: Transformer
    notes: Notes
    dialects: Mapping[str, Dialect]
    upstreams: Mapping[str, Upstream]
