"""The list of downloads: how far each is, and what can be done about it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from app.common.errors import UserError
from app.common.numbers import compact, size
from app.downloads import jobs, worker
from app.downloads.jobs import FailedSeries, Job, JobState
from app.storage.errors import ErrorKind
from components.local_files.viewer_list import viewer_hint, viewer_list

_MESSAGE = "download_message"
_LABELS = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Running",
    JobState.PAUSED: "Paused",
    JobState.CANCELLED: "Cancelled",
    JobState.DONE: "Complete",
    JobState.FAILED: "Not complete",
}
#: State → what can be done: label, icon, action.
_ACTIONS: dict[JobState, tuple[tuple[str, str, Callable[[int], object]], ...]] = {
    JobState.QUEUED: (("Pause", ":material/pause:", jobs.pause), ("Cancel", ":material/close:", jobs.cancel)),
    JobState.RUNNING: (("Pause", ":material/pause:", jobs.pause), ("Cancel", ":material/close:", jobs.cancel)),
    JobState.PAUSED: (("Resume", ":material/play_arrow:", jobs.resume), ("Cancel", ":material/close:", jobs.cancel)),
    JobState.CANCELLED: (
        ("Resume", ":material/play_arrow:", jobs.resume),
        ("Remove", ":material/delete:", jobs.remove),
    ),
    JobState.DONE: (("Remove", ":material/delete:", jobs.remove),),
    JobState.FAILED: (("Start again", ":material/replay:", jobs.resume), ("Remove", ":material/delete:", jobs.remove)),
}


@st.fragment(run_every=1.0)
def download_list() -> None:
    """All downloads, newest first, with live progress."""
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)
    try:
        worker.ensure()
        found = jobs.jobs()
    except UserError as error:
        st.text(str(error))
        return
    if not found:
        st.text("Nothing has been downloaded to this machine yet. Choose a cohort, then start in its Data tab.")
        st.page_link("../pages/explore.py", label="Explore", icon=":material/search:")
    for job in found:
        with st.container(border=True, key=f"download_{job.number}"):
            _show(job)
    if any(job.state is JobState.DONE for job in found):
        viewer_hint()


def _show(job: Job) -> None:
    kind = "Dry run" if job.dry_run else "Download"
    st.text(f"{kind} {job.number}, {_LABELS[job.state].lower()}: {job.title}")
    st.progress(job.share, text=_progress(job))
    failed = jobs.failed(job.number) if job.progress.series_failed else []
    if job.message:
        st.text(" ".join([job.message, *_commonest(failed)]))
    st.code(str(job.root), language=None)
    with st.container(horizontal=True):
        for label, icon, action in _ACTIONS[job.state]:
            key = f"{label}_{job.number}"
            st.button(label, key=key, icon=icon, on_click=_act, args=(action, job.number))
        # Where nothing came, starting again is the same.
        if job.state is JobState.FAILED and failed and job.progress.series_done:
            key = f"retry_{job.number}"
            st.button(
                "Retry these series", key=key, icon=":material/refresh:", on_click=_act, args=(jobs.retry, job.number)
            )
    if failed:
        _show_failed(failed, job.progress.series_failed)
    if job.state in (JobState.DONE, JobState.FAILED) and job.progress.series_done and not job.dry_run:
        viewer_list(job.number)


def _progress(job: Job) -> str:
    now = job.progress
    # Rounded down: 100% means all of it.
    parts = [f"{math.floor(job.share * 100)}%", f"{compact(now.files_done)} of {compact(job.files)} files"]
    if job.dry_run:
        there = f"{size(now.bytes_done)} of {size(job.size_bytes)} already there"
        parts.append(f"{there}, {size(max(0, job.size_bytes - now.bytes_done))} to fetch")
    else:
        parts.append(f"{size(now.bytes_done)} of {size(job.size_bytes)}")
    if job.state is JobState.RUNNING and job.rate:
        parts.append(f"{size(round(job.rate))}/s")
    if job.seconds_left is not None:
        parts.append(f"{timedelta(seconds=round(job.seconds_left))} left")
    return " · ".join(parts)


def _commonest(failed: list[FailedSeries]) -> list[str]:
    """The reason that most series have, as a sentence, if there is one."""
    counted = Counter(one.error for one in failed if one.error is not ErrorKind.NOT_TRIED)
    return [f"{'Mostly: ' if len(counted) > 1 else 'Why: '}{fault}." for fault, _ in counted.most_common(1)]


def _show_failed(found: list[FailedSeries], total: int) -> None:
    with st.expander(f"Series that are not complete: {total:,}"):
        st.dataframe(
            {
                "Series": [one.uid for one in found],
                "Why": [one.error.value for one in found],
                "Detail": [one.detail for one in found],
                "Folder": [one.folder for one in found],
            },
            hide_index=True,
        )


def _act(action: Callable[[int], object], number: int) -> None:
    try:
        action(number)
    except UserError as error:
        st.session_state[_MESSAGE] = str(error)
