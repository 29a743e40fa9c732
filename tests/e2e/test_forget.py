"""What a person has forgotten is gone from every file of a desk that really worked with it."""

from __future__ import annotations

import re
import sqlite3

from bullpen import care, remembered
from bullpen.settings import Settings
from bullpen_memory import erasure
from bullpen_memory.records import Query
from desk_process import DeskProcess, readable, until

SECRET = "the Zürich refinery pays 41.70 dollars below the ounce \"until March\""  # fmt: skip


def test_no_byte_is_left_in_any_file(desk: DeskProcess, capsys) -> None:
    ada = desk.person()
    ts = ada.say("desk", f"@Bullpen remember: {SECRET}")
    until(lambda: ada.replies("desk", ts), what="an answer")
    asked = ada.say("research", "@Bullpen what do we know about the Zürich refinery?")
    assert "refinery" in readable(ada.answered("research", asked, "refinery"))
    assert desk.stop() == 0
    settings = Settings(home=desk.home)
    traces = erasure.Traces.of([SECRET])
    before = erasure.prove(desk.home, traces)
    assert {"context.db", "ledger.db", "workspace.db"} <= set(before.found), before.told()

    with remembered.opened(settings) as store:
        scopes = frozenset({"workspace"})
        kinds = frozenset({"note", "finding", "fact", "decision"})
        found = store.find(Query(text="Zürich refinery", scopes=scopes, kinds=kinds))  # type: ignore[arg-type]
        record = found.hits[0].record
    assert care.forget(settings, record.id, reason="asked to", everywhere=True) == 0
    told = capsys.readouterr().out
    assert re.search(r"\d+ distinctive byte sequences looked for in \d+ files .*none is left", told)
    after = erasure.prove(desk.home, traces)
    assert after.clean, after.told()
    for name in ("ledger.db", "workspace.db", "checkpoints.db", "engine.db"):
        with sqlite3.connect(desk.home / name) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.close()
    with remembered.opened(settings) as store:
        assert "none is left" in store.changes(record.id)[-1].reason

    desk.start()  # And the desk works on in its conversation.
    ada = desk.person()
    ada.say("research", "@Bullpen what do we know about the Zürich refinery?", asked)
    ada.answered("research", asked, "holds nothing about the Zürich refinery")
