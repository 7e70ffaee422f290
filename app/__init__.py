"""The engine of IDC Cohort Builder: everything it knows, usable without a browser.

Only ``app.main`` and ``app.server`` know Streamlit; ``components`` and ``pages`` stand above this package.
"""
