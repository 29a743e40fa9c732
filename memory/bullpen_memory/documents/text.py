"""Plain text and Markdown: decoding, and packing lines into passages.

The rule it protects: a passage is whole lines wherever they fit, and nothing of the text is left
out. It knows no format but Markdown's headings and fences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bullpen_memory.documents.items import (
    MAX_TEXT_BYTES,
    PASSAGE_CHARACTERS,
    About,
    File,
    Item,
    Part,
    refusal,
)

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
# The most frequent characters of written Chinese, simplified and traditional.
_USUAL = re.compile("[的一是不了在人有我他这個个们中来上大为和国地到以说时要就出会對对國會為]")


def decoded(file: File) -> str:
    """The text of a file in whatever encoding it has; InputError where it is none."""
    data, name = file.data, file.name
    if len(data) > MAX_TEXT_BYTES:
        raise refusal(
            name,
            f"It has {len(data) / 1e6:.0f} MB; of text up to {MAX_TEXT_BYTES / 1e6:.0f} MB are read.",
            "Send the part that matters, or split it.",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif b"\x00" in data:
        raise refusal(name, "It is a binary file.", "Send it as text, Markdown, CSV or PDF.")
    else:
        encodings = ("utf-8-sig", *_legacy(data))
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise refusal(name, "It is not readable text.", "Save it in UTF-8 and send it again.")


def _legacy(data: bytes) -> tuple[str, ...]:
    """Encodings of before UTF-8, the likeliest first, judged by the script that they give."""
    sample = data[:65_536]
    best, share = "", 0.25
    for encoding, script in (
        ("shift_jis", _KANA),
        ("euc_jp", _KANA),
        ("gb18030", _USUAL),
        ("big5", _USUAL),
        ("euc_kr", _HANGUL),
    ):
        text = sample.decode(encoding, "replace")
        broken = text.count("\ufffd") + len(re.findall("[\ue000-\uf8ff]", text))
        foreign = [char for char in text if ord(char) > 127]
        # Chinese has thousands of characters; some thirty make up a good tenth of any text.
        weight = 4.0 if script is _USUAL else 1.0
        score = (weight * len(script.findall(text)) - 3 * broken) / (len(foreign) or 1)
        if score > share and (_HAN.search(text) or script is not _USUAL):
            best, share = encoding, score
    # Windows' western encoding is what most other exports come in.
    return (best, "cp1252") if best else ("cp1252",)


def read_text(file: File) -> Iterator[Item]:
    """Plain text in passages of whole lines."""
    text = decoded(file)
    yield About(f"A text of {len(text):,} characters")
    yield from packed(text.splitlines(), "", 1)


def read_markdown(file: File) -> Iterator[Item]:
    """Markdown in passages under its headings."""
    text = decoded(file)
    path: list[tuple[int, str]] = []
    block: list[str] = []
    first, fenced = 1, False
    title = ""
    parts: list[Part] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found is None:
            block.append(line)
            continue
        parts += packed(block, " › ".join(name for _, name in path), first)
        level = len(found.group(1))
        title = title or (found.group(2) if level == 1 else "")
        path = [*(one for one in path if one[0] < level), (level, found.group(2))]
        block, first = [], number + 1
    yield About(f"A text of {len(text):,} characters", title)
    yield from parts
    yield from packed(block, " › ".join(name for _, name in path), first)


def packed(
    lines: Sequence[str], heading: str, first: int, word: str = "lines", place: str = ""
) -> list[Part]:
    """Paragraphs put together up to a passage's length; a longer one is cut at its lines.

    The locator counts lines from `first`, as `word`, unless `place` names it.
    """
    parts: list[Part] = []
    held: list[str] = []
    begin = first
    for number, line in enumerate(lines, start=first):
        full = _length(held) + len(line) > PASSAGE_CHARACTERS
        if held and (full or (not line.strip() and _length(held) > PASSAGE_CHARACTERS // 2)):
            parts += _pieces(held, heading, begin, word)
            held = []
        if not held:
            begin = number
        if held or line.strip():
            held.append(line)
    parts += _pieces(held, heading, begin, word)
    return [replace(part, locator=place) for part in parts] if place else parts


def _pieces(lines: list[str], heading: str, first: int, word: str) -> list[Part]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    text = "\n".join(lines).strip()
    locator = f"{word} {first}–{first + len(lines) - 1}"
    pieces: list[Part] = []
    while len(text) > 2 * PASSAGE_CHARACTERS:
        # One endless line: cut at the last sentence or space that fits.
        cut = max(text.rfind(mark, 1, PASSAGE_CHARACTERS) for mark in (" ", "。", "！", "？")) + 1
        cut = cut if cut > 1 else PASSAGE_CHARACTERS
        pieces.append(Part(text[:cut].strip(), locator, heading))
        text = text[cut:].strip()
    return [*pieces, Part(text, locator, heading)] if text else pieces


def _length(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)
