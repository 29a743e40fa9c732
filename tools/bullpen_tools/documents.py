"""Documents that a person wants kept: their text goes into memory, in passages that recall finds.

The rule it protects: a document belongs to the conversation it was handed to and to the person
who handed it in, and every passage says which page, cells or lines it is. It opens only the files of this
conversation; a table's numbers go to `import_csv`.
"""

from __future__ import annotations

from bullpen_memory.errors import InputError
from bullpen_memory.ingest import ingest
from bullpen_memory.records import Draft, Source
from bullpen_tools.context import DataRef, Result, ToolContext, Value
from bullpen_tools.files import attached
from bullpen_tools.handed import LIMITS
from bullpen_tools.tool import tool


@tool(risk="write", label="keeping the document", version="1")
def keep_document(ctx: ToolContext, name: str) -> Result:
    """Keep a file that a person attached (PDF, Word, Excel, web page, e-mail, text, …) in the desk's
    memory, so that `recall` finds its passages later with their pages or cells, in other
    conversations too. Use it when they ask to remember or keep a document.

    Args:
        name: Name of the file.
    """
    file = attached(ctx, name)
    source = Source(
        kind="file", ref=file.sha256, permalink=file.permalink or ctx.thread_link, title=file.name
    )
    draft = Draft(
        kind="document", title=file.name, text="", author=ctx.requester, source=source,
        scope=ctx.home, speaker=ctx.requester_name,
    )  # fmt: skip
    found = ingest(ctx.store, file.path, draft, limits=LIMITS)
    document = found.document
    if document.status != "active":
        raise InputError(
            f"“{file.name}” was not kept.",
            f"A person had this very document {document.status}.",
            "To have it back, restore it on the memory page or with `bullpen memory restore`.",
        )
    left_out = len(found.passages) - found.kept
    withheld = (f"{left_out} passages were forgotten or retracted before and stay so.",)
    return Result(
        summary=f"“{file.name}” is in memory as document {document.id}.",
        values={
            "record": Value(value=document.id, unit="text", label="Record"),
            "passages": Value(value=found.kept, unit="count", label="Passages"),
        },
        data=(
            DataRef(dataset=f"record:{document.id}", vintage=f"v{document.version}", rows=1),
            DataRef(dataset=f"file:{file.name}", sha256=file.sha256),
        ),
        warnings=(*found.remarks, *(withheld if left_out else ())),
        known_at=document.known_at,
    )
