"""Every recipe finds something in this release, and nothing in it contradicts its name."""

from typing import Any

import pytest

from app.cohort.attribute import BASE_TABLES
from app.cohort.recipes import RECIPES
from app.language.statement import select

CLAIMS: dict[str, str] = {
    "Lung CT for deep learning": (
        "bool_and(Modality = 'CT' AND BodyPartExamined IN ('CHEST', 'LUNG') AND instanceCount >= 100"
        " AND license_short_name LIKE 'CC BY _._' AND analysis_result_id IS NULL) AND count(*) > 10000"
    ),
    "MR by manufacturer": (
        "bool_and(Modality = 'MR' AND Manufacturer IS NOT NULL) AND count(DISTINCT Manufacturer) >= 3"
        " AND count(DISTINCT (collection_id, PatientID)) = 300"
    ),
    "Free for commercial use": "bool_and(license_short_name LIKE 'CC BY _._') AND count(*) > 1000000",
    "CT with PET": "list_sort(list(DISTINCT Modality)) = ['CT', 'PT']",
    "AI segmentations with their source images": (
        "list_contains(list(DISTINCT Modality), 'SEG') AND list_contains(list(DISTINCT Modality), 'CT')"
        " AND bool_and(analysis_result_id = 'bamf_aimi_annotations' OR Modality NOT IN ('SEG', 'SR', 'RTSTRUCT'))"
    ),
    "Breast MR": "bool_and(Modality = 'MR' AND BodyPartExamined = 'BREAST') AND count(*) > 10000",
    "Thin-slice CT": "bool_and(Modality = 'CT' AND SeriesDescription ILIKE '%thin%' AND instanceCount >= 100)",
    "A small set for a workshop": (
        "sum(series_size_MB) < 1000 AND count(DISTINCT (collection_id, PatientID)) >= 20"
        " AND list_contains(list(DISTINCT Modality), 'SEG') AND bool_and(license_short_name LIKE 'CC BY _._')"
    ),
}


#: Those of which tests/app/catalog/test_tables.py has the rows.
NEED_A_TABLE = [recipe for recipe in RECIPES if set(recipe.cohort.tables()) - BASE_TABLES]


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r not in NEED_A_TABLE], ids=lambda recipe: recipe.title)
def test_recipe(recipe, plain):
    newest = "bool_and(series_init_idc_version = (SELECT max(series_init_idc_version) FROM index))"
    claim = newest if recipe.title.startswith("New in IDC v") else CLAIMS[recipe.title]
    rows: Any = plain.execute(
        f"SELECT count(*), {claim} FROM index WHERE SeriesInstanceUID IN"
        f" (SELECT SeriesInstanceUID FROM ({select(recipe.cohort, ['SeriesInstanceUID'])}))"
    ).fetchone()
    assert rows[0] > 0
    assert rows[1] is True
    assert recipe.why.count(". ") == 1


def test_every_studys_pet_has_its_ct(plain):
    query = next(recipe for recipe in RECIPES if recipe.title == "CT with PET").cohort
    lonely = plain.execute(
        "SELECT count(*) FROM (SELECT StudyInstanceUID, count(DISTINCT Modality) AS modalities FROM"
        f" ({select(query, ['StudyInstanceUID', 'Modality'])}) GROUP BY ALL) WHERE modalities <> 2"
    ).fetchone()
    assert lonely == (0,)
