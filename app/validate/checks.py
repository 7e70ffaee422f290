"""Files checked against a listing: what is wrong, missing or out of place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from app.validate.expected import Expectation, ExpectedSeries
from app.validate.files import File
from app.validate.findings import Finding, FindingKind
from app.validate.geometry import geometry

#: What may be a SeriesInstanceUID or a CRDC UUID in a folder's name.
_IDENTIFIER = re.compile(r"(?<![\d.])\d+(?:\.\d+){3,}(?![\d.])|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORDER = {kind: number for number, kind in enumerate(FindingKind)}


def folder_of(file: File) -> str:
    """Its folder, relative to the one that is read."""
    return file.path.rpartition("/")[0]


@lru_cache(maxsize=1024)
def identifiers(folder: str) -> frozenset[str]:
    """Identifiers that the names of `folder` and of those above it may hold."""
    return frozenset(_IDENTIFIER.findall(folder))


def check(
    files: Collection[File], wanted: Expectation, others: Collection[ExpectedSeries], is_whole: bool
) -> list[Finding]:
    """All findings, in the order of their kinds.

    Parameters
    ----------
    files
        What was read.
    wanted
        What is to be there.
    others
        Series of the release that are not wanted but stand in a file or in a folder's name.
    is_whole
        Whether everything was read, so that what was not seen is missing.
    """
    expected = {one.uid: one for one in wanted.series}
    released = expected | {one.uid: one for one in others}
    by_name = {name: one.uid for one in released.values() for name in (one.uid, one.crdc_uuid)}
    by_series: dict[str, list[File]] = {}
    findings = [Finding(FindingKind.UNKNOWN, entry) for entry in wanted.unknown]
    for file in files:
        named = {by_name[name] for name in identifiers(folder_of(file)) if name in by_name}
        findings += file.findings if file.series else _in_series(file.findings, named)
        if file.series:
            by_series.setdefault(file.series, []).append(file)
            if named and file.series not in named:
                findings.append(
                    Finding(FindingKind.WRONG_FOLDER, f"the folder's is {min(named)}", file.series, file.path)
                )
    for uid, group in by_series.items():
        findings += _judge_series(uid, group, expected, released, is_whole)
    if is_whole:
        missing = (one for one in wanted.series if one.uid not in by_series)
        findings += (
            Finding(FindingKind.MISSING_SERIES, f"{one.instances:,} files expected", one.uid) for one in missing
        )
    return sorted(findings, key=lambda one: (one.is_warning, _ORDER[one.kind], one.series or "", one.path or ""))


def _in_series(findings: Sequence[Finding], named: Collection[str]) -> list[Finding]:
    """Findings on a file that does not say its series, which its folder may say."""
    series = next(iter(named)) if len(named) == 1 else None
    return [replace(one, series=series) for one in findings]


def _judge_series(
    uid: str,
    files: Sequence[File],
    expected: Mapping[str, ExpectedSeries],
    released: Mapping[str, ExpectedSeries],
    is_whole: bool,
) -> Iterator[Finding]:
    if uid not in released:
        yield from (Finding(FindingKind.NOT_IN_RELEASE, "", uid, file.path) for file in files)
        return
    if uid not in expected:
        yield from (Finding(FindingKind.NOT_WANTED, "", uid, file.path) for file in files)
        return
    yield from _judge_files(files, expected[uid])
    if is_whole:
        yield from _judge_whole(files, expected[uid])


def _judge_files(files: Sequence[File], series: ExpectedSeries) -> Iterator[Finding]:
    """What is wrong with single files of a series."""
    first: dict[str, str] = {}
    for file in files:
        if file.study != series.study:
            yield Finding(FindingKind.STUDY, f"{file.study or 'none'}, not {series.study}", series.uid, file.path)
        if file.patient != series.patient:
            yield Finding(FindingKind.PATIENT, f"{file.patient or 'none'}, not {series.patient}", series.uid, file.path)
        if file.instance and first.setdefault(file.instance, file.path) != file.path:
            text = f"{file.instance}, also in {first[file.instance]}"
            yield Finding(FindingKind.DUPLICATE, text, series.uid, file.path)


def _judge_whole(files: Sequence[File], series: ExpectedSeries) -> Iterator[Finding]:
    """What is wrong with all files of a series together."""
    if len(files) != series.instances:
        yield Finding(FindingKind.INSTANCES, f"{len(files):,}, not {series.instances:,}", series.uid)
    if (size_bytes := sum(file.size for file in files)) != series.size_bytes:
        yield Finding(FindingKind.BYTES, f"{size_bytes:,}, not {series.size_bytes:,}", series.uid)
    for odd in geometry([file.plane for file in files if file.plane]):
        yield replace(odd, series=series.uid)
