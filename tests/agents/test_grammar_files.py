"""What is asked about a file, and what is not."""

from __future__ import annotations

import pytest

from bullpen_agents.grammar.files import AskFile, ChartColumn, read_about_file

PDF, XLSX = ("outlook.pdf",), ("metals.xlsx",)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("what does it say about copper?", "copper"),
        ("What does the PDF say about Ghana's main crop?", "Ghana's main crop"),
        ("what does outlook.pdf say on smelters", "smelters"),
        ("does the report mention nickel?", "nickel"),
        ("find the smelters in this document", "the smelters"),
        ("what is the capacity in the report?", "the capacity"),
    ],
)
def test_a_topic_of_a_file(text: str, topic: str) -> None:
    assert read_about_file(text, PDF, ()) == AskFile(topic, PDF)
    assert read_about_file(text, (), PDF) == AskFile(topic, PDF)
    assert read_about_file(text, (), ()) is None


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("chart column Copper", ("Copper",)),
        ("plot the Copper column of metals.xlsx", ("Copper",)),
        ("chart columns Copper and Stocks", ("Copper", "Stocks")),
        ("please draw column “Copper (USD/t)” from the sheet", ("Copper (USD/t)",)),
        ("chart copper from this file", ("copper",)),
    ],
)
def test_columns_of_a_file(text: str, columns: tuple[str, ...]) -> None:
    assert read_about_file(text, XLSX, ()) == ChartColumn(columns, XLSX)


def test_the_file_that_is_named_is_meant() -> None:
    both = (*PDF, *XLSX)
    assert read_about_file("what does outlook.pdf say about oil?", both, ()) == AskFile("oil", PDF)


@pytest.mark.parametrize(
    "text",
    [
        "import this",
        "how volatile is oil?",
        "what do we know about copper?",
        "chart oil",
        "chart this",
    ],
)
def test_other_requests_are_left_alone(text: str) -> None:
    assert read_about_file(text, XLSX, ()) is None
