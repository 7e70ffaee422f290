"""What a user takes away: rows, manifests, citations, licenses, scripts, a notebook, a ZIP, SQL for BigQuery.

Never holds a whole export in memory.
"""

from app.export.archive import Archive, refusal
from app.export.bigquery_query import bigquery
from app.export.citations import CITATIONS, CitedSource, as_text, doi_url
from app.export.cohort_citations import citation_text, cited_dois
from app.export.file_names import file_name
from app.export.jupyter import notebook
from app.export.licensing import commercial_uses, licenses, verdict_of_all
from app.export.shards import MAX_SHARDS, Shard
from app.export.snippets import python_code
from app.export.tools import DEFAULT_SHARDS, TOOLS, beginning, one_series

__all__ = [
    "CITATIONS",
    "DEFAULT_SHARDS",
    "MAX_SHARDS",
    "TOOLS",
    "Archive",
    "CitedSource",
    "Shard",
    "as_text",
    "beginning",
    "bigquery",
    "bigquery_jobs",
    "citation_text",
    "citations",
    "cited_dois",
    "commercial_uses",
    "dicomweb",
    "doi_url",
    "file_name",
    "licenses",
    "notebook",
    "one_series",
    "python_code",
    "refusal",
    "tools",
    "verdict_of_all",
    "writers",
]
