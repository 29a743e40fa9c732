"""Every method against Slack's own reference: arguments, tokens, scopes, tiers, errors, output.

The tests walk the whole table and report every difference at once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest

from bullpen_workspace.server import Workspace
from bullpen_workspace.web_api.dispatch import METHODS
from workspace.reference_calls import World, build_world
from workspace.slack_reference import load_reference

OURS = {"xoxb": "bot", "xoxp": "user", "xapp": "app"}
LENIENT = {
    # Slack's reference calls these required, although its own clients may leave them out.
    ("assistant.threads.setStatus", "status"),  # "" clears the status
    ("chat.appendStream", "markdown_text"),  # chunks will do
}
MISSING = {
    # The documented error that speaks of the argument, tried in this order.
    "name": ("invalid_name_required", "invalid_name"),
    "users": ("no_user",),
    "channel": ("no_item_specified",),
    "timestamp": ("no_item_specified",),
    "query": ("no_query",),
    "post_at": ("invalid_time",),
    "scheduled_message_id": ("invalid_scheduled_message_id",),
}
NEVER = {"usergroups.users.list"}  # there are no user groups, so it always refuses
PLACES = ("channel", "channel_id")


@dataclass
class Caller:
    """Calls methods as a client would, and keeps what went wrong."""

    workspace: Workspace
    session: aiohttp.ClientSession
    wrong: list[str] = field(default_factory=list)

    async def call(self, name: str, arguments: dict, token: str) -> tuple[dict, dict]:
        url = f"{self.workspace.url}/api/{name}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.post(url, json=arguments, headers=headers) as response:
            return await response.json(), dict(response.headers)

    def token_for(self, name: str) -> str:
        credentials = self.workspace.credentials
        kinds = METHODS[name].tokens
        if "bot" in kinds:
            return credentials.bot_token
        return credentials.user_token if "user" in kinds else credentials.app_token

    async def expect(self, name: str, arguments: dict, error: str, token: str = "") -> None:
        answer, _ = await self.call(name, arguments, token or self.token_for(name))
        if answer.get("error") != error:
            self.wrong.append(f"{name} {arguments}: {answer.get('error', 'ok')}, not {error}")


@pytest.fixture(scope="module")
def reference() -> dict[str, dict]:
    return {name: told for name, told in load_reference().items() if name in METHODS}


def test_every_served_method_is_walked(world) -> None:
    assert set(world) == set(METHODS)


async def test_methods_beyond_the_reference_are_walked_too(caller: Caller, world) -> None:
    """Missing arguments, wrong tokens and unknown channels, from each method's own declaration."""
    known = set(load_reference())
    credentials = caller.workspace.credentials
    tokens = [credentials.bot_token, credentials.user_token, credentials.app_token]
    beyond = [METHODS[name] for name in METHODS if name not in known]
    assert len(beyond) > 8
    for method in beyond:
        for argument in method.needs:
            rest = {key: value for key, value in world[method.name].items() if key != argument}
            error = method.missing.get(argument, method.missing.get("", "invalid_arguments"))
            await caller.expect(method.name, rest, error)
        for token in tokens:
            if OURS[token[:4]] not in method.tokens:
                await caller.expect(
                    method.name, world[method.name], "not_allowed_token_type", token
                )
        await caller.expect(method.name, world[method.name], "invalid_auth", "xoxb-never-given")
        for argument in PLACES:
            if argument in method.needs and not method.name.startswith("bookmarks."):
                lost = {**world[method.name], argument: "C0NOWHERE00"}
                await caller.expect(method.name, lost, "channel_not_found")
    assert not caller.wrong


async def test_methods_beyond_the_reference_answer(caller: Caller, world) -> None:
    known, fails = set(load_reference()), {"usergroups.users.list": "no_such_subteam"}
    # What takes things away comes last, and the same order every time.
    last = ("apps.uninstall", "bookmarks.remove")
    for name in sorted(
        set(METHODS) - known | set(fails), key=lambda name: (name in last, name == last[0], name)
    ):
        answer, _ = await caller.call(name, world[name], caller.token_for(name))
        if not answer["ok"] and answer["error"] != fails.get(name):
            caller.wrong.append(f"{name}: {answer}")
    assert not caller.wrong


@pytest.fixture
async def caller(workspace: Workspace, session: aiohttp.ClientSession) -> Caller:
    return Caller(workspace, session)


@pytest.fixture
async def world(workspace: Workspace) -> World:
    return build_world(workspace)


async def test_every_missing_argument_has_its_error(reference, caller: Caller, world) -> None:
    checked = 0
    for name, told in reference.items():
        for argument in told["required"]:
            if argument == "token" or (name, argument) in LENIENT:
                continue
            arguments = {key: value for key, value in world[name].items() if key != argument}
            known = told["errors"] or ()
            wanted = [*MISSING.get(argument, ()), "missing_argument"]
            error = next((code for code in wanted if code in known), "invalid_arguments")
            await caller.expect(name, arguments, error)
            checked += 1
    assert checked > 50
    assert not caller.wrong


async def test_the_wrong_kind_of_token_is_refused(reference, caller: Caller, world) -> None:
    credentials = caller.workspace.credentials
    tokens = [credentials.bot_token, credentials.user_token, credentials.app_token]
    for name in reference:
        kinds = METHODS[name].tokens
        for token in tokens if kinds else ():
            if OURS[token[:4]] not in kinds:
                await caller.expect(name, world[name], "not_allowed_token_type", token)
        if kinds:
            await caller.expect(name, world[name], "invalid_auth", "xoxb-never-given")
    assert not caller.wrong


async def test_no_token_is_no_caller(reference, caller: Caller, world) -> None:
    for name in reference:
        answer, _ = await caller.call(name, world[name], "")
        if METHODS[name].tokens and answer.get("error") != "not_authed":
            caller.wrong.append(f"{name}: {answer}")
    assert not caller.wrong


async def test_missing_scope_names_what_is_needed(
    reference, start: Callable[..., Awaitable[Workspace]], session
) -> None:
    strict = await start(strict_scopes=True)
    caller, world = Caller(strict, session), build_world(strict)
    strict.rooms.people.grant(strict.credentials.bot_token, ("team:none",))
    checked = 0
    for name, told in reference.items():
        if not told["scopes"] or "bot" not in METHODS[name].tokens:
            continue
        token = strict.credentials.bot_token
        answer, headers = await caller.call(name, world[name], token)
        if answer.get("error") != "missing_scope" or answer["provided"] != "team:none":
            caller.wrong.append(f"{name}: {answer}")
        elif set(answer["needed"].split(",")) != set(told["scopes"]):
            caller.wrong.append(f"{name} needs {told['scopes']}, not {answer['needed']}")
        assert headers["x-oauth-scopes"] == "team:none"
        assert set(headers["x-accepted-oauth-scopes"].split(",")) == set(told["scopes"])
        checked += 1
    assert checked > 35
    assert not caller.wrong


async def test_every_call_passes_with_the_scopes_of_the_app(
    reference, start: Callable[..., Awaitable[Workspace]], session
) -> None:
    strict = await start(strict_scopes=True)
    caller, world = Caller(strict, session), build_world(strict)
    for name in reference:
        answer, _ = await caller.call(name, world[name], caller.token_for(name))
        if answer.get("error") in ("missing_scope", "not_allowed_token_type"):
            caller.wrong.append(f"{name}: {answer}")
    assert not caller.wrong


def test_tiers_are_slacks(reference) -> None:
    wrong = {
        name: (METHODS[name].tier, told["tier"])
        for name, told in reference.items()
        if told["tier"] and METHODS[name].tier != told["tier"]
    }
    assert not wrong


async def test_an_unknown_channel_is_not_found(reference, caller: Caller, world) -> None:
    checked = 0
    for name, told in reference.items():
        known = told["errors"] or ()
        error = next((e for e in ("channel_not_found", "invalid_channel") if e in known), "")
        for argument in PLACES:
            if error and argument in world[name]:
                await caller.expect(name, {**world[name], argument: "C0NOWHERE00"}, error)
                checked += 1
    assert checked > 25
    assert not caller.wrong


async def test_a_bad_cursor_is_refused(reference, caller: Caller, world) -> None:
    checked = 0
    for name, told in reference.items():
        if "cursor" not in told["args"] or "invalid_cursor" not in (told["errors"] or ()):
            continue
        for cursor in ("nonsense", "b2Zmc2V0OnBsZWFzZQ=="):
            await caller.expect(name, {**world[name], "cursor": cursor}, "invalid_cursor")
            checked += 1
    assert checked >= 12
    assert not caller.wrong


async def test_every_answer_holds_the_required_keys(reference, caller: Caller, world) -> None:
    for name, told in reference.items():
        if name in NEVER:
            continue
        answer, _ = await caller.call(name, world[name], caller.token_for(name))
        if not answer["ok"]:
            caller.wrong.append(f"{name}: {answer}")
            continue
        caller.wrong += [f"{name} lacks {path}" for path in lacking(answer, told["output"])]
    assert not caller.wrong


def lacking(answer: object, schema: object, path: str = "") -> list[str]:
    """Paths of the keys that the schema marks with `*` and the answer does not have."""
    if isinstance(schema, list) and schema and isinstance(answer, list):
        return [gap for item in answer for gap in lacking(item, schema[0], f"{path}[]")]
    if not isinstance(schema, dict) or not isinstance(answer, dict):
        return []
    gaps: list[str] = []
    for key, inner in schema.items():
        name = key.lstrip("*")
        if name in answer:
            gaps += lacking(answer[name], inner, f"{path}.{name}")
        elif key.startswith("*"):
            gaps.append(f"{path}.{name}")
    return gaps
