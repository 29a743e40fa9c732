"""How an offline script works through a turn: it runs from its beginning at every step.

The rule it protects: a script is a plain function of the request. `use` hands back the result of a
call that was already made, or stops the script and asks for the call; nothing is kept between
steps, so a replay takes the same way. It knows no grammar and writes no answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bullpen_agents.model import Request, ToolCall, ToolResult

Json = dict[str, Any]
_FORMATS = {"usd": "usd", "pct": "pct", "x": "x", "bp": "bp", "date": "date", "count": "int"}


class Needed(Exception):
    """The script cannot go on without these calls; `said` goes with them."""

    def __init__(self, calls: tuple[tuple[str, Json], ...], said: str) -> None:
        self.calls, self.said = calls, said
        super().__init__()


@dataclass(frozen=True, slots=True)
class Seen:
    """One tool result, read."""

    text: str
    error: bool = False
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def receipt(self) -> str:
        return str(self.body.get("receipt", ""))

    @property
    def summary(self) -> str:
        return str(self.body.get("summary", ""))

    @property
    def values(self) -> dict[str, Json]:
        return cast("dict[str, Json]", self.body.get("values") or {})

    @property
    def table(self) -> list[list[Any]]:
        return cast("list[list[Any]]", self.body.get("table") or [])

    @property
    def warnings(self) -> list[str]:
        return cast("list[str]", self.body.get("warnings") or [])

    @property
    def artifacts(self) -> list[Json]:
        return cast("list[Json]", self.body.get("artifacts") or [])

    def known(self, key: str) -> bool:
        """Whether there is a value under `key` that has an answer."""
        return self.values.get(key, {}).get("value") is not None

    def number(self, key: str) -> float:
        """The value, for ordering things; it is never written into an answer."""
        value = self.values.get(key, {}).get("value")
        return float(value) if isinstance(value, int | float) else float("-inf")

    def cite(self, key: str) -> str:
        """The figure's reference, with the format of its unit."""
        unit = str(self.values.get(key, {}).get("unit", ""))
        form = f"|{_FORMATS[unit]}" if unit in _FORMATS else ""
        return f"{{{{{self.receipt}.{key}{form}}}}}"

    def label(self, key: str) -> str:
        """What a person calls the value."""
        name = str(self.values.get(key, {}).get("label") or key.replace("_", " "))
        # A constant in a name (a decay of 0.94) is no figure of the answer.
        return re.sub(r"(?<![\w.`-])\d+\.\d+(?![\w.`])", r"`\g<0>`", name)

    def notes(self) -> str:
        """The warnings as a short list, or ""."""
        return as_notes(self.warnings)


class Desk:
    """A request as a script sees it."""

    def __init__(self, request: Request) -> None:
        self.agent = request.agent
        meta = request.meta
        self.purpose = str(meta.get("purpose", "answer"))
        self.text = str(meta.get("text", ""))
        self.files = tuple(str(name) for name in meta.get("files", ()))
        self.earlier = tuple(str(name) for name in meta.get("earlier", ()))
        self.reports = cast("list[dict[str, str]]", list(meta.get("reports", ())))
        self.today = str(meta.get("as_of") or meta.get("today") or "")[:10]
        self.asked_by = str(meta.get("asked_by", "")) or "a person"
        self.history = cast("list[dict[str, str]]", list(meta.get("history", ())))
        self.memories = tuple(str(line) for line in meta.get("memories", ()))
        self.system = request.system
        self._schemas = {spec.name: spec.schema for spec in request.tools}
        self._rounds = _rounds(request)
        self._at = 0
        self.dropped: list[str] = []
        """Arguments that were read and that a tool does not take."""

    def has(self, *names: str) -> bool:
        """Whether this colleague has all these tools now."""
        return all(name in self._schemas for name in names)

    def said_before(self) -> tuple[str, ...]:
        """What people said in the thread before, oldest first; a charter lists the other colleagues."""
        ours = {self.agent, "review", *re.findall(r"^- `(\w+)`: ", self.system, re.MULTILINE)}
        return tuple(line["text"] for line in self.history if line["author"] not in ours)

    def results(self) -> list[Seen]:
        """The results of all calls made so far, in order."""
        return [seen for calls in self._rounds[: self._at] for seen in calls]

    def receipts(self) -> list[str]:
        """The receipts of all calls made so far, in order, each once."""
        made = (seen.receipt for seen in self.results())
        return list(dict.fromkeys(receipt for receipt in made if receipt))

    def use(self, name: str, said: str = "", /, **args: Any) -> Seen:
        """The result of one call. Arguments that are None, or that the tool does not know, stay out."""
        return self.use_all((name, args), said=said)[0]

    def use_all(self, *calls: tuple[str, Json], said: str = "") -> list[Seen]:
        """The results of calls made side by side, in order."""
        missing = [name for name, _ in calls if name not in self._schemas]
        if missing:
            text = f"I have no tool `{missing[0]}`; add it to `tools` in my charter."
            return [Seen(text, error=True) for _ in calls]
        self.dropped += [
            f"{key.replace('_', ' ')} {value:,.10g}"
            if isinstance(value, float)
            else f"{key.replace('_', ' ')} {value}"
            for name, args in calls
            for key, value in args.items()
            if value is not None
            and key not in ("start", "end")
            and key not in self._fitting(name, args)
        ]
        if self._at < len(self._rounds):
            self._at += 1
            return self._rounds[self._at - 1]
        raise Needed(tuple((name, self._fitting(name, args)) for name, args in calls), said)

    def _fitting(self, name: str, args: Json) -> Json:
        schema = self._schemas[name]
        known = schema.get("properties")
        return {
            key: value
            for key, value in args.items()
            if value is not None and (known is None or key in known)
        }


_STALE = re.compile(r"(\S+) is stale: it is \w+ and ends on (\d{4}-\d{2}-\d{2})")
_LEFT_OUT = re.compile(r"(\S+): (\d+ of \d+) dates within the common span were left out")


def _together(warnings: list[str]) -> list[str]:
    """What is said of several series in the same words, in one line."""
    stale = [found for one in warnings if (found := _STALE.match(one))]
    left = [found for one in warnings if (found := _LEFT_OUT.match(one))]
    merged = list(dict.fromkeys(warnings))
    if len({found[1] for found in stale}) > 1:
        ends = ", ".join(dict.fromkeys(f"{found[1]} on {found[2]}" for found in stale))
        merged = [one for one in merged if not _STALE.match(one)] + [
            f"The data are old: they end for {ends}."
        ]
    if len({found[1] for found in left}) > 1:
        dates = ", ".join(dict.fromkeys(f"{found[2]} of {found[1]}" for found in left))
        merged = [one for one in merged if not _LEFT_OUT.match(one)]
        merged.append(f"Dates that another series lacks were left out: {dates}.")
    return merged


def as_notes(warnings: list[str]) -> str:
    """Warnings as a quoted list below a text; "" without any."""
    lines = [f"> - {warning}" for warning in _together(warnings)]
    return "\n\n" + "\n".join(lines) if lines else ""


def receipts_in(text: str) -> list[str]:
    """The receipt ids that `text` cites, in order, each once."""
    return list(dict.fromkeys(re.findall(r"\{\{\s*(r\d+)\.", text)))


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; "" without rows."""
    if not rows:
        return ""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| "
        + " | ".join(cell.replace("|", "\\|") if "{{" not in cell else cell for cell in line)
        + " |"
        for line in lines
    )


def _rounds(request: Request) -> list[list[Seen]]:
    rounds: list[list[Seen]] = []
    for before, after in zip(request.messages, request.messages[1:], strict=False):
        calls = [block for block in before.content if isinstance(block, ToolCall)]
        given = {b.call_id: b for b in after.content if isinstance(b, ToolResult)}
        if calls:
            rounds.append([_seen(given[call.id]) for call in calls])
    return rounds


def _seen(result: ToolResult) -> Seen:
    try:
        body: object = json.loads(result.text)
    except ValueError:
        body = None
    if result.error or not isinstance(body, dict):
        return Seen(result.text, error=result.error)
    return Seen(result.text, body=cast("Json", body))
