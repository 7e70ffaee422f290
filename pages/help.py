"""Help: the data model, ways of access, remedies, words and versions."""

import streamlit as st

from app.help import FORUM
from components import help as topics
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Help", anchor=False)
        st.link_button("Ask in IDC's forum", FORUM, icon=":material/forum:")
    model, access, troubles, asking, glossary, versions = st.tabs(
        ["Data model", "Ways to the data", "When something fails", "Asking", "Glossary", "Versions"],
        key="topic",
        bind="query-params",
        on_change="rerun",
    )
    for tab, show in (
        (model, topics.data_model),
        (access, topics.access),
        (troubles, topics.troubles),
        (asking, topics.asking),
        (glossary, topics.glossary),
        (versions, topics.versions),
    ):
        if tab.open:
            with tab, st.container(key="help_text"):
                show()
