"""Import: identifiers, manifests and portal links as cohorts."""

import streamlit as st

from components.cohorts.imports import import_link, import_list
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Import", anchor=False)
    ids, link = st.columns(2, gap="large")
    with ids:
        import_list()
    with link:
        import_link()
