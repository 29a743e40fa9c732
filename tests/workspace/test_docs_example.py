"""The example of the documentation runs as it stands, and answers whoever mentions it on the page."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.workspace.test_page_live import Window

PAGE = Path(__file__).parents[2] / "docs" / "workspace.md"


async def test_the_documented_app_answers(workspace, session, desk, until) -> None:
    found = re.search(r"<!-- example -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    keys = workspace.credentials
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", found[1]),
        env={
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            "SLACK_API_URL": f"{workspace.url}/api/",
            "SLACK_BOT_TOKEN": keys.bot_token,
            "SLACK_APP_TOKEN": keys.app_token,
        },
    )
    try:
        await until(lambda: workspace.courier.sockets(keys.app_id), seconds=30)
        status, said = await Window(workspace, session).do(
            "send", channel=desk, text="@Bullpen are you there?", key="docs"
        )
        assert status == 200
        thread = await until(lambda: workspace.rooms.messages.replies(desk, said["ts"]), seconds=20)
        assert thread[0].text == f"Hello <@{keys.person_id}>"
    finally:
        process.terminate()
        await process.wait()
