"""Who waits for whom: the table of rules, and a house's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.policy import Case, Policy, load
from bullpen_memory.records import Query, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, draft


@pytest.mark.parametrize(
    ("case", "standing"),
    [
        (Case(kind="finding", author="agent"), "active"),
        (Case(kind="finding", author="agent", confidence=0.4), "proposed"),
        (Case(kind="finding", author="person", confidence=0.4), "active"),
        (Case(kind="finding", author="agent", tainted=True, confidence=1.0), "proposed"),
        (Case(kind="decision", author="person"), "proposed"),
        (Case(kind="passage", author="agent", tainted=True), "active"),
        (Case(kind="note", author="agent", scope="channel:C1"), "active"),
    ],
)
def test_the_usual_rules(case: Case, standing: str) -> None:
    rule = Policy().judge(case)
    assert rule.standing == standing
    assert rule.why


def test_a_house_sets_its_own(tmp_path: Path) -> None:
    path = tmp_path / "memory-policy.toml"
    assert load(path) == Policy()
    path.write_text(
        '[[rule]]\nstanding = "active"\nkinds = ["decision"]\nauthor = "person"\n'
        '[[rule]]\nstanding = "proposed"\nshared = true\nwhy = "All that is shared is reviewed."\n'
    )
    policy = load(path)
    assert policy.judge(Case(kind="decision", author="person")).standing == "active"
    shared = policy.judge(Case(kind="note", author="person"))
    assert (shared.standing, shared.why) == ("proposed", "All that is shared is reviewed.")
    assert policy.judge(Case(kind="note", author="agent", scope="channel:C1")).standing == "active"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule", "cannot be read"),
        ("a = 1", "nothing else"),
        ('[[rule]]\nstanding = "maybe"', "Rule 1 needs a standing"),
        ('[[rule]]\nstanding = "active"\nkinds = ["rumour"]', "Rule 1 needs"),
        ('[[rule]]\nstanding = "active"\ntaint = true', "Rule 1 has taint"),
        ('[[rule]]\nstanding = "active"\nbelow = "low"', "Rule 1 has below"),
    ],
)
def test_a_rule_that_is_not_understood_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "memory-policy.toml"
    path.write_text(text)
    with pytest.raises(OperatorError, match=said):
        load(path)


def test_a_record_expires_and_is_still_found(store: Store) -> None:
    record = store.add(draft("The cap on Russian oil is 60 dollars", kind="fact"))
    until = datetime(2025, 9, 2, tzinfo=UTC)
    ended = store.expire(record.id, until=until, by="ann", reason="it was lowered")
    assert ended.expired(datetime(2026, 1, 1, tzinfo=UTC))
    assert not ended.expired(datetime(2025, 1, 1, tzinfo=UTC))
    assert store.changes(record.id)[-1].action == "expire"
    assert store.find(Query(text="cap oil", scopes=EVERYBODY)).hits[0].record == ended
    assert store.expire(record.id, until=until, by="ann") == ended


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Giá vàng đạt 80 triệu đồng", "vang"),
        ("Giá vàng đạt 80 triệu đồng", "đồng"),
        ("Giá vàng đạt 80 triệu đồng", "dong"),
        ("Gia vang tang", "vàng"),
        ("白银库存下降", "库存"),
        ("銀の在庫が減少した", "在庫"),
        ("ราคาทองคำเพิ่มขึ้น", "ทองคำ"),
        ("은 재고가 감소했다", "재고"),
    ],
)
def test_words_of_many_languages_are_found(store: Store, text: str, asked: str) -> None:
    record = store.add(draft(text))
    store.add(draft("Oil is volatile"))
    assert store.find(Query(text=asked, scopes=EVERYBODY)).hits[0].record == record


def test_a_person_confirms_what_an_agent_wrote_down_in_their_name(store: Store) -> None:
    asked = store.add(draft("We buy silver below 30.", kind="decision", author="U1", status="proposed",
                            source=Source(kind="message", ref="m1")))  # fmt: skip
    assert store.approve(asked.id, by="U1").status == "active"
    own = store.add(draft("We sell gold.", kind="decision", author="U1", status="proposed",
                          source=Source(kind="person", ref="U1")))  # fmt: skip
    with pytest.raises(InputError, match="nobody approves"):
        store.approve(own.id, by="U1")
    agents = store.add(draft("We buy oil.", kind="decision", author="quant", status="proposed",
                             source=Source(kind="message", ref="m2")))  # fmt: skip
    with pytest.raises(InputError, match="nobody approves"):
        store.approve(agents.id, by="quant")
