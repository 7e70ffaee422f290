"""Collections, analysis results and releases: what is said of each and what each holds.

Never shows markup that stands in the data: descriptions become plain text.
"""

from app.datasets.about import (
    Dataset,
    DatasetKind,
    UnknownDatasetError,
    clinical_tables,
    dataset,
    datasets,
    typical_series,
)
from app.datasets.overview import CHARTED, holdings
from app.datasets.plain_text import ADDRESS
from app.datasets.release_history import Changes, Release, added_in, releases

__all__ = [
    "ADDRESS",
    "CHARTED",
    "Changes",
    "Dataset",
    "DatasetKind",
    "Release",
    "UnknownDatasetError",
    "about",
    "added_in",
    "clinical_tables",
    "dataset",
    "datasets",
    "holdings",
    "release_history",
    "releases",
    "typical_series",
]
