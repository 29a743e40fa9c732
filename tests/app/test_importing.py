"""`bullpen memory import`: every file is told of, and a second time nothing is added."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bullpen.cli import app
from bullpen_memory.errors import InputError

Import = Callable[..., Result]


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    def run(*args: str) -> Result:
        home = ("--home", str(tmp_path / "home"))
        return CliRunner().invoke(app, ["memory", *args, *home], env={"BULLPEN_PERSON": "Maya"})

    return run


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    (made / "deep" / ".git").mkdir(parents=True)
    (made / "vaults.md").write_text("# Vaults\n\nLondon holds less silver.\n")
    (made / "deep" / "notes.txt").write_text("Mine supply fell.\n")
    (made / "deep" / ".git" / "x.txt").write_text("not meant\n")
    (made / "locked.pdf").write_bytes(b"%PDF-1.7 broken")
    return made


def test_a_folder_is_brought_in_once(bring: Import, tmp_path: Path) -> None:
    papers = str(folder(tmp_path))
    first = bring("import", papers, "--tag", "metals", "--json")
    told = json.loads(first.stdout)
    assert first.exit_code == 1
    assert [Path(one["path"]).name for one in told["added"]] == ["notes.txt", "vaults.md"]
    assert [Path(one["path"]).name for one in told["refused"]] == ["locked.pdf"]
    again = json.loads(bring("import", papers, "--json").stdout)
    assert (len(again["added"]), len(again["unchanged"])) == (0, 2)
    found = json.loads(bring("search", "London silver", "--json").stdout)["hits"]
    assert found[0]["tags"] == ["metals"]
    assert found[0]["speaker"] == "Maya"
    assert found[0]["source"]["permalink"].startswith("file://")


def test_people_read_what_became_of_each_file(bring: Import, tmp_path: Path) -> None:
    said = bring("import", str(folder(tmp_path))).stdout
    assert "vaults.md: 1 passage, document " in said
    assert "locked.pdf: The PDF is damaged" in said
    assert "2 files added (2 passages), 0 unchanged, 1 refused." in said


def test_a_scope_is_kept_and_checked(bring: Import, tmp_path: Path) -> None:
    note = folder(tmp_path) / "vaults.md"
    assert bring("import", str(note), "--scope", "channel:C7").exit_code == 0
    hit = json.loads(bring("search", "London", "--json").stdout)["hits"][0]
    assert hit["scope"] == "channel:C7"
    wrong = bring("import", str(note), "--scope", "everybody")
    assert isinstance(wrong.exception, InputError)
    assert "“everybody” is not a scope" in str(wrong.exception)


def test_what_is_not_there_is_said(bring: Import, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, said in (("nowhere", "no file or folder"), ("empty", "There is no file in")):
        missing = bring("import", str(tmp_path / path))
        assert said in str(missing.exception)
