"""Who works at the desk: every charter, rendered, under the names people may use.

The rule it protects: one name leads to one colleague. Two charters that claim the same name are
refused at start, not discovered in a thread. It does not check tool names; the toolbox does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bullpen_agents.charter import Header, read_charter, read_text, render
from bullpen_agents.task import Agent
from bullpen_memory.errors import OperatorError

BUILT_IN = Path(__file__).parent / "charters"
LEAD = "architect"
HOUSE = "_house.md"


@dataclass(frozen=True, slots=True)
class Roster:
    """The colleagues by id, the lead first, then in the order of their charters' ids."""

    agents: Mapping[str, Agent]
    names: Mapping[str, str]

    @classmethod
    def load(cls, *folders: Path, desk_name: str = "Bullpen") -> Roster:
        """Read the built-in charters, then those in `folders`: the same id overrides, a new id adds.

        A folder that does not exist adds nothing. `_house.md` holds the rules that every charter
        includes as `$house`; a folder may override it too. OperatorError names file and line.
        """
        headers: dict[str, Header] = {}
        house = BUILT_IN / HOUSE
        for folder in (BUILT_IN, *folders):
            house = folder / HOUSE if (folder / HOUSE).is_file() else house
            headers.update(_read_folder(folder))
        if LEAD not in headers:
            raise OperatorError(
                "The desk has no lead.", f"No charter has the id `{LEAD}`.", "Add it."
            )
        ordered = sorted(headers.values(), key=lambda header: (header.id != LEAD, header.id))
        agents = {header.id: _agent(header, ordered, house, desk_name) for header in ordered}
        return cls(agents, _names(agents.values()))

    @property
    def lead(self) -> Agent:
        """The colleague who plans and closes when nobody else was named."""
        return self.agents[LEAD]

    def by_name(self, text: str) -> Agent | None:
        """The colleague called `text` (id, name or alias; case, space, `_`, `-`, `@` do not matter)."""
        found = self.names.get(_plain(text))
        return self.agents[found] if found else None


def _read_folder(folder: Path) -> dict[str, Header]:
    if not folder.is_dir():
        return {}
    found: dict[str, Header] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name.startswith("_"):
            continue
        header = read_charter(path)
        if header.id in found:
            raise OperatorError(
                f"The charter {path} cannot be used.",
                f"{found[header.id].path.name} in the same folder has the id `{header.id}` too.",
                "Give one of them another id.",
            )
        found[header.id] = header
    return found


def _agent(header: Header, all_headers: list[Header], house: Path, desk_name: str) -> Agent:
    variables = {
        "desk_name": desk_name,
        "id": header.id,
        "name": header.name,
        "title": header.title,
        "colleagues": "\n".join(
            f"- `{other.id}`: {other.name}, {other.title}"
            for other in all_headers
            if other.id != header.id
        ),
    }
    variables["house"] = render(house, read_text(house).strip(), 1, variables)
    return Agent(
        id=header.id,
        name=header.name,
        title=header.title,
        icon=header.icon,
        prompt=render(header.path, header.body, header.body_line, variables),
        tools=header.tools,
        aliases=header.aliases,
        model=header.model,
        **header.limits,
    )


def _names(agents: Iterable[Agent]) -> dict[str, str]:
    names: dict[str, str] = {}
    for agent in agents:
        for name in (agent.id, agent.name, *agent.aliases):
            owner = names.setdefault(_plain(name), agent.id)
            if owner != agent.id:
                raise OperatorError(
                    f"The name `{name}` cannot be used.",
                    f"Both `{owner}` and `{agent.id}` claim it.",
                    "Change a name or an alias in one of the two charters.",
                )
    return names


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-@:,.!?]+", "", text).lower()
