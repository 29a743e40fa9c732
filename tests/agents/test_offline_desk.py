"""The keyless desk on real tools, a real store and the bundled series: whole conversations."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bullpen_agents.offline import OfflineModel
from bullpen_agents.roster import Roster
from bullpen_agents.task import Line, Reply, Task
from bullpen_agents.turn import take_turn
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE, Draft, Query, Source
from bullpen_memory.store import Store
from bullpen_tools.bundled import seed
from bullpen_tools.context import LocalFile, ToolContext
from bullpen_tools.figures import render, told
from bullpen_tools.receipts import Receipts
from bullpen_tools.tool import BoundTool, Outcome, ToolSpec
from bullpen_tools.toolbox import default_toolbox

LINK = "http://127.0.0.1:4747/archives/C1/p1"
COMPARE = (
    "compare the volatility of oil and the S&P 500 over the data you hold, chart it, "
    "and write up what we should remember"
)


@dataclass
class Colleague:
    """`ask` or `assign` as the orchestrator supplies them, made of one function."""

    spec: ToolSpec
    answer: Any

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        return await self.answer(args, call_key)


@dataclass
class MiniDesk:
    """Routes as the orchestrator does, without its graph: one agent, or plan, work and close."""

    home: Path
    roster: Roster
    store: Store
    market: Market
    receipts: Receipts
    journal: Any
    new_watch: Any
    files: tuple[LocalFile, ...] = ()
    history: tuple[Line, ...] = ()
    said: list[tuple[str, str]] = field(default_factory=list)
    turns: int = 0

    async def ask(self, agent: str, text: str) -> Reply:
        return await self.turn(agent, "answer", text)

    async def lead(self, text: str) -> Reply:
        plan = await self.turn("architect", "plan", text)
        if "assign" not in plan.meta:
            return plan
        pieces = plan.meta["assign"][0]["assignments"]
        done = await asyncio.gather(*(self.turn(p["agent"], "work", p["task"]) for p in pieces))
        reports = tuple(
            Line(speaker=self.roster.agents[p["agent"]].name, text=r.text, author=p["agent"])
            for p, r in zip(pieces, done, strict=True)
        )
        return await self.turn("architect", "close", text, reports)

    async def turn(
        self, agent_id: str, purpose: Any, text: str, reports: tuple[Line, ...] = ()
    ) -> Reply:
        self.turns += 1
        agent = self.roster.agents[agent_id]
        task = Task(
            run_id="run1",
            turn_id=f"run1/{self.turns}",
            purpose=purpose,
            text=text,
            asked_by="Ada",
            reports=reports,
            history=self.history,
            files=tuple(file.name for file in self.files),
            channel="#desk",
        )
        reply = await take_turn(
            agent,
            task,
            model=OfflineModel(),
            tools=self.tools(agent_id, purpose),
            journal=self.journal,
            watch=self.new_watch(),
            default_model="offline",
        )
        self.said.append((agent_id, reply.text))
        return reply

    def tools(self, agent_id: str, purpose: str) -> dict[str, BoundTool]:
        agent = self.roster.agents[agent_id]
        ctx = ToolContext(
            run_id="run1",
            agent=agent_id,
            requester="U1",
            scopes=frozenset({WORKSPACE}),
            home=WORKSPACE,
            thread_link=LINK,
            thread_title="#desk",
            store=self.store,
            market=self.market,
            receipts=self.receipts,
            artifacts=self.home / "artifacts",
            files=self.files,
        )
        names = [name for name in agent.tools if name not in ("ask", "assign")]
        tools: dict[str, BoundTool] = dict(default_toolbox(self.receipts).bind(ctx, names))
        for name, answer in (("ask", self._ask(agent_id)), ("assign", self._assign)):
            if name in agent.tools and (name != "assign" or purpose == "plan"):
                spec = ToolSpec(name=name, description=name, schema={"type": "object"})
                tools[name] = Colleague(spec, answer)
        return tools

    def _ask(self, asker: str) -> Any:
        async def ask(args: dict[str, Any], key: str) -> Outcome:
            self.said.append((asker, f"@{args['agent']}: {args['question']}"))
            reply = await self.turn(args["agent"], "reply", args["question"])
            name = self.roster.agents[args["agent"]].name
            text = f"{name} replies:\n{reply.text}"
            return Outcome(text=text, meta={"receipts": list(reply.receipts)})

        return ask

    async def _assign(self, args: dict[str, Any], key: str) -> Outcome:
        return Outcome(text="given", meta=args)

    def read(self, reply: Reply, question: str = "") -> str:
        """The reply as people read it: every reference resolves, every number has a source."""
        made = self.receipts.by_run("run1")
        shown = render(reply.text, self.receipts.get, allow=f"{question} {told(made)}")
        assert shown.missing == ()
        assert shown.unsourced == ()
        return shown.text


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A context store with the bundled series, made once and copied for each test."""
    path = tmp_path_factory.mktemp("seeded") / "context.db"
    store = Store(path)
    seed(Market(store))
    store.close()
    return path


@pytest.fixture
def desk(tmp_path: Path, seeded: Path, journal, make_watch) -> Iterable[MiniDesk]:
    shutil.copytree(seeded.parent, tmp_path, dirs_exist_ok=True)
    store = Store(tmp_path / "context.db")
    (tmp_path / "artifacts").mkdir()
    receipts = Receipts(tmp_path / "receipts.db")
    yield MiniDesk(tmp_path, Roster.load(), store, Market(store), receipts, journal, make_watch)
    receipts.close()
    store.close()


def plain(text: str) -> str:
    """Without superscripts and emphasis."""
    return re.sub(r"[¹²³⁴⁵⁶⁷⁸⁹⁰*]", "", text)


async def test_the_butterfly_of_the_readme(desk: MiniDesk) -> None:
    question = "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
    reply = await desk.ask("quant", question)
    text = plain(desk.read(reply, question))
    for figure in ("$20.00", "$17.50", "$72.50", "$107.50", "7.0x", "8.0x"):
        assert figure in text
    assert "chart is attached" in text
    assert text.startswith("Read as: `+1 call 70, −2 call 90, +1 call 110, paid 2.50`.")
    assert len(reply.artifacts) == 1
    assert list((desk.home / "artifacts").rglob("*.png"))
    assert reply.receipts == ("r1", "r2")
    assert not re.search(r"\d", re.sub(r"\{\{.*?\}\}|`[^`]*`|70-90-110", "", reply.text))


async def test_the_comparison_of_the_readme(desk: MiniDesk) -> None:
    reply = await desk.lead(COMPARE)
    spoken = [agent for agent, _ in desk.said]
    assert {"architect", "data_analyst", "quant"} == set(spoken)
    asked = [text for agent, text in desk.said if agent == "data_analyst" and text.startswith("@")]
    assert asked == [
        "@quant: Which rolling window do your volatility figures of oil and S&P 500 use? "
        "I want the chart to match them."
    ]
    analyst = next(t for a, t in desk.said if a == "data_analyst" and "chart is attached" in t)
    assert "60 returns" in analyst
    assert "| wti |" in analyst
    assert "| sp500 |" in analyst
    text = plain(desk.read(reply))
    assert re.search(
        r"Oil was the more volatile: \d\d\.\d+% a year against \d\d\.\d+% for the S&P 500", text
    )
    assert "What we should remember" in text
    assert not re.search(
        r"\d",
        re.sub(
            r"\{\{.*?\}\}|S&P 500|(?:over|of) 60 returns|\d{4}-\d\d-\d\d|(?m:^> - .*$)",
            "",
            reply.text,
        ),
    )

    found = await desk.lead("what do we know about oil volatility?")
    text = plain(desk.read(found))
    assert "on record about oil volatility" in text
    assert "Oil was the more volatile" in text
    assert "60 returns" in text
    assert f"[the thread]({LINK})" in text
    assert "Architect" in text


async def test_an_unknown_topic_is_answered_honestly(desk: MiniDesk) -> None:
    reply = await desk.lead("what do we know about cocoa?")
    assert "holds nothing" in reply.text


async def test_said_things_are_quoted_when_nothing_was_written_down(desk: MiniDesk) -> None:
    texts = (
        "what do we know about cocoa?",
        "The store holds nothing about cocoa that this conversation may see.",
        "Cocoa is priced in London and in New York.",
    )
    for number, text in enumerate(texts):
        source = Source(kind="message", ref=f"m{number}", permalink=LINK)
        draft = Draft(kind="message", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    reply = await desk.lead("what do we know about cocoa?")
    assert "Cocoa is priced in London" in reply.text
    assert "holds nothing" not in reply.text
    assert reply.text.count("> — ") == 1


NOTES = (
    "The merger codename is Zebra and oil volatility matters to it.",
    "Computing output needs 500 cores.",
    "We never sell puts on cocoa.",
)


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        ("cocoa puts", ("cocoa",)),
        ("puts", ("cocoa",)),
        ("the 500 oil barrels", ()),
        ("oil volatility", ("Zebra",)),
        ("put oil", ()),
    ],
)
async def test_only_what_shares_most_words_is_on_record(
    desk: MiniDesk, topic: str, found: tuple[str, ...]
) -> None:
    for number, text in enumerate(NOTES):
        source = Source(kind="message", ref=f"n{number}", permalink=LINK)
        draft = Draft(kind="note", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    reply = await desk.lead(f"what do we know about {topic}?")
    shown = reply.text if "on record" in reply.text else ""
    for text in NOTES:
        assert (text in shown) is any(word in text for word in found), reply.text


async def test_a_retracted_note_is_not_answered_from_the_messages_around_it(
    desk: MiniDesk,
) -> None:
    await desk.lead("remember that our max position in SLV flies is 200 lots")
    texts = (
        "remember that our max position in SLV flies is 200 lots",
        "This is what the desk has on record about SLV flies:\n\n> Our max position in SLV flies",
    )
    for number, text in enumerate(texts):
        source = Source(kind="message", ref=f"m{number}", permalink=LINK)
        draft = Draft(kind="message", text=text, author="U1", source=source, scope=WORKSPACE)
        desk.store.add(draft)
    asked = "what do we know about SLV flies?"
    assert "200 lots" in (await desk.lead(asked)).text
    [note] = desk.store.find(Query(kinds=frozenset({"note"}), scopes=frozenset({WORKSPACE}))).hits
    assert note.record.author == "U1"
    desk.store.retract(note.record.id, by="Maya", reason="changed to 150")
    reply = await desk.lead(asked)
    assert "This is what the desk has on record" not in reply.text
    assert "retracted by Maya" in reply.text
    assert "changed to 150" in reply.text


async def test_a_unit_that_is_said_is_imported(desk: MiniDesk) -> None:
    rows = "\n".join(f"2020-01-{day:02d},{day}" for day in range(1, 20))
    path = desk.home / "gold.csv"
    await asyncio.to_thread(path.write_text, f"date,close\n{rows}\n")
    desk.files = (
        LocalFile(name="gold.csv", path=path, mimetype="text/csv", sha256="a" * 64, size=9),
    )
    reply = await desk.turn("data_analyst", "answer", "import this, the unit is USD/oz")
    assert "states no unit" not in reply.text
    listed = {
        line.info.id: line.info.unit for line in desk.market.catalogue(frozenset({WORKSPACE}))
    }
    assert listed["gold_close"] == "usd/oz"


@pytest.mark.parametrize("words", ["remember this file", "Please keep this document in memory."])
async def test_a_document_is_kept_and_recalled(desk: MiniDesk, words: str) -> None:
    text = "# Cocoa\n\nThe Ghana crop fails when the Harmattan lasts into March.\n"
    path = desk.home / "cocoa.md"
    await asyncio.to_thread(path.write_text, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    desk.files = (
        LocalFile(
            name="cocoa.md", path=path, mimetype="text/markdown", sha256=digest, size=len(text)
        ),
    )
    reply = await desk.turn("data_analyst", "answer", words)
    assert "`cocoa.md`** is in memory" in reply.text
    desk.files = ()
    found = await desk.lead("what do we know about the Ghana crop?")
    assert "Harmattan lasts into March" in found.text
    assert "no file attached" in (await desk.turn("data_analyst", "answer", words)).text


async def test_a_contradiction_found_in_review_reaches_the_closing_answer(desk: MiniDesk) -> None:
    reports = (
        Line(speaker="Quant", text="It is settled.", author="quant"),
        Line(speaker="Review", text="Two values for one metric.", author="review"),
    )
    reply = await desk.turn("architect", "close", "settle it", reports)
    assert "Two values for one metric." in reply.text
    assert "reports above (Quant)" in reply.text


async def test_what_a_person_says_is_remembered_and_recalled(desk: MiniDesk) -> None:
    await desk.ask("quant", "remember that we quote copper in constant dollars")
    reply = await desk.ask("developer", "what did we say about copper?")
    assert "We quote copper in constant dollars" in reply.text


@pytest.mark.parametrize(
    ("agent", "question", "pattern"),
    [
        (
            "quant",
            "how volatile is oil since 1990?",
            r"Oil has an annualised volatility of \d\d\.\d+%",
        ),
        (
            "quant",
            "drawdown of nasdaq since 2008",
            r"The worst drawdown of the Nasdaq was -\d\d\.\d+%: it began on .* and was deepest on",
        ),
        ("quant", "how did the S&P 500 perform in 2008?", r"The S&P 500 returned -\d\d\.\d+%"),
        ("quant", "correlation of oil and the S&P 500", r"correlate at -?0\.\d+"),
        ("quant", "payoff of a 100/110 call spread for 3.20", r"at most \$10\.00 .* \$6\.80"),
        (
            "quant",
            "long straddle 50 at 4",
            r"has unlimited upside: it loses at most the premium, \$4\.00",
        ),
        ("quant", "iron condor 90/95/105/110 sold for 1.5", r"you keep at most \$1\.50"),
        ("quant", "sold a 50 straddle for 4", r"you keep at most \$4\.00 and lose without limit"),
        (
            "quant",
            "long 70 call, short 90 call at 4",
            r"Read as: `\+1 call 70, −1 call 90, paid 4.00`.*at most \$16\.00",
        ),
        (
            "quant",
            "bull put spread 95/90 credit 1.40",
            r"keep at most \$1\.40 and lose at most \$3\.60.*breaks even at \$93\.60",
        ),
        (
            "quant",
            "SLV June 70-90-110 call fly at 2.50 - what do I make if SLV is at 85?",
            r"you make \$12\.50 per unit",
        ),
        (
            "quant",
            "buy 1 SLV 25 call at $0.85, 100 multiplier, what do I make at 30?",
            r"you make \$4\.15",
        ),
        ("quant", "short straddle 100 at 3", r"you keep at most \$3\.00"),
        ("quant", "two butterflies 70-90-110 for 2.50", r"for two multiply by two"),
        ("quant", "70-90 call spread at 25", r"never pay more than \$20\.00.*cannot be right"),
        ("quant", "iron condor 90/95/105/110 credit 6", r"A credit of `6.00`.*cannot be right"),
        ("quant", "delta of the SLV 90 call", r"I still need the price .*the volatility.*the time"),
        ("quant", "1x2 call spread 100/110 for 0", r"I do not do ratios and calendars"),
        (
            "quant",
            "70-90 call spread at 4 7",
            r"I read a call spread with strikes 70 and 90 at 4, but I cannot place `7`\. I will not "
            r"guess\. Write it as `70-90 call spread bought at 4`\.",
        ),
        ("quant", "butterfly 70-90", r"needs three different strikes and I read 70, 90"),
        ("quant", "100/110 call spread", r"pays at most \$10\.00.*Add the premium"),
        ("data_analyst", "chart oil since 2000", r"The chart is attached: the level of oil"),
        ("data_analyst", "plot oil and the nasdaq", r"rebased to a common start"),
        ("architect", "what data do you have?", r"\| wti \| WTI crude oil"),
        ("quant", "how volatile is cocoa?", r"(?i)cocoa"),
        ("architect", "who is on the desk?", r"Quant: quantitative analyst"),
        ("frontend", "help", r"I am Frontend, interface designer.*offline planner"),
        (
            "developer",
            "write me a poem",
            r"offline planner .* do not understand.*ANTHROPIC_API_KEY",
        ),
        ("quant", "how volatile is oil over the last 5 years?", r"2014-01-03 to 2019-01-03"),
        ("quant", "how volatile is oil these past few years?", r"I do not read .past few years"),
        (
            "quant",
            "drawdown of oil and nasdaq",
            r"(?s)worst drawdown of oil.*worst drawdown of the Nasdaq",
        ),
        (
            "quant",
            "correlation of oil, spx and nasdaq",
            r"(?s)oil and SPX.*oil and the Nasdaq.*SPX and the Nasdaq",
        ),
        ("quant", "corr oil spx", r"correlate at"),
        ("quant", "highest vix ever?", r"highest value of the VIX was 40\.\d+, on \d+ Aug 2015"),
        (
            "quant",
            "is oil more volatile than stocks?",
            r"(?s)Oil was the more volatile.*I read “stocks” as S&P 500",
        ),
        ("quant", "SPX drawdown 2008", r"worst drawdown of SPX was -4"),
        ("data_analyst", "30 day vol of oil", r"rolling volatility of oil over 30 returns"),
        ("quant", "oil?", r"Oil at a glance.*The data end on 3 Jan 2019"),
        ("quant", "waht is teh vol of oil, thx", r"Oil has an annualised volatility"),
        ("quant", "vol of fancy oil stuff", r"Did you mean oil\?"),
        ("quant", "where is gold trading?", r"I hold no live prices\."),
        (
            "quant",
            "where is oil trading?",
            r"I hold no live prices\. The data of oil end on 3 Jan 2019",
        ),
        ("developer", "write me a script", r"Without a language model I cannot write code"),
        ("architect", "trader: what do you think?", r"nobody called `trader`.*Quant"),
        ("quant", "worst month for the s&p?", r"no tool that ranks"),
        ("quant", "what was the vix on 2008-10-10?", r"no tool for the value on one day"),
        (
            "quant",
            "chart the vix 2007 to 2009",
            r"holds nothing of CBOE Volatility Index .* in that span",
        ),
        ("architect", "what do we know about", r"about what\?"),
        ("architect", "remember this", r"Remember what\?"),
        ("architect", "forget that the desk meets on Mondays", r"nothing to forget"),
        ("architect", "what did Joe say?", r"holds nothing that Joe said"),
    ],
)
async def test_questions_to_one_colleague(desk: MiniDesk, agent, question, pattern) -> None:
    reply = await desk.ask(agent, question)
    assert re.search(pattern, plain(desk.read(reply, question)), re.DOTALL), reply.text
    assert reply.ended == "done"


def said_by_ada(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(speaker="Ada", text=text, author="U1") for text in texts)


async def test_a_thread_carries_the_last_structure(desk: MiniDesk) -> None:
    desk.history = said_by_ada("@Bullpen quant: a 100-110 call spread bought at 4")
    reply = await desk.ask("quant", "and at 3.00?")
    assert "$7.00" in desk.read(reply, "100-110")
    loss = plain(desk.read(await desk.ask("quant", "what's my max loss?"), "100-110"))
    assert "The maximum loss is $4.00 per unit." in loss
    lost = await desk.ask("quant", "and with a different wing?")
    assert lost.text == (
        "Without a language model I do not read this follow-up. "
        "Write it whole: `100-110 call spread bought at 3.00`."
    )


async def test_a_file_is_imported_and_then_measured(desk: MiniDesk) -> None:
    rows = "\n".join(f"2024-{month:02d}-28,{100 + month}" for month in range(1, 13))
    good, bad = desk.home / "cocoa.csv", desk.home / "bad.csv"
    good.write_text(f"date,cocoa\n{rows}\n", encoding="utf-8")
    bad.write_text("nothing,here\nat,all\n", encoding="utf-8")
    for path in (good, bad):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        file = LocalFile(name=path.name, path=path, mimetype="text/csv", sha256=digest, size=9)
        desk.files = (file,)
        reply = await desk.ask("data_analyst", "what is the vol of this?")
        measured = "annualised volatility of" in reply.text
        assert measured is (path == good), reply.text
        assert "do not understand" not in reply.text


async def test_a_comparison_is_kept_only_when_asked(desk: MiniDesk) -> None:
    await desk.lead("compare the volatility of oil and the S&P 500")
    reply = await desk.lead("what do we know about oil volatility?")
    assert "holds nothing" in reply.text


async def test_a_wrong_statement_is_corrected(desk: MiniDesk) -> None:
    await desk.ask("architect", "remember that the desk meets on Mondays")
    gone = await desk.ask("architect", "forget that the desk meets on Mondays")
    assert "press **Retract** or **Forget**" in gone.text
    assert "The desk meets on Mondays" in gone.text
    reply = await desk.ask("architect", "correct that: the desk meets on Tuesdays")
    assert reply.text.startswith("Corrected: The desk meets on Tuesdays.")


async def test_work_that_is_anothers_is_asked_for(desk: MiniDesk) -> None:
    reply = await desk.ask("developer", "what do I make on a 100/110 call spread for 3?")
    assert desk.said[0] == ("developer", "@quant: what do I make on a 100/110 call spread for 3?")
    assert "$7.00" in desk.read(reply, "a 100/110 call spread")
    assert reply.receipts == ("r1", "r2")


async def test_the_lead_gives_one_piece_to_one_specialist(desk: MiniDesk) -> None:
    reply = await desk.lead("what do I make on a 100/110 call spread for 3?")
    assert [agent for agent, _ in desk.said] == ["architect", "quant", "architect"]
    assert "max_profit" in desk.said[1][1]
    assert reply.text == "See the Quant's answer above."


async def test_a_csv_is_imported_and_usable(desk: MiniDesk) -> None:
    rows = "\n".join(f"2024-{month:02d}-28,{100 + month}" for month in range(1, 13))
    path = desk.home / "cocoa.csv"
    path.write_text(f"date,cocoa\n{rows}\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size
    file = LocalFile(name="cocoa.csv", path=path, mimetype="text/csv", sha256=digest, size=size)
    desk.files = (file,)
    reply = await desk.ask("data_analyst", "import this")
    assert "is in" in reply.text
    desk.files = ()
    text = plain(desk.read(await desk.ask("quant", "stats of cocoa")))
    assert "Cocoa at a glance" in text


async def test_a_missing_file_is_said(desk: MiniDesk) -> None:
    reply = await desk.ask("data_analyst", "import this csv file")
    assert "no file attached" in reply.text


async def test_a_file_is_shown_in_its_own_words(desk: MiniDesk) -> None:
    path = desk.home / "notes.md"
    path.write_text("# Silver\nBuy in May.\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    desk.files = (
        LocalFile(name="notes.md", path=path, mimetype="text/markdown", sha256=digest, size=9),
    )
    reply = await desk.ask("developer", "what is in this file?")
    assert "Buy in May." in reply.text
    assert "language model" in reply.text


async def test_the_same_turn_again_says_the_same(desk: MiniDesk) -> None:
    question = "how volatile is oil?"
    first = await desk.ask("quant", question)
    desk.turns -= 1
    assert await desk.ask("quant", question) == first
