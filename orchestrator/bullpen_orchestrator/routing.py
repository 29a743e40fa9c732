"""Who speaks next, and why: decided from the words of a message and the state of its thread.

The rule it protects: silence is the default among people who talk to each other, and a person
who names a colleague gets that colleague. It is pure and asks no model; it knows no ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from bullpen_agents.task import Agent
from bullpen_orchestrator.ports import Inbound

Decision = Literal["lead", "unknown", "empty", "stop", "word", "ignore"]

# Words that people put before a colon and that merely look like a colleague's name.
_ORDINARY = frozenset({"analysis", "analyses", "analyze", "analyse", "quantity", "architecture"})
_STOP = re.compile(r"\s*!?stop\s*[.!]*\s*", re.IGNORECASE)
_WORD = re.compile(r"\s*!([a-z]{2,20})\s*", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.@])@(\w[\w.-]*)")
# After these, a bare name at the start is what a sentence is about, and no address.
_ABOUT = (
    r"(?:'s|’s|is|are|was|were|has|have|had|said|says|and|or|of|in|who|that|funds?|firms?|research"
    r"|strateg\w+|models?|trading|desks?|teams?|jobs?|tools?|crisis|quake|meltdown)(?!\w)"
)
_SEPARATOR = r"(?:\s*(?:,\s*and\b|,|&|\+|\band\b)\s*|\s+(?=@))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The thread as the desk knows it: has it spoken here, and whom did a person address last?"""

    ours: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What to do with a message. `agents` answer it; `text` is the request without the address.

    `named` is True when the person chose the agents. For "unknown", `unknown` is the name as
    written and `near` the colleague it resembles; for "word", `text` is the
    word after the exclamation mark.
    """

    decision: Decision
    agents: tuple[str, ...] = ()
    text: str = ""
    named: bool = False
    unknown: str = ""
    near: str = ""


def route(message: Inbound, thread: Thread, agents: Sequence[Agent], lead: str) -> Route:
    """Decide who answers `message`. `lead` is the id of the agent who leads when nobody is named."""
    names = _Names(agents)
    asked = message.addressed or message.audience == "direct" or names.called(message.text)
    if not (asked or thread.ours):
        return Route(decision="ignore")
    if _STOP.fullmatch(message.text):
        return Route(decision="stop")
    word = _WORD.fullmatch(message.text)
    if word:
        return Route(decision="word", text=word[1].lower())
    named, rest = names.addressed(message.text)
    named = named or tuple(id_ for id_ in message.to if id_ in {agent.id for agent in agents})
    if not asked and not named and names.strangers(message.text):
        return Route(decision="ignore")
    if not named:
        unknown, near = names.misspelt(message.text)
        if unknown:
            return Route(decision="unknown", unknown=unknown, near=near)
    leads = named or (thread.owner or lead,)
    decision = "lead" if rest.strip() or message.files or message.problems else "empty"
    return Route(decision=decision, agents=leads, text=rest.strip(), named=bool(named))


def nearest(name: str, agents: Sequence[Agent]) -> str:
    """The id of the colleague whose name resembles `name` most, or ""."""
    return _Names(agents).near(name, cutoff=0.6)


class _Names:
    """The names people use for the agents, and where they may stand in a message."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self._ids = {_plain(form): agent.id for agent in agents for form in _forms(agent)}
        self._proper = {_plain(form) for agent in agents for form in (agent.id, agent.name)}
        forms = sorted({f for a in agents for f in _forms(a)}, key=len, reverse=True)
        name = r"(?:the\s+)?@?(?:" + "|".join(_pattern(form) for form in forms) + r")(?!\w)"
        listed = f"(?P<names>{name}(?:{_SEPARATOR}{name})*)"
        flags = re.IGNORECASE | re.DOTALL
        self._name = re.compile("|".join(_pattern(form) + r"(?!\w)" for form in forms), flags)
        self._openings = (
            re.compile(rf"\s*{listed}\s*:\s*(?P<rest>.*)", flags),
            re.compile(rf"\s*(?=@){listed}\s*,?(?:\s+(?P<rest>.*))?", flags),
            re.compile(
                rf"\s*(?:please\s+)?ask\s+{listed}\s*[,:]?(?:\s+(?:to\s+)?(?P<rest>.*))?", flags
            ),
        )
        proper = sorted({f for a in agents for f in (a.id, a.name)}, key=len, reverse=True)
        bare = r"@?(?:" + "|".join(_pattern(form) for form in proper) + r")(?!\w)"
        self._bare = re.compile(
            rf"\s*(?P<names>{bare}(?:{_SEPARATOR}{bare})*)\s*,?\s+(?!{_ABOUT})(?P<rest>\S.*)", flags
        )

    def addressed(self, text: str) -> tuple[tuple[str, ...], str]:
        """The ids named at the start of `text`, and what follows; () and the whole text if none.

        Without a colon or an @ only ids and names count, and only before what is no description.
        """
        for opening in (*self._openings, self._bare):
            found = opening.fullmatch(text)
            if found:
                ids = (self._ids[_plain(m)] for m in self._name.findall(found["names"]))
                return tuple(dict.fromkeys(ids)), found["rest"] or ""
        return (), text

    def called(self, text: str) -> bool:
        """True for "quant: …" and "@quant …": the desk is meant, though nobody mentioned it.

        Aliases do not call: "data: CPI is out" is a person's heading.
        """
        found = next((m for o in self._openings[:2] if (m := o.fullmatch(text))), None)
        written = self._name.findall(found["names"]) if found else []
        return bool(written) and all(_plain(name) in self._proper for name in written)

    def strangers(self, text: str) -> list[str]:
        """The @names in `text` that belong to no agent."""
        return [name for name in _MENTION.findall(text) if _plain(name) not in self._ids]

    def misspelt(self, text: str) -> tuple[str, str]:
        """A word in the place of a name that is nearly an agent's, and that agent; ("", "") if none."""
        place = r"\s*(?:(?:please\s+)?ask\s+(?:the\s+)?@?(\w[\w-]{2,29})|@(\w[\w-]{2,29})|(\w[\w -]{2,29})\s*:)"
        found = re.match(place, text, re.IGNORECASE)
        word = next((group for group in found.groups() if group), "") if found else ""
        if not word or word.casefold() in _ORDINARY or _plain(word) in self._ids:
            return "", ""
        near = self.near(word, cutoff=0.78)
        return (word, near) if near else ("", "")

    def near(self, word: str, *, cutoff: float) -> str:
        close = get_close_matches(_plain(word), list(self._ids), n=1, cutoff=cutoff)
        return self._ids[close[0]] if close else ""


def _forms(agent: Agent) -> Iterable[str]:
    return (agent.id, agent.name, *agent.aliases)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _pattern(form: str) -> str:
    return r"[\s_-]*".join(re.escape(part) for part in re.split(r"[\s_-]+", form))
