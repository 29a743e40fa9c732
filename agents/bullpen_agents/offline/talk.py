"""What the offline colleagues say when no computation is needed: memory, help, and not understanding.

The rule it protects: the planner never passes for a language model, and what it quotes from the
store comes with its author, its date and a link. It computes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bullpen_agents.grammar import reading
from bullpen_agents.grammar.follow import readable
from bullpen_agents.offline.desk import Desk, Seen

LABEL = "offline planner (rules, no language model)"
_KEY = "Set `ANTHROPIC_API_KEY` (or `ANTHROPIC_BASE_URL` for a local model) and the desk thinks with a language model instead."
EXAMPLES = (
    "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
    "compare the volatility of oil and the S&P 500 since 2000, chart it, and remember the finding",
    "what do we know about oil volatility?",
)


_NOTHING = "The store holds nothing"
_ON_RECORD = "This is what the desk has on record"
_NOTED = "Noted:"
_WITHDRAWN = "On record, but **"
_LEARNT = ["finding", "decision", "note", "fact", "idea", "passage", "document"]


def recall(desk: Desk, asked: reading.Recall) -> str:
    """Answer from the store, quoting it: what was written down first, else what was said."""
    found = desk.use("recall", query=asked.topic, kinds=_LEARNT, limit=6)
    if found.error:
        return found.text
    if asked.who:
        return _said_by(desk, found, asked)
    near, far = _by_topic(_records(found), asked.topic)
    withdrawn = any(_WITHDRAWN in warning for warning in found.warnings)
    if not near and not withdrawn:
        said = desk.use("recall", query=asked.topic, kinds=["message"], limit=6)
        near = [] if said.error else _by_topic(_records(said), asked.topic)[0]
        near = [record for record in near if _says_something(record.get("text", ""))]
    topic = f" about {asked.topic}" if asked.topic else ""
    if not near and withdrawn:
        return f"{_NOTHING}{topic} that still holds.{found.notes()}"
    if not near and not far:
        return (
            f"{_NOTHING}{topic} that this conversation may see. "
            "Ask the desk to look into it, or tell me with `remember that …`."
        )
    if not near:
        head = f"{_NOTHING} that names {asked.topic}. The nearest it has:"
        near = far[:2]
    else:
        near.sort(key=lambda record: record.get("when", ""), reverse=True)
        order = ", newest first" if len(near) > 1 else ""
        head = f"{_ON_RECORD}{topic}{order}:"
    return "\n\n".join([head, *(_quoted(record) for record in near)]) + found.notes()


def _said_by(desk: Desk, found: Seen, asked: reading.Recall) -> str:
    """What one person or colleague said or wrote down, in their own words."""
    query = asked.topic or asked.who
    said = desk.use("recall", query=query, kinds=["message"], limit=30)
    records = [*_records(found), *([] if said.error else _records(said))]
    theirs = [r for r in records if asked.who.lower() in r.get("who", "").lower().split()]
    near = _by_topic(theirs, asked.topic)[0] if asked.topic else theirs
    near = [record for record in near if _says_something(record.get("text", ""))]
    topic = f" about {asked.topic}" if asked.topic else ""
    if not near:
        noted = _by_topic(_records(found), f"{asked.who} {asked.topic}")[0]
        if noted:
            head = f"Nothing that {asked.who} said{topic} is stored. What others noted:"
            return "\n\n".join([head, *(_quoted(record) for record in noted[:4])])
        return f"{_NOTHING} that {asked.who} said{topic} and that this conversation may see."
    return "\n\n".join(
        [f"What {asked.who} said{topic}:", *(_quoted(record) for record in near[:4])]
    )


def amend(desk: Desk, asked: reading.Amend) -> str:
    """Correct a record that is plainly meant; forgetting is for a person's hand."""
    found = desk.use("recall", query=asked.text, kinds=_LEARNT, limit=6)
    if found.error:
        return found.text
    near = _nearly(_records(found), asked.text)
    if not near:
        return f"{_NOTHING} like “{asked.text}” that this conversation may see, so there is nothing to {asked.kind}."
    if asked.kind == "forget":
        return _to_forget(desk, near[:3])
    if len(near) > 1 or not desk.has("supersede"):
        head = "Say which of these is wrong, or open it on the memory page and change it there:"
        return "\n\n".join([head, *(_quoted(record) for record in near[:3])])
    text = asked.text[:1].upper() + asked.text[1:]
    done = desk.use(
        "supersede", record_id=near[0]["id"], text=text, reason=f"Corrected by {desk.asked_by}.",
        title=_title(text), requested=True,
    )  # fmt: skip
    if done.error:
        return done.text
    if "proposed" not in done.summary:
        return f"Corrected: {text.rstrip('.')}. It stood before:\n\n{_quoted(near[0])}"
    return (
        f"Kept as your proposal: {text.rstrip('.')}. It would replace what {_who_wrote(near[0])} wrote, "
        f"so it holds as soon as you press **Approve** below. Until then this stands:\n\n{_quoted(near[0])}"
    )


def _to_forget(desk: Desk, near: list[dict[str, str]]) -> str:
    """What a person asked to have forgotten, with the buttons that do it: no agent erases anything."""
    quoted = [_quoted(record) for record in near]
    if not desk.has("put_before_people"):
        head = "I cannot erase it myself. Open it on the memory page and press **Forget for good**, or **Retract** to keep its history:"
        return "\n\n".join([head, *quoted])
    for record in near:
        desk.use("put_before_people", record_id=record["id"], decision="forget")
    which = "" if len(near) == 1 else " under the one you mean"
    head = f"I cannot erase anything myself; you can. Press **⋯** below{which}: **Forget for good** erases every version, **Retract** withdraws it and keeps its history."
    return "\n\n".join([head, *quoted])


def say(desk: Desk, asked: reading.Say) -> str:
    """One plain sentence."""
    del desk
    return asked.text


def remember(desk: Desk, asked: reading.Remember) -> str:
    """Store a person's statement as a note."""
    text = asked.text[:1].upper() + asked.text[1:]
    found = desk.use("remember", kind="note", title=_title(text), text=text, requested=True)
    if found.error:
        gone = re.search(r"restore (\w{26})", found.text)
        if gone and desk.has("put_before_people"):
            desk.use("put_before_people", record_id=gone[1], decision="restore")
            return f"{found.text} Press **Restore** below to have it back."
        return found.text
    return (
        f"{_NOTED} {text.rstrip('.')}. Ask `what do we know about …` to get it back.{found.notes()}"
    )


def keep(desk: Desk, title: str, text: str, **more: Any) -> Seen:
    """Store a finding of the desk."""
    return desk.use("remember", kind="finding", title=title, text=text, **more)


_SMALL = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "any",
        "at",
        "for",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "our",
        "s",
        "so",
        "that",
        "the",
        "their",
        "this",
        "to",
        "was",
        "we",
        "what",
        "with",
    ]
)


def help_text(desk: Desk, asked: reading.Help | None = None) -> str:
    """Who this is and what can be asked."""
    del asked
    return (
        f"{_who(desk)} I am running on the {LABEL}: I read a fixed set of requests and do them with "
        "real tools, data and receipts.\n\n"
        "- **Options**: payoffs, break-evens and totals (`70-90-110 call fly at 2.50, 10 lots, multiplier 100`), values, Greeks, "
        "implied volatility\n"
        "- **Series**: volatility, correlation, drawdown, averages, changes, spreads (`Baa minus Aaa`), levels crossed "
        "(`when was oil last above 100?`), charts, of what the desk holds (`what data do you have?`) or a CSV you attach\n"
        "- **Credit and risk**: default swaps, bonds, Merton's model, curves, value at risk, betas, backtests\n"
        "- **Memory**: `remember that …`, `remember this file`, `what do we know about …`\n"
        "- **As of a day**: add `as of 5 March 2018`, and nothing that became known later is used\n"
        "- **In a thread**: `and at 3.00?`, `same with 30 vol`, `since 2010?`, `chart it`, `source?`, `are you sure?`\n"
        "- **Teamwork**: `compare the volatility of … and …, chart it, and remember the finding`\n\n"
        f"{_examples()}\n\n{_KEY}"
    )


def colleagues(desk: Desk, asked: reading.Colleagues) -> str:
    """Who works here, from the charter's own list."""
    # A charter lists the others as "- `id`: Name, title".
    others = re.findall(r"^- `(\w+)`: ([^\n]+)$", desk.system, re.MULTILINE)
    lines = [f"- **{name.partition(',')[0]}**:{name.partition(',')[2]}" for _, name in others]
    nobody = f"There is nobody called `{asked.stranger}` at this desk. " if asked.stranger else ""
    return (
        f"{nobody}{_who(desk)} My colleagues:\n\n" + "\n".join(lines) + "\n\n"
        "Name one of them first to speak to them alone, such as `@Bullpen quant: …`."
    )


def greeting(desk: Desk, asked: reading.Greeting) -> str:
    """A short answer to a hello or thanks."""
    if asked.thanks:
        return "You are welcome."
    return f"Hello. {_who(desk)} Write `help` to see what I can do without a language model."


def unknown(desk: Desk, asked: reading.Unknown | None = None) -> str:
    """Say that this was not understood, what was, and the nearest that would work."""
    del asked
    read = reading.topics(desk.text)
    heard = f" I did read {', '.join(read)}, but not about what." if read else ""
    near = reading.nearest(desk.text)
    after = readable(desk.said_before())
    if after and (not near or len(desk.text.split()) < 8):
        listed = ", ".join(f"`{example}`" for example in after)
        whole = f" Or ask it whole, such as `{near[0]}`." if near else " Or ask it whole."
        return f"I do not read this follow-up: I am the {LABEL}. Here I would read {listed}.{whole}"
    if not near:
        return f"I am the {LABEL}, and I do not understand this request.{heard}\n\n{_examples()}\n\n{_KEY}"
    first = "in this thread " if desk.said_before() else ""
    return (
        f"I am the {LABEL}, and I do not understand this {first}as it stands.{heard} The nearest that works:\n\n"
        + "\n".join(f"- `{example}`" for example in near)
        + f"\n\n`help` lists the rest. {_KEY}"
    )


def not_read(text: str) -> str:
    """That a part of a message was not understood, with the nearest that works."""
    near = reading.nearest(text)
    example = f" The nearest that works: `{near[0]}`." if near else " `help` says what I read."
    return f"I did not understand this part.{example}"


def refusal_of_colleague(desk: Desk, owner: str) -> str:
    """For work that is another's when that colleague cannot be asked from here."""
    return f"That is work for the {owner.replace('_', ' ')}: write `@Bullpen {owner}: {desk.text}`."


def _who(desk: Desk) -> str:
    first = next((line for line in desk.system.splitlines() if line.startswith("You are ")), "")
    named = re.match(r"You are ([^,.:]+), ([^.:]+?)(?: at ([^.:]+))?[.:]", first)
    if not named:
        return f"I am `{desk.agent}`."
    return f"I am {named[1]}, {named[2]}."


def _examples() -> str:
    return "Three that work:\n" + "\n".join(f"- `{example}`" for example in EXAMPLES)


def _title(text: str) -> str:
    words = text.split()
    return " ".join(words[:10]).rstrip(".,;:") + (" …" if len(words) > 10 else "")


def _records(found: Seen) -> list[dict[str, str]]:
    if len(found.table) < 2:
        return []
    header = [str(cell).lower() for cell in found.table[0]]
    return [
        {name: "" if cell is None else str(cell) for name, cell in zip(header, line, strict=False)}
        for line in found.table[1:]
    ]


def _by_topic(
    records: list[dict[str, str]], topic: str
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Records that have most of the topic's telling words, and the others.

    Whole words, in the singular or the plural; a number tells nothing beside words.
    """
    words = _words(topic)
    words = {word for word in words if not word.isdigit()} or words
    near: list[dict[str, str]] = []
    far: list[dict[str, str]] = []
    for record in records:
        held = _words(f"{record.get('title', '')} {record.get('text', '')}")
        fits = 3 * len(words & held) >= 2 * len(words)
        (near if fits else far).append(record)
    return near, far


def _words(text: str) -> set[str]:
    found = (word for word in re.findall(r"[\w&]+", text.lower()) if word not in _SMALL)
    return {re.sub(r"ie$", "y", word.removesuffix("s")) for word in found}


def _nearly(records: list[dict[str, str]], said: str) -> list[dict[str, str]]:
    """Records that share most of their telling words with what was said."""
    words = {w for w in re.findall(r"[\w&]+", said.lower()) if w not in _SMALL}
    near: list[dict[str, str]] = []
    for record in records:
        text = set(
            re.findall(r"[\w&]+", f"{record.get('title', '')} {record.get('text', '')}".lower())
        )
        if words and len(words & text) * 2 >= len(words):
            near.append(record)
    return near


def _says_something(text: str) -> bool:
    """False for requests to the desk, and for its own reports of what the store holds.

    What somebody asked to have remembered is a record by itself, and speaks as that one.
    """
    asks = isinstance(reading.parse(text), reading.Recall | reading.Remember)
    asks = asks or text.rstrip().endswith("?") or bool(re.match(r"\s*(?:<@|@)", text))
    return not asks and not text.startswith((_NOTHING, _ON_RECORD, _NOTED))


def _quoted(record: dict[str, str]) -> str:
    def field(*names: str) -> str:
        return next((record[name] for name in names if record.get(name)), "")

    text = field("text", "snippet").strip() or field("title")
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    day = field("when", "known_at")[:10]
    link = field("link", "permalink")
    thread = f" · [the thread]({link})" if re.match(r"(?:https?://|/)", link) else ""
    page = f" · [the record]({record['page']})" if record.get("page") else ""
    state = field("status")
    mark = f" · {state}" if state and state != "active" else ""
    return f"{quoted}\n>\n> — {_who_wrote(record)}, {day or 'undated'}{mark}{thread}{page}"


def _who_wrote(record: dict[str, str]) -> str:
    who = next((record[name] for name in ("who", "author", "by") if record.get(name)), "")
    return who.replace("_", " ").title() if who.islower() else who or "unknown"


TALK: dict[type, Callable[[Desk, Any], str]] = {
    reading.Recall: recall,
    reading.Remember: remember,
    reading.Amend: amend,
    reading.Say: say,
    reading.Help: help_text,
    reading.Colleagues: colleagues,
    reading.Greeting: greeting,
    reading.Unknown: unknown,
}
