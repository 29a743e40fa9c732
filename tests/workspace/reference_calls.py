"""One call per method that succeeds, in a workspace prepared for it."""

from dataclasses import replace

from bullpen_workspace.actions import Person
from bullpen_workspace.config import BOT_SCOPES
from bullpen_workspace.office import Install, Trigger
from bullpen_workspace.server import Workspace
from bullpen_workspace.types import Message

World = dict[str, dict]
"""The arguments of a call that succeeds, by method."""

HOME = {"type": "home", "blocks": [{"type": "divider"}]}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "divider"}],
}


class _Stage:
    """A workspace with something in it of everything that calls need."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.rooms = workspace, workspace.rooms
        self.credentials = workspace.credentials
        self.person = Person(workspace.office, self.credentials.person_id)
        desk = self.rooms.channels.by_name("desk")
        assert desk is not None
        self.desk = desk.id
        self.app = self.rooms.people.app(self.credentials.app_id)

    def said(self, text: str = "said by the app") -> str:
        """The ts of a fresh message of the app's."""
        return self.rooms.messages.post(
            Message(
                channel=self.desk,
                ts="",
                user=self.credentials.bot_user_id,
                text=text,
                bot_id=self.credentials.bot_id,
                app_id=self.credentials.app_id,
            )
        ).ts

    def at(self, **more: object) -> dict:
        return {"channel": self.desk, "ts": self.said(), **more}

    def trigger(self, view: str = "") -> str:
        grant = Trigger(
            user=self.credentials.person_id, app_id=self.credentials.app_id, view_id=view
        )
        return self.workspace.office.triggers.issue(grant, now=self.workspace.office.now())

    def stream(self) -> str:
        """The ts of a message that is being streamed."""
        from bullpen_workspace.types import Stream

        ts = self.said("")
        now = self.workspace.office.now()
        message = self.rooms.messages.require(self.desk, ts)
        self.rooms.messages.change(replace(message, streaming=True), quiet=True)
        self.rooms.streams.put(
            Stream(
                channel=self.desk,
                ts=ts,
                app_id=self.credentials.app_id,
                state="streaming",
                mode="timeline",
                recipient="",
                started=now,
                touched=now,
            )
        )
        return ts

    def uploaded(self) -> str:
        """The id of a file whose bytes the app has sent, not yet completed."""
        file, ticket = self.rooms.files.reserve("a.txt", size=3, user=self.credentials.bot_user_id)
        self.rooms.files.receive(ticket, b"abc")
        return file.id

    def shared(self) -> str:
        return self.rooms.files.add("b.txt", b"abc", user=self.credentials.bot_user_id).id

    def channel(self, name: str, *, members: tuple[str, ...] = ()) -> str:
        """A channel of the app's own."""
        return self.rooms.channels.create(
            name, creator=self.credentials.bot_user_id, members=members
        ).id

    def code(self) -> dict:
        keys = self.credentials
        grant = Install(
            app_id=keys.app_id,
            user=keys.person_id,
            scopes=BOT_SCOPES,
            user_scopes=(),
            redirect_uri="",
        )
        office = self.workspace.office
        code = office.codes.issue(grant, now=office.now())
        secret = {"client_id": keys.client_id, "client_secret": keys.client_secret}
        return {"code": code, **secret}

    def event_context(self) -> str:
        """The context of an event that the app has been sent."""
        self.said()
        waiting = self.rooms.deliveries.pending(self.credentials.app_id)
        return str(waiting[-1].payload["event_context"])

    def canvas(self) -> str:
        made = self.rooms.canvases.create(
            "Notes", "# Notes", user=self.credentials.bot_user_id, channel=self.desk
        )
        return made.id

    def soon(self) -> int:
        return int(self.workspace.office.now()) + 3600

    def scheduled(self) -> str:
        message = self.rooms.messages.require(self.desk, self.said())
        return self.rooms.schedule.add(replace(message, ts=""), post_at=self.soon()).id

    def pinned(self) -> str:
        ts = self.said()
        self.rooms.pinboard.pin(self.desk, ts, self.credentials.bot_user_id)
        return ts

    def modal(self) -> str:
        view = self.rooms.surfaces.open_modal(
            self.credentials.person_id, self.credentials.app_id, MODAL
        )
        return view.id


def build_world(workspace: Workspace) -> World:
    """Prepare the workspace, and say for every method how it is called."""
    stage = _Stage(workspace)
    return {
        **_chat(stage),
        **_agents(stage),
        **_conversations(stage),
        **_people(stage),
        **_items(stage),
        **_views(stage),
        **_documents(stage),
        **_beyond(stage),
    }


def _chat(stage: _Stage) -> World:
    person, team = stage.credentials.person_id, stage.credentials.team_id
    recipient = {"recipient_user_id": person, "recipient_team_id": team}
    return {
        "chat.postMessage": {"channel": stage.desk, "text": "hello"},
        "chat.update": stage.at(text="changed"),
        "chat.delete": stage.at(),
        "chat.postEphemeral": {"channel": stage.desk, "user": person, "text": "psst"},
        "chat.getPermalink": {"channel": stage.desk, "message_ts": stage.said()},
        "chat.startStream": {"channel": stage.desk, "thread_ts": stage.said(), **recipient},
        "chat.appendStream": {"channel": stage.desk, "ts": stage.stream(), "markdown_text": "a"},
        "chat.scheduleMessage": {"channel": stage.desk, "post_at": stage.soon(), "text": "later"},
        "chat.deleteScheduledMessage": {
            "channel": stage.desk,
            "scheduled_message_id": stage.scheduled(),
        },
        "chat.scheduledMessages.list": {"channel": stage.desk},
        "chat.stopStream": {"channel": stage.desk, "ts": stage.stream(), "markdown_text": "a"},
    }


def _agents(stage: _Stage) -> World:
    thread = {"channel_id": stage.desk, "thread_ts": stage.said()}
    prompts = [{"title": "Ask", "message": "What?"}]
    named = {"channel_id": stage.desk, "thread_ts": stage.said()}
    from bullpen_workspace.types import ThreadStatus

    stage.rooms.surfaces.set_status(
        ThreadStatus(
            channel=stage.desk,
            thread_ts=named["thread_ts"],
            app_id=stage.credentials.app_id,
            session="active",
        )
    )
    return {
        "assistant.threads.setStatus": {**thread, "status": "thinking"},
        "assistant.threads.setTitle": {**thread, "title": "A title"},
        "assistant.threads.setSuggestedPrompts": {**thread, "prompts": prompts},
        "agents.sessions.setStatus": {**thread, "status": "processing"},
        "agents.sessions.rename": {**named, "title": "A name"},
    }


def _conversations(stage: _Stage) -> World:
    person = stage.credentials.person_id
    here = {"channel": stage.desk}
    return {
        "conversations.list": {},
        "conversations.info": here,
        "conversations.history": here,
        "conversations.replies": {**here, "ts": stage.said()},
        "conversations.members": here,
        "conversations.open": {"users": person},
        "conversations.join": here,
        "conversations.create": {"name": "made-by-a-call"},
        "conversations.invite": {"channel": stage.channel("to-invite"), "users": person},
        "conversations.leave": {"channel": stage.channel("to-leave", members=(person,))},
        "conversations.mark": {**here, "ts": stage.said()},
        "conversations.setTopic": {**here, "topic": "a topic"},
        "conversations.setPurpose": {**here, "purpose": "a purpose"},
        "conversations.rename": {"channel": stage.channel("to-rename"), "name": "renamed"},
        "conversations.archive": {"channel": stage.channel("to-archive")},
        "conversations.kick": {
            "channel": stage.channel("to-kick", members=(person,)),
            "user": person,
        },
    }


def _people(stage: _Stage) -> World:
    person = stage.credentials.person_id
    return {
        "api.test": {},
        "blocks.validate": {"blocks": [{"type": "divider"}]},
        "auth.test": {},
        "oauth.v2.access": stage.code(),
        "apps.connections.open": {},
        "team.info": {},
        "bots.info": {"bot": stage.credentials.bot_id},
        "emoji.list": {},
        "users.info": {"user": person},
        "users.list": {},
        "users.conversations": {},
        "users.profile.get": {},
        "usergroups.list": {},
        "search.messages": {"query": "hello"},
        "users.lookupByEmail": {"email": "you@localhost"},
    }


def _items(stage: _Stage) -> World:
    reacted = stage.said()
    stage.rooms.messages.react(stage.desk, reacted, "eyes", stage.credentials.bot_user_id)
    return {
        "reactions.add": {"channel": stage.desk, "timestamp": stage.said(), "name": "eyes"},
        "reactions.remove": {"channel": stage.desk, "timestamp": reacted, "name": "eyes"},
        "reactions.get": {"channel": stage.desk, "timestamp": stage.said()},
        "pins.add": {"channel": stage.desk, "timestamp": stage.said()},
        "pins.remove": {"channel": stage.desk, "timestamp": stage.pinned()},
        "pins.list": {"channel": stage.desk},
        "bookmarks.add": {
            "channel_id": stage.desk,
            "title": "A page",
            "type": "link",
            "link": "https://example.com",
        },
        "bookmarks.list": {"channel_id": stage.desk},
        "files.getUploadURLExternal": {"filename": "c.txt", "length": 3},
        "files.completeUploadExternal": {
            "files": [{"id": stage.uploaded(), "title": "A file"}],
            "channel_id": stage.desk,
        },
        "files.info": {"file": stage.shared()},
        "files.list": {},
        "files.delete": {"file": stage.shared()},
    }


def _views(stage: _Stage) -> World:
    return {
        "views.publish": {"user_id": stage.credentials.person_id, "view": HOME},
        "views.open": {"trigger_id": stage.trigger(), "view": MODAL},
        "views.push": {"trigger_id": stage.trigger(stage.modal()), "view": MODAL},
        "views.update": {"view_id": stage.modal(), "view": MODAL},
    }


def _documents(stage: _Stage) -> World:
    content = {"type": "markdown", "markdown": "# Notes"}
    change = {"operation": "insert_at_end", "document_content": content}
    return {
        "canvases.create": {"title": "Notes", "document_content": content},
        "canvases.edit": {"canvas_id": stage.canvas(), "changes": [change]},
        "canvases.delete": {"canvas_id": stage.canvas()},
        "canvases.sections.lookup": {
            "canvas_id": stage.canvas(),
            "criteria": {"section_types": ["any_header"]},
        },
        "conversations.canvases.create": {"channel_id": stage.desk, "document_content": content},
    }


def _beyond(stage: _Stage) -> World:
    """Methods of Slack's that our copy of the reference does not describe."""
    keys = stage.credentials
    bookmark = stage.rooms.pinboard.add_bookmark(
        stage.desk, title="A page", link="https://example.com", emoji="", app=keys.app_id
    )
    held = {"channel_id": stage.desk, "bookmark_id": bookmark.id}
    archived = stage.channel("to-wake")
    stage.rooms.channels.archive(archived, user=keys.bot_user_id)
    direct = stage.rooms.channels.direct((keys.person_id,), creator=keys.bot_user_id)
    link = "https://example.com/a"
    return {
        "apps.event.authorizations.list": {"event_context": stage.event_context()},
        "apps.manifest.export": {"app_id": keys.app_id},
        "apps.manifest.validate": {"manifest": {"display_information": {"name": "App"}}},
        "apps.uninstall": {"client_id": keys.client_id, "client_secret": keys.client_secret},
        "auth.revoke": {"test": True},
        "bookmarks.edit": {**held, "title": "Another"},
        "bookmarks.remove": held,
        "chat.unfurl": {
            "channel": stage.desk,
            "ts": stage.said(f"see {link}"),
            "unfurls": {link: {"text": "A page"}},
        },
        "conversations.close": {"channel": direct.id},
        "conversations.unarchive": {"channel": archived},
        "usergroups.users.list": {"usergroup": "S0NOSUCH"},
    }
