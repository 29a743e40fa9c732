"""Which model answers: Claude, a server of one's own, or the keyless one.

The rule it protects: the choice follows from the settings alone and is told to people by name; a
colleague whose charter names another model gets it. It calls no model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bullpen import messages
from bullpen.settings import LOCAL_MODEL_KEY, Settings
from bullpen_agents.model import Model
from bullpen_agents.task import Agent


@dataclass(frozen=True, slots=True)
class Models:
    """The model for every colleague. `default` is the name, `label` what people read.

    `close` ends the connections of all of them.
    """

    for_agent: Callable[[Agent], Model]
    default: str
    label: str
    close: Callable[[], Awaitable[None]]


def choose(settings: Settings) -> Models:
    """The models that the settings ask for. Raises OperatorError where a name is missing."""
    if settings.model_mode == "offline":
        from bullpen_agents.offline.planner import OfflineModel

        offline = OfflineModel()
        return Models(lambda _agent: offline, "offline", offline.label, _nothing_to_close)
    from bullpen_agents.claude import ClaudeModel
    from bullpen_agents.messages_api import Capabilities
    from bullpen_agents.models import DEFAULT_MODEL

    key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else ""
    if not key and not settings.model:
        raise messages.model_unnamed()
    default = settings.model or DEFAULT_MODEL
    made: dict[str, ClaudeModel] = {}

    def named(name: str) -> Model:
        if name not in made:
            made[name] = ClaudeModel(
                key or LOCAL_MODEL_KEY,
                settings.anthropic_base_url or None,
                model=name,
                fallback=settings.fallback_model if settings.fallback_model != name else None,
                capabilities=Capabilities(images=settings.model_pictures)
                if settings.anthropic_base_url
                else None,
            )
        return made[name]

    def for_agent(agent: Agent) -> Model:
        # A server of one's own holds its own models: the charters' names mean nothing there.
        return named(default if settings.anthropic_base_url else agent.model or default)

    async def close() -> None:
        for model in made.values():
            await model.close()

    return Models(for_agent, default, named(default).label, close)


async def _nothing_to_close() -> None:
    """The keyless model holds no connection."""
