"""The search box: plain words in, a cohort out, with what was understood and what was not."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.ask import Interpretation, ask
from app.catalog import open_catalog
from app.cohort import Cohort
from app.common.numbers import exact, size
from app.interface.api import link
from app.selection import Selection
from components.common.links import explore_link
from components.common.words import in_words

#: Questions to begin with; one click fills the box.
EXAMPLES = (
    "breast MR with segmentations, commercial use",
    "patients with CT and PET but no SEG",
    "lung CT of women over 60",
    "slides of lung adenocarcinoma",
    "20 patients of prostate MR",
)
_KEY = "ask"


@st.fragment
def ask_box() -> None:
    """The box and its answer; only this part of the page runs while somebody types."""
    # The examples write into the box, so they come first.
    text = st.text_input(
        "Ask for a cohort in plain words",
        key=_KEY,
        type="search",
        live="300ms",
        bind="query-params",
        placeholder="such as: breast MR with segmentations, commercial use, under 50 GB",
        icon=":material/search:",
    )
    if not (text or "").strip():
        with st.container(horizontal=True, key="ask_examples"):
            for example in EXAMPLES:
                st.button(example, key=f"example_{example}", on_click=st.session_state.update, args=({_KEY: example},))
        return
    _show(ask(text or "", open_catalog()))


def _show(answer: Interpretation) -> None:
    with st.container(border=True, key="ask_answer"):
        if answer.cohort is None:
            st.text("Nothing of this was understood. Name a modality, a body part, a cancer, a collection or a number.")
            st.html(_chips(answer))
            return
        st.text(in_words(answer.cohort))
        st.html(_chips(answer))
        with st.container(horizontal=True, vertical_alignment="center", key="ask_open"):
            explore_link(answer.cohort, "Open in Explore")
            st.link_button("JSON", link("json", answer.cohort), icon=":material/data_object:", type="tertiary")
            st.text(_figures(answer.cohort))


def _chips(answer: Interpretation) -> str:
    """Each phrase with what it was taken for, then what nobody understood."""
    chips = [_chip(found.phrase, found.meaning) for found in answer.understood]
    chips += [_chip(word, f"was read as “{meant}”") for word, meant in answer.corrections]
    chips += [_chip(words, "was not understood", "left") for words in answer.not_understood]
    return f'<div role="list" class="idc-understood" data-testid="understood">{"".join(chips)}</div>'


def _chip(phrase: str, meaning: str, kind: str = "") -> str:
    return f'<div role="listitem" class="{kind}"><b>{escape(phrase)}</b> <span>{escape(meaning)}</span></div>'


def _figures(cohort: Cohort) -> str:
    totals = Selection(open_catalog(), cohort).totals
    if not totals.series:
        return "No series meets all of this."
    patients, series = exact(totals.patients), exact(totals.series)
    return f"{patients} patients · {series} series · {size(totals.size_bytes)}"
