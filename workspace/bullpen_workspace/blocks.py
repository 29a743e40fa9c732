"""The checks that Slack makes of Block Kit before it takes a message or a view.

The rule it protects: what the workspace accepts, Slack accepts too, within the limits of
`block_rules.py`; whatever is refused is named by a JSON pointer. It does not check what only
changes the look.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bullpen_workspace import block_rules as rules
from bullpen_workspace.block_rules import Rule, Rules
from bullpen_workspace.errors import SlackError
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MAX_MARKDOWN = 12_000
"""Characters of all markdown blocks of a message together."""
_MAX_CELLS = 20
_MAX_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why Slack would refuse: the words, where, and the limit that was passed."""

    code: str
    message: str
    pointer: str
    constraint: Json = field(default_factory=dict[str, Any])

    def as_json(self) -> Json:
        shape: Json = {"code": self.code, "message": self.message, "pointer": self.pointer}
        return shape | ({"constraint": self.constraint} if self.constraint else {})


def check_blocks(
    rooms: Rooms, blocks: Sequence[Json], *, error: str = "invalid_blocks"
) -> tuple[Json, ...]:
    """A message's blocks with ids filled in. Raises SlackError `error` with the reasons."""
    _refuse(find_problems(rooms, blocks), error)
    return tuple(_with_ids(block) for block in blocks)


def check_view(rooms: Rooms, view: Json) -> Json:
    """A view with ids filled in. Raises SlackError invalid_arguments with the reasons."""
    _refuse(find_view_problems(rooms, view), "invalid_arguments")
    return {**view, "blocks": [_with_ids(block) for block in view["blocks"]]}


def markdown_length(blocks: Sequence[Json]) -> int:
    """The characters of all markdown blocks together."""
    return sum(len(_text_of(block)) for block in blocks if block.get("type") == "markdown")


def find_problems(
    rooms: Rooms, blocks: Sequence[Json], *, most: int = MESSAGE_BLOCKS, at: str = "/blocks"
) -> list[Problem]:
    """Everything that is wrong with these blocks, in order."""
    check = _Check(rooms)
    if len(blocks) > most:
        check.too_many(at, most)
    for number, block in enumerate(blocks):
        check.block(block, f"{at}/{number}")
    tables = [n for n, block in enumerate(blocks) if block.get("type") == "table"]
    for number in tables[1:]:
        check.add("only_one_table_allowed", "only one table is allowed", f"{at}/{number}")
    return check.found


def find_view_problems(rooms: Rooms, view: Json) -> list[Problem]:
    """Everything that is wrong with a modal or an App Home."""
    kind, blocks = view.get("type"), view.get("blocks")
    check = _Check(rooms)
    if kind not in ("modal", "home"):
        check.add("invalid_type", "type must be modal or home", "/view/type")
        return check.found
    check.fields(view, rules.MODAL if kind == "modal" else rules.HOME, "/view")
    if not _is_objects(blocks):
        check.missing("blocks", "/view/blocks")
        return check.found
    known = cast("list[Json]", blocks)
    asks = any(block.get("type") == "input" for block in known)
    if kind == "modal" and asks and not view.get("submit"):
        check.missing("submit", "/view/submit")
    return check.found + find_problems(rooms, known, most=VIEW_BLOCKS, at="/view/blocks")


class _Check:
    """Walks over blocks and gathers what is wrong."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._block_ids: set[str] = set()
        self.found: list[Problem] = []

    def add(self, code: str, message: str, pointer: str, **constraint: Any) -> None:
        self.found.append(
            Problem(code=code, message=message, pointer=pointer, constraint=constraint)
        )

    def missing(self, name: str, pointer: str) -> None:
        self.add("missing_field", f"missing required field: {name}", pointer)

    def too_many(self, pointer: str, most: int) -> None:
        self.add("too_many_items", f"no more than {most} items allowed", pointer, max_items=most)

    def block(self, block: Json, at: str) -> None:
        kind = block.get("type")
        known = rules.BLOCKS.get(kind) if isinstance(kind, str) else None
        if known is None:
            self.add("unsupported_type", f"unsupported type: {kind}", f"{at}/type")
            return
        block_id = block.get("block_id", "")
        self._id(block_id, f"{at}/block_id")
        if block_id and block_id in self._block_ids:
            self.add("duplicate_id", f"block_id {block_id} already exists", f"{at}/block_id")
        self._block_ids.add(str(block_id))
        self.fields(block, known, at)
        if kind == "image" and block.get("slack_file") is not None:
            self._slack_file(block["slack_file"], at)
        if kind == "table":
            self._cells(block.get("rows"), f"{at}/rows")

    def fields(self, thing: Json, known: Rules, at: str) -> None:
        for name, rule in known.items():
            value = thing.get(name)
            if value is None or value == "":
                if rule.required:
                    self.missing(name, f"{at}/{name}")
                continue
            self._field(thing, name, rule, f"{at}/{name}")
        either = rules.EITHER.get(str(thing.get("type")), ())
        if either and not any(thing.get(name) for name in either):
            self.missing(" or ".join(either), at)

    def _field(self, thing: Json, name: str, rule: Rule, at: str) -> None:
        value = thing[name]
        if rule.form in ("text", "plain"):
            self._text(value, rule, at)
        elif rule.form == "words":
            self._words(value, rule.most, at)
        elif rule.form == "choice" and value not in rule.kinds:
            allowed = sorted(rule.kinds)
            self.add("invalid_value", f"must be one of {', '.join(allowed)}", at, enum=allowed)
        elif rule.form == "flag" and not isinstance(value, bool):
            self.add("invalid_type", "must be a boolean", at, type="boolean")
        elif rule.form == "object":
            self._object(thing, name, rule, at)
        elif rule.form == "list":
            self._list(thing, name, rule, at)

    def _text(self, value: Any, rule: Rule, at: str) -> None:
        if isinstance(value, str) and rule.bare:
            self._words(value, rule.most, at)
            return
        kinds = ("plain_text",) if rule.form == "plain" else ("plain_text", "mrkdwn")
        if not isinstance(value, dict) or value.get("type") not in kinds:
            self.add("invalid_type", f"must be a {' or '.join(kinds)} object", at, enum=kinds)
        elif not value.get("text"):
            self.missing("text", f"{at}/text")
        else:
            self._words(value["text"], rule.most, f"{at}/text")

    def _words(self, value: Any, most: int, at: str) -> None:
        if not isinstance(value, str):
            self.add("invalid_type", "must be a string", at, type="string")
        elif most and len(value) > most:
            self.add("too_long", f"must be less than {most + 1} characters", at, max_length=most)

    def _object(self, thing: Json, name: str, rule: Rule, at: str) -> None:
        value = thing[name]
        if not isinstance(value, dict):
            self.add("invalid_type", "must be an object", at, type="object")
            return
        inner = cast("Json", value)
        known = rules.INNER.get((str(thing.get("type")), name))
        if known is not None:
            self.fields(inner, known, at)
        elif rule.kinds:
            self._typed(inner, rule.kinds, at, set())

    def _list(self, thing: Json, name: str, rule: Rule, at: str) -> None:
        value = thing[name]
        if not _is_objects(value) and thing.get("type") != "table":
            self.add("invalid_type", "must be an array of objects", at, type="array")
            return
        items = cast("list[Json]", value)
        if not items and rule.required:
            self.add("too_few_items", "must provide at least 1 item", at, min_items=1)
        if rule.most and len(items) > rule.most:
            self.too_many(at, rule.most)
        known = rules.INNER.get((str(thing.get("type")), name))
        seen: set[str] = set()
        for number, item in enumerate(items if thing.get("type") != "table" else ()):
            place = f"{at}/{number}"
            if known is not None:
                self.fields(item, known, place)
                self._options_of_group(item, known, place)
            elif name == "child_blocks":
                self.block(item, place)
            else:
                self._typed(item, rule.kinds, place, seen)

    def _options_of_group(self, item: Json, known: Rules, at: str) -> None:
        options: Any = item.get("options")
        if known is rules.OPTION_GROUP and _is_objects(options):
            for number, option in enumerate(cast("list[Json]", options)):
                self.fields(option, rules.OPTION, f"{at}/options/{number}")

    def _typed(self, item: Json, kinds: frozenset[str], at: str, seen: set[str]) -> None:
        """An element, a text object or a block inside another."""
        kind = item.get("type")
        if kinds and kind not in kinds:
            self.add("unsupported_type", f"unsupported type: {kind}", f"{at}/type")
            return
        if kind in ("plain_text", "mrkdwn"):
            self._text(item, Rule(form="text", most=2000), at)
            return
        if kind in ("card", "task_card"):
            self.block(item, at)
            return
        self.fields(item, rules.ELEMENTS.get(str(kind), {}), at)
        action_id = item.get("action_id", "")
        self._id(action_id, f"{at}/action_id")
        if action_id and action_id in seen:
            self.add("duplicate_id", f"action_id {action_id} already exists", f"{at}/action_id")
        seen.add(str(action_id))

    def _id(self, value: Any, at: str) -> None:
        self._words(value, _MAX_ID, at)

    def _slack_file(self, file: Any, at: str) -> None:
        file_id = _file_id(file)
        stored = self._rooms.files.get(file_id) if file_id else None
        if stored is None or not stored.ready:
            self.add("invalid_slack_file", "invalid slack file", f"{at}/slack_file")

    def _cells(self, value: Any, at: str) -> None:
        for number, row in enumerate(cast("list[Any]", value) if isinstance(value, list) else ()):
            if not isinstance(row, list):
                self.add("invalid_type", "must be an array", f"{at}/{number}", type="array")
            elif len(cast("list[Any]", row)) > _MAX_CELLS:
                self.too_many(f"{at}/{number}", _MAX_CELLS)


def _refuse(problems: Sequence[Problem], error: str) -> None:
    if problems:
        messages = [f"[ERROR] {found.message} [json-pointer:{found.pointer}]" for found in problems]
        raise SlackError(error, response_metadata={"messages": messages})


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) for item in cast("list[Any]", value)
    )


def _text_of(block: Json) -> str:
    text: Any = block.get("text", "")
    return text if isinstance(text, str) else ""


def _file_id(file: Any) -> str:
    """The id in {"id": …} or {"url": …/files-pri/T…/F…/name}."""
    if not isinstance(file, dict):
        return ""
    named = cast("Json", file)
    if isinstance(named.get("id"), str):
        return named["id"]
    parts = str(named.get("url", "")).split("/")
    return next((part for part in parts if part.startswith("F") and len(part) == 11), "")


def _with_ids(block: Json) -> Json:
    """The block with a block_id, and its elements with action_ids, as Slack adds them."""
    block = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
    elements = block.get("elements")
    if block["type"] == "actions" and isinstance(elements, list):
        block["elements"] = [
            {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}
            for element in cast("list[Json]", elements)
        ]
    return block
