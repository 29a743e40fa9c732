"""The commands of upkeep, and the round that a running desk makes by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from bullpen.cli import app
from bullpen.upkeep import keep_up
from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Draft, Source
from bullpen_memory.store import Store
from real_parts import until


def run(home: Path, *args: str) -> Result:
    return CliRunner().invoke(app, ["memory", *args, "--home", str(home)])


def filled(home: Path) -> Store:
    home.mkdir(exist_ok=True)
    store = Store(home / "context.db")
    for i in range(25):
        source = Source(kind="message", ref=f"m{i}", title="#desk")
        text = f"Point {i} about silver in the London vaults is the premium of {i} cents. " * 3
        store.add(
            Draft(
                kind="message", text=text, author=f"U{i % 2}", source=source, scope=WORKSPACE,
                thread="C1:1.0",
            )
        )  # fmt: skip
    return store


def test_the_doctor_tells_groups_and_exit_codes(tmp_path: Path) -> None:
    store = filled(tmp_path / "home")
    assert run(tmp_path / "home", "doctor").stdout == "The memory is in order.\n"
    source = Source(kind="person", ref="U1")
    store.add(Draft(kind="note", text="Ask ann@example.com", author="U1", source=source, scope=WORKSPACE))  # fmt: skip
    store.close()
    found = run(tmp_path / "home", "doctor")
    assert found.exit_code == 1
    assert found.stdout.startswith("Personal data (1)\n  note ")
    told = json.loads(run(tmp_path / "home", "doctor", "--json", "--fix").stdout)
    assert ([one["kind"] for one in told["findings"]], told["done"]) == (["personal"], [])


def test_a_summary_is_made_and_taken_back_by_command(tmp_path: Path) -> None:
    filled(tmp_path / "home").close()
    said = run(tmp_path / "home", "consolidate").stdout
    record = said.split()[1]
    assert "1 threads summarised, 0 statements merged." in said
    assert run(tmp_path / "home", "consolidate", "--undo", record).stdout == f"{record} was retracted.\n"  # fmt: skip
    assert run(tmp_path / "home", "consolidate").stdout == "There was nothing to do.\n"


def test_without_a_memory_it_says_so(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "none", "doctor").exception, InputError)


async def test_a_running_desk_makes_its_rounds(tmp_path: Path) -> None:
    store = filled(tmp_path / "home")
    rounds = asyncio.create_task(keep_up(store, every=0.01))
    await until(lambda: "note" in store.count(None), 20)
    rounds.cancel()
    await asyncio.gather(rounds, return_exceptions=True)
    assert store.count(None)["message"] == 25
    store.close()
