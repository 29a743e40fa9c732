from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_tools.context import Receipt, Result, Value, ValueKind
from bullpen_tools.figures import cited, conflicts, partial, plain, render
from bullpen_tools.formats import FORMATS, show


def receipt(name: str = "r42", agent: str = "quant", **values: Value) -> Receipt:
    return Receipt(
        id=name,
        tool="strategy_payoff",
        version="1",
        inputs={"start": "1999"},
        result=Result(summary="", values=values, as_of=date(2018, 12, 31)),
        error="",
        agent=agent,
        run_id="run",
        call_key=name,
        scope="workspace",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0.1,
    )


def usd(number: float | str | None, kind: ValueKind = "derived") -> Value:
    return Value(value=number, unit="usd", kind=kind)


R42 = receipt(
    max_profit=usd(17.5),
    cost=usd(2.5, "assumed"),
    net_multiple=Value(value=7.0, unit="x"),
    top=usd("unlimited"),
    none=usd(None),
    fake=usd(3.0, "synthetic"),
)
R7 = receipt("r7", vol=Value(value=23.871, unit="pct"))


def lookup(name: str) -> Receipt | None:
    return {"r42": R42, "r7": R7}.get(name)


def test_a_reference_becomes_value_unit_and_footnote() -> None:
    got = render(
        "Makes {{r42.max_profit|usd}}, **{{r42.net_multiple}}** at {{ r7.vol | pct }}.", lookup
    )
    assert got.text == "Makes $17.50¹, **7.0x¹** at 23.9%²."
    assert got.receipts == ("r42", "r7")
    assert got.footnotes == (
        "¹ r42 · strategy_payoff · as of 2018-12-31",
        "² r7 · strategy_payoff · as of 2018-12-31",
    )
    assert got.unsourced == ()
    assert got.missing == ()


def test_kinds_are_told_apart_and_synthetic_is_stamped() -> None:
    got = render("{{r42.cost}} {{r42.fake}} {{r42.top}} {{r42.none}}", lookup)
    assert got.text == "$2.50¹ $3.00 (synthetic)¹ unlimited¹ no value¹"
    assert got.footnotes[0] == (
        "¹ r42 · strategy_payoff · as given: cost · synthetic: fake · as of 2018-12-31"
    )


def test_a_reference_to_nothing_stays_visible() -> None:
    got = render("{{r42.foo}} and {{r9.max_profit|usd}} and {{r42}}, {{ other }}", lookup)
    assert (
        got.text
        == "[no receipt: r42.foo] and [no receipt: r9.max_profit] and [no receipt: r42], {{ other }}"
    )
    assert got.missing == ("r42.foo", "r9.max_profit", "r42")
    assert got.footnotes == ()


def test_tables_and_code() -> None:
    table = "| a | b |\n|---|---|\n| {{r42.max_profit|usd}} | {{r42.cost\\|usd}} |"
    assert render(table, lookup).text.splitlines()[2] == "| $17.50¹ | $2.50¹ |"
    code = "`{{r42.cost}}` and\n```\n{{r42.cost}} 12.5\n```\n{{r42.cost}}"
    assert render(code, lookup).text == code[: -len("{{r42.cost}}")] + "$2.50¹"
    stored = receipt("r1", title=Value(value="a|b *c*\nd", unit="text"))
    assert render("{{r1.title}}", lambda _: stored).text == "a\\|b \\*c\\* d¹"


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "shown"),
    [
        (1234567.891, "usd", "", "$1,234,567.89"),
        (-2.5, "usd", "", "-$2.50"),
        (0.00312, "usd", "", "$0.00312"),
        (46.92, "usd/bbl", "", "$46.92/bbl"),
        (17.5, "eur", "usd", "€17.50"),
        (17.5, "chf", "", "CHF 17.50"),
        (5.25, "pct", "", "5.25%"),
        (104.26, "pct", "", "104.3%"),
        (-0.001, "pct", "", "-0.001%"),
        (0.0, "pct", "", "0.00%"),
        (12.5, "pct", "usd", "12.5%"),
        (12.5, "pct", "bp", "1,250 bp"),
        (0.125, "ratio", "pct", "12.5%"),
        (1.956, "ratio", "", "1.96"),
        (1.956, "ratio", "x", "2.0x"),
        (0.45, "x", "", "0.45x"),
        (7, "x", "", "7.0x"),
        (2506.85, "index", "", "2,506.85"),
        (25, "bp", "", "25 bp"),
        (12.25, "bp", "", "12.2 bp"),
        (5031, "count", "", "5,031"),
        (60, "days", "", "60 days"),
        (17.5, "usd", "int", "18"),
        (17.5, "usd", "num", "17.50"),
        (17.5, "usd", "raw", "17.5"),
        (17.5, "usd", "nonsense", "$17.50"),
        ("2018-12-31", "date", "", "31 Dec 2018"),
        ("2018-12-31T10:00:00", "text", "date", "31 Dec 2018"),
        ("soon", "date", "", "soon"),
        (True, "", "", "yes"),
        (None, "usd", "usd", "no value"),
        (float("inf"), "usd", "", "no value"),
        (1e300, "usd", "int", None),
    ],
)
def test_formats(value: float | str | None, unit: str, wanted: str, shown: str | None) -> None:
    got = show(Value(value=value, unit=unit), wanted)
    assert got == shown if shown is not None else len(got) > 100


def test_superscripts_pass_nine() -> None:
    many = {f"r{n}": receipt(f"r{n}", v=usd(n)) for n in range(1, 13)}
    got = render(" ".join(f"{{{{r{n}.v}}}}" for n in range(1, 13)), many.get)
    assert got.text.endswith("$12.00¹²")
    assert got.footnotes[9].startswith("¹⁰ r10")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It made 17.50 and $1,200 or 12.5 % in 3x.", ("17.50", "$1,200", "12.5 %", "3x")),
        ("about -4 and ~5bp, then 7.", ("-4", "~5bp", "7")),
        ("On 2018-12-31, 31 Dec 2018, June 5th, 2019, in 2008 and the 1990s at 14:30.", ()),
        ("The 1st of 3rd", ()),
        (
            "1. First\n2) Second\n## 3. Third\n> 4. Quoted\n**13. Fifth: yes.**\n| 14. Sixth | no |",
            (),
        ),
        ("The S&P 500, Russell 2000, COVID-19, r42, Q3 and 10-K", ("10",)),
        ("`12` and https://x.y/12/34?a=5 and [a](http://x/9) <@U123> a@b1.com", ()),
        ("```\n1 2 3\n```\nthen 4", ("4",)),
        ("{{r42.max_profit}} and {{r42.foo}}", ()),
        ("A 60-day window", ("60",)),
        ("1,234.50 twice 1,234.50", ("1,234.50",)),
        ("$2000 in 2000", ("$2000",)),
    ],
)
def test_unsourced_numbers_are_listed_and_left(text: str, found: tuple[str, ...]) -> None:
    got = render(text, lookup)
    assert got.unsourced == found
    if "{{" not in text:
        assert got.text == text


def test_numbers_of_the_question_are_allowed() -> None:
    asked = "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?"
    got = render("The 70/90/110 butterfly at $2.5 makes 17.50.", lookup, allow=asked)
    # The currency is the writer's own: a 2.5 in the question does not say what 2.5 dollars are.
    assert got.unsourced == ("$2.5", "17.50")
    assert render("Bought at 2.5.", lookup, allow=asked).unsourced == ()


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("The maximum profit is $90.", "the 70-90-110 butterfly", ("$90",)),
        ("It loses 110% a year.", "the 70-90-110 butterfly", ("110%",)),
        ("It pays 70x, or -90.", "the 70-90-110 butterfly", ("70x", "-90")),
        ("Paid $1,200.00 at 5 % or −3.", "I paid $1200 at 5% or -3", ()),
        ("Paid 1200 at 5.", "I paid $1200 at 5%", ()),
        ("It cost €5.", "it cost $5", ("€5",)),
    ],
)
def test_the_digits_of_a_question_do_not_source_a_marked_figure(
    text: str, asked: str, found: tuple[str, ...]
) -> None:
    assert render(text, lookup, allow=asked).unsourced == found


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a {{r4", "a "),
        ("a {", "a "),
        ("a {{r42.x}", "a "),
        ("a {{r42.x}} b", "a {{r42.x}} b"),
        ("a {{r42.x}} {{", "a {{r42.x}} "),
        ("x {{{r1.y", "x "),
        ("{{ never closed\n text", "{{ never closed\n text"),
        ("{{" + "y" * 200, "{{" + "y" * 200),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_partial(text: str, safe: str) -> None:
    assert partial(text) == safe


def test_plain_keeps_the_receipt_in_brackets() -> None:
    assert (
        plain("Made {{r42.max_profit}} or {{r9.x}}.", lookup)
        == "Made $17.50 [r42] or [no receipt: r9.x]."
    )
    assert cited("{{r42.a}} {{r7.b|pct}} {{r42.c}}") == ("r42", "r7")


def test_numbers_that_the_cited_call_was_given_are_sourced() -> None:
    made = replace(
        R42, inputs={"legs": [{"strike": 70.0}], "window": 60, "flag": True, "start": "1999-12-31"}
    )
    text = "Over 60 returns, with the 70 strike: {{r42.max_profit}}; not 31."
    assert render(text, lambda _: made).unsourced == ("31",)
    assert render("Over 60 returns.", lambda _: made).unsourced == ("60",)


def measured(number: float | None, entity: str = "SP500", unit: str = "pct") -> Value:
    return Value(value=number, unit=unit, metric="volatility", entity=entity)


def test_two_values_of_one_metric_are_a_conflict() -> None:
    one = receipt("r1", vol=measured(19.1))
    other = replace(
        receipt("r2", "data_analyst", vol_sp500=measured(20.0)), inputs={"start": "2008"}
    )
    same = receipt("r3", vol=measured(19.1 + 1e-12))
    [found] = conflicts([one, other, same])
    assert (found.metric, found.entity, found.as_of) == ("volatility", "SP500", "2018-12-31")
    assert found.sides == ((one, "vol"), (other, "vol_sp500"))
    assert found.differs == ("start",)
    shown = render(found.sentence, {"r1": one, "r2": other}.get).text
    assert shown == (
        "Two values for volatility of SP500: quant has 19.1%¹ (r1, strategy_payoff); "
        "data_analyst has 20.0%² (r2, strategy_payoff). The calls differ in start."
    )


def test_one_call_with_two_results_is_a_conflict_too() -> None:
    [found] = conflicts([receipt("r1", vol=measured(19.1)), receipt("r2", vol=measured(19.2))])
    assert found.differs == ()


@pytest.mark.parametrize(
    "other",
    [
        receipt("r2", "data_analyst", vol=measured(20.0, entity="WTI")),
        receipt("r2", "data_analyst", vol=measured(None)),
        receipt("r2", "data_analyst", vol=Value(value=20.0, unit="pct")),
        replace(receipt("r2", vol=measured(20.0)), inputs={"start": "2008"}),
        replace(
            receipt("r2", "data_analyst"), result=Result(summary="", values={"v": measured(20.0)})
        ),
    ],
)
def test_what_is_not_comparable_is_no_conflict(other: Receipt) -> None:
    assert conflicts([receipt("r1", vol=measured(19.1)), other]) == []


values = st.builds(
    Value,
    value=st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    unit=st.one_of(
        st.sampled_from(["usd", "pct", "x", "bp", "date", "usd/", "/"]), st.text(max_size=5)
    ),
    kind=st.sampled_from(["observed", "derived", "assumed", "synthetic"]),
)
pieces = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        ["{{", "}}", "{{r1.a}}", "{{r1.b|", "usd}}", "`", "```", "|", "{{r2.a|pct}}", "\n", "1.5"]
    ),
)
texts = st.lists(pieces, max_size=14).map("".join)


def either(value: Value) -> Callable[[str], Receipt | None]:
    made = receipt("r1", a=value, b=value)
    return lambda name: made if name == "r1" else None


@given(texts, values)
def test_rendering_never_raises_and_streams_safely(text: str, value: Value) -> None:
    got = render(text, either(value))
    assert len(got.footnotes) == len(got.receipts)
    plain(text, either(value))
    if "`" in text:  # only the closing tick makes code of what stands before it
        return
    for end in range(len(text)):
        prefix = partial(text[:end])
        assert text.startswith(prefix)
        assert got.text.startswith(render(prefix, either(value)).text)


@given(st.text())
def test_text_without_references_is_never_altered(text: str) -> None:
    if "{{" not in text:
        assert render(text, lookup).text == text
        assert plain(text, lookup) == text


@given(values, st.one_of(st.sampled_from(FORMATS), st.text(max_size=4)))
def test_every_value_reads_as_one_line(value: Value, wanted: str) -> None:
    shown = show(value, wanted)
    assert "\n" not in shown
    assert "nan" not in shown.lower() or isinstance(value.value, str) or "nan" in value.unit.lower()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1.098, "1.098%"), (25.0, "25.0%"), (17.25, "17.25%"), (-0.4375, "-0.4375%"), (100 / 3, "33.3%"), (5.0, "5.00%"),
    ],
)  # fmt: skip
def test_a_percentage_that_was_given_keeps_its_digits(number: float, shown: str) -> None:
    given = Value(value=number, unit="pct", kind="assumed", label="Dividend yield")
    assert show(given) == show(given, "usd") == shown
    assert show(replace(given, kind="derived")) != "1.098%"
