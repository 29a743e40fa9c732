"""What people and agents write becomes HTML in which nothing is live but links and formatting."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bullpen_workspace.page import emoji, markdown, mrkdwn
from bullpen_workspace.page.deeds import source
from bullpen_workspace.page.mrkdwn import Names
from bullpen_workspace.page.render import Renderer

NAMES = Names(user={"U1": "Ann"}.get, channel={"C1": "desk"}.get, me="U9")
RENDERER = Renderer(lambda: NAMES, url="http://127.0.0.1:4747")
SAFE_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("li", "ol", "p", "pre", "s", "span", "strong", "sup", "table", "tbody", "td", "th", "thead"),
    *("tr", "ul", "div"),
}


class Live(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SAFE_TAGS:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "id"):
                self.bad.append(name)
            if name in ("href", "src") and not re.match(
                r"(https?:|mailto:|/(?!/))", value or "", re.I
            ):
                self.bad.append(f"{name}={value}")


def live_parts(html: str) -> list[str]:
    parser = Live()
    parser.feed(html)
    parser.close()
    return parser.bad


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "<javascript:alert(1)|click>",
    '<https://x.y"onmouseover=alert(1)|click>',
    "<https://x.y|<script>alert(1)</script>>",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x) <data:text/html,x|y>",
    "`</code><script>alert(1)</script>`",
    "```\n</code></pre><svg onload=alert(1)>\n```",
    "| a |\n|---|\n| <iframe src=//evil> |",
    "<@U1|<b onclick=x>>",
    '<#C1"onclick=x|y>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\ue0000\ue001 <https://a.b|\ue0001\ue001>",
    "*_~`<https://a.b|*_~>`~_*",
]


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("render", [RENDERER.mrkdwn, RENDERER.markdown])
def test_nothing_hostile_is_live(render, text):
    assert live_parts(str(render(text))) == []


WRITTEN = st.text(
    alphabet=st.one_of(
        st.sampled_from("<>&|*_~`[]()!#@:/\\\"'\n-+=0123 \ue000\ue001\u202e"), st.characters()
    ),
    max_size=120,
)


@given(WRITTEN)
@settings(max_examples=120, deadline=None)
def test_no_text_makes_a_renderer_raise_or_live(text):
    assert live_parts(str(RENDERER.markdown(text))) == []
    assert live_parts(str(RENDERER.mrkdwn(text))) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "elements",
                    "fields",
                    "accessory",
                    "options",
                    "rows",
                    "tasks",
                    "label",
                    "element",
                    "url",
                    "title",
                    "block_id",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
KINDS = [
    "section",
    "header",
    "context",
    "actions",
    "image",
    "table",
    "plan",
    "task_card",
    "input",
    "rich_text",
    "markdown",
    "card",
    "alert",
    "carousel",
    "context_actions",
    "nonsense",
]


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(
            [
                "text",
                "elements",
                "fields",
                "accessory",
                "rows",
                "tasks",
                "element",
                "label",
                "title",
                "image_url",
                "slack_file",
            ]
        ),
        JSON,
        max_size=4,
    ),
)
@settings(max_examples=120, deadline=None)
def test_no_block_makes_the_page_raise(kind, more):
    assert "<" in RENDERER.blocks([{**more, "type": kind}]) or kind in ("markdown", "carousel")


def test_controls_that_reverse_text_are_replaced():
    assert "\u202e" not in RENDERER.mrkdwn("safe\u202etxt.exe")
    assert "\u202e" not in RENDERER.markdown("safe\u202etxt.exe")
    assert "\N{REPLACEMENT CHARACTER}" in RENDERER.markdown("safe\u202etxt.exe")


def test_mrkdwn_reads_as_in_slack():
    html = RENDERER.mrkdwn(
        "*bold* _it_ ~gone~ `co*de*` <@U1> in <#C1|x> <!here> <https://a.b/c?d=1&amp;e=2|the page> :bar_chart:\n&gt; said\n```x < y```"
    )
    for part in (
        "<strong>bold</strong>",
        "<em>it</em>",
        "<del>gone</del>",
        "<code>co*de*</code>",
        '<span class="mention">@Ann</span>',
        ">#desk</a>",
        '<span class="mention me">@here</span>',
        'href="https://a.b/c?d=1&amp;e=2"',
        "📊",
        "<blockquote>said</blockquote>".replace("<blockquote>", '<blockquote dir="auto">'),
        "<pre><code>x &lt; y</code></pre>",
    ):
        assert part in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_snake_case_and_products_are_not_formatting():
    assert "<em>" not in RENDERER.mrkdwn("a_b_c and 2*3*4 and ~5 to ~6")


def test_markdown_tables_set_figures_to_the_right_heads_included():
    html = RENDERER.markdown(
        "| At | Profit |\n|---|---|\n| SLV ≥ 110 | −$2.50¹ |\n| 90 | **$17.50¹** |"
    )
    assert '<th class="right">Profit</th>' in html
    assert html.count('<td class="right">') == 2
    assert "<th>At</th>" in html


def test_dates_in_tables_are_not_broken_at_their_hyphens():
    html = RENDERER.markdown("| from |\n|---|\n| 1999-01-04 |\n| early |")
    assert '<td class="date">1999-01-04</td>' in html
    assert "<td>early</td>" in html


def test_markdown_resolves_slack_references_and_leaves_code_alone():
    html = RENDERER.markdown("<@U1> see <https://a.b|the *note*>, https://c.d/e_f. `<@U1> :eyes:`")
    assert '<span class="mention">@Ann</span>' in html
    assert ">the *note*</a>" in html
    assert 'href="https://c.d/e_f"' in html
    assert "<code>&lt;@U1&gt; :eyes:</code>" in html


def test_an_image_elsewhere_is_named_but_not_loaded():
    html = RENDERER.blocks(
        [{"type": "image", "image_url": "https://elsewhere.example/x.png", "alt_text": "a chart"}]
    )
    assert "<img" not in html
    assert "a chart" in html
    own = RENDERER.blocks([{"type": "image", "slack_file": {"id": "F123"}, "alt_text": "a chart"}])
    assert 'src="/files/F123"' in own


def test_a_button_with_an_unsafe_address_cannot_leave():
    html = RENDERER.blocks(
        [
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "x",
                        "url": "javascript:alert(1)",
                        "text": {"type": "plain_text", "text": "Go"},
                    }
                ],
            }
        ]
    )
    assert "javascript" not in html
    assert "Go" in html


def test_emoji_names_are_characters_and_unknown_names_stay():
    assert emoji.replace(":bar_chart: :abacus: :not_an_emoji: 10:30:45 :comma:") == (
        "📊 🧮 :not_an_emoji: 10:30:45 :comma:"
    )
    assert all(name in emoji.TABLE for name in emoji.PICKER)


def test_text_beyond_slacks_limit_is_cut_not_refused():
    assert len(mrkdwn.plain("x" * 50_000)) == mrkdwn.LONGEST
    assert "xxx" in markdown.to_html("x" * 50_000)


def test_a_message_reads_in_the_editor_as_it_was_typed():
    assert source("<@U1> &amp; <#C1|desk> <!here> 1 &lt; 2", NAMES) == "@Ann & #desk @here 1 < 2"
