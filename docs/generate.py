"""Writes the parts of the documentation that the code knows better: tools, settings, commands, coverage.

A page marks such a part with `<!-- generated: NAME -->` and `<!-- end -->`. `make docs` writes them;
`tests/project/test_docs.py` fails when one is out of date.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGES = [
    str(DOCS.parent / p) for p in ("agents", "orchestrator", "memory", "tools", "workspace", "app")
]
PART = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def tools() -> str:
    """One row per tool: what it does and what it risks."""
    from bullpen_agents.roster import Roster
    from bullpen_tools.receipts import Receipts
    from bullpen_tools.toolbox import default_toolbox

    with tempfile.TemporaryDirectory() as folder:
        receipts = Receipts(Path(folder) / "receipts.db")
        toolbox = default_toolbox(receipts)
        specs = [toolbox.spec(name) for name in toolbox.names()]
        receipts.close()
    users = {
        spec.name: [a.name for a in Roster.load().agents.values() if spec.name in a.tools]
        for spec in specs
    }
    rows = [
        f"| `{spec.name}` | {spec.description.splitlines()[0]} | {', '.join(users[spec.name])} |"
        for spec in specs
    ]
    return "\n".join(["| tool | does | used by |", "|---|---|---|", *rows])


def settings() -> str:
    """One row per setting, with its default and what it is for."""
    from bullpen.settings import Settings

    rows: list[str] = []
    for name, field in Settings.model_fields.items():
        choices = getattr(field.validation_alias, "choices", None)
        variable = choices[0] if choices else f"BULLPEN_{name.upper()}"
        plain = field.default is not None and not field.is_required() and not field.default_factory
        default = f"`{field.default}`" if plain and str(field.default) else ""
        rows.append(f"| `{variable}` | {default} | {field.description or ''} |")
    return "\n".join(["| variable | default | for |", "|---|---|---|", *rows])


def commands() -> str:
    """The help of every command, as it prints in a terminal of 100 columns."""
    return "\n\n".join(f"```text\n{text.strip()}\n```" for text in _helps(()))


def _helps(path: tuple[str, ...]) -> list[str]:
    """The help at `path` and, depth first, of the commands below it."""
    done = subprocess.run(
        [sys.executable, "-m", "bullpen", *path, "--help"],
        env={"PYTHONPATH": ":".join(PACKAGES), "COLUMNS": "100", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout.replace("python -m bullpen", "bullpen")
    below = re.findall(r"^  ([a-z]+)  +\S", text.partition("Commands:")[2], re.MULTILINE)
    return [text, *(help_text for name in below for help_text in _helps((*path, name)))]


def coverage() -> str:
    """The matrix of the local workspace."""
    from bullpen_workspace.coverage import render_markdown

    return render_markdown().strip()


def verbs() -> str:
    """What can be done with a record, and how."""
    from bullpen.verbs import table

    return table()


PARTS: dict[str, Callable[[], str]] = {
    "verbs": verbs,
    "tools": tools,
    "settings": settings,
    "commands": commands,
    "coverage": coverage,
}


def pages() -> list[Path]:
    """Every page that may hold generated parts."""
    return [*sorted(DOCS.glob("*.md")), DOCS.parent / "README.md"]


def rendered(page: Path) -> str:
    """The page's text with its generated parts as they should be."""
    return PART.sub(
        lambda m: f"{m[1]}{PARTS[m[2]]().rstrip()}\n{m[4]}", page.read_text(encoding="utf-8")
    )


def main() -> int:
    """Write what changed; the exit code is 0."""
    for page in pages():
        text = rendered(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {page.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
