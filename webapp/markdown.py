"""Instructions and quiz prompts: Markdown rendered on the server and sanitised; mathematics stays TeX for KaTeX.

A formula leaves as `<span class="math inline">` or `<div class="math block">` with its source as text, so that it
can be read without scripts too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from webapp.highlight import snippet

_PREFIX = "section-"
_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption"),
    *("figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "span", "strong"),
    *("sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "details": {"open"},
    "div": {"class"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "pre": {"class"},
    "span": {"class"},
    "abbr": {"title"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}


@dataclass(frozen=True)
class Section:
    """A heading that a table of contents can point to."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Document:
    """Rendered instructions and their sections."""

    html: Markup
    sections: tuple[Section, ...]


@lru_cache(maxsize=64)
def render_document(source: str, *, files: frozenset[str], files_url: str) -> Document:
    """Render an exercise's instructions.

    The first heading is left out: the page has the exercise's title. Relative links and images may point to `files`
    (paths inside the exercise's folder), which are served below `files_url`; others lose their address.
    """
    tokens = _without_title(_markdown().parse(source))
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    return Document(_sanitised(html, _addresses(files, files_url)), tuple(_sections(tokens)))


@lru_cache(maxsize=512)
def render_text(source: str) -> Markup:
    """Render a short text (a quiz prompt, an explanation) as paragraphs."""
    return _sanitised(_markdown().render(source), _addresses((), ""))


@lru_cache(maxsize=512)
def render_line(source: str) -> Markup:
    """Render one line (the text of a choice) without a paragraph around it."""
    return _sanitised(_markdown().renderInline(source), _addresses((), ""))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "highlight": _highlighted}).enable(["table", "strikethrough"])
    markdown.use(dollarmath_plugin, double_inline=True, allow_space=False)
    markdown.use(anchors_plugin, min_level=2, max_level=4, slug_func=_slug)
    return markdown


def _highlighted(source: str, language: str, _: str) -> str:
    return f'<pre class="code"><code>{snippet(source, language)}</code></pre>'


def _slug(title: str) -> str:
    return _PREFIX + re.sub(r"[^\w]+", "-", title.casefold()).strip("-")


def _without_title(tokens: list[Token]) -> list[Token]:
    return tokens[3:] if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1" else tokens


def _sections(tokens: list[Token]) -> list[Section]:
    return [
        Section(str(token.attrs["id"]), _plain(tokens[index + 1]))
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def _addresses(files: Collection[str], files_url: str) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) not in (("a", "href"), ("img", "src")):
            return value
        if value.startswith("#"):
            return f"#{_PREFIX}{value[1:].removeprefix(_PREFIX)}" if tag == "a" else None
        parts = urlsplit(value)
        if parts.scheme or parts.netloc:
            return value if tag == "a" and parts.scheme in ("https", "http", "mailto") else None
        return f"{files_url}{parts.path}" if parts.path in files else None

    return keep


def _sanitised(html: str, addresses: Callable[[str, str, str], str | None]) -> Markup:
    # Safe to mark: nh3 lets through the tags and attributes of the lists above and nothing else.
    return Markup(  # noqa: S704 - as the line above says
        nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=addresses, link_rel="noopener noreferrer")
    )
