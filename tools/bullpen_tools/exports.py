"""What was computed, as a file to take away: CSV for a spreadsheet, HTML for a reader.

The rule it protects: a file holds what its receipts hold and says which they are; nothing in it
runs, neither as a formula nor as a script, and an HTML report fetches nothing. It computes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bullpen_memory.errors import InputError
from bullpen_tools import plain_csv
from bullpen_tools.context import Artifact, DataRef, Receipt, Result, Scalar, ToolContext, Value
from bullpen_tools.formats import show
from bullpen_tools.tool import tool

MOST = 12
_NUMBER = ' class="number"'
_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --line: #dcdcdc; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --soft: #a9a7a4; --line: #3a3a3d; --back: #1b1b1d; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 60rem;
  margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p, figcaption { margin: .25rem 0; } .soft { color: var(--soft); font-size: .9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: .75rem 0; font-size: .95rem; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } th { font-weight: 600; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; }
"""


@tool(risk="read", label="writing the file", version="1")
def export_file(
    ctx: ToolContext, receipts: list[str], form: Literal["csv", "html"], title: str = ""
) -> Result:
    """Write what receipts hold into a file for the person: a CSV for each receipt (the drawn data of
    a chart, the table, else the figures), or one HTML report of all of them with their charts. The
    file is attached to your message. Use it when a person asks for a file, a CSV, a report.

    Args:
        receipts: Ids of one to twelve receipts, such as r12, in the order of the report.
        form: csv or html.
        title: Title of the report. Default: what the first receipt says.
    """
    found = _held(ctx, receipts)
    made = [_csv(ctx, one) for one in found] if form == "csv" else [_html(ctx, found, title)]
    names = ", ".join(f"“{artifact.name}”" for artifact in made)
    return Result(
        summary=f"{names} from {', '.join(one.id for one in found)}, attached to the message.",
        values={"files": Value(value=len(made), unit="count", label="Files")},
        data=tuple(_reference(one) for one in found),
        artifacts=tuple(made),
        as_of=found[0].result.as_of if len(found) == 1 else None,
        known_at=max((r.result.known_at for r in found if r.result.known_at), default=None),
    )


def _held(ctx: ToolContext, wanted: Sequence[str]) -> list[Receipt]:
    ids = list(dict.fromkeys(name.strip() for name in wanted if name.strip()))
    if not 1 <= len(ids) <= MOST:
        raise InputError(
            "No file was written.", f"{len(ids)} receipts were named.", f"Name 1 to {MOST}."
        )
    found = {name: ctx.receipts.get(name, scopes=ctx.scopes) for name in ids}
    missing = [name for name, receipt in found.items() if receipt is None or receipt.error]
    if missing:
        raise InputError(
            "No file was written.",
            f"There is nothing to export in {', '.join(missing)}: no such receipt here, or its call failed.",
            "Name receipts that this conversation shows.",
        )
    return [receipt for receipt in found.values() if receipt is not None]


def _reference(receipt: Receipt) -> DataRef:
    return DataRef(dataset=f"receipt:{receipt.id}", vintage=receipt.created_at.isoformat())


def _csv(ctx: ToolContext, receipt: Receipt) -> Artifact:
    drawn = _drawn(ctx, receipt)
    if drawn is not None:
        content = plain_csv.defused(drawn)
    elif len(receipt.result.table) > 1:
        header, *rows = receipt.result.table
        content = plain_csv.write(header, rows).encode()
    else:
        content = plain_csv.write(_HEADER, _figures(receipt)).encode()
    return _saved(ctx, f"{receipt.tool} {receipt.id}", "csv", content, receipt.result.summary)


_HEADER = ("key", "figure", "value", "unit", "kind", "as_of", "receipt")


def _figures(receipt: Receipt) -> list[tuple[Scalar, ...]]:
    as_of = receipt.result.as_of.isoformat() if receipt.result.as_of else ""
    return [
        (key, value.label or key, value.value, value.unit, value.kind, as_of, receipt.id)
        for key, value in receipt.result.values.items()
    ]


def _drawn(ctx: ToolContext, receipt: Receipt) -> bytes | None:
    """The CSV that lies beside a chart; None where the receipt holds no chart."""
    for artifact in receipt.result.artifacts:
        beside = (ctx.artifacts / artifact.path).with_suffix(".csv")
        if artifact.mimetype == "image/png" and beside.is_file():
            return beside.read_bytes()
    return None


def _html(ctx: ToolContext, receipts: Sequence[Receipt], title: str) -> Artifact:
    head = " ".join(title.split()) or _heading(receipts[0])
    parts = [_section(ctx, receipt, above=head) for receipt in receipts]
    # No script, no style from elsewhere, no address that is fetched: the report is data.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(head)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{html.escape(head)}</h1>"
        f'<p class="soft">{html.escape(ctx.thread_title)}</p>{"".join(parts)}</body></html>\n'
    )
    return _saved(ctx, head, "html", text.encode(), head)


def _heading(receipt: Receipt) -> str:
    charts = [artifact.title for artifact in receipt.result.artifacts if artifact.title]
    return charts[0] if charts else receipt.result.summary.split(". ")[0].rstrip(".")


def _section(ctx: ToolContext, receipt: Receipt, *, above: str) -> str:
    result, heading = receipt.result, _heading(receipt)
    parts = [f"<h2>{html.escape(heading)}</h2>"] if heading != above else []
    parts += [_picture(ctx, artifact) for artifact in result.artifacts]
    if result.values:
        rows = [(value.label or key, show(value)) for key, value in result.values.items()]
        parts.append(_table(("figure", "value"), rows))
    if len(result.table) > 1:
        header, *body = result.table
        parts.append(_table(header, body))
    parts += [f"<p>⚠ {html.escape(warning)}</p>" for warning in result.warnings]
    data = "; ".join(
        f"{ref.dataset} {ref.start}–{ref.end}".strip(" –") + (f" ({ref.kind})" if ref.kind == "synthetic" else "")
        for ref in result.data
    )  # fmt: skip
    about = f" · as of {result.as_of.isoformat()[:10]}" if result.as_of else ""
    parts.append(
        f'<p class="soft">{html.escape(f"{receipt.id} · {receipt.tool}{about}")}'
        f"{html.escape(f' · data: {data}') if data else ''}</p>"
    )
    return "".join(parts)


def _picture(ctx: ToolContext, artifact: Artifact) -> str:
    path = ctx.artifacts / artifact.path
    if artifact.mimetype != "image/png" or not path.is_file():
        return ""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<figure><img alt="{html.escape(artifact.alt)}" src="data:image/png;base64,{data}"></figure>'


def _table(header: Sequence[Scalar], rows: Sequence[Sequence[Scalar]]) -> str:
    head = "".join(f"<th>{html.escape(str(cell))}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(cell: Scalar) -> str:
    text = "" if cell is None else str(cell)
    number = isinstance(cell, int | float) or bool(
        re.fullmatch(r"[-−+]?[$€£]?[\d.,]+\D{0,6}", text)
    )
    return f"<td{_NUMBER if number else ''}>{html.escape(text)}</td>"


def _saved(ctx: ToolContext, name: str, kind: str, content: bytes, title: str) -> Artifact:
    digest = hashlib.sha256(content).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "export"
    path = Path(f"{slug}-{digest[:12]}.{kind}")
    ctx.artifacts.mkdir(parents=True, exist_ok=True)
    (ctx.artifacts / path).write_bytes(content)
    return Artifact(
        path=str(path),
        name=path.name,
        mimetype=f"text/{kind}",
        title=title[:200],
        alt=f"A {kind.upper()} file: {title}"[:500],
        sha256=digest,
    )
