"""What people say in Slack reaches the desk once, unwrapped; nobody else's words do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.app import Books, Listeners
from bullpen.slack.attachments import PICTURE_BYTES, Attachments
from bullpen.slack.connect import Connection, Identity
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import Reader, own, unwrap
from bullpen.slack.manifest import ASK_SHORTCUT
from bullpen_agents.roster import Roster
from bullpen_memory.store import Store
from bullpen_orchestrator.desk import Running
from bullpen_orchestrator.entries import Feedback
from bullpen_orchestrator.limits import Spent
from bullpen_orchestrator.ports import Inbound
from bullpen_tools.receipts import Receipts
from bullpen_workspace.controls import Controls
from bullpen_workspace.server import Workspace

ME = Identity("T1", "Team", "https://t/", "B1", "UBOT", "bullpen")
QUANT = Identity("T1", "Team", "https://t/", "B2", "UQUANT", "quant", agent="quant")


class Ear:
    """A desk that only listens; the first `failures` messages are not claimed."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []
        self.stopped: list[tuple[str, str, str]] = []
        self.gone: list[tuple[str, str]] = []
        self.failures = 0

    async def receive(self, inbound: Inbound) -> str:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the disk is full")
        self.heard.append(inbound)
        return "new"

    async def stop_thread(self, channel: str, thread_ts: str, by: str) -> int:
        self.stopped.append((channel, thread_ts, by))
        return 1

    async def correct(self, inbound: Inbound) -> str:
        self.heard.append(inbound)
        return "new"

    async def withdraw(self, message_id: str, event_id: str, by: str) -> str:
        self.gone.append((message_id, by))
        return "new"

    async def judge(self, feedback: Feedback) -> str:
        return ""

    def status(self) -> list[Running]:
        return []

    def spending(self, since: str = "") -> dict[str, Spent]:
        return {}


@pytest.fixture
async def ear(connection: Connection, tmp_path: Path) -> AsyncIterator[Ear]:
    made = Ear()
    directory = Directory(connection.reader)
    (tmp_path / "files").mkdir()
    attachments = Attachments(connection.client, tmp_path / "files", 1_000)
    reader = Reader(connection.identity, directory, attachments)
    receipts = Receipts(tmp_path / "receipts.db")
    store = Store(tmp_path / "context.db")
    Listeners(connection, reader, directory, made, Books(Roster.load(), receipts, store))
    await connection.listen()
    yield made
    receipts.close()
    store.close()


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_mention_arrives_once_with_names_and_audience(
    ear: Ear, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    keys = workspace.credentials
    sent = await person.chat_postMessage(
        channel=desk_channel,
        text=f"<@{keys.bot_user_id}> quant: see <#{desk_channel}> &amp; <https://x.org/a|the page>",
    )
    last = await person.chat_postMessage(channel=desk_channel, text="and you, Ada?")
    await until(lambda: len(ear.heard) >= 2)
    # Two threads: side by side, in no order.
    first, second = sorted(ear.heard, key=lambda inbound: inbound.ts)
    assert first.text == "quant: see #desk & [the page](https://x.org/a)"
    assert (first.addressed, first.audience, first.channel_name) == (True, "public", "desk")
    assert (first.ts, first.thread_ts, first.user) == (sent["ts"], sent["ts"], keys.person_id)
    assert first.user_name == "you"
    link = await person.chat_getPermalink(channel=desk_channel, message_ts=sent["ts"])
    assert first.permalink == link["permalink"]
    assert (second.ts, second.addressed) == (last["ts"], False)


async def test_a_direct_message_is_addressed_without_a_mention(
    ear: Ear, person: AsyncWebClient, workspace: Workspace
) -> None:
    direct = await person.conversations_open(users=workspace.credentials.bot_user_id)
    await person.chat_postMessage(channel=direct["channel"]["id"], text="hello")
    await until(lambda: ear.heard)
    assert (ear.heard[0].audience, ear.heard[0].addressed) == ("direct", True)


async def test_the_desk_never_hears_itself(
    ear: Ear, connection: Connection, person: AsyncWebClient, desk_channel: str
) -> None:
    for persona in ({}, {"username": "Quant", "icon_emoji": ":bar_chart:"}):
        await connection.client.chat_postMessage(channel=desk_channel, text="mine", **persona)
    await person.chat_postMessage(channel=desk_channel, text="yours")
    await until(lambda: ear.heard)
    assert [inbound.text for inbound in ear.heard] == ["yours"]


async def test_files_are_kept_by_their_hash_and_refusals_are_told(
    ear: Ear, person: AsyncWebClient, desk_channel: str
) -> None:
    await person.files_upload_v2(
        channel=desk_channel,
        initial_comment="look",
        file_uploads=[
            {"filename": "a.csv", "content": "x,y\n1,2\n"},
            {"filename": "big.csv", "content": "x" * 2_000},
            {"filename": "app.bin", "content": b"\0\1\2"},
        ],
    )
    await until(lambda: ear.heard)
    inbound = ear.heard[0]
    assert [file.name for file in inbound.files] == ["a.csv"]
    assert inbound.files[0].path.read_text() == "x,y\n1,2\n"
    assert inbound.files[0].path.stem == inbound.files[0].sha256
    assert len(inbound.problems) == 2
    assert "big.csv" in inbound.problems[0]
    assert "the limit is" in inbound.problems[0]
    assert "binary" in inbound.problems[1]
    assert len(list(inbound.files[0].path.parent.iterdir())) == 1


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_picture_is_kept_where_the_model_can_look_at_it(
    connection: Connection, person: AsyncWebClient, desk_channel: str, tmp_path: Path
) -> None:
    """PNG by its content, whatever its name says; without such a model, and beyond the size, refused."""
    uploads = [
        {"filename": "chart.dat", "content": b"\x89PNG\r\n\x1a\n" + b"p" * 90},
        {"filename": "huge.png", "content": b"\x89PNG\r\n\x1a\n" + b"p" * PICTURE_BYTES},
    ]
    sent = await person.files_upload_v2(channel=desk_channel, file_uploads=uploads)
    files = [(await person.files_info(file=file["id"]))["file"] for file in sent["files"]]
    seeing = Attachments(connection.client, tmp_path, 20_000_000, pictures=True)
    kept, problems = await seeing.fetch(files)
    assert [(file.name, file.mimetype) for file in kept] == [("chart.dat", "image/png")]
    assert "huge.png" in problems[0]
    assert "the limit is" in problems[0]
    blind = Attachments(connection.client, tmp_path, 20_000_000)
    kept, problems = await blind.fetch(files)
    assert not kept
    assert "is not set up to look at pictures" in problems[0]


async def test_only_changed_words_and_deletions_by_people_reach_the_desk(
    ear: Ear,
    connection: Connection,
    person: AsyncWebClient,
    workspace: Workspace,
    desk_channel: str,
) -> None:
    own = (await connection.client.chat_postMessage(channel=desk_channel, text="mine"))["ts"]
    await connection.client.chat_update(channel=desk_channel, ts=own, text="still mine")
    await connection.client.chat_delete(channel=desk_channel, ts=own)
    ts = (await person.chat_postMessage(channel=desk_channel, text="oil"))["ts"]
    messages = workspace.office.rooms.messages
    unfurled = replace(messages.require(desk_channel, ts), blocks=({"type": "divider"},))
    messages.change(unfurled)
    await person.chat_update(channel=desk_channel, ts=ts, text="silver")
    await until(lambda: len(ear.heard) == 2)
    await person.chat_delete(channel=desk_channel, ts=ts)
    await until(lambda: ear.gone)
    assert [(inbound.text, inbound.ts) for inbound in ear.heard] == [("oil", ts), ("silver", ts)]
    assert [(gone.split(":")[1:], by) for gone, by in ear.gone] == [([desk_channel, ts], "you")]


async def test_a_file_that_cannot_be_kept_is_told_and_the_message_arrives(
    ear: Ear, person: AsyncWebClient, desk_channel: str, tmp_path: Path
) -> None:
    (tmp_path / "files").rmdir()
    await person.files_upload_v2(
        channel=desk_channel, initial_comment="look", filename="a.csv", content="x,y\n1,2\n"
    )
    await until(lambda: ear.heard)
    [inbound] = ear.heard
    assert (inbound.text, inbound.files) == ("look", ())
    [problem] = inbound.problems
    assert "could not keep the file “a.csv”" in problem
    assert "No such file or directory" in problem


async def test_what_was_not_claimed_is_delivered_again(
    ear: Ear, person: AsyncWebClient, desk_channel: str
) -> None:
    ear.failures = 1
    await person.chat_postMessage(channel=desk_channel, text="once more")
    await until(lambda: ear.heard)
    assert [inbound.text for inbound in ear.heard] == ["once more"]


async def test_a_question_that_the_desk_cannot_take_is_told_to_who_asked(
    ear: Ear, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    hands = Controls(workspace.office, workspace.credentials.person_id)
    rooms = workspace.office.rooms

    async def told(line: str, place: str) -> list[str]:
        await hands.slash(place, line)
        await until(lambda: whispers(place))
        return [m.text for m in whispers(place)]

    def whispers(place: str) -> list[Any]:
        said = rooms.messages.timeline(place, viewer=hands.user)
        return [m for m in said if m.visible_to]

    ear.failures = 1
    [problem] = await told("/bullpen ask quant what is oil?", desk_channel)
    assert "could not take it in" in problem
    assert "in that thread" in problem
    assert not ear.heard
    made = await person.conversations_create(name="elsewhere", is_private=True)
    [problem] = await told("/bullpen ask what is oil?", made["channel"]["id"])
    assert "/invite @Bullpen" in problem


async def test_a_form_that_the_desk_cannot_take_is_told_to_who_sent_it(
    ear: Ear, person: AsyncWebClient, workspace: Workspace, desk_channel: str
) -> None:
    keys, rooms = workspace.credentials, workspace.office.rooms
    hands = Controls(workspace.office, keys.person_id)
    ts = (await person.chat_postMessage(channel=desk_channel, text="Oil fell."))["ts"]
    await until(lambda: ear.heard)
    hands.message_shortcut(keys.app_id, ASK_SHORTCUT, desk_channel, ts)
    await until(lambda: rooms.surfaces.modals(keys.person_id))
    [view] = rooms.surfaces.modals(keys.person_id)
    ear.failures = 1
    option = {"value": "quant", "text": {"type": "plain_text", "text": "Quant"}}
    state = {
        "question": {"value": {"type": "plain_text_input", "value": "why?"}},
        "agent": {"value": {"type": "static_select", "selected_option": option}},
    }
    sent = await hands.submit(view.id, state)
    assert not sent.errors

    def whispers() -> list[Any]:
        said = rooms.messages.thread(desk_channel, ts, viewer=hands.user)
        return [m for m in said if m.visible_to]

    await until(whispers)
    assert "could not take it in" in whispers()[0].text


async def test_a_person_token_that_carries_our_bot_id_is_a_person() -> None:
    stamped = {"user": "UADA", "bot_id": "B1", "type": "message"}
    assert not own(stamped, [ME])
    assert own({"user": "UBOT", "bot_id": "B1"}, [ME])
    assert own({"bot_id": "B1", "subtype": "bot_message"}, [ME])
    assert not own({"bot_id": "B2", "subtype": "bot_message"}, [ME])
    assert own({"bot_id": "B2", "subtype": "bot_message"}, [ME, QUANT])


async def test_marks_are_unwrapped() -> None:
    directory = Directory(AsyncWebClient("xoxb-none", base_url="http://127.0.0.1:9/api/"))
    cases: dict[str, Any] = {
        "<@UBOT>: what is 1 &lt; 2?": ("what is 1 < 2?", True),
        "<!here> look at <https://x.org>": ("@here look at https://x.org", False),
        "ask <#C1|deals> and <!subteam^S1|@quants>": ("ask #deals and @quants", False),
        "<mailto:a@x.org|a@x.org>": ("mailto:a@x.org", False),
    }
    for text, expected in cases.items():
        words = await unwrap(text, [ME], directory)
        assert (words.text, words.mentioned) == expected


async def test_a_mention_of_an_agents_own_app_addresses_the_agent() -> None:
    directory = Directory(AsyncWebClient("xoxb-none", base_url="http://127.0.0.1:9/api/"))
    cases: dict[str, Any] = {
        "<@UQUANT> price it": ("price it", ("quant",)),
        "<@UBOT> <@UQUANT>: !stop": ("!stop", ("quant",)),
        "could <@UQUANT> check this?": ("could @quant check this?", ("quant",)),
        "<@UBOT> price it": ("price it", ()),
    }
    for text, (said, agents) in cases.items():
        words = await unwrap(text, [ME, QUANT], directory)
        assert (words.text, words.agents, words.mentioned) == (said, agents, True), text


async def test_what_cannot_be_looked_up_is_named_and_kept_to_itself() -> None:
    directory = Directory(AsyncWebClient("xoxb-none", base_url="http://127.0.0.1:9/api/"))
    direct, unknown = await directory.channel("D1"), await directory.channel("C1")
    assert (direct.place, direct.scope("U1")) == ("a direct message", "person:U1")
    assert (unknown.place, unknown.scope("U1")) == ("#C1", "channel:C1")
