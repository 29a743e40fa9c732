"""The app's home in Slack: who works here, what to ask, what is remembered.

The rule it protects: the page shows only what the person who opens it may see. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from bullpen.slack.render import mrkdwn
from bullpen_agents.roster import Roster
from bullpen_memory.records import Kind

EXAMPLES = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
    "@Bullpen compare the volatility of oil and the S&P 500, chart it, and write up what we should remember",
    "@Bullpen what do we know about oil volatility?",
)
Json = dict[str, Any]


def view(roster: Roster, counts: Mapping[str, int]) -> Json:
    """The home tab. `counts` are records by kind and status, as far as the person may see."""
    people = "\n".join(
        f"{agent.icon} *{mrkdwn(agent.name)}*: {mrkdwn(agent.title)}"
        for agent in roster.agents.values()
    )
    kept = ", ".join(f"{kind} {counts[kind]:,}" for kind in get_args(Kind) if counts.get(kind))
    proposed = counts.get("proposed", 0)
    if proposed:
        kept += f"\n{proposed:,} of them wait for a person's review."
    return {
        "type": "home",
        "blocks": [
            _header("The desk"),
            _section(people),
            _header("Ask, for example"),
            _section("\n".join(f"• `{mrkdwn(example)}`" for example in EXAMPLES)),
            _header("What it remembers"),
            _section(kept or "Nothing yet. What the desk learns is kept here with its source."),
        ],
    }


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:2_990]}}
