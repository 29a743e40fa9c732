"""A post of any length becomes messages that Slack takes, and nothing of it is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen.slack.render import (
    PART_LIMIT,
    footnote_blocks,
    in_words,
    mrkdwn,
    parts,
    plain,
    quiet,
    split_markdown,
)
from bullpen_orchestrator.ports import Button, Post


def post(text: str, **more: object) -> Post:
    return Post(key="k1", channel="C1", thread_ts="1.0", agent="quant", text=text, **more)  # type: ignore[arg-type]


def test_a_short_post_is_one_message_with_everything_in_it() -> None:
    made = parts(
        post(
            "Profit **17.50**",
            images=(("/a/p.png", "Payoff"),),
            footnotes=("¹ r1 · strategy_payoff",),
            buttons=(Button(action="receipts", label="Receipts", value="r1"),),
            meta={"run": "run1", "nested": {"not": "kept"}},
            priority="answer",
        ),
        {"/a/p.png": "F1"},
    )
    assert len(made) == 1
    assert [block["type"] for block in made[0].blocks] == [
        "markdown",
        "image",
        "context",
        "actions",
    ]
    assert made[0].blocks[1]["slack_file"] == {"id": "F1"}
    assert made[0].text == "Profit 17.50"
    assert made[0].metadata["event_payload"] == {
        "key": "k1", "part": 1, "parts": 1, "agent": "quant", "priority": "answer", "run": "run1",
    }  # fmt: skip


def test_a_long_post_is_split_with_a_key_for_each_part() -> None:
    text = "\n\n".join(f"Paragraph {i}. " + "word " * 200 for i in range(40))
    made = parts(post(text, footnotes=("¹ r1",)), {})
    assert len(made) > 3
    keys = [part.metadata["event_payload"]["key"] for part in made]
    assert keys[:3] == ["k1", "k1#2", "k1#3"]
    assert all(part.metadata["event_payload"]["parts"] == len(made) for part in made)
    assert [any(b["type"] == "context" for b in part.blocks) for part in made][-2:] == [False, True]
    said = " ".join(b["text"] for part in made for b in part.blocks if b["type"] == "markdown")
    assert [int(n) for n in re.findall(r"Paragraph (\d+)", said)] == list(range(40))


def test_a_code_block_that_is_cut_is_closed_and_opened_again() -> None:
    code = "```python\n" + "\n".join(f"line_{i} = {i}" for i in range(900)) + "\n```"
    pieces = split_markdown("Before\n\n" + code + "\n\nAfter", 2_000)
    inside = [piece for piece in pieces if "line_" in piece]
    assert len(inside) > 5
    assert all(piece.count("```") == 2 for piece in inside)
    assert all("```python" in piece for piece in inside)
    assert [int(n) for n in re.findall(r"line_(\d+) =", "\n".join(pieces))] == list(range(900))


def test_a_table_that_is_cut_repeats_its_header() -> None:
    rows = "\n".join(f"| row {i} | {i * 2} |" for i in range(300))
    pieces = split_markdown(f"| name | value |\n|---|---:|\n{rows}", 1_500)
    assert len(pieces) > 3
    assert all(piece.startswith("| name | value |\n|---|---:|\n| row") for piece in pieces)


LINES = st.one_of(
    st.sampled_from(["```py", "```", "~~~", "", "| a | b |", "|---|---|", "| ab | ba |"]),
    st.text(alphabet="ab ", max_size=120),
)


@given(st.lists(LINES, max_size=60).map("\n".join), st.integers(300, 900))
def test_every_piece_fits_and_no_letter_is_lost(text: str, limit: int) -> None:
    pieces = split_markdown(text, limit)
    assert pieces
    assert all(len(piece) <= limit + 400 for piece in pieces)
    letters, said = re.findall("[ab]", text), re.findall("[ab]", "".join(pieces))
    if not re.search("```|~~~|--", text):
        assert said == letters
    # The head of a fence or a table that is cut is said again; nothing is left out of the order.
    following = iter(said)
    assert all(letter in following for letter in letters)


def test_nobody_is_called_by_what_a_model_writes() -> None:
    text = "Dear <!channel>, <!subteam^S1|@quants>:\n\n```html\n<!DOCTYPE html>\n```\n`<!here>`"
    [made] = parts(post(text), {})
    shown = made.blocks[0]["text"]
    assert "<!channel" not in shown
    assert "<!subteam" not in shown
    assert shown.replace("\u200b", "") == text
    assert "<!DOCTYPE html>" in shown
    assert "`<!here>`" in shown
    assert "<!" not in made.text
    assert "<!" not in in_words(made).text


@given(st.text(alphabet="a<!`\n", max_size=60), st.integers(0, 60))
def test_a_growing_text_without_code_only_grows(text: str, end: int) -> None:
    text = text.replace("`", "")
    assert quiet(text).startswith(quiet(text[:end]))


def test_a_single_enormous_line_is_cut() -> None:
    pieces = split_markdown("x" * 40_000)
    assert all(len(piece) <= PART_LIMIT for piece in pieces)
    assert "".join(pieces) == "x" * 40_000


def test_many_footnotes_fit_into_context_blocks() -> None:
    blocks = footnote_blocks([f"¹ r{i} · " + "key, " * 60 for i in range(100)])
    assert all(len(block["elements"]) <= 10 for block in blocks)
    assert all(len(e["text"]) <= 2_000 for block in blocks for e in block["elements"])
    assert sum(e["text"].count("¹ r") for b in blocks for e in b["elements"]) == 100


def test_notifications_hold_no_marks() -> None:
    assert plain("# Title\n\n**bold** and [link](http://x) `code`") == "Title\nbold and link code"
    assert len(plain("long " * 2_000)) == 3_000


def test_mrkdwn_is_escaped_before_links_are_made() -> None:
    assert (
        mrkdwn("a < b & [r1](http://h/receipts/r1)") == "a &lt; b &amp; <http://h/receipts/r1|r1>"
    )
    assert mrkdwn("[x](javascript:alert)") == "[x](javascript:alert)"


@pytest.mark.parametrize("text", ["", "   "])
def test_a_post_without_words_still_has_a_text_for_notifications(text: str) -> None:
    made = parts(post(text, images=(("/a.png", "The chart"),)), {"/a.png": "F1"})
    assert made[0].text == "The chart"
    assert [block["type"] for block in made[0].blocks] == ["image"]


def test_a_name_goes_into_the_text_where_slack_gives_no_persona() -> None:
    assert parts(post("Hello"), {}, name_in_text="Quant")[0].blocks[0]["text"] == "**Quant:** Hello"
