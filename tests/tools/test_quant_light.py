"""The quant's tools at start: what is heavy waits until it is called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("QuantLib", "scipy", "arch", "skfolio", "statsmodels", "matplotlib", "pandas", "vollib")


def test_no_heavy_library_is_loaded_before_a_call() -> None:
    script = (
        "import sys, bullpen_tools.quant.desk as desk; assert len(desk.QUANT_TOOLS) > 20; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "tools:memory", "PATH": ""},
    )
    assert done.stdout.strip() == "[]"
