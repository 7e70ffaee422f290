"""The panel that says how much each condition removes, and how much is missing in what is left."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import streamlit as st

from app.cohort import ATTRIBUTES
from app.common.numbers import compact, exact, size
from app.selection import Selection, Step, Totals, missing_shares, waterfall
from components.common import colours

_CSS = (Path(__file__).parent / "conditions.css").read_text(encoding="utf-8")

#: Heading → figure of a step, and how it is written short and in full.
_FIGURES: dict[str, tuple[Callable[[Totals], int], Callable[[int], str], str]] = {
    "Patients": (lambda totals: totals.patients, compact, "patients"),
    "Series": (lambda totals: totals.series, compact, "series"),
    "Size": (lambda totals: totals.size_bytes, size, "bytes"),
}


def conditions_panel(selection: Selection) -> None:
    """Show the way from the whole of IDC to the cohort, and the gaps in its attributes."""
    st.html(f"<style>{_CSS}.idc-steps, .idc-missing {{ --idc-left: {colours.accent()}; }}</style>")
    st.header("What each condition removes", anchor=False)
    steps = waterfall(selection)
    headings = "".join(f"<th>{heading} left</th>" for heading in _FIGURES)
    rows = "".join(_step(step, steps[0].totals, first=not place) for place, step in enumerate(steps))
    st.html(
        f'<table class="idc-steps" data-testid="steps"><thead><tr><th>Condition</th>{headings}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    # What a fetched table says of other series than these is no gap in them.
    shares = {n: share for n, share in missing_shares(selection).items() if share < 1 or not ATTRIBUTES[n].is_extra}
    if not shares:
        return
    st.header("Series without a value", anchor=False)
    st.caption("Shares of the cohort's series; a filter that asks for a value leaves them out.")
    ordered = sorted(shares, key=lambda name: (-shares[name], ATTRIBUTES[name].title))
    st.html(
        f'<div class="idc-missing" data-testid="missing">{"".join(_gap(name, shares[name]) for name in ordered)}</div>'
    )


def _step(step: Step, whole: Totals, *, first: bool) -> str:
    cells = []
    for count, short, unit in _FIGURES.values():
        left, removed = count(step.totals), count(step.removed)
        change = "" if first else f"{'−' if removed > 0 else '+'}{short(abs(removed))}" if removed else "no change"
        hint = f"{exact(left)} {unit}" + (
            f", {exact(abs(removed))} {'fewer' if removed > 0 else 'more'}" if removed else ""
        )
        bars = _bar(left / count(whole), max(removed, 0) / count(whole))
        cells.append(
            f'<td title="{hint}"><strong data-unit="{unit}">{short(left)}</strong><em>{change}</em>{bars}</td>'
        )
    return f"<tr><td>{escape(step.clause[:1].upper() + step.clause[1:])}</td>{''.join(cells)}</tr>"


def _gap(name: str, share: float) -> str:
    text = "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
    return f"<div><span>{escape(ATTRIBUTES[name].title)}</span>{_bar(share)}<span>{escape(text)}</span></div>"


def _bar(*shares: float) -> str:
    parts = "".join(f'<i style="width:{100 * share:.2f}%"></i>' for share in shares if share)
    return f'<div class="idc-bar">{parts}</div>'
