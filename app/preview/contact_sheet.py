"""Which series a contact sheet shows: some of those with pictures, from all over the cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.cohort.sql import quote_text
from app.common.modalities import WITHOUT_PICTURE
from app.selection import Selection

#: Tiles of a sheet.
MOST = 48

#: 3D models (M3D) are meshes in a file.
_WITHOUT = (*WITHOUT_PICTURE, "M3D")


@dataclass(frozen=True, slots=True)
class Tile:
    """One series of a sheet."""

    uid: str
    modality: str
    collection: str
    patient: str
    description: str
    instances: int


def sheet(selection: Selection, most: int = MOST) -> tuple[int, list[Tile]]:
    """Number of the cohort's series with pictures, and at most `most` of them, evenly spread in the catalog's order."""
    without = ", ".join(map(quote_text, _WITHOUT))
    cursor = selection.catalog.cursor()
    cursor.register("chosen", {"series_row": selection.rows.astype("int32")})
    found = cursor.execute(
        "SELECT series_row FROM series SEMI JOIN chosen USING (series_row)"
        f" WHERE Modality IS NULL OR Modality NOT IN ({without}) ORDER BY series_row"
    ).fetchnumpy()
    rows = np.asarray(found["series_row"])
    total = len(rows)
    if total > most:
        rows = rows[np.linspace(0, total - 1, most).round().astype(np.int64)]
    listed = ", ".join(str(int(row)) for row in rows)
    if not listed:
        return 0, []
    tiles = selection.catalog.cursor().execute(
        "SELECT SeriesInstanceUID, coalesce(Modality::VARCHAR, ''), collection_id::VARCHAR, PatientID,"
        " coalesce(SeriesDescription, ''), instanceCount"
        f" FROM series WHERE series_row IN ({listed}) ORDER BY series_row"
    )
    return total, [Tile(*row) for row in tiles.fetchall()]
