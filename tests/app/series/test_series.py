"""One series: found by what people have of it, described, with its relatives; compared with plain SQL."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from idc_index_data import INDEX_METADATA

from app import server
from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import settings
from app.common.viewer_urls import Viewer
from app.interface.verbs import run
from app.series.relatives import related
from app.series.series import UnknownSeriesError, find
from app.series.viewers import viewer_of_series, views
from app.series.words import series_sentence
from tests.support import truth

CT = "1.3.6.1.4.1.32722.99.99.90225801217339158667729182127418845443"
PRIOR = INDEX_METADATA["prior_versions_index"]["parquet_filepath"]


@pytest.fixture(scope="module")
def telling(plain_connection) -> dict[str, str]:
    """Modality → a series of it, whose study and patient have others where there are such."""
    rows = plain_connection.execute(
        "SELECT Modality, arg_max(SeriesInstanceUID, (n < 60, n, SeriesInstanceUID)) FROM"
        " (SELECT Modality, SeriesInstanceUID, count(*) OVER (PARTITION BY collection_id, PatientID) AS n FROM index)"
        " GROUP BY ALL"
    ).fetchall()
    return dict(rows)


def show(series: str) -> dict[str, Any]:
    return json.loads(b"".join(run("show", series, {}).chunks))


def test_it_is_found_by_what_people_have_of_it(catalog, plain) -> None:
    uid, uuid, bucket = plain.execute(
        f"SELECT SeriesInstanceUID, crdc_series_uuid, aws_bucket FROM index WHERE SeriesInstanceUID = '{CT}'"
    ).fetchone()
    for text in (uid, f" {uid}\n", uuid, uuid.upper(), f"s3://{bucket}/{uuid}/*", f"https://x.org/{bucket}/{uuid}/"):
        assert (find(catalog, text).uid, find(catalog, text).note) == (CT, "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Give one SeriesInstanceUID or crdc_series_uuid."),
        (f"{CT} {CT}1", "Give one SeriesInstanceUID or crdc_series_uuid."),
        ("1.2.3.4", "No series 1.2.3.4 is in IDC v25 or was in an older release: check that it is a whole"),
        ("x' OR '1'='1", "No series x' OR '1'='1 is in IDC v25"),
        ("LUNG1-215", "LUNG1-215 is a patient with 12 series in IDC v25: choose one of them."),
    ],
)
def test_one_sentence_says_why_there_is_none(catalog, text: str, sentence: str) -> None:
    with pytest.raises(UnknownSeriesError) as caught:
        find(catalog, text)
    assert str(caught.value).startswith(sentence)


def test_a_study_is_not_taken_for_a_series(catalog, plain) -> None:
    study, number = plain.execute(
        f"SELECT StudyInstanceUID, count(*) FROM index GROUP BY ALL HAVING bool_or(SeriesInstanceUID = '{CT}')"
    ).fetchone()
    with pytest.raises(UnknownSeriesError, match=f"is a study with {number} series in IDC v25") as caught:
        find(catalog, study)
    assert caught.value.cohort == Cohort().with_values("StudyInstanceUID", "eq", [study])


def test_what_older_releases_held(catalog, plain) -> None:
    revised = plain.execute(
        "SELECT SeriesInstanceUID, crdc_series_uuid, min(min_idc_version), max(max_idc_version)"
        f" FROM '{PRIOR}' SEMI JOIN index USING (SeriesInstanceUID) GROUP BY ALL"
        " HAVING count(*) > 1 ORDER BY ALL LIMIT 5"
    ).fetchall()
    for uid, uuid, first, last in revised:
        found = find(catalog, uuid)
        assert found.uid == uid
        assert found.note == f"{uuid} is an older version of this series, from IDC v{first} to v{last}."
        assert find(catalog, uid).note == ""
    removed = plain.execute(
        "SELECT SeriesInstanceUID, arg_max(collection_id, max_idc_version), min(min_idc_version),"
        " max(max_idc_version), arg_max(series_aws_url, max_idc_version)"
        f" FROM '{PRIOR}'"
        " ANTI JOIN index USING (SeriesInstanceUID) GROUP BY ALL ORDER BY ALL LIMIT 20"
    ).fetchall()
    for uid, collection, first, last, address in removed:
        releases = f"v{first} to v{last}" if last > first else f"v{first}"
        with pytest.raises(UnknownSeriesError) as caught:
            find(catalog, uid)
        assert str(caught.value) == (
            f"Series {uid} of collection {collection} was in IDC {releases} and is not in IDC v25;"
            f" its last files are at {address}."
        )


def test_every_column_relative_and_figure_is_the_indexs(plain, telling) -> None:
    assert telling.keys() == set(truth.column("Modality").unique().to_pylist())
    uids = ", ".join(f"'{uid}'" for uid in telling.values())
    rows = plain.execute(f"SELECT * EXCLUDE (file_row_number) FROM index WHERE SeriesInstanceUID IN ({uids})")
    names = [column[0] for column in rows.description]
    records = [dict(zip(names, record, strict=True)) for record in rows.fetchall()]
    expected = {values["SeriesInstanceUID"]: values for values in records}
    counted = plain.execute(
        "SELECT one.SeriesInstanceUID, count(*) FILTER (other.StudyInstanceUID = one.StudyInstanceUID) - 1,"
        " count(*) - 1, count(DISTINCT other.StudyInstanceUID) - 1 FROM index AS one JOIN index AS other"
        " ON (one.PatientID, one.collection_id) = (other.PatientID, other.collection_id)"
        f" WHERE one.SeriesInstanceUID IN ({uids}) GROUP BY ALL"
    ).fetchall()
    figures = {uid: figures for uid, *figures in counted}
    for uid in telling.values():
        said, values = show(uid), expected[uid]
        assert said["columns"] == values
        study, patient = said["study"], said["patient"]
        assert [study["other_series"], patient["other_series"], patient["other_studies"]] == figures[uid]
        assert study["cohort"] == f"StudyInstanceUID={values['StudyInstanceUID']}"
        assert said["license"]["license"] == values["license_short_name"]
        assert said["doi"].lower() == f"https://doi.org/{values['source_DOI']}".lower()
        assert values["source_DOI"].lower() in said["citation"].lower()
        assert values["crdc_series_uuid"] in said["commands"]["s5cmd"]


PICTURES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "SM", "US", "XA", "XC")
WITHOUT_PICTURE = ("SEG", "RTSTRUCT", "SR", "PR", "REG", "RTPLAN", "RWV", "ANN", "KO")


def test_sources_and_derived_series_are_those_of_the_study(catalog, plain, telling) -> None:
    uids = ", ".join(f"'{uid}'" for uid in telling.values())
    rows = plain.execute(
        "SELECT one.SeriesInstanceUID, other.SeriesInstanceUID, other.Modality FROM index AS one JOIN index AS other"
        " USING (StudyInstanceUID) WHERE one.SeriesInstanceUID <> other.SeriesInstanceUID"
        f" AND other.sop_class_name NOT LIKE 'Raw%' AND one.SeriesInstanceUID IN ({uids})"
    ).fetchall()
    seen = set()
    for modality, uid in telling.items():
        series = find(catalog, uid)
        found = related(series)
        others = {(other, kind) for one, other, kind in rows if one == uid}
        if modality in PICTURES:
            assert not found.sources
            assert {one.uid for one in found.derived} >= {other for other, kind in others if kind in ("SEG", "SR")}
        elif modality in WITHOUT_PICTURE:
            assert not found.derived
            assert {one.uid for one in found.sources} >= {other for other, kind in others if kind in PICTURES}
        if modality in WITHOUT_PICTURE and found.sources:
            seen.add(modality)
            (view, *_) = views(series, found)
            assert found.sources[0].instances == max(one.instances for one in found.sources)
            assert found.sources[0].uid in view.url
            assert uid not in view.url
            assert f"This {modality} series has no picture of its own" in view.opens
    assert {"SEG", "RTSTRUCT", "SR", "ANN"} <= seen


@pytest.mark.parametrize(
    ("uid", "sentence"),
    [
        (
            CT,
            "CT series of 75 images of the lung, from patient LUNG1-215 of collection nsclc_radiomics, 81 years old,"
            " male, study of 2007-11-23, made with SIEMENS Biograph 40; 39.5 MB, CC BY-NC 3.0, in IDC since v1.",
        ),
        (
            "1.2.276.0.7230010.3.1.3.17436516.2119102.1720639728.928791",
            "Segmentation (SEG) series “AIMI lung and FDG tumor AI segmentation” of 1 object on images of the lung,"
            " from patient ACRIN-NSCLC-FDG-PET-026 of collection acrin_nsclc_fdg_pet, 1 year old, male, study of"
            " 1960-01-24 “Abdomen^01_WB_PETCT”, part of analysis result bamf_aimi_annotations; 242 kB, CC BY 4.0,"
            " in IDC since v19.",
        ),
        (
            "1.3.6.1.4.1.5962.99.1.107727757.1463679441.1640785267597.2.0",
            "Slide microscopy (SM) series “HE bone marrow” of 7 images, from patient C3L-04767 of collection cptac_aml,"
            " 58 years old, female, study of 2018-12-10 “Histopathology”, made with Leica Biosystems Aperio converted"
            " by com.pixelmed.convert.TIFFToDicom; 1.82 GB, CC BY 4.0, in IDC since v7, revised in v10.",
        ),
    ],
)
def test_the_words(catalog, uid: str, sentence: str) -> None:
    assert series_sentence(find(catalog, uid)) == sentence


def test_body_parts_are_spoken_of_as_such(catalog, plain) -> None:
    """Nearly all series with a body part name it in words rather than as DICOM spells it."""
    rows = plain.execute(
        "SELECT BodyPartExamined, min(SeriesInstanceUID), count(*) FROM index WHERE BodyPartExamined IS NOT NULL"
        " GROUP BY ALL"
    ).fetchall()
    spelt = {part: count for part, uid, count in rows if "(body part “" in series_sentence(find(catalog, uid))}
    assert sum(spelt.values()) < 0.001 * sum(count for *_, count in rows), spelt


def test_the_viewer_can_be_chosen(catalog, telling) -> None:
    ct, slide = find(catalog, telling["CT"]), find(catalog, telling["SM"])
    assert viewer_of_series(catalog, slide.uid).endswith(f"/slim/studies/{slide.study}/series/{slide.uid}")
    assert viewer_of_series(catalog, slide.uid, Viewer.OHIF) == (
        "https://viewer.imaging.datacommons.cancer.gov/v3/viewer/"
        f"?StudyInstanceUIDs={slide.study}&initialSeriesInstanceUID={slide.uid}"
    )
    bucket, uuid = ct.values["aws_bucket"], ct.values["crdc_series_uuid"]
    assert viewer_of_series(catalog, ct.uid, Viewer.VOLVIEW) == (
        f"https://volview.kitware.app/?urls=[s3://{bucket}/{uuid}]"
    )
    with pytest.raises(UserError, match="VolView shows volumes"):
        viewer_of_series(catalog, slide.uid, Viewer.VOLVIEW)
    answer = run("viewer", ct.uid, {"viewer": "volview"})
    assert b"".join(answer.chunks).decode().strip() == viewer_of_series(catalog, ct.uid, Viewer.VOLVIEW)


def test_a_lab_names_its_own_viewers(catalog, telling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDC_COHORT_OHIF", "https://pacs.lab:8443/ohif/")
    monkeypatch.setenv("IDC_COHORT_SLIM", "http://slim.lab")
    settings.cache_clear()
    server._policy_of_pages.cache_clear()
    try:
        ct, slide = find(catalog, telling["CT"]), find(catalog, telling["SM"])
        (ohif, *_), (slim, *_) = views(ct, related(ct)), views(slide, related(slide))
        parts = urlsplit(ohif.url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://pacs.lab:8443/ohif/viewer/"
        assert parse_qs(parts.query) == {"StudyInstanceUIDs": [ct.study], "initialSeriesInstanceUID": [ct.uid]}
        assert slim.url == f"http://slim.lab/studies/{slide.study}/series/{slide.uid}"
        policy = dict(part.split(" ", 1) for part in server._policy("/").split("; "))
        assert policy["frame-src"] == "'self' https://pacs.lab:8443 http://slim.lab https://volview.kitware.app"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        server._policy_of_pages.cache_clear()


@pytest.mark.parametrize(
    "address",
    [
        "viewer.lab",
        "ftp://x",
        "https://x y",
        "https://x; script-src *",
        "https://x/'",
        "https://u:p@x",
        "https://x?q=1",
    ],
)
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDC_COHORT_SLIM", address)
    settings.cache_clear()
    with pytest.raises(UserError, match="IDC_COHORT_SLIM is an address such as"):
        settings()
    monkeypatch.undo()
    settings.cache_clear()
