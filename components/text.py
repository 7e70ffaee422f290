"""Texts from outside, made safe for what reads them as markup."""

from __future__ import annotations


def plain(text: str) -> str:
    """Text that markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~$:&" else character for character in text)
