"""Validate: check a folder of DICOM files on this machine against the index."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.local_files.validate import validation_form, validation_report

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Validate", anchor=False)
    st.text("Check a folder of DICOM files on this machine against the index.")
    validation_form()
    validation_report()
