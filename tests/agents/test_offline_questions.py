"""What one keyless colleague answers to one question, and to the next in its thread."""

from __future__ import annotations

import re

import pytest

from bullpen_agents.task import Line
from mini_desk import MiniDesk, desk, plain, seeded

__all__ = ["desk", "seeded"]


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
            r"you make \$415\.00 in all, \$4\.15 per unit",
        ),
        ("quant", "short straddle 100 at 3", r"you keep at most \$3\.00"),
        ("quant", "two butterflies 70-90-110 for 2.50", r"for two lots I need what one holds"),
        ("quant", "70-90 call spread at 25", r"never pay more than \$20\.00.*cannot be right"),
        ("quant", "iron condor 90/95/105/110 credit 6", r"A credit of `6.00`.*cannot be right"),
        ("quant", "delta of the SLV 90 call", r"I still need the price .*the volatility.*the time"),
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
        (
            "data_analyst",
            "30 day vol of oil",
            r"That is the Quant's field.*The 30 day volatility of oil is \d\d\.\d% a year",
        ),
        ("quant", "oil?", r"Oil at a glance.*The data end on 3 Jan 2019"),
        ("quant", "waht is teh vol of oil, thx", r"Oil has an annualised volatility"),
        ("quant", "vol of fancy oil stuff", r"Did you mean oil\?"),
        ("quant", "where is gold trading?", r"I hold no live prices\."),
        (
            "quant",
            "where is oil trading?",
            r"latest value of oil that the desk holds is \$46\.92/bbl, of 3 Jan 2019\. I hold no live prices",
        ),
        ("developer", "write me a script", r"Without a language model I cannot write code"),
        ("architect", "trader: what do you think?", r"nobody called `trader`.*Quant"),
        ("quant", "worst month for the s&p?", r"worst month of the S&P 500 was 2008-10"),
        ("quant", "what was oil on 2008-07-03?", r"Oil was \$145\.31/bbl.*3 Jul 2008"),
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
        "I do not read this follow-up: I am the offline planner (rules, no language model). Here I would "
        "read `and at 3.00?`, `what if it is at 105?`, `max loss?`, `chart it`. Or ask it whole."
    )
