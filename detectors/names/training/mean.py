"""The mean of networks on one way: `python -m detectors.names.training.mean --help`.

Stages of one course of learning lie close together, and their mean makes fewer and calmer mistakes than any of them.
Networks that learnt apart from each other have no mean worth anything.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from detectors.names.training.export import export
from detectors.names.training.network import kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Write network.pt and model.onnx of the weighted mean of networks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("stages", nargs="+", metavar="SHARE:NETWORK", help="0.25:one/network.pt 0.75:two/network.pt")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    shares = [float(stage.partition(":")[0]) for stage in options.stages]
    if abs(sum(shares) - 1) > 1e-6:
        parser.error("the shares must be 1 together")
    mean: dict[str, Tensor] = {}
    for share, stage in zip(shares, options.stages, strict=True):
        given = torch.load(stage.partition(":")[2], map_location="cpu", weights_only=True)
        for name, tensor in given.items():
            mean[name] = mean.get(name, 0) + share * tensor.float()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save({name: tensor.half() for name, tensor in mean.items()}, options.out / "network.pt")
    export(kept(options.out / "network.pt"), options.out / "model.onnx")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
