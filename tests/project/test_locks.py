"""The locks name exact versions and hashes, and no address of any index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-model.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_pinned_hashed_and_without_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\S)", "\n".join(ln for ln in text.splitlines() if ln[:1] != "#"))
    pinned = [entry for entry in entries if entry.strip()]
    assert pinned
    for entry in pinned:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
    assert not re.search(r"index-url|find-links|https?://|file:", text)


def test_dev_holds_what_run_holds() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+==\S+)", (ROOT / name).read_text(), re.M))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_every_dependency_of_the_project_is_locked() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    names = [re.split(r"[<>=\[; ]", d)[0] for d in project["dependencies"]]
    assert [n for n in names if f"\n{n}==" not in "\n" + lock] == []
