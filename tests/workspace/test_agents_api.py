"""What a thread shows of an agent at work: status line, session, suggested prompts."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen_workspace.actions import Person
from bullpen_workspace.server import Workspace
from bullpen_workspace.streams import expire_statuses
from bullpen_workspace.types import ThreadStatus


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def the_status(workspace: Workspace, channel: str) -> ThreadStatus:
    (status,) = workspace.rooms.surfaces.statuses(channel)
    return status


async def test_status_line_and_its_end(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    root = person.post(desk, "question").ts
    await bot.assistant_threads_setStatus(
        channel_id=desk,
        thread_ts=root,
        status="is pricing the legs…",
        loading_messages=["Reading", "Counting"],
        username="Quant",
        icon_emoji=":abacus:",
    )
    status = the_status(workspace, desk)
    assert (status.text, status.username, status.busy) == ("is pricing the legs…", "Quant", True)
    assert status.loading == ("Reading", "Counting")
    # Posting in the thread clears it, as in Slack.
    await bot.chat_postMessage(channel=desk, thread_ts=root, text="done", username="Quant")
    assert the_status(workspace, desk).busy is False
    unknown = bot.assistant_threads_setStatus(channel_id=desk, thread_ts="1.1", status="x")
    assert await refused(unknown) == "invalid_thread_ts"


async def test_session_life(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    where = {"channel_id": desk, "thread_ts": person.post(desk, "question").ts}
    assert await refused(bot.agents_sessions_rename(**where, title="x")) == "session_not_found"
    await bot.agents_sessions_setStatus(
        **where, status="processing", title="Butterfly", initiator_user_id=person.user
    )
    status = the_status(workspace, desk)
    assert (status.session, status.title, status.busy) == ("processing", "Butterfly", True)
    await bot.agents_sessions_rename(**where, title="SLV butterfly")
    await bot.agents_sessions_setStatus(**where, status="suspended")
    status = the_status(workspace, desk)
    assert (status.session, status.title, status.busy) == ("suspended", "SLV butterfly", False)
    wrong = bot.agents_sessions_setStatus(**where, status="sleeping")
    assert await refused(wrong) == "invalid_status"
    no_thread = bot.agents_sessions_setStatus(channel_id=desk, status="active")
    assert await refused(no_thread) == "thread_ts_required"


async def test_last_writer_of_the_slot_wins(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    where = {"channel_id": desk, "thread_ts": person.post(desk, "question").ts}
    await bot.assistant_threads_setStatus(**where, status="is reading…")
    await bot.agents_sessions_setStatus(**where, status="processing")
    assert the_status(workspace, desk).text == ""
    await bot.assistant_threads_setStatus(**where, status="is writing…")
    assert the_status(workspace, desk).text == "is writing…"
    await bot.assistant_threads_setStatus(**where, status="")
    assert the_status(workspace, desk).busy is False


async def test_title_and_prompts(bot: AsyncWebClient, workspace: Workspace, person: Person) -> None:
    channel = (await bot.conversations_open(users=person.user))["channel"]["id"]
    prompts = [{"title": "Butterfly", "message": "price the SLV butterfly"}]
    await bot.assistant_threads_setSuggestedPrompts(
        channel_id=channel, thread_ts=None, title="Try", prompts=prompts
    )
    status = the_status(workspace, channel)
    assert (status.prompts_title, list(status.prompts)) == ("Try", prompts)
    root = person.post(channel, "hello").ts
    await bot.assistant_threads_setTitle(channel_id=channel, thread_ts=root, title="Hello")
    named = workspace.rooms.surfaces.status(channel, root, workspace.credentials.app_id)
    assert named is not None
    assert named.title == "Hello"
    broken = bot.assistant_threads_setSuggestedPrompts(
        channel_id=channel, prompts=[{"title": "no message"}]
    )
    assert await refused(broken) == "invalid_arguments"


async def test_status_line_that_is_not_renewed_ends(
    bot: AsyncWebClient, workspace: Workspace, person: Person, desk: str
) -> None:
    root = person.post(desk, "question").ts
    await bot.assistant_threads_setStatus(channel_id=desk, thread_ts=root, status="is reading…")
    expire_statuses(workspace.rooms, seconds=60.0)
    assert the_status(workspace, desk).busy is True
    expire_statuses(workspace.rooms, seconds=0.0)
    assert the_status(workspace, desk).busy is False
