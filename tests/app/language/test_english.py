"""A sentence depends on the cohort and on what is handed in, and on nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from app.catalog.catalog import Catalog
from app.cohort import schema
from app.cohort.cohort import Cohort, Combination, Operation
from app.export.writers import MANIFESTS
from app.language import english
from app.language.english import clinical_clause, combination_clause, option_clauses, sentence
from app.language.known import NOTHING, Knowledge, knowledge, knowledge_here
from app.language.statement import select
from app.selection.selection import Selection
from app.selection.steps import waterfall
from app.storage.buckets import Cloud
from tests.support import any_cohorts, clinical, tables

WOMEN = (
    f"clinical=collection_id%3D{clinical.SEG}%26table%3D{clinical.PERSONS}%26column%3Dgender%26value%3D2&add=derived"
)
PLAIN = (
    "Series where the patient is of vestibular_schwannoma_seg and its “gender” in vs_persons is “2”; with all ANN,"
    " RTSTRUCT, SEG and SR series of the studies that its images belong to."
)
KNOWING = (
    "Series where the patient is of vestibular_schwannoma_seg and its “gender” (“Patient's gender”) in vs_persons is"
    " “2” (Female); with the series that seg_index say were made from its series and, where no source is known, all"
    " ANN, RTSTRUCT, SEG and SR series of the studies that its images belong to."
)


@pytest.fixture(scope="module")
def fetched(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """The catalog of a data folder of its own, with the list of clinical tables and one table that names sources."""
    home = tables.data_folder(tmp_path_factory.mktemp("known"))
    clinical.write_dictionary(home)
    folder = home / "tables" / schema.data_version()
    (folder / "seg_index.parquet").write_bytes(tables.parquet_bytes("seg_index"))
    with tables.working_in(home) as changed:
        assert changed.tables() == ["clinical_index", "seg_index"]
        yield changed


def test_equal_cohorts_read_alike_whatever_is_fetched(fetched: Catalog, tmp_path: Path) -> None:
    cohort = Cohort.from_query(WOMEN)
    assert sentence(cohort) == PLAIN
    with tables.working_in(tables.data_folder(tmp_path)) as empty:
        assert empty.tables() == []
        assert sentence(cohort) == sentence(cohort, knowledge(empty)) == PLAIN
        assert knowledge(empty) == knowledge_here() == NOTHING


def test_with_the_knowledge_of_a_catalog_it_says_what_that_knows(fetched: Catalog) -> None:
    known = knowledge(fetched)
    cohort = Cohort.from_query(WOMEN)
    assert known.linking == ("seg_index",)
    assert sentence(cohort, known) == KNOWING
    assert clinical_clause(cohort.clinical[0], known) in KNOWING
    assert option_clauses(cohort, known)[0] in KNOWING
    within = Combination.of(Operation.UNION, Cohort.from_query("Modality=CT"), cohort)
    assert "(Female)" not in combination_clause(within)
    assert "is “2” (Female)" in combination_clause(within, known)


def test_what_leaves_a_catalog_says_what_that_knows(fetched: Catalog) -> None:
    cohort = Cohort.from_query("Modality=SEG&collection_id=rider_pilot&add=sources")
    words = sentence(cohort, knowledge(fetched))
    assert "seg_index" in words
    selection = Selection(fetched, cohort)
    assert f"\n# {words}\n" in b"".join(MANIFESTS["s5cmd"].write(selection, Cloud.AWS, None)).decode()
    assert waterfall(selection)[-1].clause in words
    assert select(cohort).startswith(f"-- IDC v{schema.idc_version()}: {words}\n")
    assert select(cohort, known=knowledge(fetched)) == select(cohort)


def test_a_query_takes_the_steps_of_the_tables_that_it_is_told_of(fetched: Catalog) -> None:
    cohort = Cohort.from_query("Modality=CT&add=derived")
    assert "seg_index" in select(cohort)
    assert "seg_index" not in select(cohort, known=NOTHING)
    both = select(cohort, known=Knowledge(("seg_index", "ann_index")))
    assert both.index('client.fetch_index("ann_index")') < both.index('client.fetch_index("seg_index")')


@settings(max_examples=50)
@given(any_cohorts.cohorts)
def test_any_cohort_is_one_sentence(cohort: Cohort) -> None:
    words = sentence(cohort)
    assert words == sentence(Cohort.from_query(cohort.to_query()), Knowledge())
    assert words.startswith(("Series where ", "All series "))
    assert words.endswith(".")


def test_nothing_is_imported_late_nor_looked_up() -> None:
    tree = ast.parse(Path(english.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names}
    assert not names & {"open_catalog", "published", "settings", "TYPE_CHECKING"}
