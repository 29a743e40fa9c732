"""Traces of a text: found in whatever form, taken out without breaking what encloses them."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path

import pytest

from bullpen_memory.erasure import Traces, prove, wash, wash_plain

TEXT = 'Die Zürcher Raffinerie zahlt "41,70" unter dem Preis; 銀の値段は下がる見込みです。\nNur bis März.'


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.encode(),
        lambda text: json.dumps({"a": text}).encode(),
        lambda text: json.dumps({"a": text}, ensure_ascii=False).encode(),
        lambda text: json.dumps(json.dumps({"a": text}, ensure_ascii=False)).encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"x" + text.encode()),
        lambda text: base64.b64encode(b"xy" + text.encode()),
        lambda text: text[20:60].encode(),
    ],
)
def test_a_trace_is_found_in_each_way_of_writing(tmp_path: Path, form) -> None:
    traces = Traces.of([TEXT])
    (tmp_path / "a").write_bytes(b"\x00" * 999 + form(TEXT) + b"\xff" * 99)
    (tmp_path / "b").write_bytes(b"something else altogether, of which nobody spoke")
    proof = prove(tmp_path, traces)
    assert list(proof.found) == ["a"], proof.told()
    assert (proof.files, proof.clean) == (2, False)
    assert "some are left in a" in proof.told()


def test_what_others_say_too_is_no_trace(tmp_path: Path) -> None:
    assert Traces.of(["oil"]).needles == ()
    assert Traces.of(["the price of oil rose"], lambda _: True).needles == ()
    proof = prove(tmp_path, Traces.of(["oil"]))
    assert not proof.clean
    assert "too short" in proof.told()
    (tmp_path / "x").write_text("nothing")
    assert "none is left" in prove(tmp_path, Traces.of([TEXT])).told()


def test_washing_keeps_json_lengths_keys_triggers_and_search(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE m (id TEXT PRIMARY KEY, body TEXT, raw BLOB) WITHOUT ROWID;"
        "CREATE TABLE j (n INTEGER PRIMARY KEY, body TEXT);"
        "CREATE TRIGGER fixed BEFORE UPDATE ON m BEGIN SELECT RAISE(ABORT, 'append-only'); END;"
        "CREATE VIRTUAL TABLE w USING fts5 (body, content='j', content_rowid='n');"
    )
    body = json.dumps({"text": TEXT, "who": "ann"})
    raw = len(TEXT.encode()).to_bytes(4) + TEXT.encode()
    db.execute("INSERT INTO m VALUES ('1', ?, ?)", (body, raw))
    db.execute(
        "INSERT INTO m VALUES ('2', ?, NULL)",
        (base64.b64encode(b"\x80" + TEXT.encode() + b"\x00"),),
    )
    db.execute("INSERT INTO j (body) VALUES (?)", ("Before. " + TEXT.splitlines()[0] + " After.",))
    db.commit()
    db.close()
    traces = Traces.of([TEXT])
    assert wash(path, [TEXT], traces) == 4
    db = sqlite3.connect(path)
    told, blob = db.execute("SELECT body, raw FROM m WHERE id = '1'").fetchone()
    assert json.loads(told)["who"] == "ann"
    assert len(told.encode()) == len(body.encode())
    assert (len(blob), blob[:4]) == (len(raw), raw[:4])
    coded = db.execute("SELECT body FROM m WHERE id = '2'").fetchone()[0]
    inner = base64.b64decode(coded)
    assert (inner[:1], inner[-1:], len(inner)) == (b"\x80", b"\x00", len(TEXT.encode()) + 2)
    kept = db.execute("SELECT body FROM j").fetchone()[0]
    assert kept.startswith("Before. ...")
    assert kept.endswith(". After.")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE m SET body = ''")
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    assert prove(tmp_path, traces).clean
    assert wash(path, [TEXT], traces) == 0


def test_a_log_is_overwritten_in_place(tmp_path: Path) -> None:
    log = tmp_path / "desk.log"
    log.write_text(f"10:00 {TEXT}\n10:01 fine\n")
    size = log.stat().st_size
    assert wash_plain(log, [TEXT], Traces.of([TEXT])) == 1
    assert log.stat().st_size == size
    assert log.read_text().endswith("\n10:01 fine\n")
    assert prove(tmp_path, Traces.of([TEXT])).clean
