"""The same questions as SQL, for those that the app is compared with."""

from __future__ import annotations

from app.catalog.catalog import listed_attributes
from app.cohort import schema
from app.cohort.attribute import Kind
from app.cohort.cohort import Cohort
from app.cohort.sql import where
from app.selection.counts import Totals

TOTALS = ("patients", "studies", "series", "instances", "size_bytes")


def totals_sql(cohort: Cohort) -> str:
    """One row with the five totals."""
    return (
        "SELECT count(DISTINCT (collection_id, PatientID))::BIGINT AS patients,"
        " count(DISTINCT StudyInstanceUID)::BIGINT AS studies, count(*)::BIGINT AS series,"
        " coalesce(sum(instanceCount), 0)::BIGINT AS instances,"
        " coalesce(sum(round(series_size_MB * 1e6)::BIGINT), 0)::BIGINT AS size_bytes"
        f" FROM index{_where(cohort)}"
    )


def facets_sql(cohort: Cohort) -> list[str]:
    """One query per listed attribute: series per value, under the conditions of the other attributes."""
    queries = []
    for attribute in listed_attributes():
        several = attribute.kind is Kind.TERMS
        value = f"unnest({attribute.expression})" if several else attribute.expression
        source = "index" if attribute.table == "index" else f"index JOIN {attribute.table} USING (collection_id)"
        rows = f"SELECT {value} AS value FROM {source}{_where(cohort.without(attribute.name))}"
        queries.append(f"SELECT value, count(*)::BIGINT AS series FROM ({rows}) GROUP BY value")
    return queries


def tables(cohort: Cohort) -> list[str]:
    """Tables besides ``index`` that the cohort's conditions read."""
    return cohort.tables()


def parquet_views() -> list[str]:
    """Statements that give DuckDB the parquet files under the names of their tables."""
    return [
        f"CREATE VIEW {table.name} AS SELECT * FROM '{table.parquet}'"
        for table in schema.tables().values()
        if table.parquet
    ]


def as_tuple(totals: Totals) -> tuple[int, ...]:
    """Totals in the order of `TOTALS`."""
    return tuple(getattr(totals, name) for name in TOTALS)


def _where(cohort: Cohort) -> str:
    conditions = where(cohort.conditions)
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
