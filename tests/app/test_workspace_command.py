"""`bullpen workspace`: a local Slack on its own, for Python and for JavaScript."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

MANIFEST = """
display_information: {name: Weather}
features:
  bot_user: {display_name: weather}
  slash_commands:
    - {command: /rain, description: Will it rain, usage_hint: where}
oauth_config:
  scopes:
    bot: [chat:write, channels:read, channels:history, app_mentions:read, commands]
settings:
  event_subscriptions: {bot_events: [app_mention]}
  interactivity: {is_enabled: true}
  socket_mode_enabled: true
"""

BOLT = """
const { App, LogLevel } = require('@slack/bolt');
const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});
app.event('app_mention', async ({ event, say }) => {
  await say({ text: `Sunny, <@${event.user}>`, thread_ts: event.ts });
});
app.command('/rain', async ({ command, ack }) => { await ack(`No rain in ${command.text}`); });
(async () => { await app.start(); console.log('ready'); })();
"""


class Running:
    """A workspace in a process of its own; `told` is what it printed."""

    def __init__(self, process: asyncio.subprocess.Process, told: str) -> None:
        self.process, self.told = process, told

    @property
    def page(self) -> str:
        """The address that opens the page."""
        found = re.search(r"^Open (\S+) ", self.told, re.MULTILINE)
        assert found is not None, self.told
        return found[1]

    def value(self, name: str) -> str:
        found = re.search(rf"^{name}=(.+)$", self.told, re.MULTILINE)
        assert found is not None, self.told
        return found[1]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    packages = ("agents", "orchestrator", "memory", "tools", "workspace", "app")
    root = Path(__file__).parents[2]
    path = os.pathsep.join(str(root / package) for package in packages)
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **more}


async def read_until(stream: asyncio.StreamReader, last: str) -> str:
    told = ""
    async with asyncio.timeout(60):
        while last not in told:
            line = await stream.readline()
            assert line, told
            told += line.decode()
    return told


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Callable]:
    """run("--strict-scopes") starts `bullpen workspace` with the manifest above."""
    started: list[asyncio.subprocess.Process] = []
    (tmp_path / "manifest.yaml").write_text(MANIFEST)

    async def begin(*options: str) -> Running:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bullpen", "workspace", "--port", "0"),
            *("--app", str(tmp_path / "manifest.yaml"), *options),
            env=environment(BULLPEN_HOME=str(tmp_path / "home")),
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        return Running(process, await read_until(process.stdout, "Ctrl-C stops it."))

    yield begin
    for process in started:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def test_it_prints_all_that_an_app_needs(run) -> None:
    running = await run("--strict-scopes", "--strict-limits", "--control-token", "let-me")
    api = running.value("SLACK_API_URL")
    async with aiohttp.ClientSession() as session:
        bot = AsyncWebClient(token=running.value("SLACK_BOT_TOKEN"), base_url=api, session=session)
        told = await bot.auth_test()
        assert told["user"] == "weather"
        assert "commands" in told.headers["x-oauth-scopes"]
        with pytest.raises(SlackApiError) as caught:
            await bot.users_list()
        assert caught.value.response["needed"] == "users:read"
        for _ in range(5):
            await bot.chat_postMessage(channel="#general", text="Hello")
        with pytest.raises(SlackApiError) as caught:
            await bot.chat_postMessage(channel="#general", text="Hello")
        assert caught.value.response.status_code == 429
        page = api.removesuffix("/api/")
        async with session.get(running.page, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
        control = {"Authorization": "Bearer let-me"}
        async with session.get(f"{page}/_control/faults", headers=control) as response:
            assert (await response.json())["ok"]
    running.process.terminate()
    assert await running.process.wait() == 0


async def test_a_restart_keeps_the_tokens_and_people_have_their_own(run) -> None:
    first = await run("--person", "Ann", "--person", "Bo")
    assert "# Bo" in first.told
    first.process.terminate()
    await first.process.wait()
    again = await run("--person", "Ann", "--person", "Bo")
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        assert again.value(name) == first.value(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [("- a list", "is no manifest"), ("a: [", "cannot be read"), ("{}", "missing required field")],
)
async def test_a_wrong_manifest_is_told(tmp_path: Path, text: str, said: str) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bullpen", "workspace", "--port", "0", "--app", str(wrong)),
        env=environment(BULLPEN_HOME=str(tmp_path / "home")),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 2
    assert said in told.decode()


async def bolt_folder(tmp_path: Path) -> Path:
    """A folder in which `require('@slack/bolt')` works; skips, and says so, where there is none."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed; @slack/bolt cannot be tried")
    known = os.environ.get("BULLPEN_BOLT_JS", "")
    if known:
        if not (Path(known) / "node_modules" / "@slack" / "bolt").is_dir():
            pytest.skip(f"BULLPEN_BOLT_JS is {known}, which holds no node_modules/@slack/bolt")
        return Path(known)
    if os.environ.get("BULLPEN_NPM") != "1":
        pytest.skip("@slack/bolt is not here; BULLPEN_NPM=1 fetches it, BULLPEN_BOLT_JS names it")
    process = await asyncio.create_subprocess_exec(
        *("npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "@slack/bolt")
    )
    assert await process.wait() == 0
    return tmp_path


async def test_bolt_for_javascript(run, tmp_path: Path) -> None:
    folder = await bolt_folder(tmp_path)
    running = await run()
    script = tmp_path / "app.js"
    script.write_text(BOLT)
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL")
    process = await asyncio.create_subprocess_exec(
        "node",
        str(script),
        env=environment(
            NODE_PATH=str(folder / "node_modules"), **{name: running.value(name) for name in names}
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        await read_until(process.stdout, "ready")
        api = running.value("SLACK_API_URL")
        async with aiohttp.ClientSession() as session:
            person = AsyncWebClient(
                token=running.value("SLACK_USER_TOKEN"), base_url=api, session=session
            )
            bot = AsyncWebClient(
                token=running.value("SLACK_BOT_TOKEN"), base_url=api, session=session
            )
            me = (await bot.auth_test())["user_id"]
            asked = await person.chat_postMessage(channel="#general", text=f"<@{me}> sun?")
            async with asyncio.timeout(20):
                replies: list[dict] = []
                while len(replies) < 2:
                    found = await bot.conversations_replies(
                        channel=asked["channel"], ts=asked["ts"]
                    )
                    replies = found["messages"]
                    await asyncio.sleep(0.05)
            assert replies[1]["text"].startswith("Sunny, <@U")
            assert replies[1]["bot_id"]
    finally:
        process.terminate()
        await process.wait()
