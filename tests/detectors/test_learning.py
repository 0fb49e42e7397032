"""How networks learn side by side. Needs the packages of requirements/train.txt, and is skipped without them."""

import json
import random
from pathlib import Path
from typing import Any, cast

import pytest

torch: Any = pytest.importorskip("torch")
safetensors: Any = pytest.importorskip("safetensors.torch")

from detectors.names.classes import CLASSES  # noqa: E402
from detectors.names.training.batches import (  # noqa: E402
    NOT_A_PERSON,
    UNKNOWN,
    Window,
    batches,
    collate,
    packed,
    unpacked,
)
from detectors.names.training.course import Plan  # noqa: E402
from detectors.names.training.large import Form, Large, LargeTeachers, buckets, encoder, load, save, teach  # noqa: E402
from detectors.names.training.learn import Teachers, groups, learn, loss  # noqa: E402
from detectors.names.training.network import Network  # noqa: E402
from detectors.names.training.several import _dropped, forward, lighter, single, stacked  # noqa: E402

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


def test_attention_step_by_step_is_the_joined_form() -> None:
    networks = [Network(2).eval() for _ in range(2)]
    weights = stacked(networks, "cpu")
    ids, cases = torch.randint(0, 999, (3, 9)), torch.randint(0, 4, (3, 9))
    apart, joined = forward(weights, ids, cases), forward(weights, ids, cases, torch.ones_like(ids))
    assert torch.allclose(apart, joined, atol=1e-4)


def test_weights_are_lightened_only_where_that_makes_them_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = stacked([Network(1)], "cpu")
    for able, kind in ((False, torch.float32), (True, torch.bfloat16)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda able=able: able)
        made = lighter(weights)
        assert made["classify.weight"].dtype == kind
        assert made["word.weight"].dtype == torch.float32


def test_what_is_dropped_is_a_share_and_the_rest_makes_up_for_it() -> None:
    torch.manual_seed(3)
    x = torch.ones(3, 97, 101)
    left = _dropped(x, 0.25)
    assert left.unique().tolist() == pytest.approx([0, 256 / 192])
    assert abs(float((left == 0).float().mean()) - 0.25) < 0.02
    assert abs(float(left.mean()) - 1) < 0.02
    assert _dropped(x, 0.0) is x


def test_batches_hold_windows_of_one_length_and_lose_none() -> None:
    windows = [*WINDOWS, Window([101, 102], [0, 0], [UNKNOWN, UNKNOWN])]
    made, left = batches(windows, 30, random.Random(1))
    assert all(len({len(w.ids) for w in batch}) == 1 for batch in made)
    assert sum(map(len, made)) + len(left) == len(windows)
    made, left = batches(windows, 30, random.Random(1), one_fold=True)
    assert all(len({w.fold for w in batch}) == 1 for batch in made)
    assert sum(map(len, made)) + len(left) == len(windows)


def test_windows_of_nearly_one_length_share_a_batch_where_a_step_is_set() -> None:
    windows = [Window([101, *[7] * n, 102], [0] * (n + 2), [UNKNOWN] * (n + 2)) for n in range(1, 17)] * 3
    made, left = batches(windows, 48, random.Random(1), step=8)
    assert sum(map(len, made)) + len(left) == len(windows)
    lengths = [{-(-len(w.ids) // 8) for w in batch} for batch in made]
    assert all(len(some) == 1 for some in lengths)
    assert any(len({len(w.ids) for w in batch}) > 1 for batch in made)
    assert {collate(batch, 8)[0].shape[1] for batch in made} <= {8, 16, 24}


def test_padding_changes_nothing_for_whoever_learns() -> None:
    """Neither for students and teachers of their form nor for large ones."""
    short, long = Window([101, 5, 7, 102], [0, 1, 2, 0], [UNKNOWN, 0, 1, UNKNOWN]), WINDOWS[0]
    ids, cases, mask, _, folds = collate([short, long], 8)
    alone, kinds, _, _, fold = collate([long])
    large = LargeTeachers([Large(SMALL).eval()])
    few = Teachers(stacked([Network(1)], "cpu"), torch.tensor([0]))
    for teachers in (large, few):
        padded = teachers.expect(ids, cases, folds * 0, mask)[1, : len(long.ids)]
        assert torch.allclose(padded, teachers.expect(alone, kinds, fold * 0)[0], atol=0.02)
        assert not torch.allclose(padded, teachers.expect(ids, cases, folds * 0)[1, : len(long.ids)], atol=1e-5)


def test_a_course_ends_when_its_time_is_over() -> None:
    begun = stacked([Network(1)], "cpu")
    for seconds, passes in ((1e-6, 1), (600.0, 3)):
        kept: list[object] = []
        plan = Plan(3, rate=1e-3, pieces=30, seconds=seconds)
        learn(begun, plan, [WINDOWS] * 3, random.Random(1), keep=kept.append)
        assert len(kept) == passes


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch and onnx warn of their own older ways
def test_the_mean_of_stages_lies_between_them(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from detectors.names.training import mean
    from detectors.names.training.network import LAYERS

    stages = [Network(len(LAYERS)).half().state_dict() for _ in range(2)]
    for name, stage in zip(("one.pt", "two.pt"), stages, strict=True):
        torch.save(stage, tmp_path / name)
    asked = [f"0.25:{tmp_path / 'one.pt'}", f"0.75:{tmp_path / 'two.pt'}"]
    assert mean.main([*asked, "--out", str(tmp_path / "mean")]) == 0
    made = torch.load(tmp_path / "mean" / "network.pt", weights_only=True)
    name = "layers.0.up.weight"
    assert torch.allclose(
        made[name].float(), 0.25 * stages[0][name].float() + 0.75 * stages[1][name].float(), atol=1e-3
    )
    assert (tmp_path / "mean" / "model.onnx").stat().st_size > 1_000_000
    with pytest.raises(SystemExit):
        mean.main([asked[0], "--out", str(tmp_path / "mean")])


SMALL = Form(layers=2, width=24, heads=2, inner=48, words=2_100)


def test_windows_come_whole_out_of_their_arrays() -> None:
    windows = [*WINDOWS, Window([101, 5, 7, 102], [0, 1, 2, 0], [UNKNOWN, NOT_A_PERSON, 3, UNKNOWN])]
    seen = unpacked(packed(windows))
    assert [[*map(list, (w.ids, w.cases, w.wanted)), w.fold] for w in seen] == [
        [w.ids, w.cases, w.wanted, w.fold] for w in windows
    ]
    assert unpacked(packed([])) == []


def test_shorter_windows_are_padded_and_masked() -> None:
    ids, _, mask, wanted, _ = collate(
        [Window([101, 5, 7, 102], [0] * 4, [1] * 4), Window([101, 102], [0] * 2, [2] * 2)]
    )
    assert ids.tolist() == [[101, 5, 7, 102], [101, 102, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert wanted.tolist()[1] == [2, 2, UNKNOWN, UNKNOWN]


def test_near_pieces_have_their_own_distance_and_far_ones_share() -> None:
    seen = buckets(torch.arange(-191, 192)).tolist()
    assert seen[191 - 8 : 191 + 8] == [8, 7, 6, 5, 4, 3, 2, 1, 0, 17, 18, 19, 20, 21, 22, 23]
    assert (seen[0], seen[-1]) == (15, 31)
    assert sorted(seen[:192], reverse=True) == seen[:192]


def test_a_large_teacher_learns_from_all_but_its_own_fold_and_is_kept(tmp_path: Path) -> None:
    networks = [Large(SMALL), Large(SMALL)]
    before = [network.classify.bias.detach().clone() for network in networks]
    only = [w for w in WINDOWS if w.fold == 0]
    kept = tmp_path / "taught.pt"
    plan = Plan(1, rate=1e-2, pieces=30)
    taught = teach(networks, plan, [only], random.Random(1), lambda reached: save(reached, kept))
    after = [network.classify.bias.detach() for network in networks]
    assert torch.equal(before[0], after[0])
    assert not torch.equal(before[1], after[1])
    (tmp_path / "config.json").write_text(
        '{"num_hidden_layers": 2, "hidden_size": 24, "num_attention_heads": 2, "intermediate_size": 48}'
    )
    again = load(kept, tmp_path, "cpu")
    ids, cases, folds = (
        torch.tensor([[101, 2000, 102]] * 3),
        torch.zeros(3, 3, dtype=torch.long),
        torch.tensor([0, 1, -1]),
    )
    assert torch.allclose(again.expect(ids, cases, folds), taught.expect(ids, cases, folds), atol=0.02)


def test_large_teachers_learn_in_few_groups_and_keep_what_they_know_of_distances() -> None:
    """An optimiser goes through groups one by one: one a tensor were hundreds."""
    networks = [Large(SMALL), Large(SMALL)]
    grouped = groups([pair for network in networks for pair in network.named_parameters()], 1e-3, matrix=2)
    assert len(grouped) <= 2 * (SMALL.layers + 2)
    learnt = [tensor for group in grouped for tensor in cast("list[torch.Tensor]", group["params"])]
    assert len(learnt) == sum(len(list(network.parameters())) for network in networks)
    before = [network.apart.weight.clone() for network in networks]
    words = networks[0].word.weight.detach().clone()
    teach(networks, Plan(1, rate=1e-2, pieces=30), [WINDOWS], random.Random(1))
    assert all(torch.equal(network.apart.weight, was) for network, was in zip(networks, before, strict=True))
    assert not torch.equal(networks[0].word.weight, words)


def test_a_batch_of_several_folds_is_asked_of_each_teacher_in_part() -> None:
    teachers = LargeTeachers([Large(SMALL).eval(), Large(SMALL).eval()])
    ids, cases = torch.tensor([[101, 2000, 102], [101, 2001, 102]]), torch.zeros(2, 3, dtype=torch.long)
    both = teachers.expect(ids, cases, torch.tensor([0, 1]), torch.ones(2, 3, dtype=torch.long))
    for fold in (0, 1):
        alone = teachers.expect(ids[fold : fold + 1], cases[:1], torch.tensor([fold]))
        assert torch.allclose(both[fold], alone[0], atol=0.02)


def test_a_large_teacher_speaks_only_of_what_it_has_not_learnt() -> None:
    teachers = LargeTeachers([Large(SMALL).eval(), Large(SMALL).eval()])
    ids, cases = torch.tensor([[101, 2000, 102]]), torch.zeros(1, 3, dtype=torch.long)
    with torch.no_grad():
        each = [torch.softmax(network(ids, cases), dim=-1) for network in teachers.networks]
    for fold in (0, 1):
        assert torch.allclose(teachers.expect(ids, cases, torch.tensor([fold])), each[fold], atol=0.02)
    assert torch.allclose(teachers.expect(ids, cases, torch.tensor([-1])), each[1], atol=0.02), (
        "three pieces: the second"
    )


def test_a_published_encoder_gives_each_piece_its_own_word(tmp_path: Path) -> None:
    """The student's pieces have other numbers in the teacher's vocabulary."""
    ours = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "mill": 5, "lane": 6}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": ours}}))
    theirs = ["<s>", "<pad>", "</s>", "<unk>", "[PAD]", "[UNK]", "lane", "mill", "<mask>"]
    (tmp_path / "vocab.txt").write_text("\n".join(theirs))
    (tmp_path / "config.json").write_text(
        '{"num_hidden_layers": 1, "hidden_size": 24, "num_attention_heads": 2, "intermediate_size": 48}'
    )
    given = {
        "embeddings.word_embeddings.weight": torch.arange(9.0)[:, None].repeat(1, 24),
        "embeddings.position_embeddings.weight": torch.arange(514.0)[:, None].repeat(1, 24),
        "encoder.relative_attention_bias.weight": torch.zeros(32, 2),
    }
    shapes = {"attention.attn.q": (24, 24), "attention.attn.k": (24, 24), "attention.attn.v": (24, 24)}
    shapes |= {"attention.attn.o": (24, 24), "intermediate.dense": (48, 24), "output.dense": (24, 48)}
    for name, shape in shapes.items():
        given[f"encoder.layer.0.{name}.weight"] = torch.randn(shape)
        given[f"encoder.layer.0.{name}.bias"] = torch.randn(shape[0])
    for name in ("embeddings.LayerNorm", "encoder.layer.0.attention.LayerNorm", "encoder.layer.0.output.LayerNorm"):
        given |= {f"{name}.weight": torch.ones(24), f"{name}.bias": torch.zeros(24)}
    safetensors.save_file(given, str(tmp_path / "model.safetensors"))
    network = encoder(tmp_path, tmp_path / "tokenizer.json")
    assert network.word.weight[:, 0].tolist() == [1, 3, 0, 2, 8, 7, 6]
    assert network.place.weight[:2, 0].tolist() == [2, 3]
