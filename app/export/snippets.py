"""Ready code that reproduces a cohort outside the app."""

from __future__ import annotations

from app.cohort import Cohort
from app.language import registration, select


def python_code(cohort: Cohort) -> str:
    """A script that fetches the cohort's rows with idc-index and downloads its files."""
    return (
        "# pip install idc-index\n"
        f"{python_query(cohort)}"
        'print(len(cohort), "series,", round(cohort["series_size_MB"].sum() / 1000, 3), "GB")\n'
        'client.download_from_selection(seriesInstanceUID=list(cohort["SeriesInstanceUID"]), downloadDir=".")\n'
    )


def python_query(cohort: Cohort) -> str:
    """The lines that get the cohort's rows from idc-index, as a DataFrame ``cohort``."""
    fetches = "".join(f'client.fetch_index("{table}")\n' for table in cohort.tables())
    fetches += "".join(f"{registration(table)}\n" for table in cohort.clinical_tables())
    return (
        "from idc_index import IDCClient\n\n"
        "client = IDCClient()\n"
        f"{fetches}"
        f"query = {_string(select(cohort))}\n"
        "cohort = client.sql_query(query)\n"
    )


def _string(text: str) -> str:
    """Python literal, over several lines where the text allows it."""
    if all(character.isprintable() or character == "\n" for character in text):
        escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        return f'"""\n{escaped}"""'
    return repr(text)
