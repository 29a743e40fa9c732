"""Every change that a person makes with a record, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bullpen import cli
from bullpen_memory.errors import BullpenError
from bullpen_memory.records import Draft, Query, Record, Source
from bullpen_memory.store import Store
from real_desk import keyless

__all__ = ["keyless"]


class Shell:
    """A person at the prompt."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *args: str, answer: str = "") -> str:
        done: Result = CliRunner().invoke(
            cli.app, ["memory", *args, "--home", str(self.home)], input=answer,
            env={"BULLPEN_PERSON": "Ada"},
        )  # fmt: skip
        if isinstance(done.exception, BullpenError):
            return str(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.output

    def record(self, record_id: str) -> Record:
        store = Store(self.home / "context.db")
        found = store.get(record_id)
        store.close()
        assert found is not None
        return found


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    store = Store(tmp_path / "context.db")
    # Ada was heard in the workspace before: her id is known.
    store.add(note("hello", author="UADA", speaker="Ada", kind="message"))
    store.close()
    return Shell(tmp_path)


def note(text: str, **more: object) -> Draft:
    source = Source(kind="message", ref=text, permalink="http://127.0.0.1:1/archives/C1/p1")
    fields = {"kind": "note", "author": "quant", "scope": "workspace", "source": source} | more
    return Draft(text=text, **fields)  # type: ignore[arg-type]


def kept(shell: Shell, *drafts: Draft) -> list[str]:
    store = Store(shell.home / "context.db")
    made = [store.add(one).id for one in drafts]
    store.close()
    return made


def test_a_record_is_written_corrected_and_withdrawn(shell: Shell) -> None:
    said = shell("write", "Silver is cheap below 20", "--kind", "finding", "--symbol", "XAG")
    record_id = said.split()[1].rstrip(":")
    assert said.endswith("finding by Ada, in force\n")
    now = shell.record(record_id)
    assert (now.author, now.speaker, now.kind, now.symbols) == ("UADA", "Ada", "finding", ("XAG",))
    shell("edit", record_id[-8:], "--text", "Silver is cheap below 18", "--reason", "typo")
    assert shell.record(record_id).text == "Silver is cheap below 18"
    assert "pinned" in shell("pin", record_id)
    shell("unpin", record_id)
    assert "disputed" in shell("dispute", record_id, answer="it was 18 for years\n")
    assert "in force" in shell("settle", record_id)
    assert "True until 31 Dec 2026" in shell("expire", record_id, "2026-12-31")
    assert "withdrawn" in shell("retract", record_id, "--reason", "nobody knows")
    assert "in force" in shell("restore", record_id)
    told = shell("history", record_id)
    for part in ("add by Ada", "revise by Ada: typo", "Silver is cheap below 20", "below 18", "retract by Ada: nobody knows"):  # fmt: skip
        assert part in told
    moved = shell("share", record_id, "person:UADA").split()[2].rstrip(":")
    assert shell.record(moved).scope == "person:UADA"
    assert "Erased" in shell("forget", moved, "--reason", "asked to")
    assert shell.record(moved).status == "forgotten"


def test_proposals_are_approved_and_doubles_merged(shell: Shell) -> None:
    one, two, mine = kept(
        shell,
        note("Gold is dear", status="proposed"),
        note("Gold is rather dear", status="proposed"),
        note("Sell gold", author="UADA", status="proposed", source=Source(kind="person", ref="UADA")),
    )  # fmt: skip
    assert "nobody approves their own proposal" in shell("approve", mine)
    assert "in force" in shell("approve", one, two)
    assert "Merged 2 records into" in shell("merge", one, two)
    assert shell.record(two).superseded_by == one
    assert "in force" in shell("separate", two)
    assert shell.record(one).updated_by == "UADA"


def test_what_cannot_be_is_told(shell: Shell) -> None:
    [one] = kept(shell, note("Gold is dear"))
    assert "There is no record NOWHERE1" in shell("show", "NOWHERE1")
    assert "names more than one record" in shell("show", one[:6])
    assert "is not a date" in shell("expire", one, "soon")
    assert "rumour" in shell("write", "x", "--kind", "rumour")


@pytest.mark.parametrize("scope", ["everyone", "channel:", "channel:general", "person:ada"])
def test_nothing_goes_where_nobody_would_see_it(shell: Shell, scope: str) -> None:
    [one] = kept(shell, note("Gold is dear"))
    assert "is not a place" in shell("share", one, scope)
    assert shell.record(one).status == "active"
    assert "is not a place" in shell("write", "Tin is dear", "--scope", scope)
    assert "Nothing fits" in shell("search", "tin")


def test_found_by_the_words_with_and_without_marks(shell: Shell) -> None:
    kept(shell, note("Giá đồng và vàng tăng ở Hà Nội"))
    for words in ("dong", "đồng", "gia vang", "ha noi", "GIÁ VÀNG"):
        assert "đồng" in shell("search", words), words
    store = Store(shell.home / "context.db")
    assert store.find(Query(text="dong", scopes=frozenset({"workspace"}))).total == 1
    store.close()


def test_what_is_forgotten_is_gone_from_where_it_stood_before(shell: Shell) -> None:
    said = "Bob leaves Acme in March"
    [first] = kept(shell, note(said, source=Source(kind="person", ref="UADA")))
    second = shell("share", first, "channel:C1").split()[2].rstrip(":")
    third = shell("share", second, "person:UADA").split()[2].rstrip(":")
    told = shell("forget", third, "--reason", "asked to")
    assert "none is left" in told
    assert [shell.record(one).status for one in (first, second, third)] == ["forgotten"] * 3


def test_what_it_replaced_in_other_words_is_a_record_of_its_own(shell: Shell) -> None:
    [first] = kept(shell, note("Bob leaves Acme in March", status="proposed"))
    after = shell("edit", first, "--text", "Bob leaves Acme in May").split()[1].rstrip(":")
    shell("forget", after, "--reason", "asked to")
    assert shell.record(first).text == "Bob leaves Acme in March"
