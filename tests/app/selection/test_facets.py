"""Every count beside a value or in a histogram's bin is what a GROUP BY gives without that attribute's conditions."""

from datetime import date

import numpy as np
import pytest

from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.sql import where
from app.export.licensing import licenses
from app.selection.selection import Selection
from tests.support import truth
from tests.support.cohorts import random_cohorts

COHORTS = [Cohort(), *random_cohorts(24, seed=7)]
COUNTED = [attribute for attribute in BASE_ATTRIBUTES.values() if attribute.is_facet or attribute.is_range]


def counts_by_value(selection: Selection, attribute: Attribute, unit: str) -> dict:
    """The app's counts by value (or lower edge of the bin), None for missing; without zeros."""
    counts = selection.facet(attribute, unit).counts
    values = attribute.edges if attribute.is_range else selection.catalog.values(attribute)
    assert len(counts) == len(values) + 1
    return {value: int(count) for value, count in zip([None, *values], counts, strict=True) if count}


@pytest.mark.parametrize("number", range(len(COHORTS)))
def test_counts_of_every_attribute(number, catalog):
    cohort = COHORTS[number]
    selection = Selection(catalog, cohort)
    selected = truth.mask(cohort)
    for attribute in COUNTED:
        others = cohort.without(attribute.name)
        series, patients = truth.counts(attribute, selected if others == cohort else truth.mask(others))
        assert counts_by_value(selection, attribute, "series") == series, (attribute.name, cohort.to_query())
        assert counts_by_value(selection, attribute, "patients") == patients, (attribute.name, cohort.to_query())


#: A cohort → the attributes whose facets are compared with SQL: own, listed, of collections, and ranges.
BY_SQL = {
    "Modality=CT&Modality=SEG&BodyPartExamined__not=CHEST&StudyDate__gte=2005-06-01": (
        "Modality BodyPartExamined collection_id cancer_types transfer_syntax_name StudyDate instanceCount"
    ),
    "species__not=Mouse&supporting_data__missing=true&SeriesDescription__contains=ax": (
        "species supporting_data program_id origin PatientAge series_size_MB"
    ),
    "PatientAge__lte=12&PatientAge__missing=true&commercial_use=allowed": "PatientAge commercial_use Manufacturer",
}


@pytest.mark.parametrize(("query", "names"), BY_SQL.items())
def test_counts_by_plain_sql(query, names, catalog, plain):
    cohort = Cohort.from_query(query)
    selection = Selection(catalog, cohort)
    for attribute in (ATTRIBUTES[name] for name in names.split()):
        rows = plain.execute(
            f"SELECT value, count(*), count(DISTINCT (collection_id, PatientID)) FROM ({values_by_sql(attribute)})"
            f" JOIN index USING (SeriesInstanceUID)"
            f" WHERE {' AND '.join(where(cohort.without(attribute.name).conditions)) or 'true'} GROUP BY value"
        ).fetchall()
        expected = {value: series for value, series, _ in rows}
        assert counts_by_value(selection, attribute, "series") == expected, attribute.name
        expected = {value: patients for value, _, patients in rows}
        assert counts_by_value(selection, attribute, "patients") == expected, attribute.name


def values_by_sql(attribute: Attribute) -> str:
    """SELECT of (SeriesInstanceUID, value): lists in as many rows as they have values, bins for ranges."""
    value = {
        "origin": "if(analysis_result_id IS NULL, 'original', 'derived')",
        "commercial_use": "if(license_short_name LIKE 'CC BY-NC%', 'not allowed',"
        " if(license_short_name LIKE 'CC %', 'allowed', 'custom terms'))",
        "StudyDate": "StudyDate::DATE",
        "PatientAge": "CASE WHEN regexp_full_match(PatientAge, '[0-9]{3}[YMWDymwd]') THEN left(PatientAge, 3)::DOUBLE"
        " / map {'Y': 1, 'M': 12, 'W': 52.1775, 'D': 365.25}[upper(right(PatientAge, 1))] END",
    }.get(attribute.name, attribute.name)
    if attribute.kind is Kind.TERMS:
        qualified = f"replace({value}, ', Not Otherwise', '; Not Otherwise')"
        parts = f"list_transform(string_split({qualified}, ','), lambda part: replace(trim(part), ';', ','))"
        value = f"unnest(coalesce({parts}, [NULL]))"
    if attribute.is_range:
        edges = [f"DATE '{int(edge)}-01-01'" if value == "StudyDate::DATE" else edge for edge in attribute.edges]
        cases = "".join(
            f" WHEN {value} < {upper} THEN {lower}"
            for lower, upper in zip(attribute.edges[:-1], edges[1:], strict=True)
        )
        value = f"CASE WHEN {value} IS NULL THEN NULL{cases} ELSE {attribute.edges[-1]} END"
    joined = "" if attribute.table == "index" else " JOIN collections_index USING (collection_id)"
    return f"SELECT SeriesInstanceUID, {value} AS value FROM index{joined}"


@pytest.mark.parametrize("number", range(0, len(COHORTS), 4))
@pytest.mark.parametrize("name", ["license_short_name", "Modality", "cancer_types"])
def test_totals_by_value(name, number, catalog):
    cohort, attribute = COHORTS[number], ATTRIBUTES[name]
    selected, found = truth.mask(cohort), truth.values_of(name)
    expected = {}
    lists = [one if isinstance(one, list) else [one] for one in found.values]
    for value in {value for one in lists for value in one} - {None}:
        having = selected & np.array([value in one for one in lists])[found.codes]
        if having.any():
            expected[value] = truth.totals(having)
    assert Selection(catalog, cohort).totals_by(attribute) == expected


def test_licenses_say_what_they_allow(catalog):
    found = {entry["license"]: entry for entry in licenses(Selection(catalog, Cohort()))}
    allowed = {name: (entry["commercial_use"], entry["url"]) for name, entry in found.items()}
    assert allowed == {
        "CC BY 3.0": ("allowed", "https://creativecommons.org/licenses/by/3.0/"),
        "CC BY 4.0": ("allowed", "https://creativecommons.org/licenses/by/4.0/"),
        "CC BY-NC 3.0": ("not allowed", "https://creativecommons.org/licenses/by-nc/3.0/"),
        "CC BY-NC 4.0": ("not allowed", "https://creativecommons.org/licenses/by-nc/4.0/"),
        "National Library of Medicine Terms and Conditions; May 21, 2019": (
            "custom terms",
            "https://www.nlm.nih.gov/databases/download/terms_and_conditions.html",
        ),
    }
    assert {entry["verdict"] for entry in found.values() if entry["commercial_use"] == "not allowed"} == {
        "Commercial use is not allowed."
    }
    sizes = [entry["series"] for entry in found.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == truth.totals(truth.mask(Cohort())).series


@pytest.mark.parametrize("attribute", [a for a in COUNTED if a.is_range], ids=lambda attribute: attribute.name)
def test_bins_reach_from_the_first_to_the_last_value(attribute):
    values = [value for value in truth.values_of(attribute.name).values if value is not None]
    edges = [date(int(edge), 1, 1) if attribute.kind is Kind.DATE else edge for edge in attribute.edges]
    assert edges == sorted(set(edges))
    assert edges[0] <= min(values)
    assert edges[-1] <= max(values) or attribute.kind is Kind.NUMBER
