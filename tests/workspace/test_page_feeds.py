"""The views across channels, long threads, pins, bookmarks and archived channels."""

import pytest
from playwright.async_api import expect
from tests.workspace.test_page_browser import (  # noqa: F401  (fixtures)
    agent_says,
    browser,
    chromium,
    page,
)
from tests.workspace.test_page_live import Window, until_op


@pytest.fixture
def window(workspace, session) -> Window:
    return Window(workspace, session)


@pytest.fixture
def research(workspace) -> str:
    found = workspace.rooms.channels.by_name("research")
    assert found is not None
    return found.id


async def test_threads_shows_mine_with_the_last_answered_first(
    window, workspace, desk, research, person
):
    first = person.post(desk, "first question")
    second = person.post(research, "second question")
    agent_says(workspace, desk, "somebody else's", thread_ts="")
    for number in range(5):
        agent_says(workspace, research, f"answer {number}", thread_ts=second.ts)
    agent_says(workspace, desk, "a late answer", thread_ts=first.ts)
    shown = await window.get("/threads")
    feed = shown.split('id="feed"')[1]
    assert feed.index("a late answer") < feed.index("second question")
    assert "somebody else" not in feed
    assert "2 more replies" in feed
    assert "answer 1<" not in feed
    assert "answer 2<" in feed
    # Two threads hold something new, and the sidebar says so on every page.
    assert '>2<span class="sr"> with new replies' in shown
    # Replies alone leave nothing in the other view, so its link carries no dot.
    await window.do("read", channel=desk)
    person.mark_read(research)
    agent_says(workspace, desk, "one more", thread_ts=first.ts)
    await window.do("read", channel=research)
    side = await window.get("/unreads")
    assert '<li class="unread"><a href="/unreads"' not in side
    assert '<li class="unread"><a href="/threads"' in side
    await window.do("read")
    assert "with new replies" not in await window.get("/threads")
    assert "feed-part unread" not in await window.get("/threads")


async def test_unreads_gathers_what_is_new_until_it_is_read(
    window, workspace, desk, research, person
):
    assert "You have read everything" in await window.get("/unreads")
    here = await window.look(feed="unreads")
    await until_op(here, "inner", "You have read everything")
    agent_says(workspace, desk, "news in the desk")
    pushed = await until_op(here, "inner", "news in the desk")
    assert pushed["target"] == "#feed"
    agent_says(workspace, research, "news in research")
    shown = await window.get("/unreads")
    assert shown.count('data-testid="feed-part"') == 2
    assert await window.do("read", channel=desk) == (200, {})
    shown = await window.get("/unreads")
    assert "news in the desk" not in shown
    assert "news in research" in shown
    assert (await window.do("read", channel="C0"))[0] == 409
    await here.close()


async def test_a_private_place_of_others_is_in_no_view(window, workspace, person):
    ann = workspace.rooms.people.add_person("Ann Okafor").id
    theirs = workspace.rooms.channels.create("theirs", creator=ann, kind="private").id
    workspace.rooms.channels.join(theirs, person.user)
    root = person.post(theirs, "I was here")
    agent_says(workspace, theirs, "hidden words", thread_ts=root.ts)
    assert "hidden words" in await window.get("/threads")
    person.leave(theirs)
    assert "hidden words" not in await window.get("/threads")
    agent_says(workspace, theirs, "more hidden words")
    assert "hidden words" not in await window.get("/unreads")


async def test_pins_and_bookmarks_stand_at_the_head(window, workspace, desk, person):
    message = person.post(desk, "keep this in sight")
    here = await window.look(channel=desk)
    await until_op(here, "sync")
    assert await window.do("pin", channel=desk, ts=message.ts) == (200, {"pinned": True})
    assert "1 pinned" in (await until_op(here, "inner", "pinned"))["html"]
    assert "keep this in sight" in await window.get(f"/page/pins?channel={desk}")
    status, _ = await window.do("bookmark", channel=desk, title="", link="https://example.org/a/")
    assert status == 200
    shown = await window.get(f"/archives/{desk}")
    assert 'href="https://example.org/a/"' in shown
    assert "example.org/a</a>" in shown.replace("\n", "")
    status, said = await window.do("bookmark", channel=desk, title="x", link="javascript:alert(1)")
    assert status == 409
    assert "https://" in said["error"]
    kept = workspace.rooms.pinboard.bookmarks(desk)[0].id
    assert (await window.do("unbookmark", channel=desk, bookmark=kept))[0] == 200
    assert (await window.do("unbookmark", channel=desk, bookmark=kept))[0] == 409
    assert await window.do("pin", channel=desk, ts=message.ts) == (200, {"pinned": False})
    assert 'data-testid="marks"' not in await window.get(f"/archives/{desk}")
    await here.close()


async def test_an_archived_channel_can_be_read_and_woken(window, workspace, research, person):
    person.post(research, "the last word")
    assert (await window.do("archive", channel=research))[0] == 200
    shown = await window.get(f"/archives/{research}")
    assert 'data-testid="archived"' in shown
    assert "the last word" in shown
    assert 'data-testid="composer"' not in shown
    status, _ = await window.do("send", channel=research, text="too late", key="late")
    assert status == 409
    assert (await window.do("archive", channel=research, archived=False))[0] == 200
    assert 'data-testid="composer"' in await window.get(f"/archives/{research}")
    direct = workspace.rooms.channels.direct(
        (workspace.credentials.bot_user_id,), creator=person.user
    )
    status, said = await window.do("archive", channel=direct.id)
    assert status == 409
    assert "direct message" in said["error"]


async def test_emoji_alone_are_shown_large(window, desk, person):
    for text in ("🎉 👍", ":oil_drum: :tada:", "👩‍💻"):
        person.post(desk, text)
    for text in ("🎉 done", ":no_such_emoji:", "42", "100 %", "🎉" * 60):
        person.post(desk, text)
    assert (await window.get(f"/archives/{desk}")).count('class="content large"') == 3


async def test_the_topic_is_set_and_told(window, workspace, desk):
    assert (await window.do("describe", channel=desk, topic="Oil & silver"))[0] == 200
    assert "Oil &amp; silver" in await window.get(f"/archives/{desk}")
    assert (await window.do("describe", channel=desk, topic="x" * 251))[0] == 409


async def test_characters_are_counted_as_typed(window, workspace, desk, person):
    typed = "@Bullpen " * 4400 + "x" * 400  # 40,000 characters; ids make it longer
    assert len(typed) == 40_000
    status, said = await window.do("send", channel=desk, text=typed, key="long")
    assert status == 200
    stored = workspace.rooms.messages.require(desk, said["ts"])
    assert len(stored.text) > 40_000
    status, said = await window.do("send", channel=desk, text=typed + "y", key="longer")
    assert status == 409
    assert "40,001" in said["error"]
    status, said = await window.do("edit", channel=desk, ts=stored.ts, text="z" * 40_001)
    assert status == 409


@pytest.mark.browser
async def test_reply_from_the_threads_view(page, workspace, desk, research, person):  # noqa: F811
    root = person.post(research, "what about silver?")
    agent_says(workspace, research, "It is steep.", thread_ts=root.ts)
    await page.get_by_test_id("threads-link").click()
    part = page.get_by_test_id("feed-part")
    await expect(part).to_contain_text("It is steep.")
    await part.get_by_test_id("reply-here").click()
    await page.get_by_test_id("thread-composer").fill("How steep?")
    await page.get_by_test_id("thread-composer").press("Enter")
    await expect(page.locator("#replies")).to_contain_text("How steep?")
    await expect(part).to_contain_text("How steep?")
    assert page.url.endswith("/threads")
    assert workspace.rooms.messages.thread(research, root.ts)[-1].text == "How steep?"
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("thread-pane")).to_have_count(0)
    await page.get_by_test_id("feed-pane").get_by_role("link", name="#research").first.click()
    await expect(page.locator("#messages")).to_contain_text("what about silver?")


@pytest.mark.browser
async def test_a_thread_of_twelve_hundred_keeps_the_document_short(page, workspace, desk, person):  # noqa: F811
    root = person.post(desk, "the longest thread")
    with workspace.rooms.transaction():
        for number in range(1200):
            agent_says(workspace, desk, f"reply {number}", thread_ts=root.ts)
    await page.get_by_test_id("replies").click()
    replies = page.locator("#replies > .msg")
    await expect(replies.last).to_contain_text("reply 1199")
    await expect(page.locator("#root > .msg")).to_contain_text("1200 replies")
    box = page.locator("#thread-scroll")
    for _ in range(150):
        await box.evaluate("box => { box.scrollTop = 0; }")
        await page.wait_for_timeout(30)
        if await page.locator("#replies").get_by_text("reply 0", exact=True).count():
            break
    await expect(replies.first).to_contain_text("reply 0")
    assert await replies.count() <= 300
    agent_says(workspace, desk, "the newest reply", thread_ts=root.ts)
    await page.get_by_test_id("thread-pane").locator(".jump-down").click()
    await expect(page.locator("#replies").get_by_text("the newest reply")).to_be_in_viewport()
    texts = await page.locator("#replies > .msg .content").all_inner_texts()
    numbers = [int(text.split()[1]) for text in texts if text.startswith("reply")]
    assert numbers == list(range(numbers[0], 1200))


@pytest.mark.browser
async def test_pin_bookmark_and_archive_by_hand(page, workspace, desk, person):  # noqa: F811
    person.post(desk, "pin me")
    message = page.get_by_test_id("message").first
    await message.hover()
    await message.get_by_test_id("more").click()
    await message.get_by_test_id("pin").click()
    await page.get_by_test_id("pins").click()
    await expect(page.get_by_test_id("pinned")).to_contain_text("pin me")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("members-button").click()
    await page.get_by_test_id("bookmark-link").fill("https://example.org/calendar")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("marks")).to_contain_text("example.org/calendar")
    await page.get_by_test_id("topic").fill("silver before the close")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main .topic")).to_have_text("silver before the close")
    await page.get_by_test_id("archive").click()
    await page.get_by_role("button", name="Archive", exact=True).click()
    await expect(page.get_by_test_id("archived")).to_be_visible()
    await page.get_by_role("button", name="Unarchive").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


@pytest.mark.browser
async def test_a_notification_is_made_for_a_mention_elsewhere(browser, workspace, desk, research):  # noqa: F811
    context = await browser.new_context()
    await context.grant_permissions(["notifications"], origin=workspace.url)
    tab = await context.new_page()
    await tab.add_init_script(
        """window.made = [];
        const Real = window.Notification;
        window.Notification = class extends Real {
          constructor(title, how) { super(title, how); window.made.push({ title, ...how }); }
        };
        Object.defineProperty(document, "hidden", { get: () => window.away === true });"""
    )
    await tab.goto(workspace.address(f"/archives/{desk}"))
    await tab.wait_for_selector("body.online")
    assert await tab.evaluate("Notification.permission") == "granted"
    await tab.get_by_test_id("bell").click()
    await expect(tab.get_by_test_id("bell")).to_have_attribute("aria-pressed", "true")
    me = workspace.credentials.person_id
    agent_says(workspace, research, f"<@{me}> while you look", markdown=False)
    await expect(tab.get_by_test_id("mention-badge")).to_have_count(1)
    assert await tab.evaluate("window.made") == []
    await tab.evaluate("window.away = true")
    agent_says(workspace, research, f"<@{me}> the close is near", markdown=False)
    for _ in range(100):
        if told := await tab.evaluate("window.made"):
            break
        await tab.wait_for_timeout(50)
    made = told[0]
    assert made["title"] == "Quant in #research"
    assert "the close is near" in made["body"]
    await context.close()
