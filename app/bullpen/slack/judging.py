"""“Helpful” and “This misled us” under an answer, and the form that asks what misled.

The rule it protects: the verdict is kept before anything else is asked, so that closing the form
loses nothing; the form shows only what the person may see at that place. It changes no record
itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.blame import Complaint, Consequence
from bullpen.slack import messages
from bullpen.slack.aside import tell
from bullpen.slack.commands import Listening, place
from bullpen.slack.connect import Identity
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import link
from bullpen.slack.refusals import reason
from bullpen.slack.render import FEEDBACK
from bullpen_memory.records import WORKSPACE, Record, channel_scope, person_scope
from bullpen_orchestrator.entries import Feedback

CALLBACK = "misled_form"
LABEL, DETAIL = 75, 75
Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]
log = logging.getLogger("bullpen.slack.judging")


class Blaming(Protocol):
    """What was shown to a run, and what a complaint about it leads to."""

    def shown(self, run_id: str, scopes: frozenset[str]) -> list[Record]: ...

    def act(self, complaint: Complaint, scopes: frozenset[str]) -> Consequence: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an answer stands, and the run that gave it."""

    run_id: str
    channel: str
    thread_ts: str
    ts: str


class Judging:
    """The feedback buttons of one app."""

    def __init__(
        self,
        client: AsyncWebClient,
        me: Identity,
        directory: Directory,
        desk: Listening,
        blame: Blaming | None,
    ) -> None:
        self._client = client
        self._me = me
        self._directory = directory
        self._desk = desk
        self._blame = blame

    def register(self, app: AsyncApp) -> None:
        """Take the buttons and the form."""
        app.action(FEEDBACK)(self.judged)
        app.view(CALLBACK)(self.sent)

    async def judged(self, ack: Ack, body: Json, action: Json) -> None:
        """One of the two buttons."""
        await ack()
        verdict, _, key = str(action.get("value", "")).partition("|")
        channel, thread_ts = place(body)
        user = str(body["user"]["id"])
        misled = verdict == "misleading"
        feedback = Feedback(
            message_id=key, verdict="misleading" if misled else "helpful", person=user,
            person_name=(await self._directory.person(user)).name,
        )  # fmt: skip
        run_id = await self._desk.judge(feedback)
        spot = Spot(run_id, channel, thread_ts, str((body.get("message") or {}).get("ts", "")))
        asked = bool(misled and run_id) and await self._ask(body, spot, user)
        thanks = messages.misled_kept(asked=asked) if misled else messages.THANKS
        await tell(
            self._client, user, thanks if run_id else messages.JUDGED_NOTHING,
            channel=channel, thread_ts=thread_ts,
        )  # fmt: skip

    async def _ask(self, body: Json, spot: Spot, user: str) -> bool:
        """Open the form; False where there is no memory to ask about, or Slack does not open it."""
        if self._blame is None:
            return False
        scopes = self._scopes(spot, user)
        records = await asyncio.to_thread(self._blame.shown, spot.run_id, scopes)
        try:
            await self._client.views_open(trigger_id=body["trigger_id"], view=view(records, spot))
        except SlackApiError as error:
            log.warning("the form is not opened: %s", reason(error))
            return False
        return True

    async def sent(self, ack: Ack, body: Json, view: Json) -> None:
        """The form was sent."""
        user = str(body["user"]["id"])
        spot, ids, right = submitted(view)
        if not ids and not right.strip():
            await ack(response_action="errors", errors={"right": messages.MISLED_WHAT})
            return
        await ack()
        if self._blame is None:
            return
        scopes = self._scopes(spot, user)
        channel = await self._directory.channel(spot.channel)
        own = {"public": WORKSPACE, "private": channel_scope(spot.channel)}
        complaint = Complaint(
            run_id=spot.run_id, person=user, record_ids=ids, right=right,
            scope=own.get(channel.audience, person_scope(user)),
            permalink=link(self._me, spot.channel, spot.ts, spot.thread_ts),
        )  # fmt: skip
        try:
            done = await asyncio.to_thread(self._blame.act, complaint, scopes)
            text = messages.misled_done(done.disputed, done.proposed)
        except Exception:
            # The form is closed: the person must hear that nothing came of it.
            log.exception("a complaint about %s was not taken", spot.run_id)
            text = messages.COMMAND_FAILED
        await tell(self._client, user, text, channel=spot.channel, thread_ts=spot.thread_ts)

    def _scopes(self, spot: Spot, user: str) -> frozenset[str]:
        return frozenset({WORKSPACE, channel_scope(spot.channel), person_scope(user)})


def view(records: Sequence[Record], spot: Spot) -> Json:
    """The form: the records that were shown to the run, and a field for what is right."""
    blocks: list[Json] = []
    if records:
        options = [_option(record) for record in records]
        blocks.append(
            {
                "type": "input", "block_id": "records", "optional": True,
                "label": _plain(messages.MISLED_BY),
                "element": {"type": "checkboxes", "action_id": "value", "options": options},
            }
        )  # fmt: skip
    else:
        text = {"type": "mrkdwn", "text": messages.MISLED_BY_NOTHING}
        blocks.append({"type": "section", "block_id": "none", "text": text})
    blocks.append(
        {
            "type": "input", "block_id": "right", "optional": True,
            "label": _plain(messages.MISLED_RIGHT),
            "hint": _plain(messages.MISLED_HINT),
            "element": {
                "type": "plain_text_input", "action_id": "value", "multiline": True,
                "max_length": 3_000,
            },
        }
    )  # fmt: skip
    private = [spot.run_id, spot.channel, spot.thread_ts, spot.ts]
    return {
        "type": "modal", "callback_id": CALLBACK, "private_metadata": json.dumps(private),
        "title": _plain("What misled you?"), "submit": _plain("Send"), "close": _plain("Not now"),
        "blocks": blocks,
    }  # fmt: skip


def submitted(view: Mapping[str, Any]) -> tuple[Spot, tuple[str, ...], str]:
    """Where the answer stands, the ids that were ticked, and what is said to be right."""
    spot = Spot(*(str(part) for part in json.loads(view.get("private_metadata") or "[]")))
    values: Mapping[str, Any] = view["state"]["values"]
    ticked: Sequence[Mapping[str, Any]] = (
        values.get("records", {}).get("value", {}).get("selected_options") or []
    )
    right = str(values.get("right", {}).get("value", {}).get("value") or "")
    return spot, tuple(str(option["value"]) for option in ticked), right


def _option(record: Record) -> Json:
    detail = f"{record.kind}, {record.known_at:%Y-%m-%d}, {record.id}"
    text = _short(record.title or record.text, LABEL)
    return {"text": _plain(text), "description": _plain(_short(detail, DETAIL)), "value": record.id}


def _short(text: str, limit: int) -> str:
    flat = " ".join(text.split()) or "…"
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
