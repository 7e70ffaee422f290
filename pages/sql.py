"""SQL: ask the index's tables anything, see it, take it away or open it as a cohort."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.sql.console import console_panel
from components.sql.guide import guide
from components.sql.result import result_panel

page_style()
wait_for_catalog()

with explain_errors():
    st.title("SQL", anchor=False)
    writing, help_ = st.columns([0.66, 0.34], gap="medium")
    with writing:
        console_panel()
        result_panel()
    with help_:
        guide()
