from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bullpen_memory.errors import DefectError, OperatorError
from bullpen_tools.context import Artifact, DataRef, Result, Value
from bullpen_tools.receipts import NewReceipt, Receipts


def new(call_key: str = "k1", **changes: object) -> NewReceipt:
    receipt = NewReceipt(
        tool="series_stats",
        version="1",
        inputs={"series": "sp500", "strikes": [70.0, 90]},
        result=Result(
            summary="A summary.",
            values={"last": Value(value=2506.85, unit="index", kind="observed", label="Last")},
            data=(DataRef(dataset="sp500", sha256="ab", rows=3, start="1999-01-04"),),
            warnings=("one missing",),
            artifacts=(
                Artifact(
                    path="a.png", name="a.png", mimetype="image/png", title="t", alt="x", sha256="c"
                ),
            ),
            table=(("price", "payoff"), (1.0, None)),
            as_of=date(2018, 12, 31),
            known_at=datetime(2018, 12, 31, 23, 59, tzinfo=UTC),
        ),
        error="",
        agent="quant",
        run_id="run-1",
        call_key=call_key,
        scope="workspace",
        seconds=0.25,
    )
    return replace(receipt, **changes)


def test_a_receipt_comes_back_as_it_was_stored(receipts: Receipts) -> None:
    draft = new()
    stored = receipts.add(draft)
    again = receipts.get(stored.id)
    assert stored.id == "r1"
    assert again == stored
    assert stored.result == draft.result
    assert stored.inputs == draft.inputs
    assert stored.created_at == draft.created_at


def test_one_call_key_has_one_receipt(receipts: Receipts) -> None:
    first = receipts.add(new("k"))
    second = receipts.add(new("k", agent="data_analyst"))
    third = receipts.add(new("other"))
    assert second == first
    assert third.id != first.id
    assert receipts.by_call("k") == first
    assert receipts.by_call("never") is None


def test_receipts_of_a_run_come_oldest_first(receipts: Receipts) -> None:
    made = [receipts.add(new(f"k{n}")) for n in range(3)]
    receipts.add(new("elsewhere", run_id="run-2"))
    assert receipts.by_run("run-1") == made
    assert [r.run_id for r in receipts.latest(frozenset({"workspace"}), limit=2)] == [
        "run-2",
        "run-1",
    ]


def test_another_scope_sees_nothing(receipts: Receipts) -> None:
    private = receipts.add(new(scope="channel:C9"))
    assert receipts.get(private.id, scopes=frozenset({"workspace"})) is None
    assert receipts.get(private.id, scopes=frozenset()) is None
    assert receipts.get(private.id, scopes=frozenset({"channel:C9"})) == private
    assert receipts.latest(frozenset({"workspace"})) == []


@pytest.mark.parametrize(
    "name", ["", "r", "rx", "r0", "r-1", "r99999999999999999999", "r１", "42x"]
)
def test_an_id_that_is_none_finds_nothing(receipts: Receipts, name: str) -> None:
    receipts.add(new())
    assert receipts.get(name) is None


def test_the_file_itself_refuses_changes(receipts: Receipts) -> None:
    receipts.add(new())
    with sqlite3.connect(receipts.path) as other:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute("UPDATE receipts SET agent = 'x'")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute("DELETE FROM receipts")
    other.close()


def test_what_is_not_json_is_refused_before_it_is_stored(receipts: Receipts) -> None:
    bad = Result(summary="x", values={"v": Value(value=float("nan"))})
    with pytest.raises(DefectError, match="None, never NaN"):
        receipts.add(new(result=bad))
    assert receipts.by_run("run-1") == []


def test_threads_and_two_openings_allocate_every_id_once(receipts: Receipts) -> None:
    other = Receipts(receipts.path)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: (receipts, other)[n % 2].add(new(f"k{n // 2}")), range(80)))
    other.close()
    assert sorted({int(r.id[1:]) for r in made}) == list(range(1, 41))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "receipts.db"
    path.write_text("this is no database, " * 100)
    with pytest.raises(OperatorError, match="cannot be opened"):
        Receipts(path)
