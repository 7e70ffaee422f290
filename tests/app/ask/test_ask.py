"""Questions in plain words: the cohort that each must give, and what of it is named as not understood."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.ask import ask
from app.ask.answer import MAX_LENGTH
from app.ask.lexicon import lexicon
from app.ask.tokens import keys
from app.ask.words import MEANINGS
from app.catalog.catalog import open_catalog
from app.cohort import schema
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection.selection import Selection
from tests.support import truth

N = schema.idc_version()
LUNG = "BodyPartExamined=CHEST&BodyPartExamined=LUNG&BodyPartExamined=THORAX"
BREAST = "BodyPartExamined=BREAST&BodyPartExamined=Left Breast&BodyPartExamined=Right Breast"


SERIES, OTHER_SERIES = "1.3.6.1.4.1.9328.50.1.53394", "1.3.6.1.4.1.9328.50.1.53398"
STUDY = "1.3.6.1.4.1.9328.50.1.53393"


def inner(key: str, query: str) -> str:
    """A parameter whose value is a query itself."""
    return f"{key}={quote(query, safe='')}"


def union(left: str, right: str) -> str:
    return inner("union", f"{inner('a', left)}&{inner('b', right)}")


def maker(name: str, key: str = "Manufacturer") -> str:
    """All names in the data that contain that of a maker."""
    values = {value for value in truth.column("Manufacturer").unique().to_pylist() if value and name in value.lower()}
    return "&".join(inner(key, value) for value in values)


#: Question → the cohort, as a query; what was not understood.
QUESTIONS: dict[str, tuple[str, list[str]]] = {
    # several conditions on a series
    "breast MR with segmentations, commercial use, under 50 GB": (
        f"Modality=MR&{BREAST}&commercial_use=allowed&{inner('study_has', 'Modality=SEG')}&sample_gb=50",
        [],
    ),
    "female lung CT over 100 slices from Siemens, age 40 to 60": (
        f"Modality=CT&{LUNG}&PatientSex=F&PatientAge__gte=40&PatientAge__lte=60&{maker('siemens')}&instanceCount__gte=101",
        [],
    ),
    "Show me all the MRIs of the brain, please": ("Modality=MR&BodyPartExamined=BRAIN", []),
    "prostate MRI": ("Modality=MR&BodyPartExamined=PROSTATE", []),
    "breast MR and CT": (f"Modality=MR&Modality=CT&{BREAST}", []),
    "lung CT or brain MR": (union(f"Modality=CT&{LUNG}", "Modality=MR&BodyPartExamined=BRAIN"), []),
    "phantom CT": ("Modality=CT&species=Phantom", []),
    "mice": ("species=Mouse", []),
    "COVID-19 chest x-rays": (f"Modality=CR&Modality=DX&{LUNG}&cancer_types=COVID-19 (non-cancer)", []),
    "glioblastoma MR with clinical data": (
        "Modality=MR&cancer_types=Glioblastoma&cancer_types=Glioblastoma Multiforme&supporting_data=Clinical",
        [],
    ),
    "missing body part": ("BodyPartExamined__missing=true", []),
    "CT with known sex and age": ("Modality=CT&PatientSex__missing=false&PatientAge__missing=false", []),
    # slides
    "slides of lung adenocarcinoma": ("Modality=SM&cancer_types=Lung Adenocarcinoma", []),
    "pathology slides of kidney": ("Modality=SM&tumor_locations=Kidney&tumor_locations=kidney", []),
    "JPEG 2000 slides": ("Modality=SM&transfer_syntax_name=JPEG 2000", []),
    # collections and programs
    "collection nlst": ("collection_id=nlst", []),
    "prostate_mri": ("collection_id=prostate_mri", []),
    "collection prostate mri": ("collection_id=prostate_mri", []),
    "TCGA-BRCA slides": ("Modality=SM&collection_id=tcga_brca", []),
    "tcga MR": ("Modality=MR&program_id=tcga", []),
    "LIDC-IDRI": ("collection_id=lidc_idri", []),
    # licenses
    "CC BY only": ("license_short_name=CC BY 3.0&license_short_name=CC BY 4.0", []),
    "ultrasound or mammography, not CC BY-NC": (
        "Modality=US&Modality=MG&license_short_name__not=CC BY-NC 3.0&license_short_name__not=CC BY-NC 4.0",
        [],
    ),
    # equipment
    "Philips or Toshiba CT": (f"Modality=CT&{maker('philips')}&{maker('toshiba')}", []),
    "MR, not from Siemens": (f"Modality=MR&{maker('siemens', 'Manufacturer__not')}", []),
    "model Skyra": ("ManufacturerModelName=Skyra", []),
    "SOP class Segmentation Storage": ("sop_class_name=Segmentation Storage", []),
    # ages
    "chest X-ray of women over 60": (f"Modality=CR&Modality=DX&{LUNG}&PatientSex=F&PatientAge__gte=60.01", []),
    "MR, 60 years or older": ("Modality=MR&PatientAge__gte=60", []),
    "CT of patients between 40 and 60 years": ("Modality=CT&PatientAge__gte=40&PatientAge__lte=60", []),
    # numbers of images, sizes
    "100+ slices, CT": ("Modality=CT&instanceCount__gte=100", []),
    "MR with fewer than 20 images": ("Modality=MR&instanceCount__lte=19", []),
    "mammograms between 50 MB and 2 GB": ("Modality=MG&series_size_MB__gte=50&series_size_MB__lte=2000", []),
    "series under 100 MB": ("series_size_MB__lte=100", []),
    "CT larger than 1 GB": ("Modality=CT&series_size_MB__gte=1000", []),
    # samples and splits
    "20 patients of prostate MR": ("Modality=MR&BodyPartExamined=PROSTATE&sample=20", []),
    "random 50 lung CT patients, seed 7": (f"Modality=CT&{LUNG}&sample=50&seed=7", []),
    "500 MB in total of prostate MR": ("Modality=MR&BodyPartExamined=PROSTATE&sample_gb=0.5", []),
    "100 patients with CT evenly over sex": (
        f"{inner('patient_has', 'Modality=CT')}&sample=100&sample_by=PatientSex",
        [],
    ),
    "MR split 70/15/15 stratified by manufacturer": ("Modality=MR&split=70-15-15&split_by=Manufacturer", []),
    "train part of 80/20 split of prostate MR, seed 3": (
        "Modality=MR&BodyPartExamined=PROSTATE&split=80-0-20&part=train&seed=3",
        [],
    ),
    # releases and dates
    "new in the latest release": (f"series_init_idc_version={N}", []),
    "new in the last 3 releases": (f"series_init_idc_version__gte={N - 2}", []),
    "added in release 20": ("series_init_idc_version=20", []),
    "revised since v23": ("series_revised_idc_version__gte=23", []),
    "before v3": ("series_init_idc_version__lte=2", []),
    "studies from 2001 to 2004": ("StudyDate__gte=2001-01-01&StudyDate__lte=2004-12-31", []),
    "MR dated after 2015": ("Modality=MR&StudyDate__gte=2016-01-01", []),
    # texts
    '"adc" MR': ("Modality=MR&SeriesDescription__contains=adc", []),
    "brain MR T2 FLAIR": ("Modality=MR&BodyPartExamined=BRAIN&SeriesDescription__contains=flair", []),
    "study description thorax": ("StudyDescription__contains=thorax", []),
    # the patient and the study
    "patients with CT and PET but no SEG": (
        "&".join(
            [
                *(inner("patient_has", f"Modality={modality}") for modality in ("CT", "PT")),
                inner("patient_lacks", "Modality=SEG"),
            ]
        ),
        [],
    ),
    "women with CT and PET": (
        f"PatientSex=F&{inner('patient_has', 'Modality=CT')}&{inner('patient_has', 'Modality=PT')}",
        [],
    ),
    "women over 60 with lung CT": (
        f"PatientSex=F&PatientAge__gte=60.01&{inner('patient_has', f'Modality=CT&{LUNG}')}",
        [],
    ),
    "patients with breast MR and slides": (
        f"{inner('patient_has', f'Modality=MR&{BREAST}')}&{inner('patient_has', 'Modality=SM')}",
        [],
    ),
    "PET/CT": (f"Modality=PT&{inner('study_has', 'Modality=CT')}", []),
    "CT with SEG or RTSTRUCT": (f"Modality=CT&{inner('study_has', 'Modality=SEG&Modality=RTSTRUCT')}", []),
    "CT without segmentations": (f"Modality=CT&{inner('study_lacks', 'Modality=SEG')}", []),
    "patients with at least 3 studies": (inner("patient_has", "at_least=3&of=studies"), []),
    "patients with at least two MR studies": (inner("patient_has", "Modality=MR&at_least=2&of=studies"), []),
    "lung CT with at least 2 segmentations": (
        f"Modality=CT&{LUNG}&{inner('study_has', 'Modality=SEG&at_least=2')}",
        [],
    ),
    "studies with fewer than 4 series": (inner("study_lacks", "at_least=4"), []),
    "CT within 30 days of PET": (f"Modality=CT&{inner('patient_has', 'Modality=PT&within_days=30')}", []),
    "MR on the same day as PET": (f"Modality=MR&{inner('patient_has', 'Modality=PT&within_days=0')}", []),
    "CT and PET within 30 days of each other": (
        "Modality=CT&Modality=PT&"
        + "&".join(inner("patient_has", f"Modality={modality}&within_days=30") for modality in ("CT", "PT")),
        [],
    ),
    "patients with CT within 2 weeks of PET": (
        f"Modality=CT&{inner('patient_has', 'Modality=PT&within_days=14')}&scope=patient",
        [],
    ),
    # what is left out
    "without SR": ("Modality__not=SR", []),
    "everything but CT": ("Modality__not=CT", []),
    "nlst without SR and SEG": ("collection_id=nlst&Modality__not=SR&Modality__not=SEG", []),
    "MR except prostate": ("Modality=MR&BodyPartExamined__not=PROSTATE", []),
    "not breast MR": (inner("difference", f"a=&{inner('b', f'Modality=MR&{BREAST}')}"), []),
    # whole studies, and what was derived
    "whole studies of breast MR": (f"Modality=MR&{BREAST}&scope=study", []),
    "whole patients with PET": (f"{inner('patient_has', 'Modality=PT')}&scope=patient", []),
    "derived / AI segmentations with their source images": ("Modality=SEG&origin=derived&add=sources", []),
    "TotalSegmentator segmentations with source images": (
        "Modality=SEG&analysis_result_id=totalsegmentator_ct_segmentations&add=sources",
        [],
    ),
    "prostate MR with their segmentations": (
        f"Modality=MR&BodyPartExamined=PROSTATE&{inner('study_has', 'Modality=SEG')}&add=derived",
        [],
    ),
    # what is not understood
    "frobnicate the CT quux": ("Modality=CT", ["frobnicate", "quux"]),
    "CT of the lung from Mars": (f"Modality=CT&{LUNG}", ["Mars"]),
    "CT not over 100 slices": ("Modality=CT", ["not over 100 slices"]),
    "MR at 1.5T": ("Modality=MR", ["1.5T"]),
    "20 patients of prostate MR under 50 GB": ("Modality=MR&BodyPartExamined=PROSTATE&sample=20", ["under 50 GB"]),
    "xyzzy": ("", ["xyzzy"]),
    f"series {SERIES}, or {OTHER_SERIES}": (f"SeriesInstanceUID={SERIES}&SeriesInstanceUID={OTHER_SERIES}", []),
    f"CT of the study {STUDY}.": (f"Modality=CT&StudyInstanceUID={STUDY}", []),
    "1.3.6.1.4.1.14519.5.2.1": ("", ["1.3.6.1.4.1.14519.5.2.1"]),
    "MR 'tesla' <b>": ("Modality=MR", ["tesla", "<b>"]),
    "please": ("", []),
    "": ("", []),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_gives_its_cohort_and_names_the_rest(question: str) -> None:
    query, rest = QUESTIONS[question]
    answer = ask(question, open_catalog())
    assert answer.cohort == (Cohort.from_query(query) or None)
    assert list(answer.not_understood) == rest
    assert answer.corrections == ()
    if answer.cohort:
        assert Selection(open_catalog(), answer.cohort).totals.series > 0
    assert_nothing_vanishes(question)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def assert_nothing_vanishes(question: str) -> None:
    """Each word stands in what was understood or not, or says nothing when it stands alone."""
    answer = ask(question, open_catalog())
    told = words(" ".join([*(found.phrase for found in answer.understood), *answer.not_understood]))
    for word in words(question):
        assert word in told or says_nothing(word), word


@cache
def says_nothing(word: str) -> bool:
    return ask(word, open_catalog()).not_understood == ()


def test_a_slip_of_the_pen_is_mended_and_said() -> None:
    answer = ask("brest MR of the prosate", open_catalog())
    assert answer.cohort == Cohort.from_query(f"Modality=MR&{BREAST}&BodyPartExamined=PROSTATE")
    assert answer.corrections == (("brest", "breast"), ("prosate", "prostate"))
    assert answer.not_understood == ()


def test_what_was_understood_is_said_in_order() -> None:
    answer = ask("lung CT without SR, under 5 GB", open_catalog())
    assert [(found.phrase, found.meaning) for found in answer.understood] == [
        ("lung", "body part is CHEST, LUNG or THORAX"),
        ("CT", "modality is CT"),
        ("without SR", "the study has no series where modality is SR"),
        ("under 5 GB", "of these, patients sampled at random up to 5 GB (seed 0)"),
    ]


def test_every_phrase_of_the_table_is_understood() -> None:
    answers = {phrase: ask(phrase, open_catalog()) for meaning in MEANINGS for phrase in meaning.phrases.split(",")}
    assert {phrase for phrase, answer in answers.items() if not answer.cohort or answer.not_understood} == set()


def test_names_of_attributes_are_told_apart() -> None:
    named = [(word.strip(), a.name) for a in ATTRIBUTES.values() for word in a.words.split(",") if a.words]
    assert len(dict(named)) == len(named) > 40
    assert lexicon(open_catalog()).labels == {keys(word): name for word, name in named}
    for word, name in {"gender": "PatientSex", "anatomy": "BodyPartExamined", "vendor": "Manufacturer"}.items():
        assert ask(f"known {word}", open_catalog()).cohort == Cohort.from_query(f"{name}__missing=false")


def test_every_collection_is_found_by_its_name() -> None:
    for name in open_catalog().values(ATTRIBUTES["collection_id"]):
        asked = [ask(f"collection {name.replace('_', ' ')}", open_catalog()), ask(name, open_catalog())]
        assert [answer.cohort for answer in asked] == [Cohort.from_query(f"collection_id={name}")] * 2


HOSTILE = (
    "'; DROP TABLE index; --",
    '"\' OR 1=1 --" MR',
    "<script>alert(1)</script> CT",
    "![](http://x.test/y)",
    '"a\0b" CT',
    "\ud800 MR \udfff",
    "٣ patients, ² GB, ½ slices",
    "\u202eTC\u202c\u200b",
    "9" * 400 + " patients",
    "at least " * 300,
    "split 999/999/999 seed 99999999999999 v99999999999 since 0000-00-00",
    "within 99999999 days of CT, before 0001-01-01, since 9999-12-31",
    "not not no without with with not CT and or , ; no",
    "patients with CT and " * 50,
    "union=a%3D&b%3D Modality=MR&x=y",
)


@example("")
@given(st.text(max_size=200))
def test_any_text_gives_a_cohort_or_nothing(text: str) -> None:
    assert_sound(text)


_JOINTS = ("with without not no and or , ; of patients studies", "at least 3 within 5 days 20 GB")
_PIECES = (*QUESTIONS, *HOSTILE, *_JOINTS)
_WORDS = sorted({word for text in _PIECES for word in text.split()})


@given(st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join))
def test_any_words_give_a_cohort_or_nothing(text: str) -> None:
    assert_sound(text)
    assert_nothing_vanishes(text)


def test_hostile_text_gives_a_cohort_or_nothing() -> None:
    for text in HOSTILE:
        assert_sound(text)


def assert_sound(text: str) -> None:
    answer = ask(text, open_catalog())
    assert bool(answer.cohort) == bool(answer.understood)
    if answer.cohort:
        assert Cohort.from_query(answer.cohort.to_query()) == answer.cohort


def test_what_lies_beyond_a_question_is_not_understood() -> None:
    answer = ask("CT " + "MR " * MAX_LENGTH, open_catalog())
    assert answer.cohort == Cohort.from_query("Modality=CT&Modality=MR")
    assert answer.not_understood[-1].startswith("R MR")


def test_the_command_line_prints_the_cohort_and_names_the_rest(cli) -> None:
    done = cli("ask", "brest MR", "frobnicated, under 5 GB")
    query = f"Modality=MR&{BREAST}&sample_gb=5"
    assert done.returncode == 0
    assert done.stdout.decode() == f"{Cohort.from_query(query).to_query()}\n"
    assert done.stderr.decode() == "“brest” was read as “breast”.\nNot understood: frobnicated\n"
    nothing = cli("ask", "xyzzy")
    assert (nothing.returncode, nothing.stdout) == (2, b"")
    assert nothing.stderr.decode().startswith("Not understood: xyzzy\n")
