"""How networks learn side by side. Needs the packages of requirements/train.txt, and is skipped without them."""

import random
from pathlib import Path
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")

from detectors.names.classes import CLASSES  # noqa: E402
from detectors.names.training.batches import NOT_A_PERSON, UNKNOWN, Window, batches  # noqa: E402
from detectors.names.training.learn import Plan, Teachers, learn, loss  # noqa: E402
from detectors.names.training.network import Network  # noqa: E402
from detectors.names.training.several import forward, single, stacked  # noqa: E402

WINDOWS = [Window([101, 2000 + n, 102], [0, 1, 0], [UNKNOWN, n % 3, UNKNOWN], n % 2) for n in range(24)]


def test_networks_side_by_side_are_the_networks() -> None:
    networks = [Network(2).eval() for _ in range(2)]
    ids, cases = torch.randint(1000, 2000, (3, 7)), torch.randint(0, 4, (3, 7))
    mask = torch.ones(3, 7, dtype=torch.long)
    mask[0, 4:] = 0
    with torch.no_grad():
        apart = torch.stack([network(ids, cases, mask) for network in networks])
        together = forward(stacked(networks, "cpu"), ids, cases, mask)
    assert torch.allclose(apart[:, mask.bool()], together[:, mask.bool()], atol=1e-5)


def test_batches_hold_windows_of_one_length_and_lose_none() -> None:
    windows = [*WINDOWS, Window([101, 102], [0, 0], [UNKNOWN, UNKNOWN])]
    made, left = batches(windows, 30, random.Random(1))
    assert all(len({len(w.ids) for w in batch}) == 1 for batch in made)
    assert sum(map(len, made)) + len(left) == len(windows)


def test_where_only_persons_are_known_nothing_else_is_taught() -> None:
    logits = torch.zeros(1, 1, 2, CLASSES, requires_grad=True)
    counts, marks = torch.ones(1, 1), torch.ones(1)
    loss(logits, torch.tensor([[NOT_A_PERSON, UNKNOWN]]), counts, None, marks).sum().backward()
    slope = logits.grad[0, 0]
    assert slope[0, 1] > 0
    assert slope[0, 2] > 0
    assert slope[0, 3:].max() < 0
    assert not slope[1].any()


def test_a_teacher_does_not_speak_of_what_it_has_learnt() -> None:
    weights = stacked([Network(1), Network(1)], "cpu")
    ids, cases = torch.tensor([[101, 2000, 102]]), torch.zeros(1, 3, dtype=torch.long)
    each = [torch.softmax(forward(weights, ids, cases)[n], dim=-1) for n in range(2)]
    teachers = Teachers(weights, torch.tensor([0, 1]))
    assert torch.allclose(teachers.expect(ids, cases, torch.tensor([1])), each[1], atol=1e-5)
    assert torch.allclose(teachers.expect(ids, cases, torch.tensor([-1])), (each[0] + each[1]) / 2, atol=1e-5)


def test_each_network_learns_from_all_but_its_own_fold() -> None:
    begun = stacked([Network(1), Network(1)], "cpu")
    plan = Plan(1, rate=1e-2, pieces=30, average=0.0)
    only = [w for w in WINDOWS if w.fold == 0]
    made = learn(begun, plan, [only], random.Random(1), folds=torch.tensor([0, 1]))
    before, after = single(begun, 0)["classify.bias"], single(made, 0)["classify.bias"]
    assert torch.equal(before, after)
    assert not torch.equal(single(begun, 1)["classify.bias"], single(made, 1)["classify.bias"])


def test_what_is_reached_is_kept_after_each_pass() -> None:
    begun = stacked([Network(1)], "cpu")
    kept: list[float] = []
    made = learn(
        begun,
        Plan(2, rate=1e-2, pieces=30, average=0.0),
        [WINDOWS, WINDOWS],
        random.Random(1),
        keep=lambda reached: kept.append(float(reached["classify.bias"].sum())),
    )
    assert len(set(kept)) == 2
    assert kept[-1] == pytest.approx(float(made["classify.bias"].sum()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch and onnx warn of their own older ways
def test_a_shipped_file_can_be_gone_on_from(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from detectors.names.training.export import export
    from detectors.names.training.shipped import shipped

    network = Network(2).eval()
    for tensor in network.parameters():  # the exporter writes equal tensors once
        tensor.data += 0.01 * torch.randn_like(tensor)
    export(network, tmp_path / "model.onnx")
    found = shipped(tmp_path / "model.onnx").state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.allclose(found[name], tensor, atol=float(tensor.abs().max()) / 100), name
