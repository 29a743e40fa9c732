"""What can be done with a record, and how: for an agent, in Slack, on the page, on the command line.

The rule it protects: the documentation's table is drawn from this one, and a test holds every entry
against the tools, buttons, addresses and commands that there are. It does nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = "put_before_people"
"""The tool with which an agent asks people for what only they decide."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do. `agent` are tools; `slack` and `page` are `kind:name` (see `wordings`);
    `command` what stands after `bullpen`."""

    name: str
    agent: tuple[str, ...]
    slack: tuple[str, ...]
    page: tuple[str, ...]
    command: tuple[str, ...]


VERBS: tuple[Verb, ...] = (
    Verb("create", ("remember",), ("shortcut:Remember this", "say:remember that …"), ("route:/write",), ("memory write",)),
    Verb("search", ("recall",), ("slash:memory", "say:what do we know about …?"), ("route:/",), ("memory search", "memory next")),
    Verb("show, why", ("show_record",), ("card:open",), ("route:/{record_id}",), ("memory show",)),
    Verb("edit", ("supersede",), ("card:edit", "say:correct that: …"), ("act:revise", "act:reword"), ("memory edit",)),
    Verb("approve", (PEOPLE,), ("card:approve", "home:Approve"), ("act:approve",), ("memory approve",)),
    Verb("merge", (PEOPLE,), ("card:more",), ("route:/bulk/{action}", "act:merge", "act:separate"), ("memory merge", "memory separate", "memory consolidate")),
    Verb("pin", (PEOPLE,), ("card:pin", "card:unpin"), ("act:pin", "act:unpin"), ("memory pin", "memory unpin")),
    Verb("dispute", ("dispute_record",), ("card:dispute", "card:settle", "say:This misled us"), ("act:dispute", "act:settle"), ("memory dispute", "memory settle")),
    Verb("retract", (PEOPLE,), ("card:retract", "home:Reject"), ("act:retract",), ("memory retract",)),
    Verb("restore", (PEOPLE,), ("card:restore",), ("act:restore",), ("memory restore",)),
    Verb("expire", (PEOPLE,), ("card:more",), ("act:expire",), ("memory expire",)),
    Verb("forget", (PEOPLE,), ("card:forget", "say:forget that …"), ("act:forget",), ("memory forget",)),
    Verb("change who sees it", (PEOPLE,), ("card:more",), ("act:share",), ("memory share",)),
    Verb("history", ("show_record",), ("card:more",), ("route:/{record_id}",), ("memory history",)),
    Verb("export", (), (), ("route:/export",), ("memory export", "backup")),
    Verb("import", ("keep_document", "import_csv"), ("say:a file dropped into a thread",), (), ("memory import", "memory import-archive", "restore")),
    Verb("check and mend", (), ("slash:memory",), ("route:/rows",), ("memory status", "memory verify", "memory rebuild", "memory doctor")),
)  # fmt: skip


def table() -> str:
    """The table of the documentation, in Markdown."""
    lines = ["| | an agent | in Slack | on the page | `bullpen …` |", "|---|---|---|---|---|"]
    for verb in VERBS:
        agent = ", ".join(
            "people decide: `put_before_people`" if t == PEOPLE else f"`{t}`" for t in verb.agent
        )
        cells = (
            verb.name,
            agent,
            _said(verb.slack),
            _said(verb.page),
            ", ".join(f"`{c}`" for c in verb.command),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _said(refs: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(wording(ref) for ref in refs))


def wording(ref: str) -> str:
    """A reference as people read it."""
    from bullpen.slack.record_cards import LABELS

    kind, _, name = ref.partition(":")
    if kind == "card":
        return f"**{LABELS[name]}** under the message"
    if kind == "home":
        return f"**{name}** in the app's home"
    if kind == "slash":
        return f"`/bullpen {name}`"
    if kind == "shortcut":
        return f"“{name}” in a message's menu"
    if kind == "say":
        return f"“{name}”"
    return _PAGE.get(ref, f"**{name.capitalize()}**")


_PAGE = {
    "route:/write": "**Write**, `n`", "route:/": "the search, `/`", "route:/{record_id}": "the record",
    "route:/bulk/{action}": "choose several, **Merge**", "act:merge": "choose several, **Merge**",
    "act:separate": "**Undo the merge**", "act:revise": "**Edit**, `e`", "act:reword": "**Edit**, `e`",
    "act:approve": "**Approve**, `a`", "act:pin": "**Pin**, `p`", "act:unpin": "**Pin**, `p`",
    "act:dispute": "**Dispute**, `d`", "act:settle": "**Settle**", "act:retract": "**Retract**, `r`",
    "act:share": "**Who sees it**", "act:expire": "valid until, in **Edit**", "act:forget": "**Forget for good**",
    "route:/export": "export JSONL, Markdown", "route:/rows": "the line above the list",
}  # fmt: skip
