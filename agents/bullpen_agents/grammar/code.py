"""SQL and Python that somebody wrote out in a message.

The rule it protects: code is passed on as it stands, line ends included; nothing is guessed from
words about code. It runs nothing.

Grammar: sql: SELECT … | python: … | a fenced block of sql or python | a bare SELECT … FROM …
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.lookup import DataLookup, lookup


def read_code(text: str) -> DataLookup | None:
    """SQL or Python that somebody wrote out, from the text as it came: line ends matter in Python."""
    fenced = re.search(
        r"```(?P<kind>sql|python|py)\s*\n?(?P<code>.*?)```", text, re.DOTALL | re.IGNORECASE
    )
    said = re.search(
        r"(?:^|[:,]\s|\s)(?P<kind>sql|python)\s*:\s*(?P<code>\S.*)$",
        text,
        re.DOTALL | re.IGNORECASE,
    )
    found = fenced or said
    if found is None:
        bare = re.match(
            r"\s*(?:<?@[\w-]+>?\s*)*(?P<code>(?:select|with)\s.+\sfrom\s.+)$",
            text,
            re.DOTALL | re.IGNORECASE,
        )
        return lookup("sql_query", {"query": bare["code"].strip()}) if bare else None
    code = found["code"].strip()
    if found["kind"].lower() == "sql":
        return lookup("sql_query", {"query": code})
    named = tuple(dict.fromkeys(re.findall(r"desk\.series\(\s*['\"]([\w.-]+)['\"]", code)))
    return lookup("run_python", {"code": code, "series": list(named)})
