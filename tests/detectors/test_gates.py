"""Pieces that leave the network early. Needs the packages of requirements/train.txt, and is skipped without them."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("safetensors.torch")

from detectors.names.classes import CLASSES  # noqa: E402
from detectors.names.encoder import Encoder  # noqa: E402
from detectors.names.files import SHIPPED  # noqa: E402
from detectors.names.pieces import load_tokenizer  # noqa: E402
from detectors.names.runtime import session  # noqa: E402
from detectors.names.training import gates  # noqa: E402
from detectors.names.training.batches import UNKNOWN, Window, collate  # noqa: E402
from detectors.names.training.course import Plan  # noqa: E402
from detectors.names.training.export import export  # noqa: E402
from detectors.names.training.network import LAYERS, Door, Gate, Network  # noqa: E402
from detectors.names.training.shipped import shipped  # noqa: E402
from tests.detectors.learning import laid_out  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch and onnx warn of their own older ways


def network(layers: int = 3) -> Network:
    torch.manual_seed(3)
    made = Network(layers)
    made.eval()
    for tensor in made.parameters():  # the exporter writes equal tensors once
        tensor.data += 0.05 * torch.randn_like(tensor)
    return made


def door(model: Network, after: int, nothing: float) -> Door:
    """One whose gate thinks so of every piece, more or less."""
    made = Door(after, Gate(8), 0.99, len(model.layers))
    made.gate[2].bias.data[0] = nothing
    made.begin(model)
    for tensor in made.heard.parameters():  # see above
        tensor.data += 0.001 * torch.randn_like(tensor)
    return made


def seen(file: Path, ids: list[int]) -> Any:
    given = {"ids": np.array([ids]), "cases": np.zeros((1, len(ids)), dtype=np.int64)}
    return session(file.read_bytes()).run(None, given)[0][0]


WINDOWS = [Window([101, 2000 + n, 3000 - n, 102], [0, n % 3, 0, 0], [UNKNOWN, 0, 0, UNKNOWN]) for n in range(64)]
ROWS, CASES, MASK, _, _ = collate(WINDOWS)
IDS = [101, 2024, 3000, 4000, 5000, 102]


def test_where_nobody_leaves_all_is_read_as_without_a_door(tmp_path: Path) -> None:
    model = network()
    export(model, tmp_path / "none.onnx")
    export(model, tmp_path / "door.onnx", door(model, 2, -50.0))
    one, other = (seen(tmp_path / name, IDS)[:-1] for name in ("none.onnx", "door.onnx"))
    assert np.allclose(one, other, atol=0.02)


def test_who_leaves_is_what_the_gate_thinks_and_who_stays_is_read_to_the_end(tmp_path: Path) -> None:
    model = network()
    for after in (1, 2):
        export(model, tmp_path / "door.onnx", door(model, after, 50.0))
        for ids in (IDS, IDS[:2]):
            found = seen(tmp_path / "door.onnx", ids)
            assert found.shape == (len(ids), CLASSES)
            assert np.all(found[1:, 0] > 0.999), "all but the mark of the beginning leave"
            assert found[0, 0] < 0.9, "which is read to the end"


def test_who_stays_hears_of_those_that_left(tmp_path: Path) -> None:
    model = network()
    export(model, tmp_path / "door.onnx", door(model, 1, 50.0))
    one, other = (seen(tmp_path / "door.onnx", [101, word, 102])[0] for word in (2024, 3000))
    assert not np.allclose(one, other, atol=1e-4)


def test_the_file_reads_as_the_door_does(tmp_path: Path) -> None:
    model = network(4)
    made = door(model, 1, 0.0)
    ids = torch.tensor([IDS, [*IDS[:3], 102, 0, 0]])
    mask = (ids > 0).long()
    thought = torch.softmax(made.gate(model.reached(ids, 0 * ids, mask, 1)), dim=-1)[..., 0].detach()
    made.sure = float(thought[0, 1:-1].sort().values[1:3].mean())  # half of them stay
    logits, stays = made.read(model, model.reached(ids, 0 * ids, mask, 1), mask)
    assert stays[0].tolist().count(True) == 3
    assert stays[1].tolist()[3:] == [False] * 3, "the last mark and what is behind it leave"
    export(model, tmp_path / "door.onnx", made)
    for row, size in enumerate((6, 4)):
        known = torch.softmax(logits[row, :size], dim=-1).detach().numpy()
        assert np.allclose(seen(tmp_path / "door.onnx", ids[row, :size].tolist()), known, atol=0.05)


def test_a_shipped_file_with_a_door_can_be_gone_on_from(tmp_path: Path) -> None:
    model = network(4)
    for after in (1, 3):
        export(model, tmp_path / "model.onnx", door(model, after, 0.0))
        found = shipped(tmp_path / "model.onnx").state_dict()
        assert found.keys() == model.state_dict().keys()
        for name, tensor in model.state_dict().items():
            assert torch.allclose(found[name], tensor, atol=float(tensor.abs().max()) / 100), name


def test_a_gate_learns_what_the_network_does_and_the_network_nothing() -> None:
    model, made = network(2), Door(1, Gate(32), 0.99, 2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    went = model.reached(ROWS, CASES, MASK, 1).detach()
    wanted = torch.softmax(model(ROWS, CASES, MASK), dim=-1).detach()

    def lost() -> float:
        return float(-(wanted * torch.log_softmax(made.gate(went), dim=-1)).sum(dim=-1).mean().detach())

    at_first = lost()
    plan = Plan(8, 3e-3, 64, hidden=0.0)
    gates.teach(model, made, plan, [WINDOWS] * plan.passes, random.Random(1))
    least = float(-(wanted * wanted.log()).sum(dim=-1).mean().detach())
    assert lost() - least < 0.5 * (at_first - least)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_the_layers_behind_a_door_learn_to_do_without_those_that_left() -> None:
    model = network(3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    wanted = torch.softmax(model(ROWS, CASES, MASK), dim=-1)[:, 0].detach()
    made = door(model, 1, 50.0)

    def lost() -> float:
        logits, _ = made.read(model, model.reached(ROWS, CASES, MASK, 1), MASK)
        return float(-(wanted * torch.log_softmax(logits[:, 0], dim=-1)).sum(dim=-1).mean().detach())

    at_first = lost()
    gates.settle(model, made, Plan(20, 1e-3, 64, hidden=0.0), [WINDOWS] * 20, random.Random(1))
    least = float(-(wanted * wanted.log()).sum(dim=-1).mean().detach())
    assert lost() - least < 0.5 * (at_first - least)
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved
    assert all(name.startswith(("layers.1.", "layers.2.")) for name in moved), "nothing before the door learns"


def test_it_is_told_who_would_leave(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(json.dumps({"text": "Ada rang about the bus", "spans": []}))
    tokenizer = load_tokenizer(SHIPPED / "tokenizer.json")
    for nothing, stay in ((50.0, "0.000 stay"), (-50.0, "1.000 stay")):
        model = network()
        lines = list(gates.told(model, door(model, 1, nothing), tmp_path / "set.jsonl", tokenizer))
        assert len(lines) > 5
        assert all(stay in line for line in lines)


def test_one_command_makes_a_folder_that_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = laid_out(tmp_path)
    (tmp_path / "gazetteers" / "popular_names_by_country.tsv").write_text("forename\tPL\tHalina\nsurname\tPL\tKowal\n")
    (tmp_path / "gazetteers" / "uk_baby_forenames_1974_2020.tsv").write_text("Jack\t9\n")
    (corpus / "one.txt").write_text("@@ note\nDear [[PERSON|Anita Patel]], thank you.\n")
    torch.save(network(len(LAYERS)).half().state_dict(), tmp_path / "network.pt")
    out = tmp_path / "made"
    asked = [str(tmp_path / "network.pt"), "--data", str(tmp_path), "--corpus", str(corpus)]
    asked += ["--out", str(out), "--passes", "1", "--invented", "0", "--workers", "1", "--width", "8"]
    assert gates.main([*asked, "--trial", str(tmp_path / "wnut17" / "train.jsonl")]) == 0
    assert "stay" in capsys.readouterr().err
    encoder = Encoder(out)
    assert encoder.version.startswith("council-names-")
    assert "-early3-" in encoder.version
    assert encoder.find(["Dear Anita Patel"])
