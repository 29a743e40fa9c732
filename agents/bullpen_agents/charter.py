"""Reading one charter: a Markdown file with front matter, checked key by key.

The rule it protects: a charter with a wrong key, a missing value or an unknown variable is refused
with the file and the line, never half understood. It does not know the other charters.

Form of a file:

    ---
    id: quant
    name: Quant
    title: quantitative analyst
    icon: ":triangular_ruler:"
    aliases: [quantitative analyst]
    tools: [ask, recall]
    limits: {max_steps: 12, max_tokens: 4096}
    ---
    The prompt, with $variables. A literal dollar sign is written $$.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from bullpen_memory.errors import OperatorError

_KEYS = {"id", "name", "title", "icon", "aliases", "tools", "model", "limits"}
_NEEDED = ("id", "name", "title", "icon", "tools")
_LIMITS = {"max_steps": (1, 200), "max_tokens": (256, 128_000)}
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The front matter of a charter, checked, and where its prompt is."""

    path: Path
    id: str
    name: str
    title: str
    icon: str
    tools: tuple[str, ...]
    aliases: tuple[str, ...]
    model: str | None
    limits: Mapping[str, int]
    body: str
    body_line: int


def read_charter(path: Path) -> Header:
    """Read and check one charter file. OperatorError names the file and the line."""
    lines = read_text(path).splitlines()
    if not lines or lines[0].strip() != "---":
        raise fault(path, 1, "It does not begin with front matter.", "Begin it with a line `---`.")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise fault(path, 1, "Its front matter has no end.", "Close it with a line `---`.")
    fields = _Fields(path, "\n".join(lines[1:end]))
    name_id = fields.text("id")
    if not _ID.match(name_id):
        raise fields.fault(
            "id", f"`{name_id}` is not an id.", "Use a-z, 0-9 and _, such as `quant`."
        )
    return Header(
        path=path,
        id=name_id,
        name=fields.text("name"),
        title=fields.text("title"),
        icon=fields.text("icon"),
        tools=fields.words("tools"),
        aliases=fields.words("aliases"),
        model=fields.text("model") if "model" in fields.nodes else None,
        limits=fields.limits(),
        body="\n".join(lines[end + 1 :]).strip() + "\n",
        body_line=end + 2 + next((i for i, line in enumerate(lines[end + 1 :]) if line.strip()), 0),
    )


def read_text(path: Path) -> str:
    """The text of a charter file. OperatorError when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            f"The charter {path} cannot be read.",
            f"{error}.",
            "Make it a readable UTF-8 text file.",
        ) from error


def render(path: Path, body: str, first_line: int, variables: Mapping[str, str]) -> str:
    """Fill in the $variables of a prompt. An unknown one is an OperatorError with its line.

    `$name` rather than `{{ name }}`: figure references such as {{r42.max_profit|usd}} must pass
    through a charter untouched.
    """
    for match in Template.pattern.finditer(body):
        line = first_line + body.count("\n", 0, match.start())
        word = match.group("named") or match.group("braced")
        if match.group("invalid") is not None:
            raise fault(path, line, "A `$` stands alone.", "Write `$$` for a dollar sign.")
        if word and word not in variables:
            known = ", ".join(f"${name}" for name in sorted(variables))
            raise fault(path, line, f"There is no variable `${word}`.", f"Use one of {known}.")
    return Template(body).substitute(variables)


def fault(path: Path, line: int, cause: str, remedy: str) -> OperatorError:
    """The error for a charter: always with file and line."""
    return OperatorError(f"The charter {path}, line {line}, cannot be used.", cause, remedy)


class _Fields:
    """The keys of one front matter with their lines."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        try:
            root = yaml.compose(source, Loader=yaml.SafeLoader)
            self.values: dict[str, object] = yaml.safe_load(source) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 2
            raise fault(path, line, "It is not valid YAML.", "Write `key: value` lines.") from error
        if not isinstance(root, yaml.MappingNode):
            raise fault(path, 2, "It has no keys.", "Write `key: value` lines.")
        self.nodes: dict[str, int] = {}
        for key, _ in root.value:
            self._add(str(key.value), key.start_mark.line + 2)
        for needed in _NEEDED:
            if needed not in self.nodes:
                raise fault(path, 1, f"The key `{needed}` is missing.", f"Add `{needed}: …`.")

    def _add(self, key: str, line: int) -> None:
        if key not in _KEYS:
            known = ", ".join(sorted(_KEYS))
            raise fault(self.path, line, f"There is no key `{key}`.", f"Use one of {known}.")
        if key in self.nodes:
            raise fault(self.path, line, f"The key `{key}` stands twice.", "Keep one of them.")
        self.nodes[key] = line

    def fault(self, key: str, cause: str, remedy: str) -> OperatorError:
        return fault(self.path, self.nodes[key], cause, remedy)

    def text(self, key: str) -> str:
        value = self.values[key]
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"`{key}` is not a text.", f'Write `{key}: "…"`.')
        return value.strip()

    def words(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(key, f"`{key}` is not a list of words.", f"Write `{key}: [a, b]`.")
        return tuple(str(item).strip() for item in value)

    def limits(self) -> dict[str, int]:
        value = self.values.get("limits", {})
        if not isinstance(value, dict):
            raise self.fault("limits", "`limits` has no keys.", "Write `limits: {max_steps: 12}`.")
        checked: dict[str, int] = {}
        for key, number in value.items():
            if key not in _LIMITS:
                known = ", ".join(_LIMITS)
                raise self.fault("limits", f"There is no limit `{key}`.", f"Use one of {known}.")
            low, high = _LIMITS[key]
            if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
                raise self.fault(
                    "limits", f"`{key}` is {number!r}.", f"Use a whole number, {low} to {high}."
                )
            checked[key] = number
        return checked
