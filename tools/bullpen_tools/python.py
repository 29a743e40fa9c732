"""Python in the sandbox: code over the desk's series, with figures and files that leave a receipt.

The rule it protects: code that a model wrote never runs outside of the sandbox; where the
sandbox was not proved, the tool is off and says why. It sees the series that were asked for, as
known at the as-of, and can change nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import cast

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.records import SeriesSlice
from bullpen_tools.context import Artifact, DataRef, Result, ToolContext, Value, ValueKind
from bullpen_tools.plain_csv import defused
from bullpen_tools.sandbox import selftest
from bullpen_tools.sandbox.bubblewrap import INSIDE, PYTHON, Bubblewrap
from bullpen_tools.sandbox.port import ExecuteResponse, Limits
from bullpen_tools.tool import Arguments, tool

_MOST_VALUES, _MOST_FILES, _MOST_TEXT = 60, 12, 8_000
_KINDS = {
    ".png": "image/png", ".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_LIMITS = {
    "time": "It ran longer than {seconds:.0f} seconds.",
    "memory": "It used more than {memory:,} bytes of memory.",
    "disk": "It wrote more than {disk:,} bytes.",
    "output": "It printed more than {output:,} bytes.",
    "processes": "It started more than {processes} processes.",
    "files": "It made more than {files:,} files, or folders deeper than {depth}.",
}
_OWN = frozenset({"main.py", "values.json"})


class Script(Arguments):
    """The code and the series it may read."""

    code: str = Field(description="Python 3 source", min_length=1, max_length=60_000)
    series: list[str] = Field(
        default_factory=list[str], description="Names or ids of the series to read", max_length=20
    )
    seconds: int = Field(default=30, ge=1, le=60, description="Longest running time")


@tool(risk="read", label="running Python in the sandbox", version="1")
def run_python(ctx: ToolContext, script: Script) -> Result:
    """Run Python in a sandbox without network, with numpy, pandas, scipy, statsmodels, duckdb and
    matplotlib. `import desk`: `desk.series("wti")` is a pandas Series by date of a series named in
    `series`; `desk.value("beta", 0.8, unit="ratio", label="Beta")` hands back a figure that you
    then cite from the receipt. Files written to the working folder (png, csv, json, txt, md,
    parquet) become attachments. Use it for what no other tool computes.
    """
    folder = ctx.artifacts.parent / "boxes"
    selftest.require(folder)
    slices = [_slice(ctx, name) for name in script.series]
    limits = Limits(seconds=script.seconds)
    with tempfile.TemporaryDirectory(prefix="data-", dir=folder) as data:
        _lay_out(Path(data), slices)
        seen = {"/desk": INSIDE, "/data": Path(data)} | _fonts(ctx)
        with Bubblewrap(folder, limits, seen) as box:
            box.upload_files([("main.py", script.code.encode())])
            ran = box.run([PYTHON, "-B", "main.py"])
            _refuse_failure(ran, limits)
            return _result(ctx, slices, ran, box)


def _slice(ctx: ToolContext, name: str) -> SeriesSlice:
    info = ctx.market.resolve(name, ctx.scopes)
    return ctx.market.slice(info.id, scopes=ctx.scopes, as_of=ctx.as_of)


def _lay_out(folder: Path, slices: Sequence[SeriesSlice]) -> None:
    """The series as files that the sandbox's own user may read, and nobody may change."""
    folder.chmod(0o755)
    listed = [asdict(one.info) for one in slices]
    files = {"catalogue.json": json.dumps(listed)}
    for one in slices:
        lines = [f"{row.period},{'' if row.value is None else repr(row.value)},{row.known_at.isoformat()}"
                 for row in one.observations]  # fmt: skip
        files[f"{one.info.id}.csv"] = "\n".join(["period,value,known_at", *lines, ""])
    for name, text in files.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)


def _fonts(ctx: ToolContext) -> dict[str, Path]:
    cache = ctx.artifacts.parent / "cache"
    return {"/cache": cache} if any(cache.glob("fontlist*.json")) else {}


def _refuse_failure(ran: ExecuteResponse, limits: Limits) -> None:
    if ran.stopped:
        cause = _LIMITS[ran.stopped].format(**asdict(limits))
        raise InputError("The code was stopped.", cause, "Do less at once, or in smaller pieces.")
    if ran.exit_code:
        said = ran.output.strip()[-1500:] or f"It ended with exit code {ran.exit_code}."
        raise InputError("The code failed.", said, "Mend it and run it again.")


def _result(
    ctx: ToolContext, slices: Sequence[SeriesSlice], ran: ExecuteResponse, box: Bubblewrap
) -> Result:
    synthetic = any(one.info.kind == "synthetic" for one in slices)
    kind: ValueKind = "synthetic" if synthetic else "derived"
    warnings = [f"{one.info.id} is synthetic: somebody made it up." for one in slices if one.info.kind == "synthetic"]  # fmt: skip
    values = _values(box, kind)
    text = ran.output.strip()
    if text:
        values["output"] = Value(value=text[:_MOST_TEXT], unit="text", kind=kind, label="Printed")
    if len(text) > _MOST_TEXT:
        warnings.append(f"What it printed was cut at {_MOST_TEXT:,} characters.")
    artifacts, left = _artifacts(ctx, box)
    warnings += left
    days = [one.observations[-1].period for one in slices if one.observations]
    known = [row.known_at for one in slices for row in one.observations]
    about = f" on {', '.join(one.info.id for one in slices)}" if slices else ""
    return Result(
        summary=f"Python ran in the sandbox{about}.",
        values=values,
        data=tuple(_reference(one) for one in slices),
        warnings=tuple(warnings),
        artifacts=artifacts,
        as_of=date.fromisoformat(max(days)) if days else None,
        known_at=max(known, default=None),
    )


def _reference(one: SeriesSlice) -> DataRef:
    rows = one.observations
    return DataRef(
        dataset=one.info.id,
        vintage=one.vintage,
        sha256=one.sha256,
        rows=len(rows),
        start=rows[0].period if rows else "",
        end=rows[-1].period if rows else "",
        kind=one.info.kind,
    )


def _values(box: Bubblewrap, kind: ValueKind) -> dict[str, Value]:
    """What the code handed back: it wrote the file itself, so every part of it is checked."""
    found = box.download_files(["values.json"])[0]
    if found.content is None:
        return {}
    try:
        held: object = json.loads(found.content)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise InputError("The figures cannot be read.", "values.json was overwritten.", "Use `desk.value`.")  # fmt: skip
    items = cast("dict[str, object]", held)
    if len(items) > _MOST_VALUES:
        raise InputError(
            f"{len(items)} figures are too many.",
            f"At most {_MOST_VALUES} fit a receipt.",
            "Write the others to a CSV.",
        )
    return {key: _value(key, item, kind) for key, item in items.items()}


def _value(key: str, item: object, kind: ValueKind) -> Value:
    fields = cast("dict[str, object]", item) if isinstance(item, dict) else {}
    number = fields.get("value")
    named = re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key) and key != "output"
    if not named or not (number is None or isinstance(number, int | float | str)):
        raise InputError(f"The figure “{key[:60]}” cannot be read.", "", "Use `desk.value`.")
    return Value(
        value=number[:400] if isinstance(number, str) else number,
        unit=str(fields.get("unit", ""))[:20],
        kind=kind,
        label=str(fields.get("label", ""))[:120],
    )  # fmt: skip


def _artifacts(ctx: ToolContext, box: Bubblewrap) -> tuple[tuple[Artifact, ...], list[str]]:
    """The files worth handing over, stored by content; and what was left behind, as warnings."""
    names = [name for name in box.files() if name not in _OWN and "__pycache__" not in name]
    wanted = [name for name in names if Path(name).suffix.lower() in _KINDS][:_MOST_FILES]
    warnings: list[str] = []
    if len(names) > len(wanted):
        warnings.append(
            f"{len(names) - len(wanted)} files were left behind: at most {_MOST_FILES} of the kinds "
            f"{', '.join(sorted(_KINDS))} are handed over."
        )
    made: list[Artifact] = []
    for found in box.download_files(wanted):
        content = found.content
        suffix = Path(found.path).suffix.lower()
        if content is None or (suffix == ".png" and not content.startswith(b"\x89PNG\r\n")):
            warnings.append(f"{found.path} was not handed over: {found.error or 'it is no PNG'}.")
            continue
        if suffix == ".csv":
            content = defused(content)
        made.append(_store(ctx.artifacts, Path(found.path), content))
    return tuple(made), warnings


def _store(folder: Path, path: Path, content: bytes) -> Artifact:
    digest = hashlib.sha256(content).hexdigest()
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "file"
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / f"{stem}-{digest[:12]}{path.suffix.lower()}"
    stored.write_bytes(content)
    return Artifact(
        path=str(stored),
        name=stored.name,
        mimetype=_KINDS[path.suffix.lower()],
        title=path.name,
        alt=f"The file {path.name} that the code wrote.",
        sha256=digest,
    )
