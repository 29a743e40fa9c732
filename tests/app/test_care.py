"""Backup, restore, export and import as a person types them, on a home with a memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bullpen import care, remembered
from bullpen.runfile import HomeLock
from bullpen.settings import Settings
from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.records import Draft, Source
from bullpen_memory.store import Store


@pytest.fixture
def desk(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    store = Store(home / "context.db")
    for text, kind in (("Silver is at 30", "finding"), ("hello", "message")):
        source = Source(kind="message", ref=text, title="#desk")
        store.add(Draft(kind=kind, text=text, author="quant", source=source, scope="workspace"))  # type: ignore[arg-type]
    store.close()
    return Settings(home=home)


def test_a_backup_and_back(
    desk: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = HomeLock(desk.home)  # A desk at work does not stand in the way.
    care.save(desk, tmp_path / "b")
    lock.release()
    assert re.search(r"holds 1 file, .* MB, each proven by its hash", capsys.readouterr().out)
    new = Settings(home=tmp_path / "new")
    assert care.restore(new, tmp_path / "b", index=False) == 0
    assert "The next start builds the search index" in capsys.readouterr().out
    with remembered.opened(new) as store:
        assert store.count(None) == {"active": 2, "finding": 1, "message": 1}
    with pytest.raises(InputError, match="is not empty"):
        care.restore(new, tmp_path / "b", index=False)


@pytest.mark.parametrize("name", ["m.jsonl", "m.db"])
def test_out_and_in_again(
    desk: Settings, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    care.export(desk, tmp_path / name, "", vectors=False, said=False)
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    new = Settings(home=tmp_path / "new")
    care.import_archive(new, tmp_path / name)
    assert "Taken in and equal" in capsys.readouterr().out
    with remembered.opened(new) as store:
        assert store.count(None)["finding"] == 1
    with pytest.raises(InputError, match="holds 2 records already"):
        care.import_archive(new, tmp_path / name)
    lock = HomeLock(new.home)
    with pytest.raises(OperatorError, match="already runs"):
        care.import_archive(new, tmp_path / name)
    lock.release()


def test_markdown_and_wrong_names(
    desk: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    care.export(desk, tmp_path / "md", "", vectors=False, said=False)
    said = capsys.readouterr().out
    assert "holds 1 record, a Markdown" in said
    assert "Without 1 message;" in said
    with pytest.raises(InputError, match="does not say which form"):
        care.export(desk, tmp_path / "m.xyz", "", vectors=False, said=False)
    with pytest.raises(InputError, match="no such file"):
        care.import_archive(desk, tmp_path / "none.db")
    with pytest.raises(InputError):
        care.save(Settings(home=tmp_path / "none"), tmp_path / "b")
