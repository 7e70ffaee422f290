"""Every format of an export has its button: what the tables of formats say is what the page offers."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.clinical.export import JOINED
from app.export.citations import CITATIONS
from app.export.writers import MANIFESTS, ROWS

QUERY = "Modality=PT&BodyPartExamined=BREAST"


def links(function, *arguments: str) -> dict[str, str]:
    """Label → address of the link buttons that a part shows."""
    shown = AppTest.from_function(function, default_timeout=60, args=arguments).run()
    assert not shown.exception
    return {one.proto.label: one.proto.url for one in shown.get("link_button")}


def data(query: str) -> None:
    from app.catalog import open_catalog
    from app.cohort import Cohort
    from app.selection import Selection
    from components.explore.exports import data_panel

    data_panel(Selection(open_catalog(), Cohort.from_query(query)))


def citations(query: str) -> None:
    from app.catalog import open_catalog
    from app.cohort import Cohort
    from app.selection import Selection
    from components.explore.exports import citations_panel

    citations_panel(Selection(open_catalog(), Cohort.from_query(query)))


def clinical(collection_id: str, table: str) -> None:
    from components.datasets.clinical import _exports

    _exports(collection_id, table)


def test_rows_and_manifests(catalog) -> None:
    shown = links(data, QUERY)
    for form in ROWS.values():
        assert shown[form.label] == f"api/series.{form.extension}?{QUERY}"
    commands, *tables = MANIFESTS.values()
    for source in ("aws", "gcs"):
        address = f"api/manifest.{commands.extension}?{QUERY}&source={source}"
        assert shown[f"{commands.label} for {source.upper()}"] == address
    for table in tables:
        assert shown[table.label] == f"api/manifest.{table.extension}?{QUERY}"


def test_citations(catalog) -> None:
    app = AppTest.from_function(citations, default_timeout=60, args=(QUERY,)).run()
    for form in CITATIONS.values():
        app.segmented_control[0].set_value(form.name).run()
        (button,) = app.get("link_button")
        assert button.proto.url == f"api/citations.{form.extension}?{QUERY}"
        assert app.segmented_control[0].options[list(CITATIONS).index(form.name)] == form.label


def test_clinical_tables() -> None:
    shown = links(clinical, "nlst", "nlst_prsn")
    assert shown == {
        form.label: f"api/clinical.{form.extension}?collection_id=nlst&table=nlst_prsn" for form in JOINED.values()
    }
