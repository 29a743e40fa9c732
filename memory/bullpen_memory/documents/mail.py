"""E-mail messages: the headers that matter, the text, and what is attached, one level deep.

The rule it protects: an attachment is read as any file is, under the same limits, and one that
is refused is named with its reason while the letter itself is kept. It follows no link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from bullpen_memory.documents.html import read_html
from bullpen_memory.documents.items import About, File, Grid, Item, Part, Progress, Remark, refusal
from bullpen_memory.documents.text import packed
from bullpen_memory.errors import InputError

MAX_ATTACHMENTS = 50
_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def read_mail(file: File, inside: Callable[[File], Iterator[Item]]) -> Iterator[Item]:
    """The letter, then its attachments; `inside` reads one of these."""
    message = BytesParser(policy=policy.default).parsebytes(file.data)
    headers = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    subject = _header(message, "Subject")
    if not headers:
        raise refusal(file.name, "It has no headers, so it is no e-mail.", "Send it as text.")
    yield About("An e-mail", subject)
    yield Part("\n".join(headers)[:2000], "headers", subject)
    yield from _body(message, subject)
    attached = list(message.iter_attachments())
    for number, part in enumerate(attached[:MAX_ATTACHMENTS], start=1):
        yield from _attachment(part, number, inside)
        yield Progress(number, len(attached))
    if len(attached) > MAX_ATTACHMENTS:
        yield Remark(f"Of {len(attached)} attachments the first {MAX_ATTACHMENTS} were read.")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError):
        # The standard library stumbles over some malformed addresses.
        return ""


def _body(message: EmailMessage, subject: str) -> Iterator[Item]:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError, KeyError):
        # An encoding that nobody knows: what can be read of it is kept.
        text = cast("bytes", body.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if body.get_content_type() == "text/html":
        for item in read_html(File("body.html", text.encode())):
            if not isinstance(item, About):
                yield item
        return
    yield from packed(text.splitlines(), subject, 1, "body lines")


def _attachment(
    part: EmailMessage, number: int, inside: Callable[[File], Iterator[Item]]
) -> Iterator[Item]:
    name = part.get_filename() or f"attachment {number}"
    if part.get_content_type() == "message/rfc822":
        yield Remark(f"The attachment “{name}” is an e-mail and was not opened.")
        return
    data = cast("bytes", part.get_payload(decode=True) or b"")
    prefix = f"attachment {name}"
    try:
        for item in inside(File(name, data)):
            if isinstance(item, Part):
                heading = f"{prefix} › {item.heading}" if item.heading else prefix
                yield replace(item, locator=f"{prefix}, {item.locator}", heading=heading)
            elif isinstance(item, Grid):
                title = f"{prefix} › {item.title}" if item.title else prefix
                yield replace(item, title=title, place=f"{prefix}, {item.place}".rstrip(", "))
            elif isinstance(item, Remark):
                yield Remark(f"In “{name}”: {item.text}")
    except InputError as error:
        yield Remark(f"The attachment “{name}” was not read. {error.cause}")
