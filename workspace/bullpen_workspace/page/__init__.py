"""The chat page: what a person sees of the workspace, rendered here and pushed to the browser.

The rule it protects: the browser holds nothing that the server does not; a page that slept, lost
its connection or was reloaded shows exactly what is in the rooms. It changes the workspace only
through `actions.py`, never through the database.

`site.py` has the routes, `deeds.py` what a person asks for, `live.py` the WebSocket, `pushes.py`
what goes through it; `screens.py` makes panes, `present.py` and `faces.py` fill the rows of
`views.py`, `render.py` turns them into HTML with `markdown.py`, `mrkdwn.py`, `rich_text.py` and
`emoji.py`. Further pages of the product link /page/style.css, whose head lists the classes they
may use, and set `data-theme` on <html> from the cookie "theme" ("light" or "dark").
"""
