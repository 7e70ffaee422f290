"""Segmentations and contours that may have been drawn on a series: those of its study."""

from __future__ import annotations

from app.catalog import catalog
from app.preview.files import valid_uid
from app.preview.overlay import KINDS
from app.sql import quote_text

#: So many are offered.
_MOST = 100


def overlays_of(uid: str) -> list[tuple[str, str]]:
    """SeriesInstanceUID and a label of each SEG and RTSTRUCT of the study of `uid`; none for one of them itself."""
    kinds = ", ".join(map(quote_text, KINDS))
    found = (
        catalog()
        .cursor()
        .execute(
            "SELECT other.SeriesInstanceUID, other.Modality, other.SeriesDescription FROM series AS other"
            f" JOIN (SELECT StudyInstanceUID FROM series WHERE SeriesInstanceUID = {quote_text(valid_uid(uid))}"
            f" AND Modality NOT IN ({kinds})) USING (StudyInstanceUID)"
            f" WHERE other.Modality IN ({kinds}) ORDER BY other.series_row LIMIT {_MOST}"
        )
        .fetchall()
    )
    return [(other, f"{modality}: {description or other}") for other, modality, description in found]
