"""Parts of the Help page, a topic each."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import version

import streamlit as st

from app.ask import MEANINGS
from app.catalog import open_catalog
from app.cohort import schema
from app.datasets import releases
from app.help import ACCESS, FORUM, GLOSSARY, RULES, TROUBLES

_SOFTWARE = ("streamlit", "duckdb", "numpy", "pandas", "pyarrow", "obstore", "pydicom")


def data_model() -> None:
    """What IDC's data consists of, as a picture and in words."""
    st.html(_PICTURE)
    st.markdown(
        "- A **collection** holds patients; a **patient** has studies; a **study** has series; a **series** has"
        " instances, which are the files. You find, view and download by series.\n"
        "- **Original** series are as the scanner made them. **Derived** series were made from them: segmentations,"
        " contours, measurements, annotations. Those of one author or program are an **analysis result**. They stand in"
        " the collection and study of the images that they are of, and have no picture of their own.\n"
        "- Every series has **one license and one source** with a DOI. A cohort can mix several of both.\n"
        "- A **release** never changes. A revised series gets a new CRDC series UUID and keeps its SeriesInstanceUID;"
        " the version before stays in the buckets.\n"
        "- What is said of a whole collection, such as cancer types, need not hold for each of its patients."
    )


def access() -> None:
    """Which way for which task."""
    rows = "".join(
        f"<tr><td>{escape(way.task)}</td><th scope='row'>{_linked(way.way, way.link)}</th>"
        f"<td data-label='Login'>{escape(way.login)}</td><td>{escape(way.note)}</td></tr>"
        for way in ACCESS
    )
    st.html(
        "<table class='idc-guide'><thead><tr><th>You want to</th><th>Use</th><th>Login</th><th>Good to know</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def troubles() -> None:
    """Each known failure with its remedy."""
    for trouble in TROUBLES:
        with st.expander(trouble.symptom):
            st.text(trouble.cause)
            st.text(trouble.remedy)
    st.markdown(f"Something else? Ask in [IDC's forum]({FORUM}), where its makers answer.")


def asking() -> None:
    """How questions in plain words are read."""
    st.text("The search box on Home reads your words by these rules, always in the same way.")
    st.markdown("\n".join(f"- {rule}" for rule in RULES))
    with st.expander("Words that it knows, beside all values of the filters"):
        rows = "".join(
            f"<tr><td>{escape(meaning.phrases)}</td><td><code>{escape(meaning.query)}</code></td></tr>"
            for meaning in MEANINGS
        )
        st.html(f"<table class='idc-guide'><tbody>{rows}</tbody></table>")


def glossary() -> None:
    """All terms."""
    entries = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in sorted(GLOSSARY.items()))
    st.html(f"<dl class='idc-glossary'>{entries}</dl>")


def versions() -> None:
    """Of data and software."""
    latest = releases(open_catalog()).get(schema.idc_version())
    released = latest.day if latest else None
    rows = [
        ("IDC data", f"v{schema.idc_version()}{f', of {released}' if released else ''}"),
        ("idc-index-data", schema.data_version()),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in _SOFTWARE),
    ]
    cells = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    st.html(f"<table class='idc-guide idc-versions'><tbody>{cells}</tbody></table>")


def _linked(text: str, link: str) -> str:
    return f'<a href="{escape(link)}" target="_blank" rel="noopener">{escape(text)}</a>' if link else escape(text)


def _box(name: str, count: str, inside: str, kind: str = "") -> str:
    return f"<div class='{kind}'><p><b>{name}</b> {count}</p>{inside}</div>"


_SERIES = (
    "<div class='row'>"
    "<div class='leaf original'><p><b>Series</b> CT</p><p class='files'>▪▪▪▪▪▪▪▪</p><p>original</p></div>"
    "<div class='arrow' aria-label='is made from'>←</div>"
    "<div class='leaf derived'><p><b>Series</b> SEG</p><p class='files'>▪</p><p>derived</p></div>"
    "</div>"
)
_PICTURE = (
    "<div class='idc-model' role='img' aria-label='A collection holds patients, a patient studies, a study series, a"
    " series instances; a derived series is made from an original one.'>"
    + _box(
        "Collection",
        "one license and source or several",
        _box("Patient", "PatientID", _box("Study", "one examination", _SERIES)),
    )
    + "<p class='key'>▪ an instance, one DICOM file</p></div>"
)
