"""What a person does with records: on the memory page, under a message in Slack, on the command line.

The rule it protects: every change carries the person who made it and the version they had read,
so that nobody overwrites what they have not seen. What is allowed is the store's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bullpen import messages
from bullpen.erasure import everywhere
from bullpen_memory.changes import Revision, written_down
from bullpen_memory.errors import BullpenError, InputError
from bullpen_memory.listing import DISPUTED
from bullpen_memory.records import WORKSPACE, Draft, Kind, Record, Source
from bullpen_memory.reviewing import Review, Seen
from bullpen_memory.store import Store
from bullpen_tools.forgetting import Erased, forget, prove
from bullpen_tools.receipts import Receipts

Form = Mapping[str, str]
WRITABLE: tuple[Kind, ...] = ("note", "finding", "decision", "fact", "task", "idea")
BULK_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a person may do: its name in the address, its button, its key, whether it asks first."""

    action: str
    label: str
    style: str = ""
    key: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """The small fields of a record's form."""

    tags: tuple[str, ...]
    symbols: tuple[str, ...]
    valid_from: datetime | None
    valid_to: datetime | None
    confidence: float | None

    @classmethod
    def of(cls, form: Form) -> Fields:
        """Raises InputError for a date or a percentage that is none."""
        return cls(
            tags=_listed(form.get("tags", "")),
            symbols=_listed(form.get("symbols", "")),
            valid_from=_day(form.get("valid_from", "")),
            valid_to=_day(form.get("valid_to", "")),
            confidence=_share(form.get("confidence", "")),
        )


@dataclass(frozen=True, slots=True)
class Bulk:
    """What came of one change to many records."""

    done: int
    refused: tuple[tuple[str, str], ...]


class Acts:
    """The changes, by the name they have in an address."""

    def __init__(self, store: Store, receipts: Receipts) -> None:
        self._store = store
        self._receipts = receipts
        self._home = receipts.path.parent
        self._review = Review(store)
        self._steps: dict[str, Callable[[Seen, str, Form], Record]] = {
            "approve": lambda s, by, _: store.approve(s.id, by=by, expected_version=s.version),
            "retract": lambda s, by, f: store.retract(
                s.id, by=by, reason=_reason(f), expected_version=s.version
            ),
            "restore": lambda s, by, f: store.restore(
                s.id, by=by, reason=f.get("reason", ""), expected_version=s.version
            ),
            "pin": lambda s, by, _: store.pin(s.id, by=by, expected_version=s.version),
            "unpin": lambda s, by, _: store.pin(
                s.id, by=by, pinned=False, expected_version=s.version
            ),
            "revise": self._revise,
            "reword": self._reword,
            "dispute": lambda s, by, f: self._review.dispute(s, by=by, reason=f.get("reason", "")),
            "settle": lambda s, by, f: self._review.settle(s, by=by, reason=f.get("reason", "")),
            "separate": lambda s, by, _: self._review.separate(s.id, by=by),
            "share": lambda s, by, f: self._review.share(
                s, f.get("scope", ""), by=by, reason=f.get("reason", "")
            ),
            "forget": self._forget,
            "expire": self._expire,
            "merge": self._merge,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The changes there are."""
        return tuple(self._steps)

    def do(self, action: str, seen: Seen, by: str, form: Form) -> Record:
        """One change of one record; returns what to show now. Raises what the store raises."""
        step = self._steps.get(action)
        if step is None:
            raise messages.bad_filter("change", action, tuple(self._steps))
        return step(seen, by, form)

    def bulk(self, action: str, chosen: Sequence[Seen], by: str, form: Form) -> Bulk:
        """The same change of many records; each stands or falls by itself, but for a merge."""
        if not chosen or len(chosen) > BULK_LIMIT:
            raise InputError(
                "Nothing was changed.",
                f"{len(chosen)} records were chosen.",
                f"Choose 1 to {BULK_LIMIT}.",
            )
        if action == "merge":
            keep = next((one for one in chosen if one.id == form.get("keep")), chosen[0])
            self._review.merge(keep, chosen, by=by, reason=form.get("reason", ""))
            return Bulk(len(chosen), ())
        done, refused, erased = 0, list[tuple[str, str]](), list[Erased]()
        for one in chosen:
            try:
                if action == "forget":
                    erased.append(self._erased(one, by, form))
                else:
                    self.do(action, one, by, form)
                done += 1
            except BullpenError as error:
                refused.append((one.id, str(error)))
        if erased:
            prove(self._store, self._home, erased, by=by)
        return Bulk(done, tuple(refused))

    def add(self, by: str, name: str, form: Form, scopes: frozenset[str]) -> Record:
        """Write a person's own record; it holds at once."""
        kind, scope = form.get("kind", "note"), form.get("scope", "") or WORKSPACE
        if kind not in WRITABLE:
            raise messages.bad_filter("kind", kind, WRITABLE)
        if scope not in scopes:
            raise messages.bad_filter("place", scope, sorted(scopes))
        fields = Fields.of(form)
        return self._store.add(
            Draft(
                kind=kind,
                author=by,
                speaker=name,
                scope=scope,
                source=Source(kind="person", ref=by, title=f"Written by {name}"),
                title=form.get("title", "").strip(),
                text=form.get("text", "").strip(),
                tags=fields.tags,
                symbols=fields.symbols,
                valid_from=fields.valid_from,
                valid_to=fields.valid_to,
                confidence=fields.confidence,
            )
        )

    def _forget(self, seen: Seen, by: str, form: Form) -> Record:
        erased = self._erased(seen, by, form)
        prove(self._store, self._home, [erased], by=by)
        return erased.record

    def _erased(self, seen: Seen, by: str, form: Form) -> Erased:
        erased = forget(self._store, self._receipts, seen.id, by=by, reason=_reason(form))
        if form.get("everywhere") == "yes":
            everywhere(self._home, erased, by=by, reason=_reason(form))
        return erased

    def _expire(self, seen: Seen, by: str, form: Form) -> Record:
        until = _day(form.get("until", ""))
        if until is None:
            raise InputError("Nothing was changed.", "No day was given.", "Write it as 2026-11-22.")
        return self._store.expire(
            seen.id,
            until=until,
            by=by,
            reason=form.get("reason", ""),
            expected_version=seen.version,
        )

    def _merge(self, seen: Seen, by: str, form: Form) -> Record:
        """Let this record stand for the others of the form (`id:version`, with commas)."""
        return self._review.merge(seen, chosen(form), by=by, reason=form.get("reason", ""))

    def _reword(self, seen: Seen, by: str, form: Form) -> Record:
        """Other words, and nothing else: a proposal then holds in the name of who wrote them."""
        text, title = form.get("text", "").strip(), form.get("title", "").strip()
        reason = form.get("reason", "").strip()
        present = self._store.get(seen.id)
        if present is not None and present.status == "proposed":
            return self._review.restate(seen, by=by, text=text, title=title, reason=reason)
        return self._store.revise(
            seen.id, expected_version=seen.version, by=by, reason=reason, text=text, title=title
        )

    def _revise(self, seen: Seen, by: str, form: Form) -> Record:
        text, title = form.get("text", "").strip(), form.get("title", "").strip()
        reason = form.get("reason", "").strip()
        if form.get("how") == "restate":
            return self._review.restate(seen, by=by, text=text, title=title, reason=reason)
        fields = Fields.of(form)
        present = self._store.get(seen.id)
        # A mark that the form does not show is not taken away by saving it.
        marks = (DISPUTED,) if present is not None and DISPUTED in present.tags else ()
        new: Revision = {
            "text": text, "title": title, "tags": (*fields.tags, *marks), "symbols": fields.symbols,
            "valid_from": fields.valid_from, "valid_to": fields.valid_to,
            "confidence": fields.confidence,
        }  # fmt: skip
        return self._store.revise(
            seen.id, expected_version=seen.version, by=by, reason=reason, **new
        )


def offers(record: Record, person: str, *, merged: bool, places: int) -> list[Offer]:
    """What a person may do with a record. Nobody approves what they wrote themselves."""
    if record.status == "forgotten":
        return []
    forget_it = Offer("forget", "Forget for good", "danger", asks=True)
    if record.status in ("retracted", "superseded"):
        back = Offer("separate", "Undo the merge") if merged else Offer("restore", "Restore")
        return [back, forget_it]
    found: list[Offer] = []
    theirs = written_down(record) and record.version == 1
    mine = person in (record.author, record.updated_by) and not theirs
    if record.status == "proposed" and not mine:
        found.append(Offer("approve", "Approve", "primary", "a"))
    found.append(Offer("edit", "Edit", key="e", asks=True))
    found.append(Offer("unpin" if record.pinned else "pin", "Unpin" if record.pinned else "Pin", key="p"))  # fmt: skip
    if DISPUTED in record.tags:
        found.append(Offer("settle", "Settle: it holds"))
    else:
        found.append(Offer("dispute", "Dispute", key="d", asks=True))
    found.append(
        Offer("retract", "Reject" if record.status == "proposed" else "Retract", key="r", asks=True)
    )
    if places > 1:
        found.append(Offer("share", "Who sees it", asks=True))
    return [*found, forget_it]


def merged_form(record: Record, form: Form) -> Record:
    """The record as a person had it in their form, to show again beside what it is now."""
    fields = Fields.of(form)
    return replace(
        record, title=form.get("title", ""), text=form.get("text", ""), tags=fields.tags,
        symbols=fields.symbols, valid_from=fields.valid_from, valid_to=fields.valid_to,
        confidence=fields.confidence,
    )  # fmt: skip


def chosen(form: Form) -> list[Seen]:
    """The records of a bulk change: `id:version`, separated by commas."""
    pairs = (part.partition(":") for part in form.get("records", "").split(",") if part)
    return [Seen(record_id, int(number)) for record_id, _, number in pairs if number.isdigit()]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _day(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError:
        raise InputError(
            "Nothing was saved.", f"“{text}” is not a date.", "Write it as 2026-11-22."
        ) from None


def _share(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text.strip().rstrip("%")) / 100
    except ValueError:
        raise InputError(
            "Nothing was saved.", f"“{text}” is not a percentage.", "Write it as 80."
        ) from None


def _reason(form: Form) -> str:
    reason = form.get("reason", "").strip()
    if not reason:
        raise InputError(
            "Nothing was changed.", "No reason was given.", "Say why, for whoever reads it later."
        )
    return reason
