"""The page over HTTP and its WebSocket, without a browser: what is served, pushed and refused."""

import asyncio
import json
import re

import aiohttp
import pytest

from bullpen_workspace.server import Workspace
from bullpen_workspace.types import Message, ThreadStatus


class Window:
    """A page without a browser: the cookie, the deeds and the WebSocket."""

    def __init__(self, workspace: Workspace, session: aiohttp.ClientSession) -> None:
        self.url = workspace.url
        self.session = session
        self.headers = {
            "Origin": workspace.url,
            "Cookie": workspace.office.entrance.cookie,
        }

    async def get(self, path: str) -> str:
        async with self.session.get(self.url + path, headers=self.headers) as answer:
            return await answer.text()

    async def do(self, deed: str, **asked: object) -> tuple[int, dict]:
        url = f"{self.url}/page/{deed}"
        async with self.session.post(url, json=asked, headers=self.headers) as answer:
            return answer.status, await answer.json()

    async def look(self, **here: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self.session.ws_connect(f"{self.url}/page/live", headers=self.headers)
        await socket.send_json({"see": here})
        return socket


async def until_op(socket: aiohttp.ClientWebSocketResponse, op: str, said: str = "") -> dict:
    """The next push of a kind whose HTML holds `said`; anything else is passed over."""
    async with asyncio.timeout(8):
        async for frame in socket:
            for found in json.loads(frame.data)["ops"]:
                if found["op"] == op and said in json.dumps(found, ensure_ascii=False):
                    return found
    raise AssertionError("the socket ended")


@pytest.fixture
def window(workspace: Workspace, session: aiohttp.ClientSession) -> Window:
    return Window(workspace, session)


async def test_an_empty_desk_teaches_and_a_full_one_does_not(window, desk, person):
    assert 'data-testid="examples"' in await window.get(f"/archives/{desk}")
    person.post(desk, "hello")
    assert 'data-testid="examples"' not in await window.get(f"/archives/{desk}")


async def test_a_sent_message_reaches_every_window_once(window, desk, workspace):
    here = await window.look(channel=desk)
    await until_op(here, "sync")
    asked = {"channel": desk, "text": "@Bullpen quant: hi <b>", "key": "k1"}
    status, first = await window.do("send", **asked)
    again = await window.do("send", **asked)
    assert (status, again) == (200, (200, first))
    put = await until_op(here, "put", "quant: hi")
    assert put["key"] == "k1"
    assert "&lt;b&gt;" in put["html"]
    assert '<span class="mention">@Bullpen</span>' in put["html"]
    assert len(workspace.rooms.messages.timeline(desk)) == 1
    await here.close()


async def test_a_growing_text_is_pushed_and_its_caret_leaves(window, desk, bot, workspace):
    who = workspace.credentials
    here = await window.look(channel=desk)
    posted = await bot.chat_postMessage(channel=desk, text="root")
    started = await bot.chat_startStream(
        channel=desk,
        thread_ts=posted["ts"],
        markdown_text="The **first",
        recipient_user_id=who.person_id,
        recipient_team_id=who.team_id,
        username="Quant",
        icon_emoji=":abacus:",
    )
    await here.send_json({"see": {"channel": desk, "thread": posted["ts"]}})
    begun = await until_op(here, "sync", "The **first")
    assert "streaming" in begun["html"]
    await bot.chat_appendStream(channel=desk, ts=started["ts"], markdown_text=" half** is in")
    grown = await until_op(here, "put", "<strong>first half</strong>")
    assert "🧮" in grown["html"]
    await bot.chat_stopStream(channel=desk, ts=started["ts"])
    await until_op(here, "put", 'class=\\"msg\\"')
    await here.close()


async def test_a_plan_grows_beside_the_text_which_is_shown_once(window, desk, bot, workspace):
    who = workspace.credentials
    posted = await bot.chat_postMessage(channel=desk, text="root")
    here = await window.look(channel=desk, thread=posted["ts"])
    task = {"type": "task_update", "id": "1", "title": "Price the legs", "status": "in_progress"}
    started = await bot.chat_startStream(
        channel=desk,
        thread_ts=posted["ts"],
        recipient_user_id=who.person_id,
        recipient_team_id=who.team_id,
        task_display_mode="plan",
        chunks=[{"type": "plan_update", "title": "Pricing"}, task],
    )
    begun = await until_op(here, "put", "Price the legs")
    assert "task in_progress" in begun["html"]
    done = {**task, "status": "complete", "output": "3 legs"}
    told = {"type": "markdown_text", "text": "You make **17.50**."}
    await bot.chat_appendStream(channel=desk, ts=started["ts"], chunks=[done, told])
    grown = await until_op(here, "put", "3 legs")
    assert "task complete" in grown["html"]
    assert grown["html"].count("<strong>17.50</strong>") == 1
    await here.close()


async def test_a_status_shows_who_works_and_how_to_stop_it(window, desk, workspace, person):
    root = person.post(desk, "@Bullpen hi")
    here = await window.look(channel=desk, thread=root.ts)
    await until_op(here, "sync")
    status = ThreadStatus(
        channel=desk,
        thread_ts=root.ts,
        app_id=workspace.credentials.app_id,
        text="is pricing the legs…",
        username="Quant",
        icon_emoji=":abacus:",
        session="processing",
    )
    workspace.rooms.surfaces.set_status(status)
    line = await until_op(here, "inner", "is pricing the legs…")
    assert "<b>Quant</b>" in line["html"]
    assert 'data-act="stop"' in line["html"]
    await here.close()


async def test_the_stop_button_reaches_the_app(window, desk, workspace, person, connect, until):
    stopped: list[dict] = []

    async def hear(event):
        stopped.append(event)

    await connect(workspace, lambda app: app.event("agent_session_stopped")(hear))
    root = person.post(desk, "@Bullpen hi")
    workspace.rooms.surfaces.set_status(
        ThreadStatus(
            channel=desk,
            thread_ts=root.ts,
            app_id=workspace.credentials.app_id,
            session="processing",
        )
    )
    assert await window.do("stop", channel=desk, thread=root.ts) == (200, {})
    await until(lambda: stopped)
    assert stopped[0]["thread_ts"] == root.ts


async def test_a_deleted_message_leaves_and_a_gap_is_caught_up(window, desk, person):
    kept, gone = person.post(desk, "stays"), person.post(desk, "goes")
    here = await window.look(channel=desk)
    assert "goes" in (await until_op(here, "sync"))["html"]
    await here.close()
    person.delete(desk, gone.ts)
    for number in range(60):
        person.post(desk, f"missed {number}")
    here = await window.look(channel=desk)
    caught_up = await until_op(here, "sync")
    assert "goes" not in caught_up["html"]
    assert caught_up["html"].count("<li class=") == 50
    assert caught_up["older"] is True
    first = caught_up["html"].split('data-ts="')[1].split('"')[0]
    earlier = json.loads(await window.get(f"/page/older?channel={desk}&before={first}"))
    assert "stays" in earlier["html"]
    assert earlier["older"] is False
    assert kept.ts in earlier["html"]
    await here.close()


async def test_unread_and_mentions_show_in_the_sidebar_until_read(window, workspace, desk):
    ann = workspace.rooms.people.add_person("Ann").id
    here = await window.look(channel="")
    await until_op(here, "replace")
    me = workspace.credentials.person_id
    posted = workspace.rooms.messages.post(
        Message(channel=desk, ts="", user=ann, text=f"<@{me}> look")
    )
    await until_op(here, "replace", "mention-badge")
    await here.send_json({"read": {"channel": desk, "ts": posted.ts}})
    side = await until_op(here, "replace")
    assert "mention-badge" not in side["html"]
    await here.close()


async def test_a_permalink_opens_the_thread_and_marks_the_message(window, desk, person):
    root = person.post(desk, "root")
    reply = person.post(desk, "reply", thread_ts=root.ts)
    page = await window.get(f"/archives/{desk}/p{reply.ts.replace('.', '')}")
    assert 'data-testid="thread-pane"' in page
    marked = page.split(" flash")[1].split(">")[0]
    assert reply.ts in marked


async def test_messages_of_one_person_in_a_row_share_one_name(window, desk, person, workspace):
    person.post(desk, "one")
    person.post(desk, "two")
    ann = workspace.rooms.people.add_person("Ann").id
    workspace.rooms.messages.post(Message(channel=desk, ts="", user=ann, text="three"))
    page = await window.get(f"/archives/{desk}")
    assert [name.split("<")[0] for name in page.split('data-testid="author">')[1:]] == [
        "you",
        "Ann",
    ]
    assert page.count('class="day"') == 1


async def test_a_long_thread_comes_in_pieces_and_is_whole(window, desk, person, workspace):
    root = person.post(desk, "root")
    for number in range(230):
        person.post(desk, f"reply {number}", thread_ts=root.ts)
    page = await window.get(f"/archives/{desk}/p{root.ts.replace('.', '')}?thread=1")
    seen = re.findall(r"reply (\d+)<", page.split('<ol class="msgs" id="replies"')[1])
    assert seen == [str(n) for n in range(130, 230)]
    older = True
    while older:
        first = workspace.rooms.messages.thread(desk, root.ts)[len(seen) * -1].ts
        said = json.loads(
            await window.get(f"/page/older?channel={desk}&thread={root.ts}&before={first}")
        )
        seen = re.findall(r"reply (\d+)<", said["html"]) + seen
        older = said["older"]
    assert seen == [str(n) for n in range(230)]
    # A link to a reply far up opens the thread as far as that reply.
    old = workspace.rooms.messages.thread(desk, root.ts)[5]
    link = f"/archives/{desk}/p{old.ts.replace('.', '')}?thread_ts={root.ts}"
    assert "reply 4<" in await window.get(link)


@pytest.mark.parametrize(
    ("deed", "asked", "says"),
    [
        ("send", {"text": "  "}, "empty"),
        ("send", {"text": "x" * 40_001}, "40,000"),
        ("send", {"text": "hi", "channel": "C0"}, "not in that channel"),
        ("send", {"text": "/nothing here"}, "No app in this workspace"),
        ("react", {"ts": "1.0", "name": "+1"}, "no longer there"),
        ("react", {"ts": "1.0", "name": "<b>"}, "no name"),
        ("create", {"name": "Ünïcode!"}, "small letters"),
        ("block", {"ts": "1.0", "action": {"action_id": "x"}}, "no longer there"),
        ("view", {"view": "V0"}, "no longer open"),
    ],
)
async def test_what_is_in_vain_is_refused_in_a_sentence(window, desk, deed, asked, says):
    status, answer = await window.do(deed, **{"channel": desk, **asked})
    assert status == 409
    assert says in answer["error"]
    assert answer["error"].endswith(".")


async def test_the_chosen_theme_comes_with_the_page(window, desk):
    assert "data-theme" not in (await window.get(f"/archives/{desk}")).split("<head>")[0]
    window.headers["Cookie"] += "; theme=dark"
    assert 'data-theme="dark"' in await window.get(f"/archives/{desk}")
    window.headers["Cookie"] = window.headers["Cookie"].replace("dark", "x%22onload=")
    assert "onload" not in await window.get(f"/archives/{desk}")


async def test_a_read_thread_loses_its_mark_in_the_channel(window, desk, person, workspace):
    root = person.post(desk, "root")
    ann = workspace.rooms.people.add_person("Ann").id
    reply = workspace.rooms.messages.post(
        Message(channel=desk, ts="", user=ann, text="reply", thread_ts=root.ts)
    )
    here = await window.look(channel=desk, thread=root.ts)
    assert "Unread replies" in (await until_op(here, "sync"))["html"]
    await here.send_json({"read": {"channel": desk, "ts": reply.ts, "thread": root.ts}})
    assert "Unread replies" not in (await until_op(here, "put", "root"))["html"]
    await here.close()


async def test_an_app_that_is_not_in_the_channel_can_be_invited(window, workspace, person):
    quiet = person.create_channel("quiet", invite_apps=False).id
    assert 'data-testid="invite"' in await window.get(f"/archives/{quiet}")
    assert await window.do("invite", channel=quiet) == (200, {})
    assert workspace.rooms.channels.is_member(quiet, workspace.credentials.bot_user_id)
    assert 'data-testid="invite"' not in await window.get(f"/archives/{quiet}")


async def test_a_channel_is_made_and_one_of_others_is_joined(window, workspace):
    ann = workspace.rooms.people.add_person("Ann").id
    theirs = workspace.rooms.channels.create("theirs", creator=ann).id
    secret = workspace.rooms.channels.create("secret", creator=ann, kind="private").id
    page = await window.get(f"/archives/{theirs}")
    assert "without being a member" in page
    assert 'data-testid="composer"' not in page
    assert await window.do("join", channel=theirs) == (200, {})
    assert 'data-testid="composer"' in await window.get(f"/archives/{theirs}")
    assert "no such channel" in await window.get(f"/archives/{secret}")
    status, made = await window.do("create", name="Oil Desk")
    assert status == 200
    assert "oil-desk" in await window.get(f"/archives/{made['channel']}")


async def test_a_message_of_forty_thousand_characters_is_kept_whole(window, desk, workspace):
    text = "word " * 7_999 + "last!"
    status, _ = await window.do("send", channel=desk, text=text)
    assert status == 200
    assert workspace.rooms.messages.timeline(desk)[0].text == text
    page = await window.get(f"/archives/{desk}")
    assert "last!" in page
    assert "content long" in page


async def test_garbage_is_refused_not_crashed_on(window):
    async with window.session.post(
        f"{window.url}/page/send", data=b"\xff{", headers=window.headers
    ) as answer:
        assert answer.status == 400
    status, _ = await window.do("nonsense")
    assert status == 404
    async with window.session.get(f"{window.url}/archives/C0/p1", headers=window.headers) as answer:
        assert answer.status == 404
        assert "no such channel" in await answer.text()


async def test_a_file_is_uploaded_posted_and_shown(window, desk):
    async with window.session.post(
        f"{window.url}/page/upload?name=run.csv",
        data=b"date,wti\n2026-11-20,72.02\n",
        headers=window.headers,
    ) as answer:
        file = await answer.json()
    await window.do("send", channel=desk, text="", files=[file["id"]])
    page = await window.get(f"/archives/{desk}")
    assert "run.csv" in page
    assert '<td class="right">72.02</td>' in page
    async with window.session.post(
        f"{window.url}/page/upload?name=none.bin", data=b"", headers=window.headers
    ) as answer:
        assert answer.status == 409
        assert "empty" in (await answer.json())["error"]


async def test_other_sites_can_neither_drive_nor_watch(window, desk, workspace):
    url = f"{window.url}/page/send"
    foreign = {**window.headers, "Origin": "http://evil.example"}
    async with window.session.post(url, json={"channel": desk, "text": "x"}, headers=foreign) as a:
        assert a.status == 403
    without = {"Origin": window.url}
    async with window.session.post(url, json={"channel": desk, "text": "x"}, headers=without) as a:
        assert a.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await window.session.ws_connect(f"{window.url}/page/live", headers=foreign)
    assert workspace.rooms.messages.timeline(desk) == []


async def test_the_shared_look_is_served_and_names_no_other_host(window):
    css, script = await window.get("/page/style.css"), await window.get("/page/page.js")
    for name in (".page", ".card", ".btn", ".chip", ".field", ".badge", ".grid", ".notice"):
        assert f"{name} {{" in css
    assert not re.search(r"https?://(?!www\.w3\.org)", css + script)
    assert "url(" not in css


async def test_a_modal_is_pushed_and_its_values_reach_the_app(window, workspace, connect):
    seen: list[dict] = []

    async def submitted(ack, view):
        seen.append(view["state"]["values"])
        if len(seen) == 1:
            await ack(response_action="errors", errors={"title": "Too short."})
        else:
            await ack()

    await connect(workspace, lambda app: app.view("remember")(submitted))
    here = await window.look(channel="")
    await until_op(here, "replace")
    block = {
        "type": "input",
        "block_id": "title",
        "label": {"type": "plain_text", "text": "Title"},
        "element": {"type": "plain_text_input", "action_id": "v"},
    }
    body = {
        "type": "modal",
        "callback_id": "remember",
        "title": {"type": "plain_text", "text": "Remember"},
        "blocks": [block],
    }
    who = workspace.credentials
    view = workspace.rooms.surfaces.open_modal(who.person_id, who.app_id, body)
    assert "Remember" in (await until_op(here, "modal", "Remember"))["html"]
    values = {"title": {"v": {"type": "plain_text_input", "value": "x"}}}
    status, answer = await window.do("view", view=view.id, values=values)
    assert (status, answer["errors"]) == (200, {"title": "Too short."})
    status, answer = await window.do("view", view=view.id, values=values)
    assert (status, answer) == (200, {"errors": {}, "open": False})
    assert (await until_op(here, "modal"))["html"] == ""
    assert seen[1]["title"]["v"]["value"] == "x"
    await here.close()


async def test_a_page_beside_the_chat_has_the_same_sidebar(window, desk, person, workspace):
    research = workspace.rooms.channels.by_name("research")
    ann = workspace.rooms.people.add_person("Ann").id
    side = await window.get("/page/side?at=/memory/")
    assert 'data-name="research"' in side
    assert 'data-act="new-channel"' not in side
    here = await window.look(page="/memory/")
    await until_op(here, "replace", "research")
    workspace.rooms.messages.post(Message(channel=research.id, ts="", user=ann, text="new"))
    pushed = await until_op(here, "replace", "unread")
    assert pushed["target"] == "#side"
    await here.close()
