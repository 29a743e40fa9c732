"""What becomes active at once and what waits for a person: one table of rules.

The rule it protects: standing follows from who wrote, from what and how sure, never from what a
text says about itself. The first rule that fits decides. It stores nothing; nobody approves what
they proposed, which `changes.py` holds.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from bullpen_memory.errors import OperatorError
from bullpen_memory.records import WORKSPACE, Kind

AuthorType = Literal["agent", "person"]
Standing = Literal["active", "proposed"]

TAINTED = "untrusted-source"
"""The tag of what an agent wrote in a run that had read foreign text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged: what kind of record, written by whom, visible to whom, how sure, from what."""

    kind: Kind
    author: AuthorType
    scope: str = WORKSPACE
    confidence: float | None = None
    tainted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table. An empty field fits everything; `below` fits a stated confidence under it."""

    standing: Standing
    why: str
    kinds: frozenset[Kind] = frozenset()
    author: AuthorType | None = None
    shared: bool | None = None
    tainted: bool | None = None
    below: float | None = None

    def fits(self, case: Case) -> bool:
        """Whether the rule speaks about this case."""
        return (
            (not self.kinds or case.kind in self.kinds)
            and self.author in (None, case.author)
            and self.shared in (None, case.scope == WORKSPACE)
            and self.tainted in (None, case.tainted)
            and (
                self.below is None or (case.confidence is not None and case.confidence < self.below)
            )
        )


DEFAULT: tuple[Rule, ...] = (
    Rule(
        standing="active",
        why="It is kept as it came, and claims nothing by itself.",
        kinds=frozenset({"message", "passage", "document", "series", "chart"}),
    ),
    Rule(
        standing="proposed",
        why="A decision holds when a person has approved it.",
        kinds=frozenset({"decision"}),
    ),
    Rule(
        standing="proposed",
        why="The agent had read text from outside, which may have been written to mislead it.",
        author="agent",
        tainted=True,
    ),
    Rule(
        standing="proposed",
        why="The agent itself is not sure of it.",
        author="agent",
        below=0.5,
    ),
    Rule(standing="active", why="Nothing speaks for waiting."),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in their order; the last fits everything."""

    rules: tuple[Rule, ...] = DEFAULT

    def judge(self, case: Case) -> Rule:
        """The rule that decides."""
        return next(rule for rule in (*self.rules, DEFAULT[-1]) if rule.fits(case))


def load(path: Path) -> Policy:
    """The rules of a TOML file with `[[rule]]` tables, or the usual ones where there is no file.

    Raises OperatorError that names the rule for anything that is not understood.
    """
    if not path.exists():
        return Policy()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refusal(path, f"It cannot be read: {error}.") from error
    told = given.get("rule")
    if not isinstance(told, list) or set(given) != {"rule"}:
        raise _refusal(path, "It must hold [[rule]] tables and nothing else.")
    tables = cast("list[dict[str, Any]]", told)
    return Policy(tuple(_rule(path, number, one) for number, one in enumerate(tables, start=1)))


def _rule(path: Path, number: int, given: dict[str, Any]) -> Rule:
    types: dict[str, type | tuple[type, ...]] = {
        "standing": str, "why": str, "kinds": list, "author": str, "shared": bool,
        "tainted": bool, "below": (int, float),
    }  # fmt: skip
    for name, value in given.items():
        if name not in types or not isinstance(value, types[name]):
            raise _refusal(path, f"Rule {number} has {name} = {value!r}, which is not understood.")
    kinds = given.get("kinds", [])
    allowed = (
        given.get("standing") in get_args(Standing)
        and given.get("author") in (None, *get_args(AuthorType))
        and set(kinds) <= set(get_args(Kind))
    )
    if not allowed:
        raise _refusal(
            path,
            f"Rule {number} needs a standing of active or proposed, an author of agent or person if"
            " it names one, and kinds that there are.",
        )
    return Rule(
        standing=given["standing"],
        why=given.get("why", f"Rule {number} of {path.name}."),
        kinds=frozenset(kinds),
        author=given.get("author"),
        shared=given.get("shared"),
        tainted=given.get("tainted"),
        below=given.get("below"),
    )


def _refusal(path: Path, cause: str) -> OperatorError:
    return OperatorError(
        f"The memory's policy {path} was not taken.",
        cause,
        "Mend the file as docs/memory.md shows, or remove it to use the usual rules.",
    )
