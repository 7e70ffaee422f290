"""A cohort as a Jupyter notebook: its query, a look at its rows, its citations and its download."""

from __future__ import annotations

import json
from typing import Any

from app.cohort import Cohort, schema
from app.export.snippets import python_query

_TITLE = """\
# A cohort of the NCI Imaging Data Commons

Made with IDC v{version}. The query in the second cell selects the series; the last cell downloads their images."""

_LOOK = """\
print(len(cohort), "series,", round(cohort["series_size_MB"].sum() / 1000, 3), "GB")
cohort.groupby(["collection_id", "Modality"]).size()"""

_CITE = """\
for doi in sorted(cohort["source_DOI"].dropna().unique()):
    print(f"https://doi.org/{doi}")
print("https://doi.org/10.1148/rg.230180")"""

_DOWNLOAD = """\
client.download_from_selection(seriesInstanceUID=list(cohort["SeriesInstanceUID"]), downloadDir=".")"""


def notebook(cohort: Cohort) -> str:
    """The notebook as JSON, format 4.5."""
    cells = [
        _cell("markdown", _TITLE.format(version=schema.idc_version())),
        _cell("code", "%pip install --quiet idc-index"),
        _cell("code", python_query(cohort).rstrip()),
        _cell("code", _LOOK),
        _cell("markdown", "## Cite\n\nThese sources, and IDC itself:"),
        _cell("code", _CITE),
        _cell("markdown", "## Download"),
        _cell("code", _DOWNLOAD),
    ]
    content = {
        "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, source: str) -> dict[str, Any]:
    of_code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True), **of_code}
