"""The ways to look at a series: one table, from which the page offers those that fit.

To add a way, add a row: what it is called, whether it fits a series, and what it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import streamlit as st

from app.catalog import open_catalog
from app.common.modalities import OVERLAYS
from app.common.viewer_urls import LABELS, Viewer
from app.downloads.finished import are_here
from app.series import Related, Series, View, find, opened_at, views
from app.viewer import bucket, downloaded, site
from app.viewer.package import is_installed
from components.series.viewer_frame import viewer_frame
from components.widgets.preview import header_table, preview


@dataclass(frozen=True, slots=True)
class Way:
    """One way to look.

    Parameters
    ----------
    key
        Its name in the address bar.
    label
        What the visitor reads.
    fits
        Whether it is offered for a series.
    show
        Draws it, below the row of ways.
    """

    key: str
    label: str
    fits: Callable[[Series, Related], bool]
    show: Callable[[Series, Related], None]


def _viewer(viewer: Viewer) -> Way:
    def fits(series: Series, related: Related) -> bool:
        return _view(viewer, series, related) is not None

    def show(series: Series, related: Related) -> None:
        if view := _view(viewer, series, related):
            title = f"{view.label} with series {series.uid}"
            framed(view.url, title, view.opens, with_preview=_preview_fits(series, related))

    return Way(viewer.value, LABELS[viewer], fits, show)


def _view(viewer: Viewer, series: Series, related: Related) -> View | None:
    return next((view for view in views(series, related) if view.viewer is viewer), None)


def framed(url: str, title: str, note: str = "", *, with_preview: bool = False) -> None:
    """A viewer in a frame; the way into a tab of its own beside it, and to the preview where it stays empty."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Open in a new tab", url, icon=":material/open_in_new:")
        st.caption(f"{note} If the frame stays empty, open the viewer in a new tab.".strip())
    instead = f"Show the {_PREVIEW.label.lower()}" if with_preview else ""
    viewer_frame(url, title, key="viewer_frame", instead=instead, leave=_to_preview)


def _to_preview() -> None:
    st.session_state["look"] = _PREVIEW.key


def _built_in_fits(series: Series, related: Related) -> bool:
    return is_installed() and not series.in_slide_study


def _show_built_in(series: Series, related: Related) -> None:
    first, opens = opened_at(series, related)
    framed(site.viewer_url(series.study, first), f"OHIF with series {series.uid}", opens or "Served by this app.")


def _downloaded_fits(series: Series, related: Related) -> bool:
    first, _ = opened_at(series, related)
    fits = _built_in_fits(series, related) or series.modality == "SM"
    return is_installed() and fits and first is not None and are_here({series.uid, first})


def _show_downloaded(series: Series, related: Related) -> None:
    first, opens = opened_at(series, related)
    note = opens or "Reads the files of your downloads."
    url = downloaded.viewer_url(series.study, first, slides=series.modality == "SM")
    framed(url, f"OHIF with the files of series {series.uid}", note)


def _bucket_fits(series: Series, related: Related) -> bool:
    first, _ = opened_at(series, related)
    return _built_in_fits(series, related) and first is not None and bucket.is_listed_whole(series)


def _show_bucket(series: Series, related: Related) -> None:
    first, opens = opened_at(series, related)
    page = urlsplit(st.context.url or "")
    if reason := _refusal(series.uid, f"{page.scheme}://{page.netloc}"):
        st.info(reason)
        return
    note = opens or "Your browser reads the files from the public bucket."
    framed(bucket.viewer_url(series.uid, first or series.uid), f"OHIF with the bucket's series {series.uid}", note)


@st.cache_data(ttl="1m", max_entries=500, show_spinner=False)
def _refusal(uid: str, page: str) -> str | None:
    return bucket.refusal(find(open_catalog(), uid), page)


def _preview_fits(series: Series, related: Related) -> bool:
    return series.has_picture or series.values.get("Modality") in (*OVERLAYS, "RTDOSE")


_BUILT_IN = Way("built_in", "OHIF here", _built_in_fits, _show_built_in)
_DOWNLOADED = Way("downloaded", "Downloaded files", _downloaded_fits, _show_downloaded)
_BUCKET = Way("bucket", "OHIF over the bucket", _bucket_fits, _show_bucket)
_PREVIEW = Way("preview", "Preview", _preview_fits, lambda series, related: preview(series.uid, related.derived))
_HEADER = Way("header", "DICOM header", lambda series, related: True, lambda series, related: header_table(series.uid))

#: In the order in which they are offered; the first that fits is shown first.
WAYS: tuple[Way, ...] = (
    _viewer(Viewer.OHIF),
    _viewer(Viewer.SLIM),
    _viewer(Viewer.VOLVIEW),
    _BUILT_IN,
    _DOWNLOADED,
    _BUCKET,
    _PREVIEW,
    _HEADER,
)


def look(series: Series, related: Related) -> None:
    """The ways that fit, and the one that is chosen."""
    offered = {way.key: way for way in WAYS if way.fits(series, related)}
    if st.session_state.get("look") not in offered:
        st.session_state["look"] = next(iter(offered))
    chosen = st.segmented_control(
        "Look at it with",
        list(offered),
        required=True,
        format_func=lambda key: offered[key].label,
        key="look",
        label_visibility="collapsed",
    )
    offered[chosen or next(iter(offered))].show(series, related)
