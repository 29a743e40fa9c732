from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from bullpen_tools.context import ToolContext
from bullpen_tools.forgetting import forget
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


async def priced(ctx: ToolContext, call: Call) -> str:
    outcome = await call(
        ctx, "strategy_payoff", structure="call_butterfly", strikes=[70, 90, 110], cost=2.5
    )
    assert outcome.receipt is not None
    return outcome.receipt.id


async def lesson(ctx: ToolContext, call: Call, **changes: Any) -> str:
    args = {
        "kind": "finding",
        "title": "SLV butterfly",
        "text": "The butterfly makes $17.50 at most.",
        "symbols": ["slv"],
    }
    return body(await call(ctx, "remember", **(args | changes)))["values"]["record"]["value"]


async def test_what_is_remembered_names_its_thread_and_receipts(
    ctx: ToolContext, call: Call
) -> None:
    receipt = await priced(ctx, call)
    other = await priced(ctx, call)
    record_id = await lesson(
        ctx, call, text=f"It makes {{{{{receipt}.max_profit|usd}}}} at most.", receipts=[other],
        tags=["options"], confidence=0.9,
    )  # fmt: skip
    record = ctx.store.get(record_id)
    assert record is not None
    assert record.text == f"It makes $17.50 [{receipt}] at most."
    assert (record.kind, record.author, record.scope, record.status) == (
        "finding", "quant", WORKSPACE, "active",
    )  # fmt: skip
    assert record.source.kind == "message"
    assert record.source.permalink == ctx.thread_link
    assert [(source.kind, source.ref) for source in record.evidence] == [
        ("receipt", receipt), ("receipt", other),
    ]  # fmt: skip
    assert (record.confidence, record.symbols, record.tags) == (0.9, ("SLV",), ("options",))


async def test_recall_finds_it_and_logs_what_was_shown(ctx: ToolContext, call: Call) -> None:
    record_id = await lesson(ctx, call)
    await lesson(ctx, call, title="Weather", text="It rains in Bergen.", symbols=[])
    later = replace(ctx, run_id="run-2", agent="architect")
    said = body(await call(later, "recall", query="what does the SLV butterfly make?", limit=1))
    header, row = said["table"]
    found = dict(zip(header, row, strict=True))
    assert found["id"] == record_id
    assert found["who"] == "quant"
    assert found["link"] == ctx.thread_link
    assert found["text"] == "The butterfly makes $17.50 at most."
    [logged] = ctx.store.recalls("run-2")
    assert logged.record_ids == (record_id,)
    only = body(await call(later, "recall", query="", symbols=["slv"], kinds=["finding"]))
    assert [row[0] for row in only["table"][1:]] == [record_id]
    none = body(await call(later, "recall", query="zirconium"))
    assert none["table"] == []
    assert "Nothing is known" in none["summary"]


async def test_another_conversations_memory_is_not_recalled(ctx: ToolContext, call: Call) -> None:
    private = replace(ctx, home="channel:C9", scopes=frozenset({WORKSPACE, "channel:C9"}))
    record_id = await lesson(private, call)
    assert body(await call(ctx, "recall", query="SLV butterfly"))["table"] == []
    assert body(await call(private, "recall", query="SLV butterfly"))["table"] != []
    outcome = await call(ctx, "supersede", record_id=record_id, text="x", reason="y")
    assert outcome.error
    assert "no record" in outcome.text


async def test_a_private_conversation_does_not_write_into_the_workspace(
    ctx: ToolContext, call: Call
) -> None:
    record_id = await lesson(ctx, call)
    private = replace(ctx, home="channel:C9", scopes=frozenset({WORKSPACE, "channel:C9"}))
    outcome = await call(private, "supersede", record_id=record_id, text="secret", reason="y")
    assert outcome.error
    assert "would leak" in outcome.text
    assert ctx.store.find(Query(text="secret", scopes=private.scopes)).hits == ()


async def test_a_private_receipt_is_no_evidence_elsewhere(ctx: ToolContext, call: Call) -> None:
    private = replace(ctx, home="channel:C9", scopes=frozenset({WORKSPACE, "channel:C9"}))
    hidden = await priced(private, call)
    for changes in ({"text": f"{{{{{hidden}.max_profit}}}}"}, {"receipts": [hidden]}):
        outcome = await call(ctx, "remember", kind="note", title="t", **({"text": "x"} | changes))
        assert outcome.error
        assert f"no receipt {hidden} here" in outcome.text


async def test_a_reference_to_nothing_is_not_stored(ctx: ToolContext, call: Call) -> None:
    receipt = await priced(ctx, call)
    outcome = await call(ctx, "remember", kind="note", title="t", text=f"{{{{{receipt}.profit}}}}")
    assert outcome.error
    assert f"{receipt}.profit" in outcome.text
    assert sum(ctx.store.count(ctx.scopes).values()) == 0


async def test_the_same_lesson_twice_is_one_record(ctx: ToolContext, call: Call) -> None:
    assert await lesson(ctx, call) == await lesson(ctx, call)


async def test_a_decision_waits_for_a_person(ctx: ToolContext, call: Call) -> None:
    said = body(await call(ctx, "remember", kind="decision", title="Sell", text="Sell the wings."))
    assert said["values"]["status"]["value"] == "proposed"
    assert body(await call(ctx, "recall", query="sell the wings"))["table"] == []
    ctx.store.approve(said["values"]["record"]["value"], by="U1")
    assert body(await call(ctx, "recall", query="sell the wings"))["table"] != []


async def test_supersede_keeps_the_history(ctx: ToolContext, call: Call) -> None:
    old = await lesson(ctx, call)
    said = body(
        await call(
            ctx, "supersede", record_id=old, text="It makes $16.00 at most.", reason="cost rose"
        )
    )
    new = said["values"]["record"]["value"]
    before, after = ctx.store.get(old), ctx.store.get(new)
    assert before is not None
    assert after is not None
    assert (before.status, before.superseded_by) == ("superseded", new)
    assert (after.supersedes, after.title, after.symbols) == (old, "SLV butterfly", ("SLV",))
    found = body(await call(ctx, "recall", query="butterfly"))
    assert [row[0] for row in found["table"][1:]] == [new]


async def test_what_a_person_wrote_or_pinned_is_only_proposed_to_change(
    ctx: ToolContext, call: Call
) -> None:
    pinned = await lesson(ctx, call)
    ctx.store.pin(pinned, by="U1")
    written = ctx.store.add(
        Draft(
            kind="note",
            text="We never short volatility.",
            author="U1",
            scope=WORKSPACE,
            source=Source(kind="person", ref="U1"),
        )
    ).id
    for record_id in (pinned, written):
        outcome = await call(
            ctx, "supersede", record_id=record_id, text=f"Else {record_id}.", reason="why"
        )
        assert body(outcome)["values"]["status"]["value"] == "proposed"
        kept = ctx.store.get(record_id)
        assert kept is not None
        assert kept.status == "active"


async def test_a_forgotten_text_cannot_be_written_again(ctx: ToolContext, call: Call) -> None:
    record_id = await lesson(ctx, call)
    ctx.store.forget(record_id, by="U1", reason="private")
    outcome = await call(
        ctx, "remember", kind="finding", title="SLV butterfly",
        text="The butterfly makes $17.50 at most.", symbols=["slv"],
    )  # fmt: skip
    assert outcome.error
    assert "forgotten" in outcome.text


async def test_a_retracted_text_is_not_said_to_be_remembered(ctx: ToolContext, call: Call) -> None:
    record_id = await lesson(ctx, call)
    ctx.store.retract(record_id, by="Maya", reason="the cost changed")
    again = await call(
        ctx, "remember", kind="finding", title="SLV butterfly",
        text="The butterfly makes $17.50 at most.", symbols=["slv"],
    )  # fmt: skip
    assert again.error
    assert "retracted by Maya" in again.text
    assert record_id in again.text
    kept = ctx.store.get(record_id)
    assert kept is not None
    assert kept.status == "retracted"


async def test_one_sentence_under_two_headlines_is_two_findings(
    ctx: ToolContext, call: Call
) -> None:
    oil = await lesson(ctx, call, title="Oil in 2008", text="It was the highest on record.")
    vix = await lesson(ctx, call, title="VIX in 2020", text="It was the highest on record.")
    assert oil != vix
    assert await lesson(ctx, call, title="oil in 2008", text="It was the highest on record.") == oil


async def test_a_proposal_made_twice_is_one(ctx: ToolContext, call: Call) -> None:
    pinned = await lesson(ctx, call)
    ctx.store.pin(pinned, by="U1")
    elsewhere = replace(ctx, thread_link="http://127.0.0.1:4747/archives/C2/p2", run_id="run-2")
    made = [
        body(await call(where, "supersede", record_id=pinned, text="New truth.", reason="r"))
        for where in (ctx, ctx, elsewhere)
    ]
    assert len({said["values"]["record"]["value"] for said in made}) == 1
    assert ctx.store.count(ctx.scopes)["proposed"] == 1


async def test_what_somebody_asks_to_keep_is_theirs(ctx: ToolContext, call: Call) -> None:
    maya = replace(ctx, requester="U7", requester_name="Maya", agent="architect")
    record_id = await lesson(maya, call, text="Our limit is 200 lots.", requested=True)
    record = ctx.store.get(record_id)
    assert record is not None
    assert (record.author, record.speaker) == ("U7", "Maya")
    said = body(await call(ctx, "recall", query="limit of lots"))
    assert dict(zip(*said["table"], strict=True))["who"] == "Maya"


def said_in_channel(ctx: ToolContext, *texts: str) -> None:
    for number, text in enumerate(texts):
        source = Source(kind="message", ref=f"m{number}")
        ctx.store.add(Draft(kind="message", text=text, author="U1", source=source, scope=WORKSPACE))


LIMIT = "Max position in SLV flies is 200 lots."
ECHOES = (
    "@Bullpen remember that max position in SLV flies is 200 lots",
    "Noted: Max  position in SLV flies is 200 lots. Ask to get it back.",
    "> max position in SLV flies is 200 lots.\n> — Architect",
)


async def test_a_retracted_limit_is_said_to_be_retracted_and_not_quoted_from_messages(
    ctx: ToolContext, call: Call
) -> None:
    said_in_channel(ctx, *ECHOES, "SLV flies are quoted in Chicago.")
    limit = await lesson(ctx, call, kind="note", title="Limit", text=LIMIT, symbols=[])
    ctx.store.retract(limit, by="Maya", reason="changed to 150")
    said = body(await call(ctx, "recall", query="max position in SLV flies"))
    assert [row[3] for row in said["table"][1:]] == ["SLV flies are quoted in Chicago."]
    [warning] = [text for text in said["warnings"] if "retracted" in text]
    assert "retracted by Maya" in warning
    assert "changed to 150" in warning
    other = body(await call(ctx, "recall", query="weather in Bergen"))
    assert "retracted" not in str(other["warnings"])


def files_with(folder: Path, words: bytes) -> list[str]:
    return [path.name for path in folder.glob("*.db*") if words in path.read_bytes().lower()]


async def test_after_forgetting_the_words_are_in_no_file(
    ctx: ToolContext, call: Call, tmp_path: Path
) -> None:
    said_in_channel(ctx, *ECHOES)
    kept = await lesson(ctx, call)
    limit = await lesson(ctx, call, kind="note", title="The limit of SLV", text=LIMIT, symbols=[])
    await call(ctx, "recall", query="max position in SLV flies is 200 lots")
    wrong = await call(ctx, "remember", kind="note", title="t", text=LIMIT, receipts=["r999"])
    assert wrong.error
    before = ctx.receipts.latest(ctx.scopes)
    assert any("context" in name for name in files_with(tmp_path, b"200 lots"))
    assert any("receipts" in name for name in files_with(tmp_path, b"200 lots"))
    left = forget(ctx.store, ctx.receipts, limit, by="U1", reason="asked to").record
    assert left.status == "forgotten"
    assert files_with(tmp_path, b"200 lots") == []
    assert files_with(tmp_path, b"the limit of slv") == []
    after = ctx.receipts.latest(ctx.scopes)
    assert [(r.id, r.tool, r.call_key, r.created_at) for r in after] == [
        (r.id, r.tool, r.call_key, r.created_at) for r in before
    ]
    table = next(r for r in after if r.tool == "recall").result.table
    assert any(row[0] == kept and "$17.50" in str(row[3]) for row in table)
    assert [(record, by) for _, record, by, _ in ctx.receipts.redactions()] == [(limit, "U1")] * 3
    assert forget(ctx.store, ctx.receipts, limit, by="U1", reason="again").record == left
    found = body(await call(ctx, "recall", query="max position in SLV flies"))["table"]
    assert [row[0] for row in found[1:]] == [kept]


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("recall", {"query": "x", "limit": 0}, "1 to 30"),
        ("recall", {"query": "x", "kinds": ["gossip"]}, "`kinds.1` is “gossip”"),
        ("remember", {"kind": "note", "title": "", "text": "  "}, "empty"),
        ("remember", {"kind": "note", "title": "t", "text": "x", "confidence": 7}, "confidence"),
        ("remember", {"kind": "rumour", "title": "t", "text": "x"}, "`kind`"),
        ("supersede", {"record_id": "nope", "text": "x", "reason": "y"}, "no record nope"),
    ],
)
async def test_bad_input(
    ctx: ToolContext, call: Call, name: str, args: dict[str, Any], said: str
) -> None:
    outcome = await call(ctx, name, **args)
    assert outcome.error
    assert said in outcome.text


async def test_who_withdrew_is_named_and_a_record_has_its_page(
    ctx: ToolContext, call: Call
) -> None:
    said = Draft(kind="message", text="Good morning.", author="U7", speaker="Maya", scope=ctx.home,
                 source=Source(kind="message", ref="m7"))  # fmt: skip
    ctx.store.add(said)
    local = replace(ctx, thread_link="http://127.0.0.1:4747/archives/C1/p1")
    written = body(
        await call(local, "remember", kind="finding", title="Gold", text="Gold is dear.")
    )
    record_id = written["values"]["record"]["value"]
    assert written["values"]["page"]["value"] == f"http://127.0.0.1:4747/memory/{record_id}"
    ctx.store.retract(record_id, by="U7", reason="it fell")
    again = await call(ctx, "remember", kind="finding", title="Gold", text="Gold is dear.")
    assert "retracted by Maya" in again.text
