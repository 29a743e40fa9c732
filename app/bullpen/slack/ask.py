"""Asking the desk without a mention: the slash command and the shortcuts.

The rule it protects: a question asked this way stands in the channel like any other message,
under the name of who asked, before the desk hears it. It posts nothing itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bullpen.slack import messages
from bullpen.slack.connect import Identity
from bullpen.slack.directory import Channel, Person
from bullpen.slack.inbound import link
from bullpen_agents.roster import Roster
from bullpen_orchestrator.ports import Inbound

CALLBACK = "ask_form"
ANYONE = "anyone"
QUOTE_LIMIT = 2_000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person asked, where it is to be answered, and the quoted message if there is one."""

    user: str
    channel: str
    text: str
    event_id: str
    thread_ts: str = ""
    quoted: str = ""


def inbound(question: Question, person: Person, channel: Channel, ts: str, me: Identity) -> Inbound:
    """The question as the desk receives it, standing at `ts`."""
    thread_ts = question.thread_ts or ts
    text = question.text
    if question.quoted:
        text += "\n\nAbout this message:\n> " + question.quoted.replace("\n", "\n> ")
    return Inbound(
        event_id=question.event_id, team=me.team_id, channel=channel.id,
        channel_name=channel.name, audience=channel.audience, user=person.id,
        user_name=person.name, text=text, ts=ts, thread_ts=thread_ts, addressed=True,
        permalink=link(me, channel.id, ts, thread_ts),
    )  # fmt: skip


def view(roster: Roster, body: Mapping[str, Any], agent: str = "") -> Json:
    """The form. `body` is the shortcut's; a message shortcut brings the message along.

    `agent` is chosen beforehand where the shortcut is that of its own app.
    """
    message: Mapping[str, Any] = body.get("message") or {}
    channel: Mapping[str, Any] = body.get("channel") or {}
    private = {
        "channel": channel.get("id", ""),
        "thread_ts": message.get("thread_ts") or message.get("ts", ""),
        "quoted": str(message.get("text", ""))[:QUOTE_LIMIT],
    }
    anyone = _option("The desk decides", ANYONE)
    agents = [_option(f"{a.name}, {a.title}", a.id) for a in roster.agents.values()]
    chosen = next((option for option in agents if option["value"] == agent), anyone)
    blocks: list[Json] = [
        {
            "type": "input",
            "block_id": "question",
            "label": _plain("What do you want to know?"),
            "element": {"type": "plain_text_input", "action_id": "value", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "agent",
            "label": _plain("Who should answer?"),
            "element": {
                "type": "static_select",
                "action_id": "value",
                "options": [anyone, *agents],
                "initial_option": chosen,
            },
        },
    ]
    if not private["channel"]:
        blocks.append(
            {
                "type": "input",
                "block_id": "channel",
                "label": _plain("Where?"),
                "element": {
                    "type": "conversations_select",
                    "action_id": "value",
                    "default_to_current_conversation": True,
                },
            }
        )
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(private),
        "title": _plain("New task" if not message else "Ask an agent"),
        "submit": _plain("Ask"),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def submitted(view: Mapping[str, Any], user: str) -> Question:
    """The question that the form holds."""
    private = json.loads(view.get("private_metadata") or "{}")
    values: Mapping[str, Any] = view["state"]["values"]
    text = str(values["question"]["value"].get("value") or "")
    option: Mapping[str, Any] = values["agent"]["value"].get("selected_option") or {}
    agent = str(option.get("value", ANYONE))
    chosen = values.get("channel", {}).get("value", {}).get("selected_conversation", "")
    return Question(
        user=user,
        channel=str(private.get("channel") or chosen),
        text=text if agent == ANYONE or not text.strip() else f"{agent}: {text}",
        event_id=f"form:{view.get('id', '')}",
        thread_ts=str(private.get("thread_ts", "")),
        quoted=str(private.get("quoted", "")),
    )


def mistakes(question: Question) -> dict[str, str]:
    """What is wrong with a form, by the block it stands in."""
    if not question.text.strip():
        return {"question": messages.form_empty()}
    return {} if question.channel else {"channel": messages.form_nowhere()}


def where(view: Mapping[str, Any]) -> str:
    """The block under which a sentence about the place is shown."""
    blocks = [str(block.get("block_id", "")) for block in view.get("blocks") or []]
    return "channel" if "channel" in blocks else "question"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text[:75]), "value": value}
