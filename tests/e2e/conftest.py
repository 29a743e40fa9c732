"""A desk in a process of its own for the tests that walk the whole product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk_process import DeskProcess


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskProcess]:
    running = DeskProcess(tmp_path / "home").start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """One desk for the tests that don't stop it."""
    running = DeskProcess(tmp_path_factory.mktemp("desk") / "home").start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()
