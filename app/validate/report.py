"""What a validation found, as text for a terminal, as JSON and as one self-contained HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from app.common.numbers import exact, size
from app.validate.findings import Finding, FindingKind, visible

_SHOWN_PER_KIND = 10

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1f2933}"
    "table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;vertical-align:top;"
    "padding:4px 12px 4px 0;border-bottom:1px solid #cbd2d9;overflow-wrap:anywhere}h2{margin-top:2rem;font-size:18px}"
)


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What was found.

    Parameters
    ----------
    folder
        The folder that was read.
    against
        What it was compared with, in words.
    idc_version
        Release of the index.
    options
        What was done beyond reading headers, in words.
    stopped
        Whether reading was stopped; then nothing is said of series as a whole.
    seconds
        Time that it took.
    files, size_bytes
        What was read.
    files_in_folder
        What there was to read.
    series_wanted, series_found, series_clean
        Series that are to be there, those of them with a file, and those without an error.
    findings
        Errors, then warnings, each sorted by kind, series and path.
    """

    folder: str
    against: str
    idc_version: int
    options: tuple[str, ...]
    stopped: bool
    seconds: float
    files: int
    files_in_folder: int
    size_bytes: int
    series_wanted: int
    series_found: int
    series_clean: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Number of findings that are no warnings."""
        return sum(not one.is_warning for one in self.findings)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return len(self.findings) - self.errors

    @property
    def is_clean(self) -> bool:
        """Whether all was read and nothing is wrong."""
        return not self.stopped and not self.errors

    @property
    def verdict(self) -> str:
        """One sentence."""
        warnings = f" {exact(self.warnings)} warnings." if self.warnings else ""
        if self.stopped:
            read = f"{exact(self.files)} of {exact(self.files_in_folder)} files"
            return f"Stopped after {read}: {exact(self.errors)} errors so far.{warnings}"
        if self.errors:
            clean = f"{exact(self.series_clean)} of {exact(self.series_wanted)} series are without one"
            return f"{exact(self.errors)} errors; {clean}.{warnings}"
        return f"Clean: {exact(self.series_wanted)} series, {exact(self.files)} files, no error.{warnings}"

    @property
    def facts(self) -> dict[str, str]:
        """Label → value, for a head of the report."""
        return {
            "Folder": visible(self.folder),
            "Compared with": f"{visible(self.against)} (IDC v{self.idc_version})",
            "Checks beyond headers": ", ".join(self.options) or "none",
            "Files read": f"{exact(self.files)} of {exact(self.files_in_folder)}, {size(self.size_bytes)}",
            "Series": f"{exact(self.series_found)} of {exact(self.series_wanted)} wanted have files,"
            f" {exact(self.series_clean)} are without error",
            "Time": f"{self.seconds:.1f} s",
        }

    @property
    def by_kind(self) -> Iterator[tuple[FindingKind, list[Finding]]]:
        """Findings of each kind, errors first."""
        for kind, found in groupby(self.findings, key=lambda one: one.kind):
            yield kind, list(found)


def as_text(report: ValidationReport) -> str:
    """The report for a terminal; of each kind the first findings."""
    lines = [report.verdict, *(f"  {label}: {value}" for label, value in report.facts.items())]
    for kind, found in report.by_kind:
        lines += ["", f"{_grade(found[0])}: {kind} ({exact(len(found))})"]
        for one in found[:_SHOWN_PER_KIND]:
            lines.append(f"  {'  '.join(part for part in _cells(one) if part)}")
        if len(found) > _SHOWN_PER_KIND:
            lines.append(f"  and {exact(len(found) - _SHOWN_PER_KIND)} more")
    return "\n".join(lines) + "\n"


def as_json(report: ValidationReport) -> str:
    """The whole report as one JSON object."""
    value: dict[str, Any] = {
        "folder": visible(report.folder),
        "against": visible(report.against),
        "idc_version": report.idc_version,
        "options": report.options,
        "clean": report.is_clean,
        "verdict": report.verdict,
        "facts": report.facts,
        "stopped": report.stopped,
        "seconds": round(report.seconds, 1),
        "files": {"in_folder": report.files_in_folder, "read": report.files},
        "bytes": report.size_bytes,
        "series": {
            "wanted": report.series_wanted,
            "found": report.series_found,
            "without_error": report.series_clean,
        },
        "errors": [_as_object(one) for one in report.findings if not one.is_warning],
        "warnings": [_as_object(one) for one in report.findings if one.is_warning],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_html(report: ValidationReport) -> str:
    """The whole report as a page that needs nothing else."""
    facts = "".join(
        f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in report.facts.items()
    )
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Validation</title>'
        f"<style>{_STYLE}</style></head><body><h1>Validation of a folder of DICOM files</h1>"
        f"<p><strong>{escape(report.verdict)}</strong></p><table>{facts}</table>"
    ]
    for kind, found in report.by_kind:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(one))}</tr>" for one in found)
        parts.append(
            f"<h2>{_grade(found[0])}: {escape(kind)} ({exact(len(found))})</h2>"
            f"<table><tr><th>Series</th><th>File</th><th>Detail</th></tr>{rows}</table>"
        )
    return "\n".join([*parts, "</body></html>\n"])


def _grade(finding: Finding) -> str:
    return "Warning" if finding.is_warning else "Error"


def _cells(finding: Finding) -> tuple[str, str, str]:
    """Series, file, detail."""
    return visible(finding.series or ""), visible(finding.path or ""), visible(finding.detail)


def _as_object(finding: Finding) -> dict[str, str | None]:
    return {
        "kind": finding.kind.name.lower(),
        "reason": finding.kind.value,
        "SeriesInstanceUID": visible(finding.series) if finding.series else None,
        "file": visible(finding.path) if finding.path else None,
        "detail": visible(finding.detail),
    }
