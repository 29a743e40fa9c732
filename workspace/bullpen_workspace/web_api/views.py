"""views.publish, open, push and update.

The rule it protects: a modal opens only for a person who has just done something (a trigger, used
once, soon), and an update made from an old state is refused (hash_conflict). It renders nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from bullpen_workspace.blocks import check_view
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Trigger
from bullpen_workspace.types import Json, View
from bullpen_workspace.web_api.table import BOT, Call, Method
from bullpen_workspace.wire import view_json

MAX_VIEW = 250_000
"""Characters of a view as JSON."""
MAX_STACK = 3


def publish(call: Call) -> Json:
    user = call.args.text("user_id")
    if call.rooms.people.get(user) is None:
        raise SlackError("invalid_arguments")
    body = _body(call, kind="home")
    known = call.rooms.surfaces.home(user, call.caller.app.id)
    _check_hash(call, known)
    view = call.rooms.surfaces.publish_home(user, call.caller.app.id, body)
    return {"view": view_json(call.office, view)}


def open_(call: Call) -> Json:
    body = _body(call, kind="modal")
    trigger = _trigger(call)
    view = call.rooms.surfaces.open_modal(
        trigger.user, call.caller.app.id, body, window=trigger.window
    )
    return {"view": view_json(call.office, view)}


def push(call: Call) -> Json:
    body = _body(call, kind="modal")
    trigger = _trigger(call)
    below = call.rooms.surfaces.view(trigger.view_id) if trigger.view_id else None
    if below is None or below.kind != "modal":
        raise SlackError("not_found")
    stack = [
        view for view in call.rooms.surfaces.modals(trigger.user) if view.root_id == below.root_id
    ]
    if len(stack) >= MAX_STACK:
        raise SlackError("push_limit_reached")
    view = call.rooms.surfaces.open_modal(trigger.user, call.caller.app.id, body, over=below)
    return {"view": view_json(call.office, view)}


def update(call: Call) -> Json:
    known = (
        call.rooms.surfaces.view(call.args.text("view_id"))
        if "view_id" in call.args
        else call.rooms.surfaces.view_by_external_id(call.args.text("external_id"))
    )
    if known is None or known.closed or known.app_id != call.caller.app.id:
        raise SlackError("not_found")
    _check_hash(call, known)
    body = _body(call, kind=known.kind)
    change: Callable[[], View] = (
        (lambda: call.rooms.surfaces.publish_home(known.user, known.app_id, body))
        if known.kind == "home"
        else (lambda: call.rooms.surfaces.update_modal(known.id, body))
    )
    return {"view": view_json(call.office, change())}


def _body(call: Call, *, kind: str) -> Json:
    body = call.args.object("view")
    if body is None or body.get("type") != kind:
        message = f"[ERROR] view must be an object of type {kind}"
        raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
    if len(json.dumps(body)) > MAX_VIEW:
        raise SlackError("view_too_large")
    return check_view(call.rooms, body)


def _trigger(call: Call) -> Trigger:
    trigger, why_not = call.office.triggers.redeem(
        call.args.text("trigger_id"), now=call.office.now()
    )
    if trigger is None:
        codes = {"expired": "expired_trigger_id", "used": "exchanged_trigger_id"}
        raise SlackError(codes.get(why_not, "invalid_trigger_id"))
    if trigger.app_id != call.caller.app.id:
        raise SlackError("invalid_trigger_id")
    return trigger


def _check_hash(call: Call, known: View | None) -> None:
    if "hash" in call.args and known is not None and call.args.text("hash") != known.hash:
        raise SlackError("hash_conflict")


METHODS = (
    Method(name="views.publish", handler=publish, tier="t4", needs=("user_id", "view"), tokens=BOT),
    Method(name="views.open", handler=open_, tier="t4", needs=("trigger_id", "view"), tokens=BOT),
    Method(name="views.push", handler=push, tier="t4", needs=("trigger_id", "view"), tokens=BOT),
    Method(name="views.update", handler=update, tier="t4", needs=("view",), tokens=BOT),
)
