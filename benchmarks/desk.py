"""How fast the whole desk is, asked through Slack's own SDK as a person would.

Run `make bench`, or `python -m benchmarks.desk --questions 50`. It starts a desk on an empty
temporary home with the offline model and prints a table: time to the address, second start,
mention to the first visible sign of work, mention to the finished answer, resident memory.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from desk_process import ROOT, DeskProcess, Person, environment

QUESTIONS = [
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at {cost}?",
    "@Bullpen quant: payoff of a 100/110 call spread for {cost}",
    "@Bullpen data analyst: how volatile is the nasdaq since 2005?",
    "@Bullpen quant: correlation of oil and the S&P 500 since 2000",
    "@Bullpen what do we know about oil volatility?",
]


def resident_mb(pid: int) -> float:
    """Resident memory of one process in MB, as the kernel counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the sorted values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, round(share * len(ranked)) - 1)]


class Watcher:
    """Asks as a person and sees what the page shows: the status line, then the messages.

    A status is no message and has no reading method in Slack's API, so it is read where the page
    reads it, in the workspace's own database.
    """

    def __init__(self, ada: Person, channel: str, workspace: Path) -> None:
        self.ada, self.channel = ada, channel
        self.shown = sqlite3.connect(f"file:{workspace}?mode=ro", uri=True)

    def signs(self, ts: str) -> int:
        """How many messages and status lines of the desk the thread has had so far."""
        sql = "SELECT count(*) FROM statuses WHERE thread_ts = ?"
        return int(self.shown.execute(sql, (ts,)).fetchone()[0])

    def measure(self, text: str) -> tuple[float, float]:
        """Seconds from the mention to the first visible sign of work and to the finished answer."""
        begun = time.perf_counter()
        ts = self.ada.say(self.channel, text)
        sign = 0.0
        while (now := time.perf_counter() - begun) < 60:
            said = self.ada.replies(self.channel, ts)
            if not sign and (said or self.signs(ts)):
                sign = now
            if said and said[-1]["metadata"]["event_payload"].get("priority") == "answer":
                return sign, time.perf_counter() - begun
            time.sleep(0.005)
        raise SystemExit(f"no answer within 60 s to: {text}")


def started(desk: DeskProcess) -> float:
    begun = time.perf_counter()
    desk.start()
    return time.perf_counter() - begun


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--questions", type=int, default=50)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = DeskProcess(Path(folder) / "home")
        rows: list[tuple[str, str]] = [("first start to address", f"{started(desk):.1f} s")]
        desk.stop()
        rows.append(("second start to address", f"{started(desk):.1f} s"))
        assert desk.process is not None
        time.sleep(5)
        rows.append(("resident memory, idle", f"{resident_mb(desk.process.pid):.0f} MB"))
        probe = Watcher(desk.person(), "desk", desk.home / "workspace.db")
        taken = [
            probe.measure(QUESTIONS[n % len(QUESTIONS)].format(cost=f"{2 + n / 100:.2f}"))
            for n in range(chosen.questions)
        ]
        for name, values in (
            ("mention to first visible sign", [f for f, _ in taken]),
            ("mention to finished answer", [d for _, d in taken]),
        ):
            rows.append((f"{name}, p50", f"{statistics.median(values) * 1000:.0f} ms"))
            rows.append((f"{name}, p95", f"{percentile(values, 0.95) * 1000:.0f} ms"))
        rows.append(
            (
                f"resident memory after {2 * chosen.questions} messages",
                f"{resident_mb(desk.process.pid):.0f} MB",
            )
        )
        desk.stop()
        rows.append(("bullpen --help", f"{help_seconds() * 1000:.0f} ms"))
    for name, value in rows:
        print(f"{name:45} {value:>10}")
    print(json.dumps(dict(rows)))


def help_seconds() -> float:
    """The best of five: the machine's noise only ever adds."""
    times: list[float] = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bullpen", "--help"],
            env=environment(ROOT),
            capture_output=True,
            check=True,
        )
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
