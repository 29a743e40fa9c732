"""Forgetting beyond the memory: the conversation's own files, and then the rest of the home.

The rule it protects: the ledger keeps who had something erased, so it is asked first; what is left
anywhere else under the home is overwritten after it. It erases no record; `forgetting` does.
"""

from __future__ import annotations

from pathlib import Path

from bullpen_orchestrator import erasing
from bullpen_tools import forgetting
from bullpen_tools.forgetting import Erased


def everywhere(home: Path, erased: Erased, *, by: str, reason: str) -> dict[str, int]:
    """Take what was forgotten out of the conversation, too; how many values changed, by file."""
    changed: dict[str, int] = {}
    if (home / "ledger.db").exists():
        told = erasing.erase(home, texts=erased.texts, by=by, reason=reason)
        changed["ledger.db"] = len(told.messages) + told.runs + told.journal + told.posts
        changed["checkpoints.db"] = told.checkpoints
    for name, number in forgetting.everywhere(home, erased).items():
        changed[name] = changed.get(name, 0) + number
    return {name: number for name, number in changed.items() if number}
