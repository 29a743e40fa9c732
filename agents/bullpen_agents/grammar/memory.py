"""What is asked of the desk's memory: to keep, to recall, to correct and to forget.

The rule it protects: a statement and a topic keep the words and the capitals in which the person
wrote them, and a request without any content is answered with a question. It opens no store.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Amend, Intent, Recall, Remember, Say

_REMEMBER = re.compile(
    r"^(?:remember|memori[sz]e|note(?: down)?|make a note|take a note|keep in mind|store|save|record|"
    r"write down|for the record)\b(?:\s+(?:that|this|of|the following))*\s*[:,-]?\s*(?P<text>.{3,})$",
    re.DOTALL,
)
_TOPIC = r"(?:(?:about|on|of|for|regarding|concerning|around|with)\s+)?(?P<topic>.*?)\s*[?.!]*$"
_RECALLS = tuple(
    re.compile(pattern + _TOPIC, re.DOTALL)
    for pattern in (
        r"^what (?:do|did|have|had) (?:we|you|i|the desk|everyone|anyone) (?:already |ever |actually )?"
        r"(?:know|knew|remember|decide|decided|find|found|find out|found out|learn|learned|learnt|say|said|"
        r"conclude|concluded|agree|agreed|think|thought|write|written|note|noted|store|stored)\b"
        r"(?: so far| last time| before| yesterday)?\s*",
        r"^(?:do|did|have) (?:we|you|i) (?:still |already |ever )?(?:remember|recall|know|learn|learned|decide|"
        r"discuss|discussed|look at|looked at|looked into|find|found|have|say|said)\b"
        r"(?:\s+(?:anything|something|much|what|notes|a note|any notes|any records|any findings))*"
        r"(?:\s+(?:we\s+)?(?:know|said|decided|found|learned))?\s*",
        r"^(?:is there |are there )?(?:anything|something|any notes|notes|any findings|findings|records|any records)"
        r"(?: (?:known|on record|in (?:the )?(?:memory|store)|stored|remembered))*\s*",
        r"^(?:recall|remind (?:me|us)|search (?:the |our |your )?(?:memory|store|records|notes)|"
        r"look up in (?:the )?(?:memory|store))(?: what (?:we|you) (?:know|said|decided|found))?\s*",
        r"^what(?:'s| is| was) (?:already |still )?(?:known|remembered|on record|in (?:the |our |your )?(?:memory|store)|"
        r"our (?:view|finding|findings|decision|conclusion|position))\s*",
        r"^what (?:should|must|do|ought) (?:we|i|you) (?:to )?(?:keep|remember|have in mind)\b\s*",
        r"^(?:what|which) (?:findings|decisions|notes|records|memories) (?:do|did|have) (?:we|you) (?:have|make|made|hold|keep)?\s*",
    )
)
_TOPIC_LENGTH = 300
_NAMED = re.compile(
    r"^what (?:did|does|has|had) (?P<who>(?!we\b|you\b|i\b|it\b|the\b|this\b|that\b|oil\b)[\w.-]+) "
    r"(?:say|said|think|write|written|note|noted|decide|decided|find|found)\b\s*" + _TOPIC
)
_WHO_SAID = re.compile(
    r"^who (?:said|says|wrote|noted|told us|decided|thinks|found)\b(?: that)?" + _TOPIC
)
_FORGET = re.compile(
    r"^(?:forget|unlearn|delete|remove|erase)\b(?:\s+(?:that|about|the note|the record|what))*\s*[:,-]?"
    + _TOPIC
)
_CORRECT = re.compile(
    r"^(?:correct(?:ion)?|update|amend|change)\b(?:\s+(?:that|this|it|the (?:note|record)))?\s*[:,-]\s*(?P<topic>.+)$",
    re.DOTALL,
)
_EMPTY = frozenset({"", "this", "that", "it", "these", "them", "about", "something", "anything"})
ASK_WHAT = "Remember what? Write it out, such as `remember that the desk quotes copper in constant dollars`."
ASK_ABOUT = (
    "What do we know about what? Name a topic, such as `what do we know about oil volatility?`"
)
ASK_FORGET = "Forget what? Name it, such as `forget that the desk meets on Mondays`."


def read_memory(original: str, lower: str) -> Intent | None:
    """What `lower` asks of the memory, in the words of `original`, or None."""
    if found := _NAMED.match(lower):
        return Recall(_written(original, found["topic"]), who=_written_in(original, found["who"]))
    if found := _WHO_SAID.match(lower):
        return Recall(_written(original, found["topic"]))
    if found := _FORGET.match(lower):
        topic = _written(original, found["topic"])
        return Say(ASK_FORGET) if topic.lower() in _EMPTY else Amend("forget", topic)
    if found := _CORRECT.match(lower):
        return Amend("correct", _written(original, found["topic"]))
    if re.search(r"\babout\s*[?.!]*$", lower) and any(p.match(lower) for p in _RECALLS):
        return Say(ASK_ABOUT)
    for pattern in _RECALLS:
        if re.match(
            r"do (?:you|we) (?:have|hold) (?!anything|something|notes|a note|any (?:notes|records|findings)|records|findings|much)",
            lower,
        ):
            break
        if found := pattern.match(lower):
            return Recall(_written(original, found["topic"])[:_TOPIC_LENGTH])
    return _statement(original, lower)


def _statement(original: str, lower: str) -> Intent | None:
    if re.fullmatch(
        r"(?:please )?(?:remember|note|store|save|record|keep)(?: (?:this|that|it|these))*\s*[.!:?]*",
        lower,
    ):
        return Say(ASK_WHAT)
    if found := _REMEMBER.match(lower):
        text = _written(original, found["text"], bare=False)
        return Say(ASK_WHAT) if text.lower().strip(" .!:") in _EMPTY else Remember(text)
    return None


def _written(original: str, topic: str, *, bare: bool = True) -> str:
    """The last words of `original`, as many as `topic` has: mending typos keeps the number of words."""
    words = original.split()
    count = len(topic.split())
    text = " ".join(words[len(words) - count :]) if count else ""
    return text.strip(" ,'\"?.!:") if bare else text.strip()


def _written_in(original: str, word: str) -> str:
    return next(
        (w.strip("?.,!") for w in original.split() if w.lower().strip("?.,!") == word), word
    )


FAMILY = Family(
    "memory",
    read_memory,
    ("remember that the desk meets on Mondays", "what do we know about oil volatility?", "what did Joe say about oil?",
     "correct that: the desk meets on Tuesdays"),
)  # fmt: skip
