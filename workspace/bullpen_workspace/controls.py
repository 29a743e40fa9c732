"""How a person uses apps: buttons, forms, shortcuts, slash commands, App Home, the stop button.

The rule it protects: an app hears of a press exactly once, and the person hears when no app is
there to hear it. It renders nothing; the page calls it through `Person.apps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from bullpen_workspace import interactions
from bullpen_workspace.contexts import start_assistant_thread, tell_context
from bullpen_workspace.delivery import EnvelopeType, Unconnected
from bullpen_workspace.errors import Refusal
from bullpen_workspace.events import tell_home_opened
from bullpen_workspace.office import Office
from bullpen_workspace.types import App, Change, Json, Message, Shortcut, View


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAnswer:
    """What an app said to a submitted view: `errors` by block id; `open` while it stays open."""

    errors: dict[str, str] = field(default_factory=dict)
    open: bool = False


class Controls:
    """The controls of apps in one person's hands. Methods raise Refusal when in vain."""

    def __init__(self, office: Office, user: str, *, window: str = "") -> None:
        self._office = office
        self._rooms = office.rooms
        self._window = window
        self.user = user

    def at(self, window: str) -> Controls:
        """The same controls in one browser window, where the modals they cause will show."""
        return Controls(self._office, self.user, window=window)

    def open_home(self, app_id: str, *, tab: str = "home") -> View | None:
        """Tell the app that its "home" or "messages" tab is shown; the home published so far."""
        app = self._app(app_id)
        if tab == "messages" and app.settings.assistant:
            start_assistant_thread(self._office, app, self.user)
        tell_home_opened(self._office, app, self.user, tab=tab)
        return self._rooms.surfaces.home(self.user, app_id)

    def look_at(self, channel: str) -> None:
        """The person looks at a channel now: apps that are agents are told of the context."""
        for app in self._rooms.people.apps():
            tell_context(self._office, app, self.user, channel)

    def rename_session(self, channel: str, thread_ts: str, title: str) -> None:
        """Give an agent's session another name; its app is told."""
        for status in self._rooms.surfaces.statuses(channel):
            if status.thread_ts == thread_ts and status.session:
                detail: Json = {"app": status.app_id, "title": title}
                change = Change(
                    kind="session_renamed",
                    channel=channel,
                    thread_ts=thread_ts,
                    user=self.user,
                    detail=detail,
                )
                with self._rooms.transaction():
                    self._rooms.surfaces.set_status(replace(status, title=title))
                    self._rooms.announce(change)
                return
        raise Refusal("Nothing was renamed.", "No agent works there.", "Ask one first.")

    def press(
        self,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str = "",
        choice: Json | None = None,
        values: Json | None = None,
    ) -> None:
        """Use a button, select or other element of a message.

        `choice` is what the element adds in Slack's shape, {"selected_option": …} for a select;
        a button needs none. `values` is what all inputs around it hold now, by block and action.
        """
        message = self._message(channel, ts)
        app = self._app(message.app_id)
        action = self._action(message.blocks, action_id, block_id, choice)
        payload = interactions.from_message(self._office, app, self.user, message, action)
        self._send(app, payload | {"state": {"values": values or {}}})

    def press_in_view(
        self,
        view_id: str,
        action_id: str,
        *,
        block_id: str = "",
        choice: Json | None = None,
        values: Json | None = None,
    ) -> None:
        """The same for an element of a modal or the App Home."""
        view = self._view(view_id)
        app = self._app(view.app_id)
        action = self._action(view.body.get("blocks", ()), action_id, block_id, choice)
        payload = interactions.from_view(self._office, app, self.user, view, action)
        payload["view"]["state"] = {"values": values or {}}
        self._send(app, payload)

    async def submit(self, view_id: str, values: Json) -> ViewAnswer:
        """Send a modal's form; `values` is {block_id: {action_id: state}} in Slack's shape."""
        view = self._view(view_id)
        app = self._app(view.app_id)
        payload = interactions.submission(self._office, app, self.user, view, values)
        answer = await self._ask(app, payload)
        action = answer.get("response_action", "")
        if action == "errors":
            return ViewAnswer(errors=dict(answer.get("errors", {})), open=True)
        if action == "update":
            self._rooms.surfaces.update_modal(view_id, dict(answer.get("view", {})))
            return ViewAnswer(open=True)
        if action == "push":
            body = dict(answer.get("view", {}))
            self._rooms.surfaces.open_modal(self.user, app.id, body, over=view)
            return ViewAnswer(open=True)
        self._rooms.surfaces.close_modal(view_id, all_of_stack=action == "clear")
        return ViewAnswer()

    def close(self, view_id: str, *, all_of_stack: bool = False) -> None:
        """Close a modal without sending it; the app hears of it when it asked to."""
        view = self._view(view_id)
        self._rooms.surfaces.close_modal(view_id, all_of_stack=all_of_stack)
        if view.body.get("notify_on_close"):
            app = self._app(view.app_id)
            payload = interactions.closed(self._office, app, self.user, view, cleared=all_of_stack)
            self._office.courier.enqueue(app.id, "interactive", payload)

    async def suggest(self, view_id: str, block_id: str, action_id: str, typed: str) -> list[Json]:
        """The options an app offers for what was typed into an external select of a view.

        Options that come in groups are given flat, as a list of what can be chosen.
        """
        view = self._view(view_id)
        app = self._app(view.app_id)
        query = {"block_id": block_id, "action_id": action_id, "value": typed}
        return await self._suggested(
            app, interactions.suggestion_in_view(self._office, app, self.user, view, query)
        )

    async def suggest_in_message(
        self, channel: str, ts: str, block_id: str, action_id: str, typed: str
    ) -> list[Json]:
        """The same for an external select of a message."""
        message = self._message(channel, ts)
        app = self._app(message.app_id)
        query = {"block_id": block_id, "action_id": action_id, "value": typed}
        return await self._suggested(
            app, interactions.suggestion_in_message(self._office, app, self.user, message, query)
        )

    async def _suggested(self, app: App, payload: Json) -> list[Json]:
        answer = await self._ask(app, payload)
        grouped = [o for g in answer.get("option_groups") or () for o in g.get("options", ())]
        return [dict(option) for option in answer.get("options") or grouped]

    async def slash(self, channel: str, line: str) -> None:
        """Run "/command the rest"; what the app answers at once is shown to this person only."""
        command, _, text = line.strip().partition(" ")
        app = next(
            (
                app
                for app in self._rooms.people.apps()
                if any(offered.name == command for offered in app.commands)
            ),
            None,
        )
        if app is None:
            raise Refusal(
                f"{command} was not run.",
                "No app in this workspace has that command.",
                "Write / to see the commands there are.",
            )
        payload = interactions.slash_command(
            self._office, app, self.user, channel_id=channel, command=command, text=text.strip()
        )
        answer = await self._ask(app, payload, type_="slash_commands")
        if answer.get("text") or answer.get("blocks"):
            self._show(app, channel, answer)

    def shortcut(self, app_id: str, callback_id: str) -> None:
        """Run a global shortcut."""
        app = self._app(app_id)
        found = self._shortcut(app, callback_id, "global")
        self._send(app, interactions.global_shortcut(self._office, app, self.user, found))

    def message_shortcut(self, app_id: str, callback_id: str, channel: str, ts: str) -> None:
        """Run a shortcut on a message."""
        app = self._app(app_id)
        found = self._shortcut(app, callback_id, "message")
        message = self._message(channel, ts)
        payload = interactions.message_shortcut(self._office, app, self.user, found, message)
        self._send(app, payload)

    def stop(self, channel: str, thread_ts: str) -> None:
        """Press the native stop button of a thread where an app is at work."""
        streams = [
            stream
            for stream in self._rooms.streams.running(channel)
            if thread_ts in ("", self._root(channel, stream.ts))
        ]
        busy = [
            status.app_id
            for status in self._rooms.surfaces.statuses(channel)
            if status.thread_ts == thread_ts and status.busy
        ]
        with self._rooms.transaction():
            for stream in streams:
                self._rooms.streams.put(replace(stream, state="stopped_by_user"))
                message = self._rooms.messages.require(channel, stream.ts)
                self._rooms.messages.change(replace(message, streaming=False))
            for app_id in dict.fromkeys((*busy, *(stream.app_id for stream in streams))):
                mine = [stream.ts for stream in streams if stream.app_id == app_id]
                self._rooms.announce(
                    Change(
                        kind="stopped",
                        channel=channel,
                        thread_ts=thread_ts,
                        user=self.user,
                        detail={"app": app_id, "streams": mine},
                    )
                )

    # -- sending -------------------------------------------------------------------------

    def _send(self, app: App, payload: Json) -> None:
        if not self._office.courier.sockets(app.id):
            raise _absent(app)
        self._place_trigger(payload)
        self._office.courier.enqueue(app.id, "interactive", payload)

    async def _ask(self, app: App, payload: Json, *, type_: EnvelopeType = "interactive") -> Json:
        self._place_trigger(payload)
        try:
            return await self._office.courier.request(app.id, type_, payload)
        except Unconnected:
            raise _absent(app) from None

    def _place_trigger(self, payload: Json) -> None:
        """A modal that the payload's trigger opens shows where the person is."""
        if self._window and (key := payload.get("trigger_id")):
            self._office.triggers.change(key, lambda held: replace(held, window=self._window))

    def _show(self, app: App, channel: str, answer: Json) -> None:
        """An app's immediate answer to a command: to this person, or to all if it says so."""
        in_channel = answer.get("response_type") == "in_channel"
        self._rooms.messages.post(
            Message(
                channel=channel,
                ts="",
                user=app.bot_user,
                text=str(answer.get("text", "")),
                bot_id=app.bot_id,
                app_id=app.id,
                blocks=tuple(answer.get("blocks", ())),
                visible_to="" if in_channel else self.user,
            )
        )

    # -- looking things up ---------------------------------------------------------------

    def _app(self, app_id: str) -> App:
        app = self._rooms.people.app(app_id)
        if app is None:
            raise Refusal("Nothing happened.", "No app made this.", "Write to the app instead.")
        return app

    def _view(self, view_id: str) -> View:
        view = self._rooms.surfaces.view(view_id)
        if view is None or view.closed or view.user != self.user:
            raise Refusal("Nothing was sent.", "The form is no longer open.", "Open it again.")
        return view

    def _message(self, channel: str, ts: str) -> Message:
        message = self._rooms.messages.get(channel, ts)
        if message is None or not self._rooms.channels.is_member(channel, self.user):
            raise Refusal(
                "Nothing happened.", "The message is no longer there.", "Reload the page."
            )
        return message

    def _root(self, channel: str, ts: str) -> str:
        message = self._message(channel, ts)
        return message.thread_ts or message.ts

    def _shortcut(self, app: App, callback_id: str, kind: Literal["global", "message"]) -> Shortcut:
        for shortcut in app.shortcuts:
            if shortcut.callback_id == callback_id and shortcut.kind == kind:
                return shortcut
        raise Refusal("Nothing happened.", f"{app.name} has no such shortcut.", "Reload the page.")

    def _action(
        self, blocks: Sequence[Json], action_id: str, block_id: str, choice: Json | None
    ) -> Json:
        for block in blocks:
            if block_id and block.get("block_id") != block_id:
                continue
            for element in _elements(block):
                if element.get("action_id") == action_id:
                    now = self._office.now()
                    return interactions.block_action(block, element, choice or {}, now=now)
        raise Refusal("Nothing happened.", "The button is no longer there.", "Reload the page.")


def _elements(block: Json) -> list[Json]:
    """The elements of a block that a person can use, in the blocks inside it as well."""
    found = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    for key in ("elements", "actions", "blocks", "child_blocks"):
        inner: Any = block.get(key)
        for item in cast("list[Any]", inner) if isinstance(inner, list) else ():
            if isinstance(item, dict):
                card = cast("Json", item)
                found += [card, *_elements(card)]
    return found


def _absent(app: App) -> Refusal:
    return Refusal(
        f"{app.name} did not hear you.",
        "It is not connected at the moment, or did not answer in time.",
        "Try again in a few seconds; if it stays away, look at its log.",
    )
