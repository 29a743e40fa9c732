"""search.messages: what was said, found by words, for the person who asks.

The rule it protects: nobody finds what they may not read. Words must all occur; `in:#channel`,
`from:@name` and "exact phrases" narrow the search. There is no ranking: newest first, or oldest
with sort_dir=asc.
"""

from __future__ import annotations

import shlex

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json, Message
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import channel_json, message_json, permalink

MAX_COUNT = 100


def messages(call: Call) -> Json:
    query = call.args.text("query").strip()
    if not query:
        raise SlackError("no_query")
    found = _found(call, query)
    if call.args.text("sort_dir", "desc") == "desc":
        found.reverse()
    count = min(max(call.args.number("count", 20), 1), MAX_COUNT)
    number = max(call.args.number("page", 1), 1)
    part = found[(number - 1) * count : number * count]
    pages = max(-(-len(found) // count), 1)
    paging = {"count": count, "total": len(found), "page": number, "pages": pages}
    return {
        "query": query,
        "messages": {
            "total": len(found),
            "paging": paging,
            "pagination": {
                "total_count": len(found),
                "page": number,
                "per_page": count,
                "page_count": pages,
                "first": (number - 1) * count + 1,
                "last": (number - 1) * count + len(part),
            },
            "matches": [_match(call, message) for message in part],
        },
    }


def _found(call: Call, query: str) -> list[Message]:
    words: list[str] = []
    channels = [channel.id for channel in call.rooms.channels.of(call.caller.user)]
    author = ""
    for word in _words(query):
        kind, _, rest = word.partition(":")
        if kind == "in" and rest:
            named = call.rooms.channels.by_name(rest) or call.rooms.channels.get(rest)
            channels = [named.id] if named is not None and named.id in channels else []
        elif kind == "from" and rest:
            author = _author(call, rest)
        else:
            words.append(word)
    users = (author,) if author else ()
    found = call.rooms.messages.matching(words, channels=channels, users=users, limit=1000)
    return found[::-1]


def _words(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError:  # A lone quotation mark is a character like any other.
        return query.split()


def _author(call: Call, name: str) -> str:
    name = name.strip("<@>").lower()
    for user in call.rooms.people.all():
        if name in (user.id.lower(), user.name.lower()):
            return user.id
    return "nobody"


def _match(call: Call, message: Message) -> Json:
    channel = call.rooms.channels.require(message.channel)
    author = call.rooms.people.get(message.user)
    return {
        **message_json(call.office, message),
        "iid": f"{message.channel}-{message.ts}",
        "team": call.office.credentials.team_id,
        "channel": channel_json(call.office, channel, viewer=call.caller.user),
        "username": message.username or (author.name if author else ""),
        "permalink": permalink(call.office, message.channel, message.ts, message.thread_ts),
    }


METHODS = (
    Method(
        name="search.messages",
        handler=messages,
        needs=("query",),
        tokens=frozenset({"user"}),
        scopes=("search:read",),
        tier="t2",
        missing={"query": "no_query"},
    ),
)
