"""A Plotly figure that is handed on as it was written."""

from __future__ import annotations

from typing import Any

from plotly.basedatatypes import BaseFigure


class Figure(BaseFigure):  # type: ignore[misc]  # Plotly has no types
    """A figure for `st.plotly_chart` alone, which takes a figure's `to_dict` and writes that as JSON.

    `plotly.graph_objects` would make an object of each property and then copy them all, which took longer than
    everything else that six small charts need.

    Parameters
    ----------
    trace
        The one trace.
    layout
        The layout; both as Plotly's schema has them, unchecked.
    """

    def __init__(self, trace: dict[str, Any], layout: dict[str, Any]) -> None:
        self._specification = {"data": [trace], "layout": layout}

    def to_dict(self) -> dict[str, Any]:
        """The specification itself."""
        return self._specification
