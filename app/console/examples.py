"""Queries to start from: one table, each a question that people ask of IDC."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One query and the question that it answers."""

    title: str
    sql: str


EXAMPLES: tuple[Example, ...] = (
    Example(
        "What is there of each modality?",
        """SELECT Modality, count(*) AS series, count(DISTINCT (collection_id, PatientID)) AS patients,
       round(sum(series_size_MB) / 1e6, 2) AS size_TB
FROM index
GROUP BY Modality
ORDER BY series DESC""",
    ),
    Example(
        "Breast MR series of at least 100 images, for commercial use",
        """SELECT collection_id, PatientID, SeriesInstanceUID, SeriesDescription, instanceCount
FROM index
WHERE Modality = 'MR' AND BodyPartExamined = 'BREAST' AND instanceCount >= 100
  AND license_short_name IN ('CC BY 3.0', 'CC BY 4.0')
ORDER BY collection_id, PatientID""",
    ),
    Example(
        "Patients with both CT and pathology slides",
        """SELECT collection_id, PatientID, count(*) FILTER (Modality = 'CT') AS ct_series,
       count(*) FILTER (Modality = 'SM') AS slides
FROM index
GROUP BY ALL
HAVING ct_series > 0 AND slides > 0
ORDER BY collection_id, PatientID""",
    ),
    Example(
        "Collections of the lung, by number of patients",
        """SELECT collections_index.collection_id, collection_name, cancer_types,
       count(DISTINCT PatientID) AS patients, round(sum(series_size_MB) / 1e3) AS size_GB
FROM collections_index
JOIN index USING (collection_id)
WHERE tumor_locations ILIKE '%lung%'
GROUP BY ALL
ORDER BY patients DESC""",
    ),
    Example(
        "Studies with a CT and a segmentation, with their number of each",
        """SELECT collection_id, PatientID, StudyInstanceUID,
       count(*) FILTER (Modality = 'CT') AS ct_series, count(*) FILTER (Modality = 'SEG') AS segmentations
FROM index
GROUP BY ALL
HAVING ct_series > 0 AND segmentations > 0
ORDER BY segmentations DESC, StudyInstanceUID
LIMIT 1000""",
    ),
    Example(
        "What was new in each release?",
        """SELECT series_init_idc_version AS idc_version, count(*) AS new_series,
       count(DISTINCT collection_id) AS collections, round(sum(series_size_MB) / 1e6, 2) AS size_TB
FROM index
GROUP BY ALL
ORDER BY idc_version""",
    ),
    Example(
        "The first and the last study of each patient, and the days between",
        """SELECT collection_id, PatientID, count(DISTINCT StudyInstanceUID) AS studies,
       date_diff('day', min(StudyDate::DATE), max(StudyDate::DATE)) AS days
FROM index
GROUP BY ALL
HAVING studies > 1
ORDER BY days DESC, collection_id, PatientID
LIMIT 1000""",
    ),
    Example(
        "Sources of each collection, with DOI and license",
        """SELECT collection_id, source.source_title, source.source_doi, source.license.license_short_name
FROM (SELECT collection_id, unnest(sources) AS source FROM collections_index)
ORDER BY collection_id""",
    ),
)
