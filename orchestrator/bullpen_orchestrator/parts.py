"""What a desk is made of, handed in by the composition root.

The rule it protects: the orchestrator builds none of its parts and reads no settings. It holds
no behaviour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bullpen_agents.model import Model
from bullpen_agents.roster import Roster
from bullpen_agents.task import Agent
from bullpen_memory.store import Store
from bullpen_orchestrator.limits import Limits
from bullpen_orchestrator.ports import Chat, pass_by
from bullpen_tools.receipts import Receipts
from bullpen_tools.toolbox import Toolbox

if TYPE_CHECKING:
    from bullpen_memory.market import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """The parts of a desk. All files live under `home`.

    `desk_name` is what people mention, `team` the workspace they are in ("" is not checked). `database_url` None means SQLite under `home`. `settle` is how long (seconds) an unanswered
    post may still be in flight; `polling` the pause (seconds) between looks at the queue;
    `streaming` the least pause (seconds) between two growths of a live message; `planning` how long
    (seconds) a turn works before its tools are shown as steps; `patience` the
    pause (seconds) before a busy-looking thread is released again. `checkpoint` is
    called by name at every commit and every effect, so that a test can end the process there.
    """

    home: Path
    roster: Roster
    model_for: Callable[[Agent], Model]
    toolbox: Toolbox
    receipts: Receipts
    store: Store
    market: Market
    chat: Chat
    default_model: str
    desk_name: str = "Bullpen"
    limits: Limits = field(default_factory=Limits)
    team: str = ""
    database_url: str | None = None
    executor_id: str = "desk"
    settle: float = 10.0
    polling: float = 0.1
    streaming: float = 0.5
    planning: float = 2.0
    patience: float = 5.0
    checkpoint: Callable[[str], None] = pass_by
