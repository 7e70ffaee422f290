"""Answers about cohorts, and a word on each value that the release does not hold: zero of it may be a misspelling."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from app.catalog import open_catalog
from app.cohort import Cohort, schema
from app.common.errors import UserError
from app.interface.answers import JSON, Answer, Request
from app.interface.verbs import VERBS, run
from app.selection import unknown_in

#: Verbs that only spell a cohort, without the release: they are checked where that is asked for.
_SPELLING = frozenset({"json", "sentence", "url"})

#: Verbs whose answer is an object with a field per attribute, which a field of another kind would be taken for.
_BY_ATTRIBUTE = frozenset({"facets", "missing"})

#: Values that are named one by one.
_MOST = 10

#: Characters of a header at most.
_MOST_IN_HEADER = 1_000

#: Characters of a header that stand for themselves: printable ASCII without ``%``.
_IN_HEADER = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")

#: Typographic marks of the warnings as ASCII has them.
_ASCII = str.maketrans({"“": '"', "”": '"', "’": "'"})


def checked(verb: str, subject: str, options: Mapping[str, str], *, strict: bool = False) -> tuple[Answer, list[str]]:
    """Answer one request, with one sentence for each value of its cohort that the release does not hold.

    An answer that is a JSON object holds them as well, as ``warnings``, unless its fields are attributes.

    Raises
    ------
    UserError
        If the verb, an option or the subject is invalid; where `strict`, also if there is any such value.
    """
    names_cohort = verb in VERBS and VERBS[verb].is_about_cohort and (strict or verb not in _SPELLING)
    warnings = warnings_about(Request(subject).cohort, strict=strict) if names_cohort else []
    answer = run(verb, subject, options)
    if warnings and answer.media_type == JSON and not answer.file and verb not in _BY_ATTRIBUTE:
        answer = _with_warnings(answer, warnings)
    return answer, warnings


def warnings_about(cohort: Cohort, *, strict: bool = False) -> list[str]:
    """One sentence for each value of the cohort that the release does not hold; one for all beyond the first few.

    Raises
    ------
    UserError
        With these sentences, where `strict`.
    """
    unknown = unknown_in(open_catalog(), cohort)
    found = [value.sentence for value in unknown[:_MOST]]
    if len(unknown) > _MOST:
        found.append(f"IDC v{schema.idc_version()} lacks {len(unknown) - _MOST:,} more of the cohort's values.")
    if strict and found:
        raise UserError("\n".join(found))
    return found


def header(warnings: list[str]) -> str:
    """Warnings as the value of an HTTP header: one line of printable ASCII, all else percent-encoded, not too long."""
    encoded = quote(" ".join(warnings).translate(_ASCII), safe=_IN_HEADER)
    whole = re.sub("%[0-9A-F]?$", "", encoded[:_MOST_IN_HEADER])
    return quote(unquote(whole, errors="ignore"), safe=_IN_HEADER)


def _with_warnings(answer: Answer, warnings: list[str]) -> Answer:
    """The same JSON with the field ``warnings``, if it is an object."""
    text = b"".join(answer.chunks)
    value = json.loads(text)
    if isinstance(value, dict):
        text = json.dumps({**value, "warnings": warnings}, ensure_ascii=False, indent=2).encode() + b"\n"
    return replace(answer, chunks=[text])
