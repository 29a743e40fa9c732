"""What the offline planner understands: from the words of a request to one typed intent.

The rule it protects: a request is either understood wholly or said not to be. `parse` looks for one
intent, in the order below, and returns `Unknown` rather than a guess. Pure: it calls no tool,
resolves no series and computes nothing.

Grammar (case, politeness and small typos do not matter; names of series are passed on as written):

    Memory      remember that X | what do we know about X | what did Joe say about X | who said X |
                correct that: X | forget X (see grammar_memory)
    Compute     what an option is worth and the quant's other computations (see grammar_quant)
    Letter      run the letter | check the letter, parts 1 and 6
    Ideas       open idea: long X, size 2%, target 60, stop 45, by 2027-06-30, probability 60%,
                because … | resolve ideas | track record | 20 of 25 calls against 50%
    Payoff      an option structure with strikes or legs (see grammar_options), e.g.
                "70-90-110 call butterfly bought at 2.50"
    Say, Live   what has one sentence for an answer: cancel, code, single days; where is X trading
    Colleagues  who is on the desk        Help  who are you | what can you do
    Correlate   correlation of X and Y [and Z …] | corr X Y | do X and Y move together
    Compare     compare the volatility of X and Y [and Z …] | is X more volatile than Y
    Chart       chart X | plot the rolling volatility / drawdown of X [and Y] | 30 day vol of X
    Stats       how volatile is X | drawdown of X [and Y] | highest X | stats of X | X?
    Import      import this file | a file with few or no words | what is the vol of this?
    Read, Keep  read / summarise the attached file | remember this file
    DataLookup  a value on a day, best and worst months, rolling figures, SQL and more (see grammar_data)
    Catalogue   what data do you have | list the data        Greeting  hello | thanks

    Correlate to Stats take a period: since 2010 | between 2008 and 2012 | in 2008 | 2007 to 2009 |
    from March 2009 to 2012-06-30 | until 2000 | over the last 5 years. Compare notes "chart it" and
    "remember". What a message means after others in its thread stands in grammar_follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from bullpen_agents.grammar_code import read_code
from bullpen_agents.grammar_credit import read_merton_says
from bullpen_agents.grammar_data import read_data
from bullpen_agents.grammar_doubt import read_doubt
from bullpen_agents.grammar_ideas import read_ideas
from bullpen_agents.grammar_intents import (
    Amend,
    Catalogue,
    Chart,
    Colleagues,
    Compare,
    Compute,
    Correlate,
    Greeting,
    Help,
    Import,
    Intent,
    KeepDocument,
    Live,
    ReadFile,
    Recall,
    Remember,
    Say,
    Stats,
    Unknown,
)
from bullpen_agents.grammar_letter import read_letter
from bullpen_agents.grammar_memory import read_memory
from bullpen_agents.grammar_options import read_payoff
from bullpen_agents.grammar_plots import read_plots
from bullpen_agents.grammar_quant import read_quant
from bullpen_agents.grammar_series import KNOWN, read_names, read_period

__all__ = [
    "Amend", "Catalogue", "Chart", "Colleagues", "Compare", "Compute", "Correlate", "Greeting", "Help", "Import", "Intent",
    "KeepDocument", "Live", "ReadFile", "Recall", "Remember", "Say", "Stats", "Unknown", "parse", "topics", "wants_memory",
]  # fmt: skip


_VOCABULARY = (
    "butterfly", "straddle", "strangle", "condor", "spread", "collar", "volatility", "volatile", "correlation",
    "drawdown", "remember", "compare", "colleagues", "catalogue", "returns", "performance", "payoff",
)  # fmt: skip
_KNOWN = frozenset(_VOCABULARY) | {
    "volatilities", "correlations", "correlate", "correlated", "correlates", "drawdowns", "spreads", "condors",
    "straddles", "strangles", "butterflies", "collars", "compared", "comparing", "remembered", "colleague",
    "perform", "return", "returned", "catalog", "dollar", "dollars", "compares", "payoffs", "collateral",
}  # fmt: skip
_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good morning|good afternoon|good evening|morning|thx|plz|ok|okay|so|and|now|then|well|thanks|thank you|please|pls|kindly|team|desk|all|everyone)\b[\s,!.:–-]*"
    r"|(?:can|could|would|will|shall) (?:you|we|i)(?: please)? "
    r"|(?:i|we)(?:'d| would)? (?:want|need|like|love)(?: you)?(?: to)? "
    r"|let(?:'s| us|s) |(?:show|give|tell|get) (?:me|us) )+"
)
_ADDRESS = re.compile(
    r"^\s*(?:architect|quant|data[ _]analyst|developer|frontend)\b\s*[,:]?\s+(?=\w)", re.IGNORECASE
)
_KEY = "Set `ANTHROPIC_API_KEY` (or `ANTHROPIC_BASE_URL` for a local model) and the desk thinks with one."
_SENTENCES = (
    (
        re.compile(r"^(?:please )?(?:cancel|abort|never ?mind|forget it)(?: (?:it|that|this))?\s*[.!]*$"),
        "There is nothing under way here to cancel. While the desk works, `stop` ends it.",
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
    r"|\bprice of (?:the )?(?P<c>[\w& ]{1,40}?) (?:now|today|right now|currently)\b"
)
_STRANGER = re.compile(r"^(?P<name>[a-z][\w-]{1,20})\s*:\s+\S")
_EXTREME = (
    ("max", re.compile(r"\b(?:highest|all[- ]time high|record high|peak|maximum)\b")),
    ("min", re.compile(r"\b(?:lowest|all[- ]time low|record low|minimum)\b")),
)
_WINDOW = re.compile(
    r"\b(?:rolling )?(\d{1,3})[\s-]?(?:trading )?(?:days?|d|returns?)\b(?=.*\bvol)|(?<=rolling )(\d{1,3})\b"
)
_CATALOGUE = re.compile(
    r"\b(?:what|which|list|any|all|available|your|the|our) (?:\w+ )?(?:data|datasets?|data sets?|series|time series|symbols|"
    r"instruments|markets)\b.{0,40}?(?:\b(?:have|hold|got|available|know|there|own|store|stored|catalogue|use)\b|[?.!]*$)"
    r"|^(?:data )?catalog(?:ue)?\b|\blist (?:of )?(?:the |all |your )*(?:data|series)\b"
)
_COLLEAGUES = re.compile(
    r"\bwho(?:'s| is| are| else is| works?| all is)\b.{0,30}\b(?:desk|team|here|office|colleagues?|agents?|around|bullpen)\b"
    r"|\b(?:which|what|list|your|the) (?:colleagues|agents|team members)\b|^(?:the )?(?:colleagues|team|agents)[?.! ]*$"
)
_HELP = re.compile(
    r"^(?:help|\?+|examples?|commands?|usage)(?: me)?[?.! ]*$|\bwho are you\b|\bwhat are you\b|\bwhat do you do\b"
    r"|\bwhat (?:can|could) (?:you|i|we) (?:do|ask|help)\b|\bhow (?:do|does|can) (?:you|this|it|i) (?:work|use|help)\b"
    r"|\byour (?:capabilities|skills|abilities)\b|\bhow can you help\b|\bintroduce yourself\b|\bare you an? (?:ai|llm|language model|bot|robot)\b"
)
_THANKS = re.compile(
    r"^(?:thanks?|thank you|thx|cheers|great|nice|perfect|well done|good (?:job|work))\b[^?]{0,40}$"
)
_HELLO = re.compile(
    r"^(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening|day)|morning|yo|ping|test)\b[^?]{0,25}[!. ?]*$"
)
_CORRELATE = re.compile(
    r"\bcorrelat\w*|\bcorr\b|\bco-?mov\w*|\bmove[sd]? (?:together|with|in step|in line)\b|\b(?:relationship|link) between\b"
)
_VOLATILITY = re.compile(
    r"\bvolatil\w*|\bvols?\b|\bvola\b|\brisk(?:y|ier|iest)\b|\bswings?\b|\bstandard deviation\b"
)
_DRAWDOWN = re.compile(
    r"\bdrawdowns?\b|\bpeak[- ]to[- ]trough\b|\b(?:worst|biggest|deepest|largest|maximum) (?:fall|loss|drop|decline|crash)\b"
)
_RETURN = re.compile(r"\breturn(?:s|ed)?\b|\bperform\w*|\bcagr\b|\bgain(?:s|ed)?\b|\bgrowth rate\b")
_STATS = re.compile(
    r"\bstat(?:s|istics?)?\b|\bsummar\w+ (?:of|for)\b|\bkey figures\b|\boverview of\b|\bprofile of\b|\bfigures (?:of|for|on)\b|\bhow (?:did|has|have|is|was|were) .+ (?:do|done|doing|gone|develop\w*|evolv\w*|mov\w*)\b"
)
_CHART = re.compile(r"\b(?:re-?)?(?:chart|plot|graph|draw|picture)(?:s|ed)?\b")
_COMPARE = re.compile(
    r"\bcompar\w*|\bversus\b|\bvs\b|\bmore (?:volatile|risky)\b|\briskier\b|\bthan\b"
)
_ASIDES = re.compile(
    r"[,;.]?\s*\b(?:and\s+|then\s+|also\s+|please\s+)*(?:write (?:up|down)|note|record|summari[sz]e|remember|store|save|tell (?:us|me)|"
    r"say|explain|state|report|give|check)\b[^,;.]{0,120}?\b(?:remember|keep|learn(?:ed|t)?|findings?|memory|result|results|it|that|this|windows?|"
    r"data behind|figures use|worth)\b.*$"
    r"|[,;.]?\s*\b(?:and\s+|then\s+|also\s+|please\s+)*(?:chart|plot|graph|draw)\s+(?:it|them|that|this|both|the (?:result|two|results)|everything)\b"
    r"|[,;]\s*(?:and\s+)?(?:with )?(?:a )?(?:chart|plot|graph|picture)(?= *[,;.!?]| *$| and\b)|\bwith (?:a )?(?:chart|plot|graph|picture)\b"
    r"|\b(?:over|on|using|with|from|across|in)\s+(?:the|all|your|our|whatever|all the)\s*(?:\w+ )?(?:data|history|sample|series|span|period|time)"
    r"(?:\s+(?:that\s+)?(?:we|you|the desk)\s+(?:hold|have|got|own)s?)?"
)  # fmt: skip
_KEEP = re.compile(
    r"\b(?:remember|memory|store it|save it|note it|write up|write it up|keep in mind|record it|for the record)\b"
)
_IMPORT = re.compile(
    r"\b(?:import|load|ingest|upload(?:ed)?|add|take|bring|read in|use)\b.{0,40}(?:\b(?:file|csv|data|this|it|attach\w*|sheet|table|series)\b|$)"
)
_THIS = re.compile(
    r"\b(?:this|these|it|the (?:file|attached|csv|data|series|attachment)|attached)\b"
)
_FILE_WANTED = re.compile(
    r"^(?:import|load|ingest|upload|read(?: in)?)\b.*\b(?:csv|file|attachment|sheet|spreadsheet|data)\b"
)
_KEEP_DOCUMENT = re.compile(
    r"^(?:remember|keep|store|save|memori[sz]e)\s+(?:this|that|the|these|my|attached|\s)*"
    r"(?:file|document|paper|attachment|memo)s?(?:\s+(?:in|into|for)\b.*)?[.! ]*$"
)
_READ = re.compile(
    r"\b(?:read|open|summari[sz]e|review|explain|what(?:'s| is) in|look at|check|show|describe)\b"
)


def parse(text: str, files: Sequence[str] = ()) -> Intent:
    """The one intent of `text`, given the names of attached files."""
    if code := read_code(text):
        return code
    original = _unmention(text)
    lower = _mend(_POLITE.sub("", original.lower()).strip())
    if _KEEP_DOCUMENT.match(lower):
        return KeepDocument()
    if files and (intent := _about_files(lower, files)):
        return intent
    for rule in _RULES:
        if intent := rule(original, lower):
            return intent
    return Import() if files else Unknown()


def wants_memory(text: str) -> bool:
    """True when the person asks that the result be remembered."""
    return bool(_KEEP.search(_mend(text.lower())))


def topics(text: str) -> tuple[str, ...]:
    """The words of the grammar that `text` does contain, for telling a person what was read."""
    lower = _mend(text.lower())
    found = [name for name, pattern in _FOCUS if name != "all" and pattern.search(lower)]
    found += ["a chart"] if _CHART.search(lower) else []
    found += (
        ["an option structure"]
        if re.search(r"\b(?:calls?|puts?|options?|strikes?|spread|butterfly|condor)\b", lower)
        else []
    )
    return tuple(found)


def _unmention(text: str) -> str:
    cleaned = _ADDRESS.sub(" ", re.sub(r"^(?:\s*@[\w-]+[,:]?)+", " ", text))
    return re.sub(r"\s+", " ", cleaned.replace("’", "'")).strip()


def _mend(text: str) -> str:
    """Put right small typos in the words the grammar turns on, and in no others."""

    def word(found: re.Match[str]) -> str:
        given = found[0]
        if given in _KNOWN:
            return given
        return next(iter(get_close_matches(given, _VOCABULARY, n=1, cutoff=0.86)), given)

    return re.sub(r"\b[a-z]{6,}\b", word, text)


def _about_files(lower: str, files: Sequence[str]) -> Intent | None:
    asked = _asked(lower)
    if asked in ("volatility", "drawdown", "return", "all", "max", "min") and _THIS.search(lower):
        return Import(then=Stats("", asked))
    if _CHART.search(lower) and _THIS.search(lower):
        return Import(then=Chart((), _DRAWN.get(asked, "level")))
    if len(lower.split()) <= 1 or _IMPORT.search(lower):
        return Import()
    tables = all(name.lower().endswith((".csv", ".tsv", ".xlsx", ".parquet")) for name in files)
    if tables and re.match(r"look at the attached files?\b", lower):
        return Import()
    return ReadFile() if _READ.search(lower) else None


def _option(original: str, lower: str) -> Intent | None:
    mended = re.sub(
        r"\b[A-Za-z]{6,}\b", lambda m: m[0] if m[0].isupper() else _mend(m[0].lower()), original
    )
    return read_payoff(mended) if not _CATALOGUE.search(lower) else None


def _about_desk(original: str, lower: str) -> Intent | None:
    del original
    if _HELP.search(lower):
        return Help()
    return Colleagues() if _COLLEAGUES.search(lower) else None


def _about_data(original: str, lower: str) -> Intent | None:
    del original
    return Catalogue() if _CATALOGUE.search(lower) else None


def _measures(original: str, lower: str) -> Intent | None:
    asked = _asked(lower)
    charted = bool(_CHART.search(lower))
    if not asked and not charted and not _COMPARE.search(lower):
        return _alone(original, lower)
    window, rest = _window(re.sub(r"'s\b", "", original.lower()))
    period, rest = read_period(rest)
    found = read_names(_ASIDES.sub(" ", _mend(_POLITE.sub("", rest).strip())))
    names = tuple(_as_written(name, original) for name in found)
    if not names:
        return None
    several = len(names) >= 2
    if asked == "correlation" and several:
        return Correlate(names[:4], period)
    if (
        several
        and asked in ("volatility", "")
        and not _CHART.match(lower)
        and (asked or _COMPARE.search(lower))
    ):
        kept = bool(_KEEP.search(lower))
        return Compare(names[:6], period, chart=charted, remember=kept, window=window or 60)
    if charted or (window and asked == "volatility"):
        return Chart(names[:6], _DRAWN.get(asked, "level"), period, window or 60)
    if asked and asked != "correlation":
        return Stats(names[0], asked, period, also=names[1:6])
    return None


def _asked(lower: str) -> str:
    """The measure that is asked for, or ""."""
    for kind, pattern in _FOCUS:
        if pattern.search(lower) and kind != "all":
            return kind
    extreme = next((kind for kind, pattern in _EXTREME if pattern.search(lower)), "")
    return extreme or ("all" if _STATS.search(lower) else "")


def _alone(original: str, lower: str) -> Intent | None:
    """The name of a series and nothing else: what there is to say about it."""
    name = re.sub(r"^(?:and|the|what about|how about) ", "", lower.strip(" ?!."))
    known = name in KNOWN and name not in ("gold", "silver")
    return Stats(_as_written(name, original)) if known else None


def _window(lower: str) -> tuple[int, str]:
    """The number of returns in a rolling window, or 0; and the text without it."""
    found = _WINDOW.search(lower)
    if not found or re.search(rf"(?:last|past) {found[1]}\b", lower):
        return 0, lower
    return int(found[1] or found[2]), f"{lower[: found.start()]} {lower[found.end() :]}"


def _sentence(original: str, lower: str) -> Intent | None:
    """What has one plain sentence for an answer, and where something trades now."""
    del original
    for pattern, text in _SENTENCES:
        if pattern.search(lower):
            return Say(text)
    if found := _LIVE.search(lower):
        named = read_names(next(group for group in found.groups() if group))
        return Live(named[0]) if named else None
    return None


def _stranger(original: str, lower: str) -> Intent | None:
    """A colleague whom nobody knows, when nothing else was understood."""
    del lower
    found = _STRANGER.match(original.lower())
    return Colleagues(stranger=found["name"]) if found else None


def _as_written(name: str, original: str) -> str:
    at = original.lower().find(name)
    return original[at : at + len(name)] if at >= 0 else name


def _file_without_file(original: str, lower: str) -> Intent | None:
    del original
    return Import() if _FILE_WANTED.match(lower) else None


def _small_talk(original: str, lower: str) -> Intent | None:
    del lower
    said = original.lower().strip()
    if _THANKS.match(said):
        return Greeting(thanks=True)
    return Greeting() if _HELLO.match(said) else None


_FOCUS = (
    ("correlation", _CORRELATE),
    ("drawdown", _DRAWDOWN),
    ("volatility", _VOLATILITY),
    ("return", _RETURN),
    ("all", _STATS),
)
_DRAWN = {"volatility": "rolling_vol", "drawdown": "drawdown"}
_RULES: tuple[Callable[[str, str], Intent | None], ...] = (
    read_doubt,
    read_letter,
    read_ideas,
    read_merton_says,
    read_memory,
    read_quant,
    _option,
    _about_desk,
    read_plots,
    read_data,
    _sentence,
    _measures,
    _file_without_file,
    _about_data,
    _small_talk,
    _stranger,
)
