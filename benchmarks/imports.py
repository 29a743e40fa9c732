"""What the heavy libraries cost to import, and that the start pays for none of them.

    python -m benchmarks.imports

Seconds are the median of a few fresh processes, less that of a bare Python; a library is imported at
its first use, and the desk does that in the background once it answers.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

HEAVY = (
    "QuantLib", "pandas", "statsmodels.api", "arch", "skfolio", "vollib.black_scholes", "duckdb", "sqlglot",
    "matplotlib.pyplot", "exchange_calendars", "chromadb", "onnxruntime", "anthropic", "langgraph.graph", "dbos",
)  # fmt: skip
TIMES = 3
_LOADED = (
    "import sys, bullpen.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
)


def main() -> None:
    """Print the table, then what the command line has imported before it does anything."""
    bare = _seconds("pass")
    print(f"A bare Python starts in {bare * 1000:.0f} ms.\n")
    print("| library | import ms |\n|---|--:|")
    for name in HEAVY:
        print(f"| {name} | {_told(name, bare)} |")
    loaded = set(subprocess.check_output([sys.executable, "-c", _LOADED], text=True).split())
    early = [name for name in HEAVY if name.partition(".")[0] in loaded]
    print(
        f"\nImported by the command line before it knows what to do: {', '.join(early) or 'none'}."
    )


def _told(name: str, bare: float) -> str:
    try:
        return f"{(_seconds(f'import {name}') - bare) * 1000:,.0f}"
    except subprocess.CalledProcessError:
        return "not installed"


def _seconds(code: str) -> float:
    taken: list[float] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
