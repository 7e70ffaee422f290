"""Folders of a download: the template, and names that nothing in the data can turn into a way out."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.downloads.folders import choose_folder, make_folder
from app.downloads.paths import COLUMNS, Template, safe_part
from app.downloads.plan import preview, series_of
from app.selection.selection import Selection
from app.storage.buckets import Cloud

HOSTILE = [
    "..",
    ".",
    "",
    " ",
    "/",
    "/etc/passwd",
    "../../etc/passwd",
    "..\\..\\windows",
    "C:\\windows",
    "C:",
    "a/../../b",
    "nul\0byte",
    "new\nline",
    "CON",
    "con.dcm",
    "LPT1",
    "COM¹",
    "trailing.",
    "trailing ",
    ".hidden",
    "~root",
    "-rf",
    "$(id)",
    "`id`",
    "a\u202eb",
    "\ud800",
    "x" * 5000,
    "é" * 200,
    "😀" * 100,
    "*?<>|\"':",
]


def is_safe(part: str) -> None:
    """The rules of Linux, macOS and Windows for one name."""
    assert part not in ("", ".", "..")
    assert PurePosixPath(part).parts == (part,)
    assert PureWindowsPath(part).parts == (part,)
    assert len(part.encode()) <= 120
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', part)
    assert part.rstrip(". ") == part
    assert part[0] not in ".-~"
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", part)
    assert all(unicodedata.category(one) not in ("Cc", "Cf", "Cs") for one in part)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_become_one_safe_name(value: str) -> None:
    is_safe(safe_part(value))
    folder = Template("%PatientID/%Modality_%PatientID").folder({"PatientID": value, "Modality": None})
    assert len(folder.split("/")) == 2
    for part in folder.split("/"):
        is_safe(part)


@given(st.one_of(st.text(), st.text("./\\ :~-\0conCON1"), st.sampled_from(HOSTILE)))
def test_any_value_becomes_one_safe_name(value: str) -> None:
    is_safe(safe_part(value))


@given(st.lists(st.one_of(st.text(max_size=6), st.text("._~/ a", max_size=5)), min_size=2, max_size=2, unique=True))
def test_different_values_never_share_a_folder(values: list[str]) -> None:
    one, other = values
    assert safe_part(one) != safe_part(other)


def test_a_value_cannot_imitate_a_changed_one() -> None:
    changed = safe_part("a/b")
    assert re.fullmatch(r"a_b~[0-9a-f]{8}", changed)
    assert safe_part(changed) != changed


def test_plain_values_stay_as_they_are() -> None:
    for value in ("LUNG1-215", "1.3.6.1.4.1", "C3N-02523", "Ångström, B. (2)", "a.b_c-d"):
        assert safe_part(value) == value


def test_the_default_template_on_real_rows(catalog, plain) -> None:
    selection = Selection(catalog, Cohort.from_query("collection_id=rider_pilot&Modality=CT"))
    found = list(series_of(selection, Cloud.AWS, Template()))
    truth = plain.execute(
        "SELECT concat_ws('/', collection_id, PatientID, StudyInstanceUID, Modality || '_' || SeriesInstanceUID),"
        " aws_bucket, crdc_series_uuid, instanceCount, round(series_size_MB * 1e6)::BIGINT"
        " FROM index WHERE collection_id = 'rider_pilot' AND Modality = 'CT'"
    ).fetchall()
    assert sorted((one.folder, one.bucket, one.crdc_uuid, one.instances, one.size_bytes) for one in found) == sorted(
        truth
    )
    folders = [one.folder for one in found]
    assert preview(selection, Template()) == [folders[0], folders[round((len(folders) - 1) / 2)], folders[-1]]


def test_buckets_are_those_of_the_source(catalog, plain) -> None:
    """Google's buckets have other names; the same series lie in the same places there."""
    selection = Selection(catalog, Cohort.from_query("collection_id=nsclc_radiomics&Modality=RTSTRUCT"))
    amazon, google = (list(series_of(selection, source, Template())) for source in (Cloud.AWS, Cloud.GCS))
    listed = "SELECT SeriesInstanceUID, {} FROM index WHERE collection_id = 'nsclc_radiomics' AND Modality = 'RTSTRUCT'"
    assert {one.uid: one.bucket for one in amazon} == dict(plain.execute(listed.format("aws_bucket")).fetchall())
    named = dict(plain.execute(listed.format("aws_bucket")).fetchall())
    told = {"idc-open-data": "idc-open-data", "idc-open-data-two": "idc-open-idc1", "idc-open-data-cr": "idc-open-cr"}
    assert {one.uid: one.bucket for one in google} == {uid: told[bucket] for uid, bucket in named.items()}
    assert [one.crdc_uuid for one in google] == [one.crdc_uuid for one in amazon]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_of_the_release_gives_a_safe_name(column: str, plain) -> None:
    """Those that are not plainly safe are tried one by one, and a few of the others."""
    simple = "regexp_full_match(value, '[A-Za-z0-9][A-Za-z0-9_.-]{0,100}[A-Za-z0-9]')"
    values = f"(SELECT DISTINCT {column}::VARCHAR AS value FROM index WHERE {column} IS NOT NULL)"
    for (value,) in plain.execute(f"FROM {values} WHERE NOT {simple} LIMIT 3000").fetchall():
        is_safe(safe_part(value))
    for (value,) in plain.execute(f"FROM {values} WHERE {simple} LIMIT 300").fetchall():
        assert safe_part(value) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/%PatientID", "relative path"),
        ("%PatientID/", "relative path"),
        ("a//b", "relative path"),
        ("../%PatientID", "relative path"),
        ("%PatientID/../x", "relative path"),
        (".", "relative path"),
        ("%Nothing", "no field “%Nothing”"),
        ("%", "no field “%”"),
        ("%patientid", "no field"),
        ("a\\b", "can't hold"),
        ("C:%PatientID", "can't hold"),
        ("a\0b", "can't hold"),
        ("a\nb", "can't hold"),
        ("/".join("abcdefghijklm"), "13 levels"),
    ],
)
def test_faulty_templates_are_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)) as refused:
        Template(text)
    assert "\n" not in str(refused.value)


def test_fields_are_found_whatever_stands_beside_them() -> None:
    values: dict[str, str | None] = {"Modality": "MR", "SeriesDate": "2001", "PatientID": "P1"}
    assert Template("%Modality_%SeriesDate-%PatientID.x").folder(values) == "MR_2001-P1.x"
    assert Template("all of it").folder({}) == "all of it"
    assert Template("").folder({}) == ""
    assert Template("%PatientID").folder({"PatientID": None}) == "unknown"


def test_only_folders_below_the_allowed_one_may_be_chosen(tmp_path: Path) -> None:
    allowed = tmp_path / "share"
    (allowed / "in").mkdir(parents=True)
    (allowed / "out").symlink_to(tmp_path)
    (allowed / "loop").symlink_to(allowed / "loop")
    assert choose_folder("in/new", allowed) == allowed / "in" / "new"
    assert choose_folder(str(allowed / "in"), allowed) == allowed / "in"
    assert choose_folder(" . ", allowed) == allowed
    for text in ("..", "in/../../other", "/etc", str(tmp_path), "out/x", "~", "~nobody-of-that-name/x", "loop/x"):
        with pytest.raises(UserError):
            choose_folder(text, allowed)
    for text in ("", "  ", "a\0b", "a\nb"):
        with pytest.raises(UserError, match="Type the folder"):
            choose_folder(text, allowed)


def test_links_within_the_root_are_followed_and_others_are_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "inside").symlink_to(root / "real")
    (root / "outside").symlink_to(tmp_path)
    make_folder(root, "inside/a")
    assert (root / "real" / "a").is_dir()
    with pytest.raises(PermissionError):
        make_folder(root, "outside/b")
    assert not (tmp_path / "b").exists()
