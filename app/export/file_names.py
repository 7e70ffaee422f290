"""Names of the files that a user takes away."""

from __future__ import annotations

from datetime import date

from app.cohort import schema


def file_name(what: str, extension: str) -> str:
    """``idc-v25_<what>_<date>.<ext>``."""
    return f"idc-v{schema.idc_version()}_{what}_{date.today().isoformat()}.{extension}"
