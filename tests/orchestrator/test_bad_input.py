"""What people get wrong, and what goes wrong: each is a sentence in the thread; and a stop stops."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bullpen_agents.model import Request
from bullpen_agents.scripted import ScriptedModel, calls
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.limits import Limits
from bullpen_orchestrator.ports import Post
from bullpen_tools.context import LocalFile
from real_parts import FakeChat, Hanging, OpenDesk, said, until


class LiveChat(FakeChat):
    """A chat that lets messages grow."""

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        self.shown.append(("opened", agent, user))
        return "8.000001"


async def answers(open_desk: OpenDesk, text: str, *script: str, **changes: object) -> list[Post]:
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(list(script)))
    await desk.receive(said(text, **changes))
    await desk.idle(10)
    return chat.posts


async def test_an_empty_message(open_desk: OpenDesk) -> None:
    [post] = await answers(open_desk, "quant:  ")
    assert post.text.startswith("Your message reached me without any text")
    assert "`@Bullpen quant: …`" in post.text
    assert post.agent == "quant"


async def test_an_unknown_colleague(open_desk: OpenDesk) -> None:
    [post] = await answers(open_desk, "quand: price it")
    assert post.text.startswith("I know no colleague called 'quand'. Did you mean quant? ")
    assert "architect, data_analyst, developer, frontend, quant" in post.text


async def test_a_very_long_message_is_worked_on_and_its_length_told(open_desk: OpenDesk) -> None:
    first, second = await answers(open_desk, "word " * 10_000, "Long, but fine.")
    assert first.text.startswith("Your message has 49,999 characters, and I read the first 40,000")
    assert second.text == "Long, but fine."


async def test_bad_files_with_and_without_words(open_desk: OpenDesk) -> None:
    trouble = ("x.bin cannot be read: it is binary. Send text or CSV.",)
    [post] = await answers(open_desk, "look at this", problems=trouble)
    assert (post.text, post.priority) == (trouble[0], "answer")


async def test_a_bad_file_beside_a_good_one(open_desk: OpenDesk, tmp_path: Path) -> None:
    trouble = ("x.bin cannot be read: it is binary. Send text or CSV.",)
    good = LocalFile(name="a.csv", path=tmp_path, mimetype="text/csv", sha256="0", size=1)
    posts = await answers(open_desk, "look at this", "I looked.", problems=trouble, files=(good,))
    assert [post.text for post in posts] == [trouble[0], "I looked."]


async def test_bad_files_alone(open_desk: OpenDesk) -> None:
    [post] = await answers(open_desk, "", problems=("a.bin is binary.", "b.csv is broken."))
    assert post.text.splitlines()[1:] == ["• a.bin is binary.", "• b.csv is broken."]


async def test_asking_nobody_oneself_or_for_ever_is_refused_with_a_reason(
    open_desk: OpenDesk,
) -> None:
    def answer(request: Request):
        tries = ("quand", "quant", "developer", "developer", "developer")
        if request.agent == "developer":
            return "Yes."
        if request.meta["step"] < len(tries):
            who = tries[request.meta["step"]]
            return calls(("ask", {"agent": who, "question": f"sure {request.meta['step']}?"}))
        return "Enough."

    chat, model = FakeChat(), ScriptedModel(answer)
    desk = await open_desk(chat, model, limits=Limits(pair=2))
    await desk.receive(said("quant: go"))
    await desk.idle(10)
    told = str(model.requests[-1].messages)
    assert "no colleague called 'quand'. Did you mean quant?" in told
    assert "cannot ask yourself" in told
    assert "asked this colleague 2 times" in told
    assert [post.agent for post in chat.posts].count("developer") == 2
    assert chat.posts[-1].text == "Enough."


async def test_a_run_ends_at_its_budget_and_says_so(open_desk: OpenDesk) -> None:
    script = [calls(("measure", {"value": float(n)})) for n in range(9)]
    chat = FakeChat()
    desk = await open_desk(chat, ScriptedModel(script), limits=Limits(model_calls=3))
    await desk.receive(said("quant: go on and on"))
    await desk.idle(10)
    [post] = chat.posts
    assert "budget" in post.text


async def test_stop_ends_the_turn_within_two_seconds_and_is_said_once(open_desk: OpenDesk) -> None:
    chat = LiveChat()
    desk = await open_desk(chat, Hanging())
    await desk.receive(said("quant: take your time"))
    await desk.receive(said("and this too", ts="1.000002", thread_ts="1.000001"))
    await until(lambda: any(shown[0] == "live" for shown in chat.shown))
    begun = time.monotonic()
    await desk.receive(
        said("stop", ts="1.000003", thread_ts="1.000001", addressed=False, user_name="Ada")
    )
    await until(lambda: chat.posts)
    assert time.monotonic() - begun < 2
    await desk.idle(5)
    [post] = chat.posts
    assert post.text.startswith("Stopped by Ada.")
    assert post.live_ts == "8.000001"
    assert desk.status() == []
    await desk.receive(said("stop", ts="1.000004", thread_ts="1.000001"))
    await desk.idle(5)
    assert chat.posts[-1].text.startswith("Nothing is running in this thread")
    assert await desk.stop_thread("C1", "1.000001", "Ada") == 0


async def test_what_is_written_grows_with_its_figures_and_is_completed(open_desk: OpenDesk) -> None:
    chat = LiveChat()
    script = [calls(("measure", {"value": 17.5})), "The number is {{r1.vol}} today."]
    desk = await open_desk(chat, ScriptedModel(script))
    await desk.receive(said("quant: go"))
    await desk.idle(10)
    grown = [shown[2] for shown in chat.shown if shown[0] == "live"]
    assert grown
    assert not any("{{" in text for text in grown)
    assert any("17.5" in text for text in grown)
    [post] = chat.posts
    assert post.live_ts == "8.000001"
    assert sum(shown[0] == "opened" for shown in chat.shown) == 1


async def test_a_desk_that_is_closed_in_the_middle_goes_on_at_the_next_start(
    open_desk: OpenDesk,
) -> None:
    chat = FakeChat()
    models = [Hanging(), ScriptedModel(["Here I am again."])]
    desk = await open_desk(chat, models[0], model_for=lambda agent: models[0])
    await desk.receive(said("hello"))
    await until(lambda: desk.status() and not desk.status()[0].waiting)
    for _ in range(4):
        await desk.stop()
        await desk.start()
    await desk.stop()
    models.pop(0)
    await desk.start()
    await desk.idle(10)
    assert [post.text for post in chat.posts] == ["Here I am again."]


async def test_a_stop_that_the_process_did_not_survive_is_said_at_the_next_start(
    open_desk: OpenDesk,
) -> None:
    chat = FakeChat()
    desk = await open_desk(chat, Hanging())
    await desk.receive(said("quant: one"))
    await desk.receive(said("and two", ts="1.000002", thread_ts="1.000001"))
    await until(lambda: desk.status() and not desk.status()[0].waiting)
    await desk.stop()
    ledger = Ledger(desk.parts.home / "ledger.db")
    assert len(ledger.stop("C1", "1.000001", "Ada")) == 2
    ledger.close()
    await desk.start()
    await desk.idle(10)
    assert [post.text[:15] for post in chat.posts] == ["Stopped by Ada."]


async def test_a_private_channel_keeps_its_words_to_itself(open_desk: OpenDesk) -> None:
    chat, model = FakeChat(), ScriptedModel(["Noted: silver."] * 3)
    desk = await open_desk(chat, model)
    where = {"channel": "G1", "audience": "private"}
    await desk.receive(said("we buy silver", **where))
    await desk.idle(10)
    await desk.receive(said("what about silver?", ts="2.000001"))
    await desk.idle(10)
    assert model.requests[-1].meta["memories"] == []
    await desk.receive(said("what about silver?", ts="3.000001", **where))
    await desk.idle(10)
    assert any("we buy silver" in line for line in model.requests[-1].meta["memories"])


class SlowLiveChat(FakeChat):
    """A chat whose answer to a new growing message takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.growing: list[str] = []

    async def open_live(self, channel: str, thread_ts: str, agent: str, user: str) -> str | None:
        self.growing.append(f"8.{len(self.growing):06d}")
        await asyncio.sleep(0.2)
        return self.growing[-1]


async def test_a_stop_while_a_message_begins_to_grow_leaves_none_behind(
    open_desk: OpenDesk,
) -> None:
    desk = await open_desk(chat := SlowLiveChat(), Hanging())
    await desk.receive(said("quant: hello", audience="direct", channel="D1"))
    await until(lambda: chat.growing)
    await desk.stop_thread("D1", "1.000001", "Ada")
    await desk.idle(10)
    assert [(post.text.split(".")[0], post.live_ts) for post in chat.posts] == [
        ("Stopped by Ada", "8.000000")
    ]


async def test_a_restart_while_a_message_begins_to_grow_completes_that_one(
    open_desk: OpenDesk,
) -> None:
    desk = await open_desk(chat := SlowLiveChat(), Hanging())
    await desk.receive(said("quant: hello", audience="direct", channel="D1"))
    await until(lambda: chat.growing)
    await desk.stop()
    desk = await open_desk(chat, ScriptedModel(["All words."]))
    await desk.idle(10)
    assert chat.growing == ["8.000000"]
    assert [(post.text, post.live_ts) for post in chat.posts] == [("All words.", "8.000000")]
