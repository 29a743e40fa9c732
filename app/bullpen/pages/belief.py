"""Why the desk believes a record: where it comes from, who confirmed it, what became of it.

The rule it protects: every sentence names a person or an agent and a time, and what a reader may
not open is not told. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bullpen.pages.look import Viewer, changed, moment, safe_link
from bullpen.wording import DID
from bullpen_memory.records import Change, Record, Source
from bullpen_memory.usage import Use


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a record's history: who did what, when, why, and what it changed in the text."""

    who: str
    did: str
    change: Change
    diff: Markup
    facts: tuple[str, ...]


def history(changes: Sequence[Change], versions: Sequence[Record], viewer: Viewer) -> list[Step]:
    """The steps, newest first. What a version before may not be seen has no difference to show."""
    known = {record.version: record for record in versions}
    steps: list[Step] = []
    for change in reversed(changes):
        after, before = known.get(change.version), known.get(change.version - 1)
        diff, facts = Markup(""), ()
        if after is not None and before is not None:
            diff, facts = _text(before, after), _facts(before, after)
        did = DID.get(change.action, change.action)
        if change.action == "add" and after is not None and after.status == "proposed":
            did = "proposed it"
        steps.append(Step(_who(change.by, after, viewer), did, change, diff, facts))
    return steps


def why(
    record: Record,
    versions: Sequence[Record],
    changes: Sequence[Change],
    seen: Sequence[Use],
    viewer: Viewer,
) -> list[Markup]:
    """The short answer, a sentence each."""
    first = versions[0] if versions else record
    said: list[Markup] = [
        Markup("<b>{}</b> wrote it on {}{}.").format(
            first.speaker or viewer.name(first.author),
            moment(record.created_at),
            _from(record.source),
        )
    ]
    if record.evidence:
        links = Markup(", ").join(link(source) for source in record.evidence[:6])
        more = f" and {len(record.evidence) - 6} more" if len(record.evidence) > 6 else ""
        said.append(Markup("It rests on {}{}.").format(links, more))
    approved = [change for change in changes if change.action == "approve"]
    if approved:
        last = approved[-1]
        said.append(
            Markup("<b>{}</b> approved it on {}.").format(viewer.name(last.by), moment(last.at))
        )
    elif record.status == "proposed":
        said.append(Markup("Nobody has approved it yet: it is not used as knowledge until then."))
    if record.confidence is not None:
        said.append(Markup("Its author was {:.0f} % sure.").format(record.confidence * 100))
    edits = [change for change in changes if change.action == "revise"]
    if edits:
        last = edits[-1]
        often = "" if len(edits) == 1 else f" ({_times(len(edits))} in all)"
        said.append(
            Markup("<b>{}</b> corrected it on {}{}{}.").format(
                viewer.name(last.by),
                moment(last.at),
                often,
                f": “{last.reason}”" if last.reason else "",
            )
        )
    if seen:
        names = sorted({viewer.name(one.agent) for one in seen})
        said.append(
            Markup("It was shown to {} {}, last on {}{}.").format(
                " and ".join(names), _times(len(seen)), moment(seen[0].at), _cited(seen)
            )
        )
    return said


def link(source: Source) -> Markup:
    """A source as a link that opens it; its name alone where there is nothing to open."""
    to = safe_link(source.permalink)
    if not to and source.kind == "receipt":
        to = f"/receipts/{source.ref}"
    if not to and source.kind == "url":
        to = safe_link(source.ref)
    name = source.title or f"{source.kind} {source.ref[:24]}"
    shown = Markup('<a href="{}">{}</a>').format(to, name) if to else escape(name)
    where = "" if source.kind == "person" else source.locator
    return shown + (Markup(' <span class="muted">({})</span>').format(where) if where else "")


def _from(source: Source) -> Markup:
    if source.kind == "person":
        return Markup(" by hand ({})").format(source.title) if source.title else Markup(" by hand")
    return Markup(", from ") + link(source)


def _cited(seen: Sequence[Use]) -> Markup:
    cited = [one for one in seen if one.cited]
    if not cited:
        return Markup("")
    last = next((one.answered_at for one in cited if safe_link(one.answered_at)), "")
    count = "an answer" if len(cited) == 1 else f"{len(cited)} answers"
    shown = Markup('<a href="{}">{}</a>').format(safe_link(last), count) if last else count
    return Markup("; {} cite{} it").format(shown, "s" if len(cited) == 1 else "")


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _who(by: str, record: Record | None, viewer: Viewer) -> str:
    name = viewer.name(by)
    if name == by and record is not None and record.author == by and record.speaker:
        return record.speaker
    return name


def _text(before: Record, after: Record) -> Markup:
    if after.status == "forgotten" or (before.text, before.title) == (after.text, after.title):
        return Markup("")
    title = Markup("<b>{}</b><br>").format(changed(before.title, after.title))
    return (title if before.title != after.title else Markup("")) + changed(before.text, after.text)


def _facts(before: Record, after: Record) -> tuple[str, ...]:
    """What changed beside the text, a short line each."""
    if after.status == "forgotten":
        return ()
    found: list[str] = []
    for name, old, new in (
        ("tags", set(before.tags), set(after.tags)),
        ("symbols", set(before.symbols), set(after.symbols)),
    ):
        found += [f"{name}: + {one}" for one in sorted(new - old)]
        found += [f"{name}: − {one}" for one in sorted(old - new)]
    more = len(after.evidence) - len(before.evidence)
    if more > 0:
        found.append(f"{more} more {'source' if more == 1 else 'sources'}")
    for name in ("valid_from", "valid_to"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            label = "valid from" if name == "valid_from" else "valid until"
            found.append(f"{label}: {moment(old) or 'open'} → {moment(new) or 'open'}")
    if before.confidence != after.confidence:
        found.append(f"confidence: {_percent(before.confidence)} → {_percent(after.confidence)}")
    if before.status != after.status:
        found.append(f"{before.status} → {after.status}")
    return tuple(found)


def _percent(value: float | None) -> str:
    return "not stated" if value is None else f"{value * 100:.0f} %"
