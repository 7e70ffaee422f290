"""Many visitors at once, from the very first request on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.catalog.catalog import Catalog
from app.cohort.cohort import Cohort
from app.language.statement import select
from app.selection.rows import page
from app.selection.selection import Selection
from tests.support import truth
from tests.support.cohorts import random_cohorts

COHORTS = random_cohorts(16, seed=3)


def test_a_process_may_open_the_catalog_twice(catalog):
    """As when two first requests come at once."""
    assert catalog.cursor().execute("SELECT 1").fetchone() == (1,)
    other = Catalog(catalog.folder)
    assert other.cursor().execute("SELECT count(*) FROM index").fetchone() == (catalog.series_count,)


def test_first_requests_at_once(catalog):
    """Eight threads start together on a catalog that nobody has used yet, and keep on asking."""
    fresh = Catalog(catalog.folder)
    start = Barrier(8)

    def answer(worker: int) -> list:
        start.wait()
        return [answers(fresh, cohort) for cohort in COHORTS[worker % 4 :: 4]]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(answer, range(8)))

    alone = [answers(catalog, cohort) for cohort in COHORTS]
    assert found == [alone[worker % 4 :: 4] for worker in range(8)]
    assert [totals for totals, _, _ in alone] == [truth.totals(truth.mask(cohort)) for cohort in COHORTS]
    assert [count for _, _, count in alone] == [totals.series for totals, _, _ in alone]


def answers(opened: Catalog, cohort: Cohort) -> tuple:
    """Totals by the arrays, first rows by the database, and the number of series by the SQL handed out."""
    selection = Selection(opened, cohort)
    rows = page(selection, sort="SeriesInstanceUID", limit=5).rows
    (count,) = opened.cursor().execute(f"SELECT count(*) FROM ({select(cohort)})").fetchall()[0]
    return selection.totals, [row["id"] for row in rows], count
