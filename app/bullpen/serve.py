"""`bullpen up`: a desk in the foreground until somebody stops it.

The rule it protects: the address is printed as soon as the page answers, Ctrl-C and SIGTERM both
close everything, and a second Ctrl-C does not wait. It builds nothing itself.
"""

from __future__ import annotations

import asyncio
import signal
import webbrowser
from collections.abc import Callable

import typer

from bullpen import messages
from bullpen.settings import Settings
from bullpen.wiring import Bullpen, build


def up(settings: Settings, *, open_page: bool, debug: bool) -> None:
    """Run the desk until it is told to stop. Raises OperatorError where it cannot start."""
    asyncio.run(_run(settings, open_page=open_page), debug=debug)


async def _run(settings: Settings, *, open_page: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    starting = asyncio.create_task(build(settings, on_page=_told(open_page)))

    def asked_to_stop() -> None:
        if stopping.is_set() or not starting.done():
            starting.cancel()
        stopping.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, asked_to_stop)
    try:
        bullpen = await starting
    except asyncio.CancelledError:
        return
    try:
        if not bullpen.url:
            _show(bullpen)
        typer.echo("The desk is ready. Ctrl-C stops it.")
        await stopping.wait()
        typer.echo("Stopping…")
        # From here on the default handlers hold again, so that a second Ctrl-C ends it at once.
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
    finally:
        await bullpen.stop()
    typer.echo("Stopped. Conversations go on at the next start.")


def _told(open_page: bool) -> Callable[[Bullpen], None]:
    def on_page(bullpen: Bullpen) -> None:
        if bullpen.url:
            _show(bullpen)
        if open_page and bullpen.workspace is not None:
            # A command line can be read by others on this machine: the key in it works once.
            webbrowser.open(bullpen.workspace.address(once=True))

    return on_page


def _show(bullpen: Bullpen) -> None:
    address = bullpen.address or "your Slack workspace"
    for label, value in messages.started(
        address, bullpen.model, bullpen.place, bullpen.settings.home
    ):
        typer.echo(f"{label:<6} {value}")
