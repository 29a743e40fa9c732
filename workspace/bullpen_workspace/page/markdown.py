"""Standard Markdown, as agents write it, turned into safe HTML.

The rule it protects: raw HTML in a message is shown as text, and the result passes an allow list
once more before a browser sees it. It deliberately does not load images from anywhere: a Markdown
image becomes a link, because the page talks to no other host.
"""

import html
import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from bullpen_workspace.page import emoji, mrkdwn
from bullpen_workspace.page.mrkdwn import NOBODY, Names

_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
    *("ol", "p", "pre", "s", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr"),
    *("ul", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "target", "rel", "class", "data-here"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "p": {"dir"},
    "blockquote": {"dir"},
    "ol": {"start"},
    "code": {"class"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
NUMBER = re.compile(r"[\s$€£¥~≈+\-−–(]*\d[\d,.\s]*\s?[%x×)]*(bp|bps|[kMB]n?)?[\s¹²³⁰⁴-⁹)%]*")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def clean(markup: str) -> str:
    """`markup` with every tag, attribute and URL that is not on the list removed."""
    return _CLEANER.clean(markup)


def _token_rule(state: StateInline, silent: bool) -> bool:
    """Slack's `<@U1>`, `<#C1>`, `<!here>` and `<url|label>` inside Markdown."""
    if state.src[state.pos] != "<":
        return False
    end = state.src.find(">", state.pos, state.pos + 3000)
    if end < 0:
        return False
    inner = state.src[state.pos + 1 : end]
    if inner[:1] not in "@#!" and "|" not in inner:
        return False
    made = mrkdwn.reference(inner, state.env["names"]) if inner else None
    if made is None:
        return False
    if not silent:
        state.push("slack", "", 0).content = made
    state.pos = end + 1
    return True


def _slack(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    return tokens[at].content


def _text(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    written = tokens[at].content
    if at and tokens[at - 1].type == "link_open":
        return emoji.replace(html.escape(written, quote=False))
    out, last = [], 0
    for found in mrkdwn.BARE_URL.finditer(written):
        out.append(emoji.replace(html.escape(written[last : found.start()], quote=False)))
        out.append(mrkdwn.anchor(found.group(0), html.escape(found.group(0))))
        last = found.end()
    out.append(emoji.replace(html.escape(written[last:], quote=False)))
    return "".join(out)


def _image(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    token = tokens[at]
    label = html.escape(token.content or "image")
    return mrkdwn.anchor(str(token.attrs.get("src", "")), label)


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[at]
    href = str(token.attrs.get("href", ""))
    token.attrSet("rel", "noopener noreferrer nofollow")
    if href.startswith("/"):
        token.attrSet("data-here", "")
    else:
        token.attrSet("target", "_blank")
    return self.renderToken(tokens, at, options, env)


def _align_numbers(state: StateCore) -> None:
    """Columns that hold only figures stand to the right, their heads too, as in print."""
    column, cells = 0, dict[int, list[Token]]()
    figures = dict[int, bool]()
    for at, token in enumerate(state.tokens):
        if token.type == "table_open":
            cells, figures = {}, {}
        elif token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            cells.setdefault(column, []).append(token)
            if token.type == "td_open":
                said = re.sub(r"[*_`~]", "", state.tokens[at + 1].content)
                fits = not said or bool(NUMBER.fullmatch(said))
                figures[column] = figures.get(column, True) and fits
            column += 1
        elif token.type == "table_close":
            for number, yes in figures.items():
                for cell in cells[number] if yes else ():
                    cell.attrs.setdefault("style", "text-align:right")


def _cell_open(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    token = tokens[at]
    side = str(token.attrs.get("style", "")).rpartition(":")[2]
    looks = [side] if side in ("right", "center") else []
    if DATE.fullmatch(tokens[at + 1].content):
        looks.append("date")
    return f'<{token.tag} class="{" ".join(looks)}">' if looks else f"<{token.tag}>"


def _table_open(_: RendererHTML, *__: object) -> str:
    return '<div class="grid" tabindex="0" role="region" aria-label="Table"><table>'


def _table_close(_: RendererHTML, *__: object) -> str:
    return "</table></div>"


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    made.enable(["table", "strikethrough"])
    made.core.ruler.after("inline", "align_numbers", _align_numbers)
    made.inline.ruler.before("autolink", "slack", _token_rule)
    rules = {
        "slack": _slack,
        "text": _text,
        "image": _image,
        "link_open": _link_open,
        "th_open": _cell_open,
        "td_open": _cell_open,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    for name, rule in rules.items():
        made.add_render_rule(name, rule)
    return made


def to_html(text: str, names: Names = NOBODY) -> str:
    """Markdown (CommonMark, tables, strikethrough, Slack references) as HTML, sanitised."""
    return clean(_parser().render(mrkdwn.plain(text), {"names": names}))
