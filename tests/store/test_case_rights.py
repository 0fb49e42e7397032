"""Rights carried out on a real ledger: erasure with its certificate, whatever came between, and corrections."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.ledger.keystore import FileKeyStore
from gateway.model.case import CaseFile, CaseKind
from gateway.model.disposal import Batch
from gateway.records.cases.errors import Held, NotErased
from gateway.records.cases.ports import Erasure
from gateway.records.cases.rights import Rights
from gateway.records.certificates import BackupLife
from gateway.records.erasure import Erasures
from gateway.records.holds import Holds
from gateway.records.keeping import CaseHolds
from gateway.records.search import Searcher
from gateway.store.disposal import DatabaseDisposal
from gateway.store.finding import units
from gateway.store.open import LedgerService
from tests.store.test_case_work import DAY, conversations, opened, whole
from tests.support.cases import FIRST, SECOND, Nobody, Office, database_office
from tests.support.keeping import keeper as key_keeper


@dataclass
class Work:
    """The services over a ledger with a real disposal."""

    office: Office
    rights: Rights
    eraser: Erasures
    disposal: DatabaseDisposal


@pytest.fixture
def work(ledger: LedgerService, tmp_path: Path) -> Work:
    keystore = FileKeyStore(tmp_path / "keys")
    office = database_office(ledger, keystore)
    holds = Holds(ledger.holds(cast("Any", units)), Searcher(ledger.hits, keystore, Nobody()), keystore)
    disposal = ledger.disposal(holds.filter_of, cast("Any", units))
    eraser = Erasures(
        disposal, ledger.shredder, BackupLife(40, 30), key_keeper(ledger, tmp_path / "keys").retire_flat, office.clock
    )
    keeper = CaseHolds(holds, ledger.placing(holds.filter_of, cast("Any", units)))
    return Work(office, Rights(office.desk, keeper, eraser), eraser, disposal)


def erasure(work: Work) -> CaseFile:
    case = opened(work.office, CaseKind.ERASURE)
    assert len(case.units) == 2
    return case


async def test_erasure_destroys_content_and_leaves_a_certificate(ledger: LedgerService, work: Work) -> None:
    await conversations(ledger)
    case = erasure(work)
    case = work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)")
    assert case.erased == set(case.units)
    for unit in case.units:
        assert not any(each.sent or each.kept for each in ledger.texts.texts("maidstone", unit))
    [run] = work.disposal.runs("maidstone")
    assert '"conversations": 2' in (run.certificate or "")
    assert [each.decision for each in work.office.cases.hits(FIRST, case.id)] == ["erased", "erased"]
    whole(ledger)


async def test_an_erasure_that_a_crash_kept_from_its_case_is_written_down_when_it_is_asked_again(
    ledger: LedgerService, work: Work
) -> None:
    await conversations(ledger)
    case = erasure(work)
    work.eraser.erase("maidstone", case.units, FIRST, "Art 17(1)(a)")  # and here the process ended
    assert work.office.cases.read(FIRST, case.id).erased == frozenset()
    case = work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)")
    assert case.erased == set(case.units)
    whole(ledger)


async def test_a_hold_that_comes_between_keeps_its_own_and_the_case_says_what_is_gone(
    ledger: LedgerService, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    await conversations(ledger)
    case = erasure(work)
    erase = work.eraser.erase

    def meanwhile(*given: Any) -> Erasure:
        opened(work.office, CaseKind.FOI, "holidays")
        return erase(*given)

    monkeypatch.setattr(work.eraser, "erase", meanwhile)
    with pytest.raises(NotErased, match="1 of 2 conversations was not erased"):
        work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)")
    case = work.office.cases.read(FIRST, case.id)
    assert len(case.erased) == 1
    monkeypatch.undo()
    with pytest.raises(Held, match="1 of 1 conversation is under a legal hold"):
        work.rights.erase(FIRST, case.id, sorted(set(case.units) - case.erased), "Art 17(1)(a)")
    whole(ledger)


async def test_an_erasure_waits_for_a_run_of_disposal(ledger: LedgerService, work: Work) -> None:
    await conversations(ledger)
    case = erasure(work)
    with work.disposal.exclusive(), pytest.raises(NotErased, match="Nothing was erased: a run of disposal"):
        work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)")
    assert work.office.cases.read(FIRST, case.id).erased == frozenset()
    assert work.disposal.runs("maidstone") == []
    assert work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)").erased == set(case.units)


async def test_a_hold_that_can_not_be_read_any_more_stops_an_erasure_and_the_case_says_what_is_gone(
    ledger: LedgerService, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    await conversations(ledger)
    case = erasure(work)
    destroy = work.disposal.destroy

    def unreadable(*_: Any) -> Any:
        raise ValueError("a byte of it was changed")

    def one_batch(*given: Any) -> Batch:
        done = destroy(*given)
        opened(work.office, CaseKind.FOI, "holidays")
        monkeypatch.setattr(work.disposal, "_opener", unreadable)
        return done

    monkeypatch.setattr("gateway.records.erasure.BATCH", 1)
    monkeypatch.setattr(work.disposal, "destroy", one_batch)
    with pytest.raises(NotErased, match="1 of 2 conversations was not erased"):
        work.rights.erase(FIRST, case.id, case.units, "Art 17(1)(a)")
    assert len(work.office.cases.read(FIRST, case.id).erased) == 1
    [run] = work.disposal.runs("maidstone")
    assert (run.disposed, run.held) == (1, 1)
    whole(ledger)


async def test_a_correction_of_one_case_is_read_in_another(ledger: LedgerService, work: Work) -> None:
    [ref, *_] = await conversations(ledger)
    case = opened(work.office, CaseKind.RECTIFICATION)
    work.rights.correct(FIRST, case.id, case.units[0], "It has been Biffa since June.", ref.lower())
    other = opened(work.office, CaseKind.SAR)
    [shown] = work.office.reviews.beside(SECOND, other.id, case.units[0]).corrections
    assert (shown.name, shown.ref, shown.text) == (f"{case.id}/1", ref, "It has been Biffa since June.")
    assert shown.at.date() == DAY
    assert work.office.reviews.beside(SECOND, other.id, case.units[1]).corrections == ()
    whole(ledger)
