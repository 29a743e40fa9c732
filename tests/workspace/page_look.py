"""A workspace with a busy morning in it: threads, tables, charts, blocks, a form, an App Home.

The rule it protects: the page is judged, by eye and by axe-core, on what a real desk would show.
It photographs nothing; `page_shots.py` does.
"""

import io
from pathlib import Path
from typing import Any

from bullpen_workspace.config import AppSpec, NavLink, WorkspaceConfig
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import AgentFace, Command, Message, ThreadStatus

AGENTS = (
    AgentFace(name="Architect", icon=":triangular_ruler:", title="leads and answers"),
    AgentFace(name="Quant", icon=":abacus:", title="prices and risk"),
    AgentFace(name="Data analyst", icon=":bar_chart:", title="series and charts"),
    AgentFace(name="Developer", icon=":hammer_and_wrench:", title="code"),
    AgentFace(name="Frontend", icon=":art:", title="pages"),
)

ANSWER = """**You can make $17.50¹ at most**, and lose no more than the **$2.50** you paid.

| At expiry | Payoff | Profit |
|---|---|---|
| SLV ≤ 70 | $0.00¹ | −$2.50¹ |
| SLV = 72.50 | $2.50¹ | $0.00¹ |
| **SLV = 90** | **$20.00¹** | **$17.50¹** |
| SLV = 107.50 | $2.50¹ | $0.00¹ |
| SLV ≥ 110 | $0.00¹ | −$2.50¹ |

- Break-evens at **72.50¹** and **107.50¹**
- **7.0x¹** net of the premium, **8.0x¹** gross
"""


def config(folder: Path) -> WorkspaceConfig:
    return WorkspaceConfig(
        path=folder / "workspace.db",
        files=folder / "files",
        port=0,
        person_name="Maya Lindqvist",
        app=AppSpec(
            agents=AGENTS,
            commands=(Command(name="/bullpen", usage="ask quant …", description="Ask the desk"),),
        ),
        nav=(
            NavLink(label="Memory", href="/memory", icon="book"),
            NavLink(label="Receipts", href="/receipts", icon="receipt"),
        ),
    )


class Morning:
    """Posts into the rooms as people and agents would."""

    def __init__(self, workspace: Workspace) -> None:
        self.rooms: Rooms = workspace.rooms
        self.who = workspace.credentials
        self.desk = self._id("desk")
        self.ann = self.rooms.people.add_person("Ann Okafor").id
        self.rooms.channels.join(self.desk, self.ann)

    def _id(self, name: str) -> str:
        channel = self.rooms.channels.by_name(name)
        assert channel is not None
        return channel.id

    def says(self, text: str, *, user: str = "", **more: Any) -> Message:
        user = user or self.who.person_id
        return self.rooms.messages.post(
            Message(channel=more.pop("channel", self.desk), ts="", user=user, text=text, **more)
        )

    def agent(self, name: str, text: str, **more: Any) -> Message:
        icon = next(agent.icon for agent in AGENTS if agent.name == name)
        more.setdefault("markdown", not more.get("blocks"))
        return self.rooms.messages.post(
            Message(
                channel=more.pop("channel", self.desk),
                ts="",
                user=self.who.bot_user_id,
                text=text,
                bot_id=self.who.bot_id,
                app_id=self.who.app_id,
                username=name,
                icon_emoji=icon,
                **more,
            )
        )

    def busy(self) -> str:
        """A busy #desk; the ts of the thread to show."""
        me = f"<@{self.who.bot_user_id}>"
        self.says(
            "Morning. Silver is up 3% overnight, anything in our notes on that?", user=self.ann
        )
        self.says(
            "I'm going through the butterfly now, will post in the thread :eyes:",
            user=self.who.person_id,
        )
        root = self.says(
            f"{me} quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
        )
        thread = {"thread_ts": root.ts}
        self.agent("Quant", "Pricing the three legs first, then the payoff at expiry.", **thread)
        chart = self.rooms.files.add("payoff.png", chart_png(), user=self.who.bot_user_id)
        answer = self.agent(
            "Quant",
            "You can make $17.50 at most",
            **thread,
            blocks=(
                {"type": "markdown", "text": ANSWER},
                {"type": "image", "slack_file": {"id": chart.id}, "alt_text": "Payoff at expiry"},
                {
                    "type": "context",
                    "block_id": "f",
                    "elements": [
                        {
                            "type": "mrkdwn",
                            "text": "¹ r42 · strategy_payoff 1 · derived · as of 22 Nov 2026 16:02",
                        }
                    ],
                },
                {
                    "type": "actions",
                    "block_id": "a",
                    "elements": [
                        {
                            "type": "button",
                            "action_id": "keep",
                            "style": "primary",
                            "text": {"type": "plain_text", "text": "Remember this"},
                        },
                        {
                            "type": "button",
                            "action_id": "receipt",
                            "text": {"type": "plain_text", "text": "Show receipt r42"},
                            "url": "/receipts/r42",
                        },
                    ],
                },
            ),
        )
        self.rooms.messages.react(self.desk, answer.ts, "+1", self.ann)
        self.rooms.messages.react(
            self.desk, answer.ts, "chart_with_upwards_trend", self.who.person_id
        )
        self.says("That asymmetry is what I was after. Size?", **thread, user=self.ann)
        self.second()
        return root.ts

    def second(self) -> None:
        me = f"<@{self.who.bot_user_id}>"
        asked = self.says(
            f"{me} compare the volatility of oil and the S&amp;P 500 over the data you hold, chart it, and write up what we should remember"
        )
        thread = {"thread_ts": asked.ts}
        self.agent("Architect", "Plan", **thread)
        self.agent("Data analyst", "WTI and S&P 500 loaded, 1999–2018.", **thread)
        self.rooms.surfaces.set_status(
            ThreadStatus(
                channel=self.desk,
                thread_ts=asked.ts,
                app_id=self.who.app_id,
                text="is lining up the two series…",
                username="Data analyst",
                icon_emoji=":bar_chart:",
                session="processing",
            )
        )
        self.says(
            "Here is the broker's run from this morning, for whoever needs it.",
            user=self.ann,
            files=(
                self.rooms.files.add(
                    "quotes.csv",
                    b"date,wti,spx\n2026-11-18,71.20,6402.10\n2026-11-19,70.85,6418.55\n2026-11-20,72.02,6391.74\n",
                    user=self.ann,
                ).id,
            ),
        )
        self.agent(
            "Architect",
            "I have put the two notes from last week under *oil volatility*; the older one is superseded.\n\n> Realised volatility of WTI ran at **2.1x** the S&P 500 over 1999–2018.\n\nSee <#"
            + self._id("research")
            + "> for the write-up, or run `bullpen memory search oil`.",
        )
        self.rooms.messages.react(
            self.desk,
            self.says(
                f"Thanks. <@{self.who.person_id}> can you check the curve before the close?",
                user=self.ann,
            ).ts,
            "eyes",
            self.who.person_id,
        )

    def elsewhere(self) -> None:
        self.says(
            f"<@{self.who.person_id}> the write-up is done",
            user=self.ann,
            channel=self._id("research"),
        )
        self.says("copper is quiet", user=self.ann, channel=self._id("markets"))
        self.rooms.channels.join(self._id("markets"), self.ann)

    def modal(self) -> None:
        self.rooms.surfaces.open_modal(self.who.person_id, self.who.app_id, MODAL)

    def home(self) -> None:
        self.rooms.surfaces.publish_home(
            self.who.person_id,
            self.who.app_id,
            {
                "type": "home",
                "blocks": [
                    {
                        "type": "header",
                        "text": {"type": "plain_text", "text": "What the desk learned"},
                    },
                    {
                        "type": "section",
                        "text": {
                            "type": "mrkdwn",
                            "text": "*Oil is twice as volatile as equities*\nfinding · <@"
                            + self.ann
                            + "> · today",
                        },
                        "accessory": {
                            "type": "button",
                            "action_id": "open",
                            "text": {"type": "plain_text", "text": "Open"},
                        },
                    },
                    {"type": "divider"},
                    {
                        "type": "context",
                        "elements": [
                            {
                                "type": "mrkdwn",
                                "text": "3 proposed · 12 active · index agrees with the store",
                            }
                        ],
                    },
                ],
            },
        )


MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Remember this"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "It will be found by everybody in *#desk*, with a link to this thread.",
            },
        },
        {
            "type": "input",
            "block_id": "title",
            "label": {"type": "plain_text", "text": "Title"},
            "element": {
                "type": "plain_text_input",
                "action_id": "v",
                "initial_value": "SLV June butterfly pays 7x net",
            },
        },
        {
            "type": "input",
            "block_id": "kind",
            "label": {"type": "plain_text", "text": "Kind"},
            "element": {
                "type": "static_select",
                "action_id": "v",
                "options": [
                    {"text": {"type": "plain_text", "text": "Finding"}, "value": "finding"},
                    {"text": {"type": "plain_text", "text": "Idea, scored later"}, "value": "idea"},
                ],
                "initial_option": {
                    "text": {"type": "plain_text", "text": "Finding"},
                    "value": "finding",
                },
            },
        },
        {
            "type": "input",
            "block_id": "pin",
            "optional": True,
            "label": {"type": "plain_text", "text": "Also"},
            "element": {
                "type": "checkboxes",
                "action_id": "v",
                "options": [
                    {
                        "text": {"type": "mrkdwn", "text": "Pin it for the desk"},
                        "value": "pin",
                        "description": {
                            "type": "plain_text",
                            "text": "Shown first in every recall",
                        },
                    }
                ],
            },
        },
        {
            "type": "input",
            "block_id": "why",
            "optional": True,
            "label": {"type": "plain_text", "text": "Why it matters"},
            "element": {
                "type": "plain_text_input",
                "action_id": "v",
                "multiline": True,
                "placeholder": {"type": "plain_text", "text": "One sentence is enough"},
            },
        },
    ],
}


def chart_png() -> bytes:
    """The payoff of the butterfly as a picture."""

    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.4), dpi=130)
    axes.plot(
        [50, 70, 90, 110, 130], [-2.5, -2.5, 17.5, -2.5, -2.5], color="#16644f", linewidth=2.2
    )
    axes.axhline(0, color="#999", linewidth=0.8)
    axes.set_title(
        "SLV June 70-90-110 call butterfly at 2.50, profit at expiry", fontsize=10, loc="left"
    )
    axes.set_xlabel("SLV at expiry, USD", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    figure.tight_layout()
    figure.savefig(out, format="png")
    plt.close(figure)
    return out.getvalue()
