"""What licenses allow is decided in one place, and told alike by attribute, list and sentence."""

from __future__ import annotations

import pytest

from app.catalog.catalog import Catalog
from app.cohort.cohort import Cohort
from app.export.licensing import VERDICTS, commercial_uses, licenses, verdict_of_all
from app.selection.selection import Selection


def test_every_license_has_a_use_that_has_a_verdict(catalog: Catalog) -> None:
    uses = commercial_uses(catalog)
    assert uses["CC BY 4.0"] == uses["CC BY 3.0"] == "allowed"
    assert uses["CC BY-NC 4.0"] == uses["CC BY-NC 3.0"] == "not allowed"
    assert uses["National Library of Medicine Terms and Conditions; May 21, 2019"] == "custom terms"
    assert set(uses.values()) == set(VERDICTS)


@pytest.mark.parametrize("query", ["collection_id=nlst", "collection_id=rider_pilot", "", "BodyPartExamined=NOTHING"])
def test_the_sentence_agrees_with_the_filter(catalog: Catalog, query: str) -> None:
    cohort = Cohort.from_query(query)
    allowed = Selection(catalog, cohort.with_values("commercial_use", "eq", ["allowed"])).totals.series
    selection = Selection(catalog, cohort)
    all_allowed, verdict = verdict_of_all(entry["commercial_use"] for entry in licenses(selection))
    assert all_allowed == (allowed == selection.totals.series)
    assert verdict.startswith("All series may" if all_allowed else "Not every series may")
