"""One series: found by what people have of it, in words, with its relatives and the viewers that show it.

Never reads a file of the series.
"""

from app.series.relatives import Related, related
from app.series.series import Relative, Series, UnknownSeriesError, find
from app.series.show import describe
from app.series.viewers import View, opened_at, viewer_of_series, views
from app.series.words import kind, series_sentence

__all__ = [
    "Related",
    "Relative",
    "Series",
    "UnknownSeriesError",
    "View",
    "describe",
    "find",
    "kind",
    "opened_at",
    "related",
    "series_sentence",
    "viewer_of_series",
    "views",
]
