"""The patience of the browser tests: tests run side by side, so a page may be slow; a wrong page still fails."""

from __future__ import annotations

from playwright import async_api, sync_api

async_api.expect.set_options(timeout=20_000)
sync_api.expect.set_options(timeout=20_000)
