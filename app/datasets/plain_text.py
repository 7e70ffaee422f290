"""Descriptions as plain paragraphs.

IDC's descriptions are HTML or Markdown turned into text at some point of their way: lines broken hard, links written as
``label (address)``, now and then a tag or an entity left. What comes out of here is text: whoever shows it escapes it.
"""

from __future__ import annotations

import html
import re

#: Tags that end a line; all others leave no trace.
_BREAK = re.compile(r"<(?:br|/p|/li|/div|/h[1-6]|p|li)\b[^<>]*>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
#: A letter behind the bracket tells a tag from "< 18 years".
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()\s]*\)")
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]*)\)")
_MARKS = re.compile(r"\*\*|__|`|^#+ ", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069]")

#: An address, without the punctuation that ends its sentence.
ADDRESS = re.compile(r"https?://[^\s<>\"()]+[^\s<>\"().,;:!?]")

#: An address that is its own label.
_TWICE = re.compile(r"(https?://\S+) \(\1\)")

#: How IDC begins the last lines of a description, which name its sources.
_POINTER = "Please see"

#: A line so short was not broken for want of room.
_SHORT = 78


def paragraphs(text: str | None) -> tuple[str, ...]:
    """Text without markup, one line per paragraph.

    Parameters
    ----------
    text
        As it stands in the data. Its lines are broken at about 100 characters; one that ends a sentence early, or that
        an empty line, an indented one or the pointer to a source follows, ends a paragraph.
    """
    found: list[list[str]] = [[]]
    for line in strip_markup(text or "").splitlines():
        words = " ".join(line.split())
        before = found[-1][-1] if found[-1] else ""
        begins = line[:1].isspace() or words.startswith(_POINTER)
        ended = before.endswith((".", "!", "?", ":")) and (len(before) < _SHORT or begins)
        if not words or ended:
            found.append([])
        if words:
            found[-1].append(words)
    return tuple(_TWICE.sub(r"\1", " ".join(lines)) for lines in found if lines)


def one_line(text: str | None) -> str:
    """Text without markup, on one line."""
    return " ".join(strip_markup(text or "").split())


def strip_markup(text: str) -> str:
    """Text without tags, entities, Markdown's marks and characters that no one sees; lines stay."""
    text = _TAG.sub("", _BREAK.sub("\n", _SCRIPT.sub("", text)))
    text = html.unescape(text).replace("\r\n", "\n").replace("\xa0", " ")
    text = _LINK.sub(r"\1 (\2)", _IMAGE.sub(r"\1", text))
    return _CONTROL.sub("", _MARKS.sub("", text))
