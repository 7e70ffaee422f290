"""Links of the IDC Portal open as the cohorts that they mean, and say what they can't mean here."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cohort import schema
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.imports.portal import NAMES, UNTRANSLATABLE, PortalLink, from_portal
from app.selection.selection import Selection
from tests.support import truth

PORTAL = "https://portal.imaging.datacommons.cancer.gov/explore/filters/?"

#: As the portal's pages and IDC's documentation link them → the cohort.
MEANT = {
    "Modality_op=OR&Modality=CT&collection_id=nlst": "Modality=CT&collection_id=nlst",
    "Modality_op=OR&Modality=SM&Modality=ANN": "Modality=SM&Modality=ANN",
    "Modality_op=AND&Modality=SM": "Modality=SM",
    "access=Public&collection_id=Community&collection_id=prostatex": "collection_id=prostatex",
    "collection_id=NCI_Trials&collection_id=nlst": "collection_id=nlst",
    "analysis_results_id=TotalSegmentator-CT-Segmentations": "analysis_result_id=totalsegmentator_ct_segmentations",
    "collection_id=TCGA-LUAD": "collection_id=tcga_luad",
    "tcia_tumorLocation=breast&tcia_species=HUMAN": "tumor_locations=breast&species=Human",
    "Manufacturer=Ge+Healthcare": "Manufacturer=GE%20HEALTHCARE&Manufacturer=GE%20Healthcare",
    "SOPClassUID=1.2.840.10008.5.1.4.1.1.66.4": "sop_class_name=Segmentation%20Storage",
    "BodyPartExamined=None&BodyPartExamined=LUNG": "BodyPartExamined=LUNG&BodyPartExamined__missing=true",
    "license_short_name=CC+BY+4.0": "license_short_name=CC%20BY%204.0",
    "PatientID=LUNG1-001&StudyDescription=a%26b": "PatientID=LUNG1-001&StudyDescription=a%26b",
    "instanceCount_gt=5": "instanceCount__gte=6",
    "instanceCount_gt=5.5": "instanceCount__gte=6",
    "instanceCount_gte=5.5": "instanceCount__gte=6",
    "instanceCount_lt=5": "instanceCount__lte=4",
    "instanceCount_lte=5": "instanceCount__lte=5",
    "instanceCount_btw=5&instanceCount_btw=9": "instanceCount__gte=6&instanceCount__lte=8",
    "instanceCount_ebtw=5&instanceCount_ebtw=9": "instanceCount__gte=5&instanceCount__lte=8",
    "instanceCount_btwe=5,9": "instanceCount__gte=6&instanceCount__lte=9",
    "instanceCount_ebtwe=5&instanceCount_ebtwe=9": "instanceCount__gte=5&instanceCount__lte=9",
    "instanceCount_gte=5&instanceCount_gt=7&instanceCount_lt=3": "instanceCount__gte=8&instanceCount__lte=2",
    "StudyDate_gt=2000-12-31&StudyDate_lte=2001-12-31": "StudyDate__gte=2001-01-01&StudyDate__lte=2001-12-31",
    "PatientAge_ebtwe=0.5&PatientAge_ebtwe=28": "PatientAge__gte=0.5&PatientAge__lte=28",
}


@pytest.mark.parametrize(("link", "query"), MEANT.items(), ids=MEANT)
def test_links_mean_the_same(link, query, catalog):
    assert from_portal(PORTAL + link) == PortalLink(Cohort.from_query(query))


def members(plain, *programs: str) -> list[str]:
    """Collections of these programs that have images."""
    query = (
        "SELECT DISTINCT collection_id FROM index JOIN collections_index USING (collection_id) WHERE program_id IN ?"
    )
    return sorted(name for (name,) in plain.execute(query, [list(programs)]).fetchall())


@pytest.mark.parametrize(
    ("link", "programs"),
    [("QIN", ["qin"]), ("QIN&collection_id=TCGA", ["qin", "tcga"]), ("covid-19", ["covid_19"]), ("NIH", ["nih"])],
)
def test_programs_alone_mean_their_collections(link, programs, catalog, plain):
    found = from_portal(f"{PORTAL}Modality=CT&collection_id={link}")
    wanted = members(plain, *programs)
    assert len(wanted) >= 3
    assert found == PortalLink(Cohort.from_query("Modality=CT").with_values("collection_id", "eq", wanted))


#: Collections of a link with a program → its named collections, programs left out, unknown values and the nearest.
BESIDE = {
    "NCI_Trials&ea1141": (["ea1141"], {"NCI_Trials": "nci_trials"}, {}),
    "ea1141&NCI_Trials&NCTN": (["ea1141"], {"NCI_Trials": "nci_trials"}, {}),
    "QIN&nlst": (["nlst"], {"QIN": "qin"}, {}),
    "CPTAC&cptac_crcc": (["cptac_crcc"], {"CPTAC": "cptac"}, {"cptac_crcc": "cptac_ccrcc"}),
    "CPTAC&cptac_crcc&cptac_luad": (["cptac_crcc", "cptac_luad"], {}, {"cptac_crcc": "cptac_ccrcc"}),
    "CPTAC&TCGA&CPTAC-LUAD&tcga-luad": (["cptac_luad", "tcga_luad"], {}, {}),
    "TCGA&Community&prostatex": (["prostatex"], {"TCGA": "tcga"}, {}),
    "QIN&CMB&quux": (["quux"], {"QIN": "qin", "CMB": "cmb"}, {"quux": ""}),
    "Quux&nlst": (["Quux", "nlst"], {}, {"Quux": ""}),
}


@pytest.mark.parametrize(("link", "meant"), BESIDE.items(), ids=BESIDE)
def test_a_program_beside_named_collections_widens_nothing(link, meant, catalog, plain):
    named, left_out, unknown = meant
    found = from_portal(PORTAL + "Modality=CT&" + "&".join(f"collection_id={name}" for name in link.split("&")))
    asked = Cohort.from_query("Modality=CT")
    assert found.cohort == asked.with_values("collection_id", "eq", named)
    assert not found.is_wider
    there = [name for name in named if name not in unknown]
    assert {one.name: (one.collections, one.with_it) for one in found.programs} == {
        name: (
            len(members(plain, program)),
            asked.with_values("collection_id", "eq", [*there, *members(plain, program)]),
        )
        for name, program in left_out.items()
    }
    assert len(found.remarks) == len(left_out) + len(unknown)
    for name in left_out:
        assert any(f"the program {name} beside" in said for said in found.remarks)
    for name, nearest in unknown.items():
        hint = f"; the nearest is “{nearest}”" if nearest else ""
        assert f"IDC v25 has no collection “{name}”{hint}." in found.remarks


def test_a_collection_that_moved_opens_alone(catalog, plain):
    found = from_portal(PORTAL + "collection_id=NCI_Trials&collection_id=ea1141")
    expected = plain.execute("SELECT count(*) FROM index WHERE collection_id = 'ea1141'").fetchone()
    assert (Selection(catalog, found.cohort).totals.series,) == expected == (14_343,)


def test_an_attribute_of_an_absent_table_is_kept(catalog):
    assert from_portal(PORTAL + "mr_MRAcquisitionType=3D").cohort == Cohort.from_query("mr_MRAcquisitionType=3D")


def test_unknown_identifiers_are_named(catalog):
    found = from_portal(PORTAL + "PatientID=lung1-001&StudyInstanceUID=1.2.3")
    assert found.remarks == (
        "IDC v25 has no patient ID “lung1-001”; the nearest is “LUNG1-001”.",
        "IDC v25 has no study UID “1.2.3”.",
    )


def test_few_of_many_unknown_values_are_named(catalog):
    found = from_portal(PORTAL + "&".join(f"collection_id=gone{number}" for number in range(500)))
    assert len(found.remarks) == 11
    assert found.remarks[-1] == "IDC v25 lacks 490 more of the link's values."


def test_the_same_series_as_the_portal_counts(catalog):
    cohort = from_portal(PORTAL + "Modality_op=OR&Modality=SEG&collection_id=Community&collection_id=prostatex").cohort
    columns = zip(truth.column("Modality").to_pylist(), truth.column("collection_id").to_pylist(), strict=True)
    expected = sum(pair == ("SEG", "prostatex") for pair in columns)
    assert Selection(catalog, cohort).totals.series == expected > 0


#: Link → cohort and what the remark says.
REMARKED = {
    "Modality_op=AND&Modality=CT&Modality=PT": ("Modality=CT&Modality=PT", "patients that have every one"),
    "PatientAge_gt=5": ("PatientAge__gte=5", "patient age is exactly 5; here they are included"),
    "series_size_MB_btw=1.5&series_size_MB_btw=2": ("series_size_MB__gte=1.5&series_size_MB__lte=2", "exactly 1.5;"),
    "Modality=CT&race=WHITE": ("Modality=CT", "race is left out: it is clinical data"),
    "Modality=CT&age_at_diagnosis_btw=1&age_at_diagnosis_btw=9": ("Modality=CT", "age_at_diagnosis is left out"),
    "Modality=CT&Volume_gte=5": ("Modality=CT", "measurement"),
    "Modality=CT&favourite=yes": ("Modality=CT", "favourite is left out: it is not known here."),
    "Modality=CT&access=Limited": ("Modality=CT", "access is left out"),
    "Modality=CT&Modality=XYZ": ("Modality=CT&Modality=XYZ", f"IDC v{schema.idc_version()} has no modality “XYZ”."),
    "Modality=CT&collection_id=gone": ("Modality=CT&collection_id=gone", "has no collection “gone”"),
    "Modality=CT&StudyInstanceUID=x": ("Modality=CT", "StudyInstanceUID is left out: “x” is not a study UID."),
    "Modality=CT&instanceCount_gt=many": ("Modality=CT", "instanceCount takes a number, not “many”."),
    "Modality=CT&instanceCount_gt=nan": ("Modality=CT", "takes a number"),
    "Modality=CT&instanceCount_gt=1e999999": ("Modality=CT", "takes a number"),
    "Modality=CT&instanceCount_btw=1": ("Modality=CT", "_btw takes 2 values, not 1."),
    "Modality=CT&instanceCount_gt=1&instanceCount_gt=2": ("Modality=CT", "_gt takes 1 value, not 2."),
    "Modality=CT&StudyDate_gt=today": ("Modality=CT", "takes a date"),
    "Modality=CT&PatientSex=M&PatientSex_gt=5": ("Modality=CT", "PatientSex has no ranges."),
    "Modality=CT&PatientSex_op=XOR&PatientSex=M": ("Modality=CT", "“XOR” is no way of combining values."),
}


@pytest.mark.parametrize(("link", "query", "remark"), [(k, *v) for k, v in REMARKED.items()], ids=REMARKED)
def test_differences_are_named(link, query, remark, catalog):
    found = from_portal(PORTAL + link)
    assert found.cohort == Cohort.from_query(query)
    assert any(remark in said for said in found.remarks), found.remarks
    assert len(found.remarks) == (2 if "_btw=1.5" in link else 1)
    assert found.is_wider == (not any(value in link for value in ("XYZ", "gone")))


@pytest.mark.parametrize("address", ["portal.imaging.datacommons.cancer.gov", "http://dev-portal.canceridc.dev"])
def test_other_addresses_of_the_portal(address, catalog):
    assert from_portal(f" {address}/explore/filters?Modality=CT\n").cohort == Cohort.from_query("Modality=CT")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Modality=CT",
        "https://example.org/explore/filters/?Modality=CT",
        "https://evilimaging.datacommons.cancer.gov/explore/filters/?Modality=CT",
        "https://portal.imaging.datacommons.cancer.gov.evil.org/explore/filters/?Modality=CT",
        "https://portal.imaging.datacommons.cancer.gov/collections/",
        "https://[::1/explore/filters/?Modality=CT",
        "javascript://portal.imaging.datacommons.cancer.gov/explore/filters/?Modality=CT",
        PORTAL + "Modality=%FF",
        "\ud800",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(UserError, match="no link of the IDC Portal"):
        from_portal(text)


@pytest.mark.parametrize(
    ("link", "said"),
    [("", "holds no filters"), ("race=WHITE", "Nothing in this link"), ("a=" + "x" * 70_000, "longer than")],
)
def test_links_without_anything_to_translate(link, said, catalog):
    with pytest.raises(UserError, match=said):
        from_portal(PORTAL + link)


def test_names_lead_to_attributes():
    assert set(NAMES.values()) <= set(ATTRIBUTES)
    assert not set(NAMES) & set(UNTRANSLATABLE)


keys = st.sampled_from([*ATTRIBUTES, *NAMES, *UNTRANSLATABLE, "access"]) | st.text(max_size=8)
suffixes = st.sampled_from(["", "_op", "_gt", "_gte", "_lt", "_lte", "_btw", "_ebtw", "_btwe", "_ebtwe"])
values = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["AND", "None", "CT", "tcga", "0001-01-01", "9999-12-31", "1e14", "-5", "1,2", "\0", "inf"])
    | st.floats().map(str)
)


@given(st.lists(st.tuples(keys, suffixes, values), min_size=1, max_size=6))
@example([("StudyDate", "_gt", "9999-12-31"), ("StudyDate", "_lt", "0001-01-01")])
def test_nothing_crashes(parts):
    link = PORTAL + urlencode([(key + suffix, value) for key, suffix, value in parts], quote_via=quote, errors="ignore")
    try:
        found = from_portal(link)
    except UserError as refused:
        remarks: tuple[str, ...] = (str(refused),)
    else:
        assert Cohort.from_query(found.cohort.to_query()) == found.cohort
        remarks = found.remarks
    assert all(remark.isprintable() and remark.endswith(".") for remark in remarks)


@given(st.text())
def test_no_text_crashes(text):
    with pytest.raises(UserError):
        from_portal(text)
