"""Any attribute whose values are listed or have a histogram can have a chart, and a bar leads to what it counts."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.catalog.catalog import Catalog
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection.selection import Selection
from components.common import colours
from components.explore import charts

QUERY = "collection_id=rider_pilot&collection_id=cptac_gbm&collection_id=nlst"
CHARTABLE = [attribute for attribute in BASE_ATTRIBUTES.values() if attribute.is_facet or attribute.is_range]


@pytest.mark.parametrize("attribute", CHARTABLE, ids=lambda attribute: attribute.name)
def test_a_bar_leads_to_what_it_counts(catalog: Catalog, attribute) -> None:
    selection = Selection(catalog, Cohort.from_query(QUERY))
    cohort = selection.cohort.without(attribute.name)
    selection = Selection(catalog, cohort)
    counted = selection.facet(attribute)
    places = charts._places(attribute, selection, counted)
    assert len({place.bar.label for place in places}) == len(places) > 0
    if attribute.is_range:
        assert sum(place.bar.count for place in places) == counted.counts[1:].sum()
    for place in places:
        if attribute.is_range:
            narrowed = charts._between(cohort, attribute, place.low, place.high)
        else:
            narrowed = cohort.with_values(attribute.name, "eq", [place.low])
        left = Selection(catalog, narrowed)
        assert left.totals.series == place.bar.count
        # It stands out then, and alone does where no value lies in two bars.
        if attribute.is_range and place.bar.count:
            bright = [other.low for other in charts._places(attribute, left, counted) if is_bright(other)]
            assert bright == [place.low]


def is_bright(place: charts._Place) -> bool:
    return place.bar.colour == colours.accent()


LABELS = {
    "PatientAge": ["0 to 5", "5 to 10", "95+"],
    "series_init_idc_version": ["1", "2", "25"],
    "instanceCount": ["1", "2 to 3", "65536+"],
    "series_size_MB": ["0 to 0.01", "0.01 to 0.02", "500000+"],
    "StudyDate": ["1880 to 1989", "1990", "2026+"],
}


@pytest.mark.parametrize(("name", "labels"), LABELS.items())
def test_labels_of_bins(catalog: Catalog, name: str, labels: list[str]) -> None:
    selection = Selection(catalog, Cohort())
    places = charts._places(ATTRIBUTES[name], selection, selection.facet(ATTRIBUTES[name]))
    first, second, *_, last = [place.bar.label for place in places]
    assert [first, second, last] == labels


def test_values_have_the_colours_of_the_row() -> None:
    assert [name for name, attribute in ATTRIBUTES.items() if attribute.colours] == ["Modality"]
    assert colours.of_value("Modality", "CT") == ATTRIBUTES["Modality"].colours["CT"] != colours.OTHER
    assert colours.of_value("Modality", "XA") == colours.OTHER
    assert colours.of_value("BodyPartExamined", "CT") == ""


def results(query: str) -> None:
    from app.catalog.catalog import open_catalog
    from app.cohort.cohort import Cohort
    from app.selection.selection import Selection
    from components.explore.charts import chart_counts, charts
    from components.explore.facets import facet_counts

    selection = Selection(open_catalog(), Cohort.from_query(query))
    charts(selection, chart_counts(selection, facet_counts(selection), "series"), "series")


@pytest.mark.parametrize("query", [QUERY, f"{QUERY}&scope=study"])
def test_a_name_is_all_that_a_chart_needs(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """What no table here has is left out."""
    monkeypatch.setattr(charts, "CHARTS", (*(attribute.name for attribute in CHARTABLE), "ct_KVP", "no such"))
    shown = AppTest.from_function(results, default_timeout=60, args=(query,)).run()
    assert not shown.exception
    drawn = [one.proto.id for one in shown.get("echarts_chart")]
    assert len(drawn) == len(CHARTABLE)
