"""The panel that samples a sample of patients and splits them into training, validation and test."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.catalog import open_catalog
from app.cohort import ATTRIBUTES, PARTS, Cohort, Kind, QueryError, Sample, Split, format_number, write_pairs
from app.common.numbers import exact, size
from app.help import explain
from app.interface.api import link
from app.selection import Selection
from components.common import state
from components.common.errors import plain

#: Attributes that patients can be spread over: one listed value per series.
_STRATA = ["", *(a.name for a in ATTRIBUTES.values() if a.kind is Kind.TERM and a.table == "index")]

_LIMITS = {"": "All patients", "sample": "Some patients", "sample_gb": "Up to a size"}
_TITLES = {"train": "Train", "validation": "Validation", "test": "Test"}
_USUAL = (70, 15, 15)


def sampling_panel(selection: Selection) -> None:
    """Ask for sample and split, and show what each part comes to."""
    _form(selection.cohort)
    if selection.cohort.split:
        _parts(selection.cohort, selection.cohort.split)


@st.fragment
def _form(cohort: Cohort) -> None:
    """The choices; nothing happens to the cohort before they are applied."""
    # The keys hold what is asked now, so that undo or another link brings its own values into the form.
    turn = write_pairs(pair for pair in cohort.option_pairs() if pair[0] not in ("scope", "add", "part"))
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Sample", anchor=False, help=explain("Sample"))
        sampled = _sample(cohort.sample, turn)
    with right:
        st.header("Split", anchor=False, help=explain("Split"))
        parts = _split(cohort.split, turn)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input("Seed", 0, 2**31, cohort.seed, key=f"seed_{turn}", width=150, help=_SEED_HELP)
        apply = st.button("Apply", type="primary", key="sampling_apply")
    try:
        sample = Sample.of(*sampled) if sampled else None
        # Another split keeps all parts.
        split = Split.of(*parts) if parts else None
        wanted = cohort.with_options(sample=sample, split=split, seed=seed)
    except QueryError as error:
        st.warning(plain(str(error)))
        return
    if apply:
        state.show(wanted)
        st.rerun()


_SEED_HELP = "The same seed samples the same patients from the same cohort, on any machine."


def _sample(sample: Sample | None, turn: str) -> tuple[int | None, str, str] | None:
    """What is asked for, as arguments of `Sample.of`."""
    now = "" if not sample else "sample" if sample.patients else "sample_gb"
    limit = st.segmented_control(
        "How much",
        list(_LIMITS),
        default=now,
        required=True,
        format_func=lambda limit: _LIMITS[limit],
        key=f"limit_{turn}",
        label_visibility="collapsed",
    )
    if not limit:
        return None
    patients, gigabytes = None, ""
    with st.container(horizontal=True):
        if limit == "sample":
            given = sample.patients if sample and sample.patients else 100
            patients = st.number_input("Patients", 1, 1_000_000, given, key=f"patients_{turn}", width=150)
        else:
            size_gb = float(sample.gigabytes) if sample and sample.gigabytes else 10.0
            chosen = st.number_input("Gigabytes", 0.001, 9_999_999.0, size_gb, 1.0, key=f"gigabytes_{turn}", width=150)
            gigabytes = format_number(chosen)
        by = _stratum("Spread evenly over", sample.by if sample else "", f"sample_by_{turn}")
    return patients, gigabytes, by


def _split(split: Split | None, turn: str) -> tuple[list[int], str] | None:
    """What is asked for, as arguments of `Split.of`."""
    if not st.toggle("Split the patients, each into one part", split is not None, key=f"split_{turn}"):
        return None
    with st.container(horizontal=True):
        given = split.shares if split else _USUAL
        shares = [
            st.number_input(f"{_TITLES[part]} %", 0, 100, share, key=f"share_{part}_{turn}", width=92)
            for part, share in zip(PARTS, given, strict=True)
        ]
        by = _stratum("Same shares of", split.by if split else "", f"split_by_{turn}")
    return shares, by


def _stratum(label: str, chosen: str, key: str) -> str:
    return st.selectbox(
        label,
        _STRATA,
        index=_STRATA.index(chosen),
        format_func=lambda name: ATTRIBUTES[name].title if name else "nothing",
        key=key,
        width=180,
    )


def _parts(cohort: Cohort, split: Split) -> None:
    """One card per part with its files, and the switch that keeps only one."""
    st.header("Parts", anchor=False)
    for column, part, share in zip(st.columns(3), PARTS, split.shares, strict=True):
        only = cohort.with_options(split=replace(split, part=part))
        totals = Selection(open_catalog(), only).totals
        with column.container(border=True, key=f"part_{part}"):
            st.markdown(f"**{_TITLES[part]}**, {share} %")
            st.text(
                f"{exact(totals.patients)} patients, {exact(totals.series)} series\n"
                f"{size(totals.size_bytes)} ({exact(totals.size_bytes)} bytes)"
            )
            with st.container(horizontal=True):
                st.link_button("Manifest", link("manifest", only, "s5cmd"), icon=":material/download:", type="primary")
                st.link_button("Rows", link("series", only, "csv"), icon=":material/download:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        everything = cohort.with_options(split=replace(split, part=""))
        st.segmented_control(
            "The cohort keeps",
            ["", *PARTS],
            default=split.part,
            required=True,
            format_func=lambda part: _TITLES.get(part, "All parts"),
            key=f"part_{split.part}",
            on_change=_keep,
            args=(f"part_{split.part}",),
        )
        st.link_button(
            "All rows, with a column for the part", link("series", everything, "csv"), icon=":material/download:"
        )


def _keep(key: str) -> None:
    cohort = state.current()
    if cohort.split:
        state.show(cohort.with_options(split=replace(cohort.split, part=st.session_state[key])))
