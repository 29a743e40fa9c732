"""Makes the picture of the README by running the product: a desk, a question, a thread, a browser.

`make screenshot` runs it. It needs a Chromium on the machine and writes `docs/desk.png`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from desk_process import DeskProcess, Person, until

DOCS = Path(__file__).parent
ENDED = "receipts"  # the button under a final answer
BUTTERFLY = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
)
COMPARE = (
    "@Bullpen compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember"
)
RECALL = "@Bullpen what do we know about oil volatility?"


def ask(page: Page, ada: Person, question: str) -> str:
    """Write the question into the page, wait for the whole answer, return the thread's ts."""
    composer = page.get_by_test_id("composer")
    composer.fill(question)
    composer.press("Escape")
    composer.press("Enter")
    channel = ada.channel("desk")

    def posted() -> str:
        newest = ada.client.conversations_history(channel=channel, limit=1)["messages"]
        return newest[0]["ts"] if newest and question[9:40] in newest[0]["text"] else ""

    ts = str(until(posted, what="the question"))
    until(lambda: (said := ada.replies("desk", ts)) and ENDED in str(said[-1]["blocks"]))
    return ts


def main() -> None:
    """Write the picture at 1440 x 900."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        desk = DeskProcess(Path(folder) / "home").start()
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(desk.address)
            ada = desk.person()
            _, shown, _ = [ask(page, ada, question) for question in (BUTTERFLY, COMPARE, RECALL)]
            page.goto(
                f"{desk.url}/archives/{ada.channel('desk')}/p{shown.replace('.', '')}?thread=1"
            )
            page.get_by_test_id("thread-pane").get_by_test_id("image").first.wait_for()
            chart = page.get_by_test_id("thread-pane").get_by_test_id("image").first
            chart.evaluate("el => el.scrollIntoView({block: 'center'})")
            page.mouse.move(700, 5)
            page.wait_for_timeout(500)
            page.screenshot(path=DOCS / "desk.png")
            browser.close()
        finally:
            desk.stop()


if __name__ == "__main__":
    main()
