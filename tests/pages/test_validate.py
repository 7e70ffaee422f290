"""The page that checks a folder: below the root only, with what it found; and not offered without a root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.common.settings import settings
from tests.support.dicom_files import write_series


@pytest.fixture
def root(tmp_path: Path, monkeypatch, catalog) -> Iterator[Path]:
    (tmp_path / "root").mkdir()
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(tmp_path / "root"))
    settings.cache_clear()
    yield tmp_path / "root"
    settings.cache_clear()


def page() -> None:
    from components.local_files import validate

    validate.validation_form()
    validate.validation_report()


def test_a_folder_is_checked(root: Path, plain) -> None:
    uid, study, patient, instances = plain.execute(
        "SELECT SeriesInstanceUID, StudyInstanceUID, PatientID, instanceCount FROM index"
        " WHERE instanceCount > 5 ORDER BY SeriesInstanceUID LIMIT 1"
    ).fetchone()
    names = {"PatientID": patient, "StudyInstanceUID": study, "SeriesInstanceUID": uid}
    write_series(root / "images", names, [0.0, 1.0])
    shown = AppTest.from_function(page, default_timeout=60).run()
    shown.text_input(key="validate_folder").set_value("../outside")
    shown.button[0].click().run()
    assert [one.value for one in shown.error] == [f"Downloads go below {root}; “../outside” lies outside."]
    shown.text_input(key="validate_folder").set_value("images")
    shown.text_input(key="validate_query").set_value(f"http://localhost:8501/?SeriesInstanceUID={uid}")
    shown.button[0].click().run()
    shown.session_state["validation_run"].wait()
    shown.run()
    assert not shown.exception
    assert [one.label for one in shown.expander] == [
        "Error: the number of files is not the index's (1)",
        "Error: the number of bytes is not the index's (1)",
    ]
    assert shown.expander[0].dataframe[0].value.to_dict("records") == [
        {"Series": uid, "File": None, "Detail": f"2, not {instances:,}"}
    ]


def test_without_a_root_nothing_is_offered(root: Path, monkeypatch) -> None:
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", "")
    settings.cache_clear()
    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    assert list(shown.button) == []
    assert "switched off" in shown.text[0].value
