"""What each block, element and composition object of Block Kit must and may hold, as data.

The rule it protects: a limit is written once, beside the field that it limits, as Slack's
reference for Block Kit gives it. Fields that only change the look are not listed and not
checked. It checks nothing itself; `blocks.py` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Form = Literal["text", "plain", "words", "list", "object", "choice", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One field. `form` is what it is; `most` its characters or items.

    text: a text object, or a bare string where `bare`; plain: a plain_text object; words: a
    string; list: of objects of `kinds`; object: of one of `kinds`; choice: one of `kinds`.
    """

    form: Form
    most: int = 0
    required: bool = False
    kinds: frozenset[str] = frozenset()
    bare: bool = False


Rules = Mapping[str, Rule]

_SELECTS = frozenset(
    f"{several}{kind}_select"
    for several in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
_PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
_CHOICES = frozenset({"checkboxes", "radio_buttons"})
_INPUTS = frozenset(
    f"{kind}_input" for kind in ("plain_text", "rich_text", "email_text", "url_text", "number")
) | {"file_input"}
_ACTIONS = _SELECTS | _PICKERS | _CHOICES | {"button", "overflow", "workflow_button"}
_TEXTS = frozenset({"plain_text", "mrkdwn"})
_RICH = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
)


def _text(most: int = 0, *, required: bool = False) -> Rule:
    return Rule(form="text", most=most, required=required)


def _loose(most: int = 0) -> Rule:
    return Rule(form="text", most=most, bare=True)


def _plain(most: int = 0, *, required: bool = False) -> Rule:
    return Rule(form="plain", most=most, required=required)


def _words(most: int = 0, *, required: bool = False) -> Rule:
    return Rule(form="words", most=most, required=required)


def _list(most: int, kinds: frozenset[str] = frozenset(), *, required: bool = True) -> Rule:
    return Rule(form="list", most=most, kinds=kinds, required=required)


def _choice(*kinds: str, required: bool = False) -> Rule:
    return Rule(form="choice", kinds=frozenset(kinds), required=required)


_IMAGE: Rules = {
    "alt_text": _words(2000, required=True),
    "image_url": _words(3000),
    "slack_file": Rule(form="object"),
}
_STATUSES = ("pending", "in_progress", "complete", "error")

BLOCKS: Mapping[str, Rules] = {
    "actions": {"elements": _list(25, _ACTIONS)},
    "alert": {
        "text": Rule(form="text", required=True, bare=True),
        "level": _choice("default", "info", "warning", "error", "success"),
    },
    "auth_provider": {},
    "call": {"call_id": _words(required=True)},
    "card": {
        "title": _loose(150),
        "subtitle": _loose(150),
        "body": _loose(200),
        "actions": _list(25, _ACTIONS, required=False),
    },
    "carousel": {"elements": _list(10, frozenset({"card"}))},
    "container": {
        "title": _loose(150),
        "subtitle": _loose(150),
        "child_blocks": _list(10),
        "width": _choice("narrow", "standard", "wide", "full"),
    },
    "context": {"elements": _list(10, _TEXTS | {"image"})},
    "context_actions": {"elements": _list(5, frozenset({"feedback_buttons", "icon_button"}))},
    "divider": {},
    "file": {"external_id": _words(required=True), "source": _words(required=True)},
    "header": {"text": _plain(150, required=True)},
    "image": {**_IMAGE, "title": _plain(2000)},
    "input": {
        "label": _plain(2000, required=True),
        "element": Rule(
            form="object", required=True, kinds=_INPUTS | _SELECTS | _PICKERS | _CHOICES
        ),
        "hint": _plain(2000),
        "optional": Rule(form="flag"),
        "dispatch_action": Rule(form="flag"),
    },
    "markdown": {"text": _words(12_000, required=True)},
    "plan": {"title": _loose(256), "tasks": _list(50, frozenset({"task_card"}), required=False)},
    "rich_text": {"elements": _list(0, _RICH)},
    "section": {
        "text": _text(3000),
        "fields": _list(10, _TEXTS, required=False),
        "accessory": Rule(form="object", kinds=_ACTIONS | {"image"}),
    },
    "table": {"rows": Rule(form="list", most=100, required=True)},
    "task_card": {
        "task_id": _words(255, required=True),
        "title": _loose(),
        "status": _choice(*_STATUSES),
    },
    "video": {
        "alt_text": _words(required=True),
        "title": _plain(200, required=True),
        "thumbnail_url": _words(required=True),
        "video_url": _words(required=True),
        "author_name": _words(50),
    },
}
"""The block types of Slack at the end of 2026, with what each must and may hold."""

_PLACEHOLDER: Rules = {"placeholder": _plain(150), "confirm": Rule(form="object")}
_OPTIONS: Rules = {
    "options": _list(100, required=False),
    "option_groups": _list(100, required=False),
}
_STYLE = _choice("primary", "danger")

ELEMENTS: Mapping[str, Rules] = {
    **{kind: _PLACEHOLDER for kind in _SELECTS | _PICKERS | _INPUTS},
    "static_select": {**_PLACEHOLDER, **_OPTIONS},
    "multi_static_select": {**_PLACEHOLDER, **_OPTIONS},
    "button": {
        "text": _plain(75, required=True),
        "value": _words(2000),
        "url": _words(3000),
        "style": _STYLE,
        "accessibility_label": _words(75),
        "confirm": Rule(form="object"),
    },
    "workflow_button": {
        "text": _plain(75, required=True),
        "workflow": Rule(form="object", required=True),
        "style": _STYLE,
    },
    "overflow": {"options": _list(5), "confirm": Rule(form="object")},
    "checkboxes": {"options": _list(10), "confirm": Rule(form="object")},
    "radio_buttons": {"options": _list(10), "confirm": Rule(form="object")},
    "number_input": {
        **_PLACEHOLDER,
        "is_decimal_allowed": Rule(form="flag", required=True),
    },
    "image": _IMAGE,
    "feedback_buttons": {
        "positive_button": Rule(form="object", required=True),
        "negative_button": Rule(form="object", required=True),
    },
    "icon_button": {
        "icon": _words(required=True),
        "text": _plain(75, required=True),
        "confirm": Rule(form="object"),
    },
    **{kind: {} for kind in _RICH},
}
"""Elements by type; all but images and rich text may carry an action_id."""

OPTION: Rules = {
    "text": Rule(form="text", most=75, required=True),
    "value": _words(150, required=True),
    "description": Rule(form="text", most=75),
}
OPTION_GROUP: Rules = {"label": _plain(75, required=True), "options": _list(100)}
CONFIRM: Rules = {
    "title": _plain(100, required=True),
    "text": _text(300, required=True),
    "confirm": _plain(30, required=True),
    "deny": _plain(30, required=True),
}
FEEDBACK: Rules = {"text": _plain(75, required=True), "value": _words(2000, required=True)}

INNER: Mapping[tuple[str, str], Rules] = {
    **{(kind, "options"): OPTION for kind in ELEMENTS},
    **{(kind, "option_groups"): OPTION_GROUP for kind in ELEMENTS},
    **{(kind, "confirm"): CONFIRM for kind in ELEMENTS},
    ("feedback_buttons", "positive_button"): FEEDBACK,
    ("feedback_buttons", "negative_button"): FEEDBACK,
}
"""What is inside a field of an element that has no type of its own."""

MODAL: Rules = {
    "title": _plain(24, required=True),
    "submit": _plain(24),
    "close": _plain(24),
    "callback_id": _words(255),
    "private_metadata": _words(3000),
    "external_id": _words(255),
}
HOME: Rules = {key: MODAL[key] for key in ("callback_id", "private_metadata", "external_id")}
EITHER: Mapping[str, tuple[str, ...]] = {
    "section": ("text", "fields"),
    "image": ("image_url", "slack_file"),
    "card": ("hero_image", "title", "actions", "body"),
    "static_select": ("options", "option_groups"),
    "multi_static_select": ("options", "option_groups"),
}
"""Of these fields at least one must be there."""
