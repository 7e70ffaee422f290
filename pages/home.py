"""Home: ask for a cohort, see what IDC holds, start from what others need."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.home import home
from components.home.ask import ask_box
from components.widgets.saved import saved_cohorts

page_style()
wait_for_catalog()

with explain_errors():
    home.title()
    ask_box()
    home.figures()
    home.charts()
    home.recipes()
    releases, seen = st.columns([1, 2], gap="large")
    with releases:
        home.latest_releases()
    with seen:
        saved_cohorts()
        home.seen_cohorts()
