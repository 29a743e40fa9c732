"""Requests about the desk itself: help, colleagues, a hello, and what has one sentence for an answer.

The rule it protects: what the planner cannot do is said in a sentence with its remedy. It answers
nothing about data.
"""

from __future__ import annotations

import re

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Colleagues, Greeting, Help, Intent, Live, Say
from bullpen_agents.grammar.lookup import as_written
from bullpen_agents.grammar.series import read_names

_KEY = "Set `ANTHROPIC_API_KEY` (or `ANTHROPIC_BASE_URL` for a local model) and the desk thinks with one."


_SENTENCES = (
    (
        re.compile(r"^(?:please )?(?:cancel|abort|never ?mind|forget it)(?: (?:it|that|this))?\s*[.!?]*$"),
        "There is nothing under way here to cancel. While the desk works, `stop` ends it.",
    ),
    (
        re.compile(
            r"\b(?:fall|fell|falls|drop(?:s|ped)?|rise|rose|rises|move[ds]?|gain(?:s|ed)?|los(?:e|t|es)|jump(?:s|ed)?|up|down)\b.{0,25}\b(?:more than|over|at least|by)\s+\d+(?:\.\d+)?\s*(?:%|percent|pct).*\b(?:days?|daily|week|month|session)\b"
            r"|\bdays? (?:with|of) (?:a )?(?:moves?|falls?|drops?|gains?|losses|returns?) (?:of )?(?:more than|over|above|below|under)\b"
        ),
        "I count days above or below a level, and not days by the size of their move. The largest ones I rank: "
        "`10 worst days of the S&P 500 since 2000`, and `histogram of the S&P 500` draws them all.",
    ),
    (
        re.compile(
            r"\bshould (?:i|we)\b|\bis (?:it|this|that|now|[\w&' ]{2,30}?) (?:a (?:good |bad )?(?:buy|sell|short|time|idea|investment|trade)|overvalued|undervalued|cheap|expensive)\b|\bwould you (?:buy|sell|short)\b"
            r"|\b(?:forecast|predict|prediction|outlook|price target)\b(?!ed)(?! vol)|\b(?:will|going to)\b.{0,40}\b(?:go|rise|fall|do|be|crash|rally|reach|hit|happen|end|close|trade)\b|\bwhere (?:is|will) .{1,30} (?:go|going|be|headed|heading)\b"
        ),
        "I give no advice and no forecasts. What has happened I measure (`how volatile is oil since 2010?`), what a position "
        "pays I work out, and a call of your own I keep and score: `open idea: long oil, size 2%, …`.",
    ),
    (
        re.compile(r"^(?:are|r) (?:you|u) (?:really )?sure\b.{0,10}$"),
        "Of what? Ask it in the thread of the answer, and I compute that answer again.",
    ),
    (
        re.compile(r"\bwhat(?:'s| is)? (?:the )?(?:time|date|day)(?: is it)?(?: now| today)?[?!. ]*$|\bweather\b|\bjokes?\b|\bpoem\b.*\bweather\b"),
        "That is outside this desk. I do markets data, options, credit, risk and the desk's memory: `help` shows how to ask.",
    ),
    (
        re.compile(
            r"\b(?:what|which) (?:ai |language )?(?:model|llm)\b.*\b(?:you|this|desk|run|use)|\bare you (?:claude|gpt|chatgpt|llama)\b"
        ),
        f"I am running on the offline planner: rules, and no language model. {_KEY}",
    ),
    (
        re.compile(
            r"\b(?:write|make|build|code|program|create|implement|fix|refactor|design)\b.{0,60}\b(?:scripts?|code|programs?|functions?|apps?"
            r"|web ?pages?|dashboards?|websites?|components?|class|sql|html|css|python|javascript|regex)\b"
        ),
        f"Without a language model I cannot write code. {_KEY}",
    ),
)  # fmt: skip


_LIVE = re.compile(
    r"^(?:where|what)(?:'s| is| are|s) (?:the )?(?P<a>[\w&' ]{1,40}?) (?:trading|quoted|at(?: right)? now|now|today|currently)\b"
    r"|\b(?:current|live|latest|today's|last) (?:price|level|quote|value)s? (?:of|for) (?:the )?(?P<b>[\w& ]{1,40})"
    r"|^(?:what(?:'s| is| was|s)? )?(?:the |your |our )?(?:latest|most recent|newest|current|last|today's|todays) (?:available |known )?"
    r"(?!(?:day|week|month|quarter|year|decade)s?\b|\d|two\b|three\b|five\b|ten\b)(?P<d>[\w&' ]{1,40}?)"
    r"(?: (?:value|price|level|reading|print|close|number|figure|quote|data ?point)s?)?(?: please| pls)?[?.! ]*$"
    r"|^where(?:'s| is|s) (?:the )?(?P<e>[\w&' ]{1,40}?)(?: (?:at|now|today|trading))*[?.! ]*$"
    r"|^(?P<f>[\w&' ]{1,40}?) (?:latest|now|right now|last price|last value|current(?: (?:price|value|level))?)[?.! ]*$"
    r"|\bsources? (?:of|for|behind) (?:the |your )?(?P<g>[\w&' ]{1,40}?)(?: (?:data|series|prices?|figures?|numbers?))*[?.! ]*$"
    r"|\bprice of (?:the )?(?P<c>[\w& ]{1,40}?) (?:now|today|right now|currently)\b"
)


_STRANGER = re.compile(r"^(?P<name>[a-z][\w-]{1,20})\s*:\s+\S")


_COLLEAGUES = re.compile(
    r"\bwho(?:'s| is| are| else is| works?| all is)\b.{0,30}\b(?:desk|team|here|office|colleagues?|agents?|around|bullpen)\b"
    r"|\b(?:which|what|list|your|the) (?:colleagues|agents|team members)\b|^(?:the )?(?:colleagues|team|agents)[?.! ]*$"
)


_HELP = re.compile(
    r"^(?:help|\?+|examples?|commands?|usage)(?: me)?[?.! ]*$|\bwho are you\b|\bwhat are you\b|\bwhat do you do\b"
    r"|\bwhat (?:can|could) (?:you|i|we) (?:do|ask|help)\b|\bhow (?:do|does|can) (?:you|this|it|i) (?:work|use|help)\b"
    r"|\byour (?:capabilities|skills|abilities)\b|\bhow can you help\b|\bintroduce yourself\b|\bwho (?:built|made|created|wrote|programmed) you\b|\bwhat can (?:u|ya) do\b|\bare you an? (?:ai|llm|language model|bot|robot)\b"
)


_THANKS = re.compile(
    r"^(?:ta|tx|merci|danke|thanks?|thank you|thx|cheers|great|nice|perfect|well done|good (?:job|work))\b[^?]{0,40}$"
)


_HELLO = re.compile(
    r"^(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening|day)|morning|yo|ping|test)\b[^?]{0,25}[!. ?]*$"
)


def _about_desk(original: str, lower: str) -> Intent | None:
    if _HELP.search(lower) and not re.fullmatch(
        r"(?:hi|hello|hey|hallo)[\s?!.]*", original.lower().strip()
    ):
        return Help()
    return Colleagues() if _COLLEAGUES.search(lower) else None


_MEASURE = re.compile(
    r"\b(?:vol\w*|correl\w*|drawdown|returns?|average|mean|median|percentile|spread|ratio|beta|var|chart|file|message|ideas?|receipt|letter|news)\b"
)
"""The latest of one of these is no value of a series."""


def _sentence(original: str, lower: str) -> Intent | None:
    """What has one plain sentence for an answer, and where something trades now."""
    for pattern, text in _SENTENCES:
        if pattern.search(lower):
            return Say(text)
    if found := _LIVE.search(lower):
        words = next(group for group in found.groups() if group)
        if _MEASURE.search(words):
            return None
        named = read_names(words)
        return (
            Live(as_written(named[0], original), tuple(as_written(n, original) for n in named[1:4]))
            if named
            else None
        )
    return None


def _stranger(original: str, lower: str) -> Intent | None:
    """A colleague whom nobody knows, when nothing else was understood."""
    del lower
    found = _STRANGER.match(original.lower())
    return Colleagues(stranger=found["name"]) if found else None


_NODS = re.compile(
    r"^(?:ok(?:ay)?|k|lol|haha+|hm+|cool|nice one|got it|sure|fine|alright|right|yes|no|yep|nope|i see|understood|wow|interesting)[\s!.?]*$"
)


def _small_talk(original: str, lower: str) -> Intent | None:
    del lower
    said = original.lower().strip()
    if _NODS.match(said):
        return Say("Noted. Ask away, or write `help` for examples.")
    if _THANKS.match(said):
        return Greeting(thanks=True)
    return Greeting() if _HELLO.match(said) else None


DESK = Family(
    "the desk", _about_desk, ("who are you", "what can you do", "help", "who is on the desk?")
)
SENTENCES = Family(
    "one sentence",
    _sentence,
    (
        "which language model do you use?",
        "write a script",
        "where is oil trading now",
        "latest Baa yield",
        "cancel that",
    ),
)
SMALL_TALK = Family("small talk", _small_talk, ("hello", "thanks a lot", "good morning"))
STRANGERS = Family("strangers", _stranger, ("trader: what do you think of that",))
