"""Slack's own method reference, as tests read it; it is not part of the project.

It is looked for beside the checkout, in shared/slack/methods.json, or where
BULLPEN_SLACK_REFERENCE says.
"""

import json
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[3] / "shared" / "slack" / "methods.json"


def load_reference() -> dict[str, dict]:
    """The reference by method; skips the test, and says so, where it is not there."""
    path = Path(os.environ.get("BULLPEN_SLACK_REFERENCE", _BESIDE))
    if not path.is_file():
        pytest.skip(f"Slack's method reference is not at {path}; nothing can be compared")
    return json.loads(path.read_text())
