"""The first path through the product, as a new user walks it, without a browser."""

from __future__ import annotations

from desk_process import DeskProcess, readable, until

BUTTERFLY = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
)
COMPARE = (
    "@Bullpen compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember"
)
RECALL = "@Bullpen what do we know about oil volatility?"


def test_the_butterfly(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    ts = ada.say("desk", BUTTERFLY)
    answer = ada.answered("desk", ts, "17.50", "72.50", "107.50", "7.0x", "8.0x", "20")
    assert "quant" in answer.get("username", "").lower()
    assert answer.get("icons", {}).get("emoji")
    shown = readable(answer)
    assert "¹" in shown
    assert "strategy_payoff" in shown
    images = [b for b in answer["blocks"] if b["type"] == "image"]
    assert len(images) == 1
    assert images[0]["slack_file"]["id"]
    assert images[0]["alt_text"]


def test_the_whole_story(desk: DeskProcess) -> None:
    ada = desk.person()
    ts = ada.say("desk", COMPARE)
    speakers = {"Architect", "Quant", "Data Analyst"}
    until(
        lambda: speakers <= {m.get("username") for m in ada.replies("desk", ts)},
        what="three colleagues",
    )
    until(
        lambda: (
            ada.replies("desk", ts)[-1].get("username") == "Architect"
            and len(ada.replies("desk", ts)) >= 5
        ),
        what="the architect to close",
    )
    replies = ada.replies("desk", ts)
    assert any("@Quant" in m["text"] and m.get("username") == "Data Analyst" for m in replies)
    assert any(b["type"] == "image" for m in replies for b in m.get("blocks", []))
    assert "¹" in readable(replies[-1])
    keys = [m["metadata"]["event_payload"]["key"] for m in replies]
    assert len(keys) == len(set(keys))

    assert desk.stop() == 0
    desk.start()
    ada = desk.person()
    assert [m["ts"] for m in ada.replies("desk", ts)] == [m["ts"] for m in replies]
    asked = ada.say("research", RECALL)
    answer = readable(ada.answered("research", asked, "oil"))
    link = f"/archives/{ada.channel('desk')}/p{ts.replace('.', '')}"
    assert link in answer or ts.replace(".", "") in answer, answer


def test_a_follow_up_needs_no_mention(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    ts = ada.say("desk", BUTTERFLY)
    ada.answered("desk", ts, "17.50")
    ada.say("desk", "and the 60-80-100 call butterfly at 4?", ts)
    answer = ada.answered("desk", ts, "16.00")
    assert answer.get("username") == "Quant"


def test_people_who_talk_to_each_other_are_left_alone(shared_desk: DeskProcess) -> None:
    ada = shared_desk.person()
    quiet = ada.say("markets", "lunch at noon?")
    loud = ada.say("markets", "@Bullpen what data do you hold?")
    ada.answered("markets", loud, "wti")
    assert ada.replies("markets", quiet) == []


def test_nothing_is_said_twice(shared_desk: DeskProcess) -> None:
    """Twenty threads at once: one answer each."""
    ada = shared_desk.person()
    asked = [ada.say("markets", BUTTERFLY.replace("2.50", f"{2 + n / 10:.2f}")) for n in range(20)]
    for ts in asked:
        ada.answered("markets", ts, "maximum profit")
    assert [len(ada.replies("markets", ts)) for ts in asked] == [1] * 20
