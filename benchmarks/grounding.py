"""How many of the desk's figures have a receipt, and how many planted ones are caught.

Run `PYTHONPATH=tests python -m benchmarks.grounding`. It asks the offline desk the questions of
`benchmarks/questions.txt` on real tools, a real store and the bundled series, and prints:
- of the figures in the answers, the share that is a reference to a receipt;
- of planted figures (a reference replaced by its value, a tenth off, as bare digits), the share
  that the renderer names as unsourced.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bullpen_agents.roster import Roster
from bullpen_memory.market import Market
from bullpen_memory.store import Store
from bullpen_tools.bundled import seed
from bullpen_tools.figures import render, told
from bullpen_tools.receipts import Receipts
from mini_desk import MiniDesk
from turn_parts import MemoryJournal, NotingWatch

QUESTIONS = Path(__file__).parent / "questions.txt"
REFERENCE = re.compile(r"\{\{\s*(?P<receipt>r\d+)\.(?P<key>\w+)(?:\|\w+)?\s*\}\}")


class Tally:
    """Counts over all answers."""

    def __init__(self) -> None:
        self.answers = self.referred = self.bare = self.planted = self.caught = 0
        self.unsourced: list[tuple[str, tuple[str, ...]]] = []
        self.missed: list[tuple[str, str]] = []
        self.without: list[tuple[str, str]] = []

    def look(self, desk: MiniDesk, question: str, text: str) -> None:
        """One answer: its references, its bare digits, and what happens to planted ones."""
        receipts = desk.receipts.by_run(desk.run_id)
        allow = f"{question} {told(receipts)}"
        shown = render(text, desk.receipts.get, allow=allow)
        self.answers += 1
        self.referred += len(REFERENCE.findall(text)) - len(shown.missing)
        self.bare += len(shown.unsourced)
        if shown.unsourced:
            self.unsourced.append((question, shown.unsourced))
        for forged, wrong in _forgeries(desk.receipts, text):
            self.planted += 1
            found = render(forged, desk.receipts.get, allow=allow).unsourced
            if len(found) > len(shown.unsourced):
                self.caught += 1
            else:
                self.missed.append((question, wrong))


def _forgeries(receipts: Receipts, text: str) -> Iterator[tuple[str, str]]:
    """The text once for each reference, with that reference as bare digits a tenth off."""
    for match in REFERENCE.finditer(text):
        receipt = receipts.get(match["receipt"])
        value = receipt.result.values.get(match["key"]) if receipt else None
        if value is None or isinstance(value.value, str | bool) or not value.value:
            continue
        wrong = f"{value.value * 1.1:.4g}"
        yield f"{text[: match.start()]}{wrong}{text[match.end() :]}", wrong


async def ask_all(questions: list[str], tally: Tally) -> None:
    """Each question on a thread of its own, all on one store."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store, receipts = Store(home / "context.db"), Receipts(home / "receipts.db")
        seed(Market(store))
        (home / "artifacts").mkdir()
        for number, line in enumerate(questions):
            agent, _, question = line.partition(": ")
            desk = MiniDesk(
                home, Roster.load(), store, Market(store), receipts, MemoryJournal(), NotingWatch,
                run_id=f"run{number}",
            )  # fmt: skip
            reply = await (
                desk.lead(question) if agent == "architect" else desk.ask(agent, question)
            )
            texts = [text for _, text in desk.said if not text.startswith("@")] or [reply.text]
            for text in texts:
                tally.look(desk, question, text)
            if not any(REFERENCE.search(text) for text in texts):
                tally.without.append((line, reply.text))
        receipts.close()
        store.close()


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--show", action="store_true", help="print every bare and missed figure")
    given = parser.parse_args()
    questions = [line for line in given.questions.read_text().splitlines() if line.strip()]
    tally = Tally()
    asyncio.run(ask_all(questions, tally))
    figures = tally.referred + tally.bare
    print("| what | figure |\n|---|---|")
    print(
        f"| questions, answers (colleagues' pieces included) | {len(questions)}, {tally.answers} |"
    )
    print(f"| questions answered without a figure (help, refusals, lists) | {len(tally.without)} |")
    print(f"| figures in the answers | {figures} |")
    print(f"| with a receipt | {tally.referred} ({tally.referred / max(figures, 1):.1%}) |")
    print(f"| named as unsourced | {tally.bare} |")
    print(f"| planted wrong figures, caught | {tally.planted}, {tally.caught} "
          f"({tally.caught / max(tally.planted, 1):.1%}) |")  # fmt: skip
    if given.show:
        for question, text in tally.without:
            print(f"without a figure: {question}: {' '.join(text.split())[:200]}")
        for question, numbers in tally.unsourced:
            print(f"unsourced: {question}: {', '.join(numbers)}")
        for question, wrong in tally.missed:
            print(f"not caught: {question}: {wrong}")


if __name__ == "__main__":
    main()
