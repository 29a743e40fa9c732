"""Synthetic company filings: the tables and texts of a set, laid out as pages of annual reports.

Each scope of the set becomes one page of a made-up company's report for the last year that the page
names. The reports of the years before and after and a quarterly report hold the same page with its
years moved and its figures changed, as real reports repeat themselves; so a question is answered only
by the page of the company and of the period that it names. Titles are written in several ways, and a
question may shorten the company's name. Nothing of it is stored; the same set gives the same filings.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict

from benchmarks.memory.beir import Asked, Dataset, Entry

COMPANIES = (
    "Northwind Traders", "Acme Materials", "Blue Harbor Foods", "Cobalt Networks", "Delta Crest",
    "Evergreen Retail", "Falcon Aerospace", "Granite Bancorp", "Helix Pharma", "Ironwood Energy",
    "Juniper Street", "Keystone Logistics", "Lumen Optics", "Meridian Health", "Nimbus Software",
    "Orchard Brands", "Pinnacle Hotels", "Quartz Semiconductor", "Redwood Media", "Summit Rail",
    "Titan Motors", "Umbra Gaming", "Vertex Chemicals", "Willow Insurance", "Xenon Lighting",
    "Yellowtail Marine", "Zephyr Airlines", "3K Industrial",
)  # fmt: skip
# The annual report asked for, those of the years around it, and one of a quarter.
SIBLINGS = ((0, ""), (1, ""), (2, ""), (-1, ""), (0, "Q2"))
_TITLES = (
    ("{joined}_{year}_10K", "{joined}_{year}Q2_10Q"),
    ("{company} {year} 10-K", "{company} 10-Q Q2 {year}"),
    (
        "{company} Inc. – Form 10-K for the fiscal year ended {year}",
        "{company} Inc. – 10-Q 2Q{year}",
    ),
    ("{joined}_{year}_annual_report", "{joined}_Q2_{year}_quarterly_report"),
)
_YEAR = re.compile(r"(?<![\d.,$])(20[01]\d)(?![\d,]|\.\d)")
_FIGURE = re.compile(r"\d+")
_ASKED = (
    "{question} This is about {company}, FY{year}.",
    "For {company} in fiscal {year}: {question}",
    "{question} Answer for {company} using its {year} 10-K.",
    "According to {company}'s annual report of {year}, {question}",
    "{company} FY{short}: {question}",
    "{first}, fiscal year ended {year}. {question}",
    "{question} (We mean {first}'s FY {year}.)",
)


def made_from(dataset: Dataset) -> Dataset:
    """The filings, with every query asked of its company and year."""
    rng = random.Random(11)
    pages: dict[str, list[Entry]] = defaultdict(list)
    for entry in dataset.corpus:
        pages[entry.scope].append(entry)
    corpus: list[Entry] = []
    place: dict[str, tuple[str, int, str]] = {}
    for number, (scope, parts) in enumerate(pages.items()):
        company = COMPANIES[number % len(COMPANIES)]
        text = "\n".join(part.text for part in parts)
        last = max((int(year) for year in _YEAR.findall(text)), default=2019)
        for back, quarter in SIBLINGS:
            document = _title(company, last - back, quarter)
            page = number // len(COMPANIES)
            one = f"{document}|p{page}"
            asked_for = not back and not quarter
            moved = text if asked_for else _moved(text, back, rng)
            corpus.append(Entry(one, "filings", moved, "", {"doc": document, "page": page}))
            if asked_for:
                place[scope] = (company, last, one)
    queries = [_asked(query, *place[query.scope], rng) for query in dataset.queries]
    notes = (
        "Synthetic: pages, figures' layout and questions are those of the set; companies, years and"
        " the sibling reports are made up."
    )
    return Dataset(f"{dataset.name} as filings by page", corpus, queries, notes)


def _asked(query: Asked, company: str, year: int, right: str, rng: random.Random) -> Asked:
    form = rng.choice(_ASKED)
    question = query.text[0].lower() + query.text[1:] if ": {question}" in form else query.text
    text = form.format(
        question=question, company=company, year=year, short=f"{year % 100:02d}",
        first=company.split()[0],
    )  # fmt: skip
    return Asked(query.id, "filings", text, query.category, frozenset({right}))


def _title(company: str, year: int, quarter: str) -> str:
    """One way of writing titles for each company."""
    annual, of_quarter = _TITLES[COMPANIES.index(company) % len(_TITLES)]
    joined = company.upper().replace(" ", "")
    return (of_quarter if quarter else annual).format(company=company, joined=joined, year=year)


def _moved(text: str, back: int, rng: random.Random) -> str:
    """The same page of another report: its years moved, its other figures drawn anew."""

    def other(match: re.Match[str]) -> str:
        figure = match[0]
        if _YEAR.fullmatch(figure):
            return str(int(figure) - back)
        return "".join(rng.choice("123456789") for _ in figure)

    return _FIGURE.sub(other, text)
