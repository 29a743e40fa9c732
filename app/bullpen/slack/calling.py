"""“Open an idea from this” on a message: a form for the terms of a market call, and what came of it.

The rule it protects: the terms are the person's own and are locked as sent; a form that is wrong
comes back with the sentence at its field; the call stands in the message's thread and in the
message's scope. It judges no term; the idea book does.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import messages
from bullpen.slack.answers import brought
from bullpen.slack.aside import tell
from bullpen.slack.connect import Identity
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import link, unwrap
from bullpen.slack.manifest import IDEA_SHORTCUT
from bullpen.slack.prompt import prompt
from bullpen.slack.render import mrkdwn
from bullpen_memory.errors import BullpenError
from bullpen_memory.ideas import Idea
from bullpen_memory.records import WORKSPACE

FORM = "idea_form"
FORM_SECONDS = 2.0
LONGEST = 3_000
"""What Slack lets a text field hold."""
NUMBERS = {"size": True, "probability": True, "take_profit": False, "stop_loss": False, "base_rate": False}  # fmt: skip
"""The number fields, and whether each is needed."""
log = logging.getLogger("bullpen.slack.calling")

Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who opens a call, where it belongs, and the message it came from. `key` is the form's own."""

    user: str
    name: str
    scope: str
    scopes: frozenset[str]
    permalink: str
    title: str
    key: str


class Calls(Protocol):
    """The idea book, as Slack's side needs it.

    `open` raises BullpenError where the terms will not do; `standing` are the calls that are open
    and may be seen.
    """

    async def open(self, terms: Json, as_of: date | None, author: Author) -> Opened: ...

    def standing(self, scopes: frozenset[str]) -> list[Idea]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A call that is locked: the sentences that tell of it, and its receipt. Or `problem`, if not."""

    said: str = ""
    receipt: str = ""
    problem: str = ""


@dataclass(slots=True)
class Filled:
    """What a form holds: the terms of the call, the day of a practice in hindsight, what is wrong."""

    terms: Json = field(default_factory=dict[str, Any])
    as_of: date | None = None
    wrong: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """The form of one app."""

    client: AsyncWebClient
    me: Identity
    directory: Directory
    calls: Calls

    def register(self, app: AsyncApp) -> None:
        """Take the shortcut and the form."""
        app.shortcut(IDEA_SHORTCUT)(self.chosen)
        app.view(FORM)(prompt(self.sent))

    async def chosen(self, ack: Ack, body: Json) -> None:
        """The shortcut was chosen on a message."""
        await ack()
        words = await unwrap(str((body.get("message") or {}).get("text", "")), (self.me,), self.directory)  # fmt: skip
        await self.client.views_open(trigger_id=body["trigger_id"], view=form(body, words.text))

    async def sent(self, ack: Ack, body: Json, view: Json) -> None:
        """The form was sent: the call is locked, or the form says what is wrong."""
        filled = read(view, datetime.now(UTC).date())
        if filled.wrong:
            await ack(response_action="errors", errors=filled.wrong)
            return
        private: Json = json.loads(view["private_metadata"])
        user = str(body["user"]["id"])
        author = asyncio.create_task(self._author(user, private, str(body.get("trigger_id"))))
        opening = asyncio.create_task(self._open(filled, author))
        # Slack waits three seconds for a form; a slow history goes on behind it.
        done, _ = await asyncio.wait({opening}, timeout=FORM_SECONDS)
        if done and (problem := opening.result().problem):
            await ack(response_action="errors", errors={at_fault(problem): problem})
            return
        await ack()
        opened = await opening
        if opened.problem:
            await tell(self.client, user, opened.problem, channel=private["channel"], thread_ts=private["thread_ts"])  # fmt: skip
        else:
            await self._say(opened, await author, private)

    async def _open(self, filled: Filled, author: asyncio.Task[Author]) -> Opened:
        """What was locked, or what is wrong with it."""
        try:
            return await self.calls.open(filled.terms, filled.as_of, await author)
        except BullpenError as error:
            return Opened(problem=str(error))
        except Exception:
            log.exception("an idea was not opened")
            return Opened(problem=messages.IDEA_FAILED)

    async def _author(self, user: str, private: Json, trigger: str) -> Author:
        channel = await self.directory.channel(str(private["channel"]))
        person = await self.directory.person(user)
        scope = channel.scope(user)
        return Author(
            user=user, name=person.name, scope=scope, scopes=frozenset({WORKSPACE, scope}),
            permalink=link(self.me, channel.id, private["ts"], private["thread_ts"]),
            title=f"{private['who'] or person.name} in {channel.place}", key=f"form:{trigger}",
        )  # fmt: skip

    async def _say(self, opened: Opened, author: Author, private: Json) -> None:
        """In the message's thread, for everybody; where the app may not speak, to its author alone."""
        text = messages.idea_opened(mrkdwn(author.name), mrkdwn(opened.said))
        receipts = {
            "type": "button", "action_id": "receipts", "value": opened.receipt,
            "text": _plain("Receipts"),
        }  # fmt: skip
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST]}},
            {"type": "actions", "elements": [receipts]},
        ]
        try:
            await self.client.chat_postMessage(
                channel=private["channel"], thread_ts=private["thread_ts"], text=text, blocks=blocks,
                unfurl_links=False, unfurl_media=False,
            )  # fmt: skip
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("the idea of %s is not shown in its thread: %s", author.user, error)
            await tell(self.client, author.user, text, channel=private["channel"])


def form(body: Mapping[str, Any], said: str) -> Json:
    """The form for a message that the shortcut brought along; `said` are its words as people read them."""
    private = brought(body)
    sides = [_option("Long: it gains when the price rises", "long"), _option("Short: it gains when it falls", "short")]  # fmt: skip
    blocks = [
        _input("thesis", "Why", _text(said[:LONGEST], multiline=True)),
        _input("instrument", "What", _text(), hint="As the desk knows it, such as oil or S&P 500"),
        _input("side", "Which side", {"type": "radio_buttons", "action_id": "value", "options": sides, "initial_option": sides[0]}),
        _input("size", "Size, in percent of the book", _number()),
        _input("horizon", "Ends at the latest on", {"type": "datepicker", "action_id": "value"}),
        _input("take_profit", "Take profit at", _number(), optional=True, hint="A level of the price. An idea needs a target, a stop, or to be held to its end."),
        _input("stop_loss", "Stop loss at", _number(), optional=True),
        _input("hold", "Without levels", {"type": "checkboxes", "action_id": "value", "options": [_option("Hold it to the end", "hold")]}, optional=True),
        _input("probability", "Your probability of a gain, in percent", _number()),
        _input("base_rate", "Base rate, in percent", _number(), optional=True, hint="The probability without any opinion. Empty: it is counted in the history."),
        _input("as_of", "In hindsight, as of", {"type": "datepicker", "action_id": "value"}, optional=True, hint="To practise on an earlier day. Such an idea is listed and never counted."),
    ]  # fmt: skip
    return {
        "type": "modal", "callback_id": FORM, "private_metadata": json.dumps(private),
        "title": _plain("Open an idea"), "submit": _plain("Lock it"), "close": _plain("Cancel"), "blocks": blocks,
    }  # fmt: skip


def read(view: Mapping[str, Any], today: date) -> Filled:
    """The terms that the form holds, and what is wrong with it, by the block it stands in."""
    values: Mapping[str, Any] = view["state"]["values"]
    filled = Filled()
    for name, empty in (("thesis", messages.IDEA_WHY), ("instrument", messages.IDEA_WHAT)):
        filled.terms[name] = str(_held(values, name).get("value") or "").strip()
        if len(filled.terms[name]) < (3 if name == "thesis" else 1):
            filled.wrong[name] = empty
    filled.terms["side"] = str((_held(values, "side").get("selected_option") or {}).get("value", "long"))  # fmt: skip
    for name, needed in NUMBERS.items():
        _take_number(filled, name, str(_held(values, name).get("value") or "").strip(), needed)
    held = bool(_held(values, "hold").get("selected_options"))
    filled.terms["hold_to_horizon"] = held
    if not held and not {"take_profit", "stop_loss"} & {*filled.terms, *filled.wrong}:
        filled.wrong["take_profit"] = messages.IDEA_NO_EXIT
    filled.as_of = _day(_held(values, "as_of").get("selected_date"))
    if filled.as_of is not None and filled.as_of > today:
        filled.wrong["as_of"] = messages.idea_in_future(filled.as_of)
    horizon = _day(_held(values, "horizon").get("selected_date"))
    if horizon is None:
        filled.wrong["horizon"] = messages.IDEA_WHEN
    elif horizon <= (filled.as_of or today):
        filled.wrong["horizon"] = messages.idea_too_soon(filled.as_of or today)
    else:
        filled.terms["horizon"] = horizon.isoformat()
    return filled


def _take_number(filled: Filled, name: str, given: str, needed: bool) -> None:
    if not given:
        if needed:
            filled.wrong[name] = messages.IDEA_NUMBER
        return
    try:
        number = float(given.rstrip("% ").replace(",", ""))
    except ValueError:
        filled.wrong[name] = messages.IDEA_NUMBER
        return
    if name in ("probability", "base_rate") and not 0 < number < 100:
        filled.wrong[name] = messages.IDEA_CHANCE
    elif name == "size" and not 0 < number <= 1000:
        filled.wrong[name] = messages.IDEA_SIZE
    else:
        filled.terms[name] = number


def at_fault(problem: str) -> str:
    """The block under which a refusal of the idea book is shown."""
    for words, block in (
        ("take profit of", "take_profit"), ("stop loss of", "stop_loss"), ("horizon", "horizon"),
        ("base rate", "base_rate"), ("thesis", "thesis"),
    ):  # fmt: skip
        if words in problem.lower():
            return block
    return "instrument"


def _held(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return values.get(name, {}).get("value") or {}


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _input(block: str, label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:  # fmt: skip
    made: Json = {"type": "input", "block_id": block, "optional": optional, "label": _plain(label), "element": element}  # fmt: skip
    return made | {"hint": _plain(hint)} if hint else made


def _text(value: str = "", *, multiline: bool = False) -> Json:
    made: Json = {"type": "plain_text_input", "action_id": "value", "multiline": multiline}
    return made | {"initial_value": value} if value else made


def _number() -> Json:
    return {"type": "number_input", "action_id": "value", "is_decimal_allowed": True}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text), "value": value}
