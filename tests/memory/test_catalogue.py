"""Which document a question means: by company, period, form and date, however either is written."""

from __future__ import annotations

import pytest

from bullpen_memory.catalogue import read_title, resolve
from bullpen_memory.records import Query, Source
from bullpen_memory.store import Store

from .conftest import EVERYBODY, draft

TITLES = (
    "3M_2018_10K", "3M_2022_10K", "3M 2017 10-K p. 59", "AMERICANEXPRESS_2022_10K",
    "AMERICANEXPRESS_2021_10K", "AMERICANWATERWORKS_2022_10K", "AMERICAN AIRLINES 2022 10-K",
    "JOHNSON_JOHNSON_2022_10K", "JOHNSON_JOHNSON_2022Q4_EARNINGS",
    "Johnson & Johnson 2023 8-K dated 2023-08-30", "ULTABEAUTY_2023Q4_EARNINGS",
    "ULTABEAUTY_2023_10K", "PEPSICO_2022_10K", "PEPSICO_2023Q1_EARNINGS",
    "PEPSICO_2023_8K_dated-2023-05-05", "BESTBUY_2023_10K", "BESTBUY_2024Q2_10Q",
    "COCACOLA_2021_10K", "GENERALMILLS_2022_10K", "GENERALMOTORS_2022_10K",
    "GENERALELECTRIC_2022_10K", "JPMORGAN_2021Q1_10Q", "JPMORGAN_2022_10K",
    "FOOTLOCKER_2022_8K_dated-2022-05-20", "FOOTLOCKER_2022_8K_dated_2022-08-19",
    "PROCTERGAMBLE_2022_10K", "AT&T Inc. 2022 Annual Report", "MSFT_2016_10K",
    "Microsoft Corp – Form 10-K for the fiscal year ended June 30, 2023, page 7",
)  # fmt: skip


def meant(question: str, titles: tuple[str, ...] = TITLES) -> str:
    found = resolve(question, [(title, title, read_title(title)) for title in titles])
    return found[0].thread if found else ""


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is the FY2018 capex (USD millions) of 3M?", "3M_2018_10K"),
        ("3M's net sales in 2017", "3M 2017 10-K p. 59"),
        ("Does Amex have an improving operating margin in FY22?", "AMERICANEXPRESS_2022_10K"),
        ("American Water's fiscal 2022 capex", "AMERICANWATERWORKS_2022_10K"),
        ("How often has JnJ sold its inventory in FY2022?", "JOHNSON_JOHNSON_2022_10K"),
        ("J&J sales of the fourth quarter of 2022", "JOHNSON_JOHNSON_2022Q4_EARNINGS"),
        (
            "What did Johnson and Johnson say on August 30, 2023?",
            "Johnson & Johnson 2023 8-K dated 2023-08-30",
        ),
        ("Ulta's repurchases in Q4 of FY2023", "ULTABEAUTY_2023Q4_EARNINGS"),
        ("SG&A as a percent of Ulta's sales in FY2023", "ULTABEAUTY_2023_10K"),
        ("As of Q1 of FY2023, did PepsiCo's guidance rise?", "PEPSICO_2023Q1_EARNINGS"),
        ("At the Pepsico AGM held on May 3, 2023, who voted?", "PEPSICO_2023_8K_dated-2023-05-05"),
        ("Best Buy stores between Q2 of FY2024 and FY2023", "BESTBUY_2024Q2_10Q"),
        ("Coke's FY2021 COGS margin", "COCACOLA_2021_10K"),
        ("GM deliveries, fiscal year ended 2022", "GENERALMOTORS_2022_10K"),
        ("Which of JPM's segments led in 2021 Q1?", "JPMORGAN_2021Q1_10Q"),
        ("Foot Locker's appointment of August 2022", "FOOTLOCKER_2022_8K_dated_2022-08-19"),
        ("P&G 2022 organic sales", "PROCTERGAMBLE_2022_10K"),
        ("AT&T's 2022 free cash flow", "AT&T Inc. 2022 Annual Report"),
        ("Microsoft FY16 COGS", "MSFT_2016_10K"),
        (
            "Has Microsoft's debt grown between FY2023 and FY2022?",
            "Microsoft Corp – Form 10-K for the fiscal year ended June 30, 2023, page 7",
        ),
    ],
)
def test_a_question_means_the_report_of_its_company_and_period(question: str, title: str) -> None:
    assert meant(question) == title


@pytest.mark.parametrize(
    "question",
    ["American consumers' sentiment in 2022", "In general, what drove sales in 2022?", "Our M&A"],
)
def test_a_word_that_begins_many_names_means_none(question: str) -> None:
    assert meant(question) == ""


def test_the_page_of_the_year_asked_for_goes_before_its_neighbours(store: Store) -> None:
    """Each year's report repeats the years before it, in the same words."""
    for company in ("ULTABEAUTY", "FOOTLOCKER"):
        for year in (2020, 2021, 2022, 2023):
            document = f"{company}_{year}_10K"
            years = " ".join(str(year - back) for back in range(3))
            for page, text in enumerate(
                [
                    f"Purchases of property, plant and equipment {years} 297 312 172 in cash flows",
                    f"Our stores and what we sell in {year}",
                    f"Net sales {years} 10,208 8,630 6,151 of statements of income",
                ]
            ):
                store.add(
                    draft(
                        text,
                        kind="passage",
                        thread=f"file:{document}",
                        source=Source(kind="file", ref=f"{document}|{page}", title=document),
                    )
                )
    hit = store.find(Query(text="Ulta's capex in FY22?", scopes=EVERYBODY)).hits[0]
    assert hit.record.source.ref == "ULTABEAUTY_2022_10K|0"
    assert "names ULTABEAUTY_2022_10K" in hit.why
