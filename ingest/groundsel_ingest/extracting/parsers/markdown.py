"""Markdown (CommonMark with tables), by markdown-it: its blocks, and the plain text of its inlines."""

import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from groundsel_ingest.extracting.decoding import decode
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_ingest.extracting.parsers.html import add_html

FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
FIELD = re.compile(r"^(title|date|updated|author)[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    text = decode(file.read())
    if front := FRONT_MATTER.match(text):
        add_front_matter(manuscript, front[1])
        text = text[front.end() :]
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    for node in SyntaxTreeNode(tokens).children:
        add_block(manuscript, node)


def add_front_matter(manuscript: Manuscript, yaml: str) -> None:
    """Take the few fields that everyone writes as `key: value`; the rest is no text."""
    for key, value in FIELD.findall(yaml):
        plain = value.strip("\"'")
        match key.lower():
            case "title":
                manuscript.heading(plain, level=1)
            case "author":
                manuscript.metadata["author"] = plain
            case _:
                try:
                    manuscript.updated_at = datetime.fromisoformat(plain).astimezone(UTC)
                except ValueError:
                    manuscript.metadata["date"] = plain


def add_block(manuscript: Manuscript, node: SyntaxTreeNode) -> None:
    match node.type:
        case "heading":
            manuscript.heading(plain_text(node), level=int(node.tag.removeprefix("h")))
        case "bullet_list" | "ordered_list":
            manuscript.items(items(node))
        case "table":
            manuscript.rows(rows(node))
        case "fence" | "code_block":
            manuscript.code(node.content)
        case "html_block":
            add_html(manuscript, node.content)
        case "blockquote":
            for child in node.children:
                add_block(manuscript, child)
        case "hr":
            pass
        case _:
            manuscript.paragraph(plain_text(node))


def items(node: SyntaxTreeNode) -> Generator[str]:
    """Yield the items of a list, those of lists within it after the item that holds them."""
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for item in node.children:
        mark = "-" if number is None else f"{number}."
        number = None if number is None else number + 1
        inner = [child for child in item.children if child.type in {"bullet_list", "ordered_list"}]
        own = " ".join(plain_text(child) for child in item.children if child not in inner)
        yield f"{mark} {own}"
        for child in inner:
            yield from items(child)


def rows(table: SyntaxTreeNode) -> Generator[list[str]]:
    for part in table.children:
        for row in part.children:
            yield [plain_text(cell) for cell in row.children]


def plain_text(node: SyntaxTreeNode) -> str:
    """Give the words of a block: no marks, of a link its text, of an image its description."""
    match node.type:
        case "text" | "code_inline" | "fence" | "code_block":
            return node.content
        case "softbreak" | "hardbreak":
            return " "
        case "html_inline" | "html_block":
            return ""
        case _:
            gap = " " if node.type in {"list_item", "blockquote", "bullet_list", "ordered_list"} else ""
            return gap.join(plain_text(child) for child in node.children)
