"""Search, members, unread marks and acting for another local person, as the page asks for them."""

from tests.workspace.test_page_live import Window, until_op

from bullpen_workspace.actions import Person
from bullpen_workspace.types import Message


async def test_search_finds_words_people_places_and_files(workspace, session, desk, person):
    window = Window(workspace, session)
    ann = workspace.rooms.people.add_person("Ann Okafor")
    research = workspace.rooms.channels.by_name("research").id
    workspace.rooms.channels.join(research, ann.id)
    who = workspace.credentials
    person.post(desk, "Where is the Vega report? 100% & <sure>")
    other = Person(workspace.office, ann.id)
    other.post(research, "the vega of the book is flat")
    file = other.upload("vega.csv", b"a,b\n1,2\n")
    other.post(research, "numbers", files=[file.id])
    workspace.rooms.messages.post(
        Message(
            channel=desk,
            ts="",
            user=who.bot_user_id,
            bot_id=who.bot_id,
            username="Quant",
            text="vega is 3",
        )
    )

    async def hits(typed: str) -> int:
        shown = await window.get(f"/page/search?q={typed}")
        return shown.count('class="hit"')

    assert await hits("VEGA") == 3
    assert await hits("vega%20book") == 1
    assert await hits("vega%20from:quant") == 1
    assert await hits("from:ann") == 2
    assert await hits("vega%20in:%23desk") == 2
    assert await hits("in:research%20has:file") == 1
    assert await hits("%22vega%20of%22") == 1
    assert await hits("100%25%20%26%20%3Csure%3E") == 1
    assert await hits("_ega") == 0
    assert await hits("%20") == 0
    shown = await window.get("/page/search?q=sure")
    assert "&lt;<mark>sure</mark>&gt;" in shown


async def test_search_never_finds_what_the_person_may_not_see(workspace, session, desk, person):
    window = Window(workspace, session)
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    secret = workspace.rooms.channels.create("deal", creator=ann, kind="private").id
    workspace.rooms.messages.post(Message(channel=secret, ts="", user=ann, text="Project Heron"))
    workspace.rooms.messages.post(
        Message(channel=desk, ts="", user=ann, text="Heron for Ann alone", visible_to=ann)
    )
    assert await window.get("/page/search?q=heron") == ""
    assert "no such channel" in await window.get(f"/page/members?channel={secret}")


async def test_members_are_listed_invited_and_can_leave(workspace, session, desk, person):
    window = Window(workspace, session)
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    assert 'data-user="' + ann in await window.get(f"/page/members?channel={desk}")
    assert await window.do("invite", channel=desk, user=ann) == (200, {})
    assert workspace.rooms.channels.is_member(desk, ann)
    assert await window.do("leave", channel=desk) == (200, {})
    assert not workspace.rooms.channels.is_member(desk, person.user)
    status, made = await window.do("create", name="quiet-room", private=True)
    assert status == 200
    assert workspace.rooms.channels.require(made["channel"]).kind == "private"


async def test_unread_again_and_a_knock_for_what_concerns_the_person(
    workspace, session, desk, person
):
    window = Window(workspace, session)
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    first = workspace.rooms.messages.post(Message(channel=desk, ts="", user=ann, text="one"))
    person.mark_read(desk)
    assert workspace.rooms.channels.unread(person.user, desk).messages == 0
    assert await window.do("unread", channel=desk, ts=first.ts) == (200, {})
    assert workspace.rooms.channels.unread(person.user, desk).messages == 1

    here = await window.look(page="/memory/")
    await until_op(here, "replace")
    workspace.rooms.messages.post(
        Message(channel=desk, ts="", user=ann, text=f"<@{person.user}> look")
    )
    knock = await until_op(here, "knock", "look")
    assert knock["title"] == "Ann Okafor in #desk"
    assert knock["href"].startswith(f"/archives/{desk}/p")
    await here.close()


async def test_acting_for_another_person_shows_theirs_and_nobody_else_can_be_taken(
    workspace, session, desk, person
):
    window = Window(workspace, session)
    assert 'data-testid="act-as"' not in await window.get(f"/archives/{desk}")
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    workspace.rooms.channels.join(desk, ann)
    assert 'data-testid="act-as"' in await window.get(f"/archives/{desk}")
    for nobody in (workspace.credentials.bot_user_id, "USLACKBOT", "U0", ""):
        status, _ = await window.do("act", user=nobody)
        assert status == 409
    async with session.post(
        f"{workspace.url}/page/act", json={"user": ann}, headers=window.headers
    ) as answer:
        assert answer.status == 200
        assert answer.cookies["act_as"].value == ann
    window.headers["Cookie"] = f"{workspace.office.entrance.cookie}; act_as={ann}"
    await window.do("send", channel=desk, text="this is Ann", key="a1")
    assert workspace.rooms.messages.timeline(desk)[-1].user == ann
    window.headers["Cookie"] = f"act_as={ann}"
    async with session.post(
        f"{workspace.url}/page/send", json={}, headers=window.headers
    ) as answer:
        assert answer.status == 403


async def test_a_text_file_shows_its_first_lines_and_nothing_of_it_acts(
    workspace, session, desk, person
):
    window = Window(workspace, session)
    lines = "\n".join(["<script>alert(1)</script>", *(f"line {n}" for n in range(40))])
    page = person.upload("report.html", lines.encode())
    raw = person.upload("data.bin", b"\x00\x01")
    person.post(desk, "see", files=[page.id, raw.id])
    shown = await window.get(f"/archives/{desk}")
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "line 12" in shown
    assert "line 13" not in shown
    assert shown.count('class="peek"') == 1
