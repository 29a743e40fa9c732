"""What the offline planner understands: from the words of a request to one typed intent.

The rule it protects: a request is either understood wholly or said not to be. `parse` looks for one
intent, in the order below, and returns `Unknown` rather than a guess. Pure: it calls no tool,
resolves no series and computes nothing.

Grammar (case, politeness and small typos do not matter; names of series are passed on as written):

    Remember    remember that X | note: X | keep in mind that X
    Recall      what do we know about X | what did we decide/find/say on X | do we remember
                anything about X | recall X | search the memory for X
    Payoff      an option structure with strikes (see grammar_options), e.g.
                "70-90-110 call butterfly bought at 2.50"
    Catalogue   what data do you have | which series | list the data
    Colleagues  who is on the desk | which colleagues
    Help        help | who are you | what can you do
    Correlate   correlation of X and Y | do X and Y move together
    Compare     compare the volatility of X and Y [and Z …] | is X more volatile than Y
    Chart       chart X | plot the rolling volatility / drawdown of X [and Y]
    Stats       how volatile is X | drawdown of X | how did X perform | stats of X
    Import      import this file | a file with few or no words
    Read        read / summarise the attached file
    Keep        remember this file | keep this document
    Greeting    hello | thanks

    Correlate to Stats take a period: since 2010 | between 2008 and 2012 | in 2008 | from March
    2009 to 2012-06-30 | until 2000. Compare and others note "chart it" and "remember".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bullpen_agents.grammar_options import Payoff, read_payoff
from bullpen_agents.grammar_series import EVERYTHING, Period, read_names, read_period


@dataclass(frozen=True, slots=True)
class Remember:
    """Store a statement of the person's."""

    text: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Look for what the store holds about a topic ("" for anything)."""

    topic: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """List the data."""


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Say who works at the desk."""


@dataclass(frozen=True, slots=True)
class Help:
    """Say what the planner is and can do."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A hello, or thanks."""

    thanks: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare volatilities of two or more series."""

    series: tuple[str, ...]
    period: Period = EVERYTHING
    chart: bool = False
    remember: bool = False


@dataclass(frozen=True, slots=True)
class Correlate:
    """Correlate two series."""

    series: tuple[str, ...]
    period: Period = EVERYTHING


@dataclass(frozen=True, slots=True)
class Chart:
    """Draw series. `what` is level, rolling_vol or drawdown."""

    series: tuple[str, ...]
    what: str = "level"
    period: Period = EVERYTHING


@dataclass(frozen=True, slots=True)
class Stats:
    """Measure one series; `focus` is volatility, drawdown, return or all."""

    series: str
    focus: str = "all"
    period: Period = EVERYTHING


@dataclass(frozen=True, slots=True)
class Import:
    """Bring the attached file into the desk's data."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Show what an attached file says."""


@dataclass(frozen=True, slots=True)
class KeepDocument:
    """Keep an attached document in memory."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not understood."""


Intent = (
    Remember | Recall | Payoff | Catalogue | Colleagues | Help | Greeting | Compare | Correlate
    | Chart | Stats | Import | ReadFile | KeepDocument | Unknown
)  # fmt: skip

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
    r"^(?:(?:hi|hello|hey|dear|ok|okay|so|and|now|then|well|thanks|thank you|please|pls|kindly|team|desk|all|everyone)\b[\s,!.:–-]*"
    r"|(?:can|could|would|will|shall) (?:you|we|i)(?: please)? "
    r"|(?:i|we)(?:'d| would)? (?:want|need|like|love)(?: you)?(?: to)? "
    r"|let(?:'s| us|s) |(?:show|give|tell|get) (?:me|us) )+"
)
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
    r"\bcorrelat\w*|\bco-?mov\w*|\bmove[sd]? (?:together|with|in step|in line)\b|\b(?:relationship|link) between\b"
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
    cleaned = re.sub(r"^(?:\s*@[\w-]+[,:]?)+", " ", text)
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
    if len(lower.split()) <= 1 or _IMPORT.search(lower):
        return Import()
    tables = all(name.lower().endswith((".csv", ".tsv")) for name in files)
    if tables and re.match(r"look at the attached files?\b", lower):
        return Import()
    return ReadFile() if _READ.search(lower) else None


def _memory(original: str, lower: str) -> Intent | None:
    for pattern in _RECALLS:
        if found := pattern.match(lower):
            return Recall(found["topic"].strip(" ,'\"")[:_TOPIC_LENGTH])
    if found := _REMEMBER.match(lower):
        # The statement is kept as written; only its position comes from the lower-case text.
        said = original[len(original) - len(found["text"]) :] if found["text"] else ""
        return Remember(said.strip() or found["text"])
    return None


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
    asked = next((k for k, p in _FOCUS if p.search(lower)), "")
    charted = bool(_CHART.search(lower))
    if not asked and not charted and not _COMPARE.search(lower):
        return None
    period, rest = read_period(re.sub(r"'s\b", "", original.lower()))
    found = read_names(_ASIDES.sub(" ", _mend(_POLITE.sub("", rest).strip())))
    names = tuple(_as_written(name, original) for name in found)
    if not names:
        return None
    if asked == "correlation" and len(names) >= 2:
        return Correlate(names[:2], period)
    several = len(names) >= 2 and asked in ("volatility", "")
    if several and not _CHART.match(lower) and (asked or _COMPARE.search(lower)):
        return Compare(names[:6], period, chart=charted, remember=bool(_KEEP.search(lower)))
    if charted:
        return Chart(names[:6], _DRAWN.get(asked, "level"), period)
    return (
        Stats(next(iter(names)), asked or "all", period)
        if asked and asked != "correlation"
        else None
    )


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
    _memory,
    _option,
    _about_desk,
    _measures,
    _file_without_file,
    _about_data,
    _small_talk,
)
