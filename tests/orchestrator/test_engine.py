"""The engine on real DBOS and SQLite: order, side by side, one run per id, recovery, one owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bullpen_memory.errors import DefectError, OperatorError
from bullpen_orchestrator.engine import Engine
from real_parts import until


async def test_a_thread_keeps_its_order_while_two_threads_run_side_by_side(tmp_path: Path) -> None:
    begun: list[str] = []
    ended: list[str] = []
    together = 0
    most = 0

    async def conduct(run_id: str) -> str:
        nonlocal together, most
        begun.append(run_id)
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.15)
        together -= 1
        ended.append(run_id)
        return "done"

    engine = Engine(tmp_path, conduct)
    await engine.start()
    try:
        for number in range(3):
            for thread in "ab":
                await engine.enqueue(f"{thread}{number}", thread=thread)
                await engine.enqueue(f"{thread}{number}", thread=thread)
        await until(lambda: len(ended) == 6)
    finally:
        await engine.stop()
    assert most == 2
    assert [run for run in begun if run[0] == "a"] == ["a0", "a1", "a2"]
    assert [run for run in ended if run[0] == "b"] == ["b0", "b1", "b2"]
    assert len(begun) == 6


async def test_a_run_cut_by_an_orderly_stop_is_conducted_again(tmp_path: Path) -> None:
    seen: list[str] = []
    gate = asyncio.Event()

    async def conduct(run_id: str) -> str:
        seen.append(run_id)
        await gate.wait()
        return "done"

    first = Engine(tmp_path, conduct)
    await first.start()
    await first.enqueue("r", thread="t")
    await until(lambda: seen == ["r"])
    await first.stop()

    gate.set()
    second = Engine(tmp_path, conduct)
    await second.start()
    try:
        await until(lambda: seen == ["r", "r"])
    finally:
        await second.stop()


async def test_a_second_process_on_one_home_is_refused_in_words(tmp_path: Path) -> None:
    async def conduct(run_id: str) -> str:
        return "done"

    first, second = Engine(tmp_path, conduct), Engine(tmp_path, conduct)
    first.own()
    try:
        with pytest.raises(OperatorError, match=r"already running.* process with id \d+"):
            second.own()
    finally:
        await first.stop()
    second.own()
    await second.stop()


async def test_a_database_out_of_reach_is_told_and_the_home_is_free_again(tmp_path: Path) -> None:
    async def conduct(run_id: str) -> str:
        return "done"

    engine = Engine(tmp_path, conduct, database_url=f"sqlite:///{tmp_path}/no/such/folder/x.db")
    with pytest.raises(OperatorError, match=r"could not be started.*database"):
        await engine.start()
    again = Engine(tmp_path, conduct)
    again.own()
    await again.stop()


async def test_a_second_engine_in_one_process_is_refused_and_leaves_the_first_alone(
    tmp_path: Path,
) -> None:
    seen: list[str] = []

    async def conduct(run_id: str) -> str:
        seen.append(run_id)
        return "done"

    first, second = Engine(tmp_path / "a", conduct), Engine(tmp_path / "b", conduct)
    await first.start()
    try:
        with pytest.raises(DefectError, match="one only"):
            await second.start()
        await second.stop()
        await first.enqueue("r", thread="t")
        await until(lambda: seen == ["r"])
    finally:
        await first.stop()
