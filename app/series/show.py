"""All that is said of one series, as one JSON object: what the Series page shows, for scripts."""

from __future__ import annotations

from typing import Any

from app.export import dicomweb, doi_url, licenses, tools
from app.series.relatives import related
from app.series.series import Series
from app.series.viewers import views
from app.series.words import series_sentence


def describe(series: Series, citation: str) -> dict[str, Any]:
    """Words, columns, siblings, sources and derived series, license, citation, viewers, commands, DICOMweb.

    Parameters
    ----------
    citation
        What to cite, as text.
    """
    found, doi = related(series), series.values.get("source_DOI")
    (terms,) = licenses(series.selection) or [{}]
    bucket, _, uuid = series.place.partition("/")
    return {
        "words": series_sentence(series),
        "note": series.note,
        "columns": dict(series.values),
        "study": {"cohort": series.study_cohort.to_query(), "other_series": len(series.in_study)},
        "patient": {
            "cohort": series.patient_cohort.to_query(),
            "other_studies": len(series.other_studies),
            "other_series": len(series.relatives),
        },
        "sources": [other.uid for other in found.sources],
        "derived": [other.uid for other in found.derived],
        "related": {"certain": found.certain, "note": found.note},
        "license": {name: terms.get(name) for name in ("license", "commercial_use", "verdict", "url")},
        "citation": citation,
        "doi": doi_url(doi) if doi else None,
        "viewers": [{"viewer": view.viewer, "url": view.url, "opens": view.opens} for view in views(series, found)],
        "commands": tools.one_series(bucket, uuid, series.uid),
        "dicomweb": dicomweb.addresses(series.study, series.uid),
    }
