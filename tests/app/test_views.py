"""The app's home, the receipts modal and the question form: what Slack is given to show."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from bullpen.slack import ask, home, messages, modal
from bullpen.slack.record_cards import card
from bullpen.wording import Rerun
from bullpen_agents.roster import Roster
from bullpen_orchestrator.desk import Running
from bullpen_orchestrator.ports import Written
from bullpen_tools.context import DataRef, Receipt, Result, Value


def receipt(number: int, **result: object) -> Receipt:
    return Receipt(
        id=f"r{number}", tool="series_stats", version="2", inputs={"series": "wti <x>"}, error="",
        agent="quant", run_id="run1", call_key=f"k{number}", scope="workspace", seconds=0.1,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        result=Result(summary="Oil.", **result),  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_modal_names_tool_inputs_values_data_and_warnings() -> None:
    shown = json.dumps(
        modal.view(
            [
                receipt(
                    7,
                    values={"vol": Value(value=38.61, unit="pct", label="Volatility")},
                    data=(DataRef(dataset="wti", rows=5020, sha256="a" * 64, vintage="2019"),),
                    warnings=("Eight dates were left out.",),
                    as_of=datetime(2018, 12, 28, tzinfo=UTC),
                )
            ]
        ),
        ensure_ascii=False,
    )
    for part in ("*r7*", "`series_stats` v2", "wti &lt;x&gt;", "*38.6%* (derived)",
                 "5,020 rows", "vintage 2019", "sha256 aaaaaaaaaaaa", "As of 2018-12-28",
                 "Eight dates"):  # fmt: skip
        assert part in shown, part
    assert "a" * 13 not in shown


def test_what_a_rerun_gave_makes_no_link_and_calls_nobody() -> None:
    found = messages.replayed(
        Rerun(same=False, sentence="Other figures.", differences=("<https://x.org|Approve> <!here>: 1, now 2",))
    )  # fmt: skip
    shown = json.dumps(modal.view([receipt(7)], replays=True, again={"r7": found}))
    assert "&lt;https://x.org|Approve&gt; &lt;!here&gt;: 1, now 2" in shown
    assert "Run it again" not in shown


def test_a_card_shows_an_address_as_it_is_written() -> None:
    record = Written(id="R1", version=1, kind="note", headline="see <https://x.org|this>, http://y.org", status="active")  # fmt: skip
    words = card(record)[0]["elements"][0]
    assert "&lt;https://x.org|this&gt;, http://y.org" in words["text"]
    assert words["verbatim"] is True


def test_many_receipts_stay_inside_slacks_limits() -> None:
    view = modal.view([receipt(i, values={"v": Value(value=1.0)}) for i in range(200)])
    assert len(view["blocks"]) <= 100
    assert "receipts page" in json.dumps(view["blocks"][-1])


def test_values_are_packed_whole_and_what_has_no_room_is_counted() -> None:
    values = {f"v{i}": Value(value=float(i), label=f"Value {i} " + "x" * 80) for i in range(300)}
    blocks = modal.view([receipt(1, values=values)])["blocks"]
    texts = [b["text"]["text"] for b in blocks if b["type"] == "section"]
    assert all(len(text) <= 3_000 for text in texts)
    lines = [line for text in texts for line in text.split("\n") if line.startswith("• ")]
    assert all(line.endswith(" (derived)") for line in lines)
    assert f"{300 - len(lines)} further values" in texts[-1]
    few = modal.view([receipt(1, values=dict(list(values.items())[:40]))])["blocks"]
    assert json.dumps(few).count("(derived)") == 40
    assert "further" not in json.dumps(few)


def test_an_answer_without_receipts_says_so() -> None:
    assert "cites no receipts" in json.dumps(modal.view([]))


def run(number: int, **changes: object) -> Running:
    given = {
        "run_id": f"r{number}", "channel": "C1", "thread_ts": f"{number}.0", "agents": ("quant",),
        "asked_by": "Ada", "user": "U1", "audience": "public", "text": f"question {number} <x>",
        "since": "", "waiting": False,
    }  # fmt: skip
    return Running(**given | changes)  # type: ignore[arg-type]


def glimpse(**changes: object) -> home.Glimpse:
    given = {"running": [], "proposed": [], "waiting": 0, "kept": "finding 2", "spend": "unknown"}
    return home.Glimpse(**given | changes)  # type: ignore[arg-type]


def test_the_home_shows_who_is_at_what_and_how_to_stop_it() -> None:
    quiet = json.dumps(home.view(Roster.load(), glimpse(), home.Pages()))
    for part in (
        "*Quant*",
        "free",
        "Nothing is running",
        "No record waits",
        "finding 2",
        "unknown",
    ):
        assert part in quiet, part
    busy = home.view(Roster.load(), glimpse(running=[run(1), run(2)]), home.Pages())
    shown = json.dumps(busy, ensure_ascii=False)
    assert "at work on “question 1 &lt;x&gt;” and 1 more" in shown
    stops = [b["accessory"] for b in busy["blocks"] if "accessory" in b]
    assert [stop["value"] for stop in stops] == ["C1:1.0", "C1:2.0"]


def test_a_thousand_items_stay_inside_slacks_limits_and_can_be_paged() -> None:
    running = [run(n, text="word " * 500) for n in range(1_000)]
    seen: set[str] = set()
    pages = home.Pages()
    for n in range(100):
        view = home.view(Roster.load(), glimpse(running=running), pages)
        assert len(view["blocks"]) <= 100
        assert all(len(b.get("text", {}).get("text", "")) <= 3_000 for b in view["blocks"])
        seen |= {b["accessory"]["value"] for b in view["blocks"] if "accessory" in b}
        turns = [
            e for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]
            if e["action_id"] == "home_turn:runs:on"
        ]  # fmt: skip
        assert bool(turns) == (n < 99)
        pages = home.pages_of(turns[0]["value"]) if turns else pages
    assert len(seen) == 1_000
    assert home.pages_of("nonsense") == home.Pages()


def test_the_form_brings_the_message_and_the_colleague_along() -> None:
    view = ask.view(
        Roster.load(),
        {"channel": {"id": "C1"}, "message": {"ts": "1.5", "text": "Oil fell 3%"}},
    )
    assert [block["block_id"] for block in view["blocks"]] == ["question", "agent"]
    state = {
        "question": {"value": {"value": "Why?"}},
        "agent": {"value": {"selected_option": {"value": "quant"}}},
    }
    question = ask.submitted(view | {"id": "V1", "state": {"values": state}}, "U1")
    assert (question.channel, question.thread_ts, question.text) == ("C1", "1.5", "quant: Why?")
    assert question.quoted == "Oil fell 3%"
    assert ask.view(Roster.load(), {})["blocks"][-1]["block_id"] == "channel"
