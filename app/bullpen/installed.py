"""The desk's Slack apps as they are installed in the local workspace, from their own manifests.

The rule it protects: the local workspace grants and delivers what the manifest asks for and
nothing else, as Slack does; what works here has its permissions there. It installs nothing.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen.slack import manifest
from bullpen_agents.roster import Roster
from bullpen_workspace.config import USER_SCOPES, AppSpec
from bullpen_workspace.manifest import read_manifest
from bullpen_workspace.types import AgentFace


def apps(roster: Roster, *, per_agent: bool) -> list[AppSpec]:
    """The desk's app, and after it, where each agent has its own, these in the roster's order."""
    agents = list(roster.agents.values())
    faces = tuple(
        AgentFace(name=a.name, icon=a.icon, aliases=(a.id, *a.aliases), title=a.title)
        for a in agents
    )
    desk = replace(
        read_manifest(manifest.manifest()),
        icon=":office:",
        agents=() if per_agent else faces,
        user_scopes=USER_SCOPES,
    )
    if not per_agent:
        return [desk]
    own = [
        replace(read_manifest(manifest.of_agent(agent)), icon=agent.icon, user_scopes=USER_SCOPES)
        for agent in agents
    ]
    return [desk, *own]
