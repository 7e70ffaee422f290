"""The words that questions are made of: what each means, as a cohort in URL form.

These tables are all that is known beside the values of the catalog itself. A row of `MEANINGS` is tried before those
values, and the longest phrase wins; capitals, hyphens and plurals make no difference. Values that a release does not
hold are left out of a row, and the row with the last of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from app.cohort import schema


@dataclass(frozen=True, slots=True)
class Meaning:
    """What some phrases stand for.

    Parameters
    ----------
    phrases
        Separated by commas.
    query
        A cohort in URL form.
    slides
        What they mean of slides, which have no body part, but a collection with a tumour location.
    """

    phrases: str
    query: str
    slides: str = ""


_LATEST = schema.idc_version()

MEANINGS = (
    # --- modalities
    Meaning("CT, CTs, CAT, computed tomography, computer tomography", "Modality=CT"),
    Meaning("MR, MRI, magnetic resonance, magnetic resonance imaging", "Modality=MR"),
    Meaning("PT, PET, positron emission tomography", "Modality=PT"),
    Meaning("PET CT", "Modality=PT&study_has=Modality%3DCT"),
    Meaning(
        "SM, WSI, slide, whole slide, whole slide image, slide microscopy, pathology, pathology image, pathology slide,"
        " digital pathology, histology, histopathology slide, histopathology image, microscopy",
        "Modality=SM",
    ),
    Meaning("MG, mammogram, mammography, tomosynthesis, DBT", "Modality=MG"),
    Meaning("US, ultrasound, sonography, sonogram, echography", "Modality=US"),
    Meaning("X ray, xray, radiograph, radiography, plain film", "Modality=CR&Modality=DX"),
    Meaning("computed radiography", "Modality=CR"),
    Meaning("digital radiography", "Modality=DX"),
    Meaning("angiography, angiogram, X ray angiography", "Modality=XA"),
    Meaning("nuclear medicine, scintigraphy, SPECT", "Modality=NM"),
    Meaning("fluoroscopy", "Modality=RF"),
    Meaning("SEG, segmentation, segmented, segmentation mask, mask", "Modality=SEG"),
    Meaning("AI segmentation, automatic segmentation, automated segmentation", "Modality=SEG&origin=derived"),
    Meaning("RTSTRUCT, RT structure set, structure set, contour, RT struct", "Modality=RTSTRUCT"),
    Meaning("SR, structured report, measurement", "Modality=SR"),
    Meaning("ANN, microscopy annotation, slide annotation, bulk annotation", "Modality=ANN"),
    Meaning("annotation, annotated", "Modality=ANN&Modality=RTSTRUCT&Modality=SEG&Modality=SR"),
    Meaning("RTDOSE, RT dose, dose map", "Modality=RTDOSE"),
    Meaning("RTPLAN, RT plan, treatment plan", "Modality=RTPLAN"),
    Meaning("registration", "Modality=REG"),
    Meaning("presentation state", "Modality=PR"),
    # --- origin, and what comes with the series
    Meaning("derived, analysis result, AI generated, AI", "origin=derived"),
    Meaning("original, original image, raw image", "origin=original"),
    Meaning("source image, source series, source scan, image they belong to, image they are of", "add=sources"),
    Meaning("their source image, their image, their original image, their scan, underlying image", "add=sources"),
    Meaning("their segmentation, their mask", "study_has=Modality%3DSEG&add=derived"),
    Meaning("their annotation, their derived series, what was derived from them", "add=derived"),
    Meaning("whole study, entire study, complete study, full study", "scope=study"),
    Meaning("whole patient, entire patient, complete patient, all series of the patient", "scope=patient"),
    Meaning("longitudinal, follow up, repeated study", "patient_has=at_least%3D2%26of%3Dstudies"),
    # --- body parts
    Meaning(
        "lung, chest, thorax, thoracic, pulmonary",
        "BodyPartExamined=CHEST&BodyPartExamined=LUNG&BodyPartExamined=THORAX",
        slides="tumor_locations=Lung&tumor_locations=lung&tumor_locations=Chest&tumor_locations=chest",
    ),
    Meaning(
        "breast, mammary",
        "BodyPartExamined=BREAST&BodyPartExamined=Left Breast&BodyPartExamined=Right Breast",
        slides="tumor_locations=Breast&tumor_locations=breast",
    ),
    Meaning(
        "prostate, prostatic",
        "BodyPartExamined=PROSTATE",
        slides="tumor_locations=Prostate&tumor_locations=prostate gland",
    ),
    Meaning("brain, cerebral", "BodyPartExamined=BRAIN", slides="tumor_locations=Brain&tumor_locations=brain"),
    Meaning("abdomen, abdominal, belly", "BodyPartExamined=ABDOMEN", slides="tumor_locations=Abdomen"),
    Meaning("pelvis, pelvic", "BodyPartExamined=PELVIS&BodyPartExamined=BONYPELVIS", slides="tumor_locations=Pelvis"),
    Meaning("liver, hepatic", "BodyPartExamined=LIVER", slides="tumor_locations=Liver&tumor_locations=liver"),
    Meaning("kidney, renal", "BodyPartExamined=KIDNEY", slides="tumor_locations=Kidney&tumor_locations=kidney"),
    Meaning(
        "pancreas, pancreatic", "BodyPartExamined=PANCREAS", slides="tumor_locations=Pancreas&tumor_locations=pancreas"
    ),
    Meaning("colon, bowel", "BodyPartExamined=COLON", slides="tumor_locations=Colon&tumor_locations=colon"),
    Meaning("rectum, rectal", "BodyPartExamined=RECTUM", slides="tumor_locations=Rectum&tumor_locations=rectum"),
    Meaning("stomach, gastric", "BodyPartExamined=STOMACH", slides="tumor_locations=Stomach&tumor_locations=stomach"),
    Meaning(
        "bladder, urinary bladder",
        "BodyPartExamined=BLADDER",
        slides="tumor_locations=Bladder&tumor_locations=bladder organ",
    ),
    Meaning("ovary, ovarian", "BodyPartExamined=OVARY", slides="tumor_locations=Ovary&tumor_locations=ovary"),
    Meaning(
        "uterus, uterine, womb",
        "BodyPartExamined=UTERUS",
        slides="tumor_locations=Uterus&tumor_locations=uterus&tumor_locations=body of uterus",
    ),
    Meaning(
        "cervix, cervical", "BodyPartExamined=CERVIX", slides="tumor_locations=Cervix&tumor_locations=uterine cervix"
    ),
    Meaning("thyroid", "BodyPartExamined=THYROID", slides="tumor_locations=Thyroid&tumor_locations=thyroid gland"),
    Meaning(
        "esophagus, oesophagus, esophageal, oesophageal",
        "BodyPartExamined=ESOPHAGUS",
        slides="tumor_locations=Esophagus&tumor_locations=esophagus",
    ),
    Meaning(
        "adrenal, adrenal gland",
        "BodyPartExamined=ADRENAL",
        slides="tumor_locations=Adrenal&tumor_locations=Adrenal Glands&tumor_locations=adrenal gland",
    ),
    Meaning("head and neck, head neck", "BodyPartExamined=HEADNECK", slides="tumor_locations=Head-Neck"),
    Meaning("whole body, full body", "BodyPartExamined=WHOLEBODY"),
    Meaning("chest abdomen pelvis, chest abdomen and pelvis, CAP", "BodyPartExamined=CHESTABDPELVIS"),
    Meaning("abdomen pelvis, abdomen and pelvis", "BodyPartExamined=ABDOMENPELVIS"),
    Meaning(
        "spine, spinal, vertebra",
        "BodyPartExamined=SPINE&BodyPartExamined=CSPINE&BodyPartExamined=TSPINE&BodyPartExamined=LSPINE"
        "&BodyPartExamined=SSPINE&BodyPartExamined=CTSPINE&BodyPartExamined=TLSPINE&BodyPartExamined=LSSPINE",
    ),
    Meaning("cervical spine", "BodyPartExamined=CSPINE"),
    Meaning("thoracic spine", "BodyPartExamined=TSPINE"),
    Meaning("lumbar spine", "BodyPartExamined=LSPINE"),
    Meaning("heart, cardiac", "BodyPartExamined=HEART"),
    # --- patients
    Meaning("female, woman, women, girl", "PatientSex=F"),
    Meaning("male, man, men, boy", "PatientSex=M"),
    Meaning("child, children, pediatric, paediatric, minor", "PatientAge__lte=17.99"),
    Meaning("adult", "PatientAge__gte=18"),
    Meaning("mouse, mice, murine", "species=Mouse"),
    Meaning("dog, canine", "species=Canine"),
    Meaning("human", "species=Human"),
    Meaning("phantom", "species=Phantom"),
    # --- licenses
    Meaning(
        "commercial use, commercial, commercially usable, commercial licence, commercial license, commercial purpose",
        "commercial_use=allowed",
    ),
    Meaning(
        "CC BY, attribution licence, attribution license", "license_short_name=CC BY 3.0&license_short_name=CC BY 4.0"
    ),
    Meaning(
        "CC BY NC, NC, non commercial, noncommercial, non commercial licence, non commercial license",
        "license_short_name=CC BY-NC 3.0&license_short_name=CC BY-NC 4.0",
    ),
    # --- cancers whose collections name them in several ways, or that people shorten
    Meaning("glioblastoma, GBM", "cancer_types=Glioblastoma&cancer_types=Glioblastoma Multiforme"),
    Meaning("NSCLC, non small cell lung cancer", "cancer_types=Non-small Cell Lung Cancer"),
    Meaning("SCLC, small cell lung cancer", "cancer_types=Small Cell Lung Cancer"),
    Meaning("LUAD", "cancer_types=Lung Adenocarcinoma"),
    Meaning("LUSC", "cancer_types=Lung Squamous Cell Carcinoma"),
    Meaning(
        "HCC, hepatocellular carcinoma",
        "cancer_types=Hepatocellular carcinoma&cancer_types=Liver Hepatocellular Carcinoma",
    ),
    Meaning("pancreatic cancer, pancreas cancer", "cancer_types=Pancreas Cancer&cancer_types=Pancreatic Cancer"),
    Meaning("renal cancer, kidney cancer", "cancer_types=Kidney Cancer"),
    Meaning("colorectal cancer, bowel cancer, CRC", "cancer_types=Colorectal Cancer"),
    Meaning("COVID, COVID 19, coronavirus, SARS CoV 2", "cancer_types=COVID-19 (non-cancer)"),
    Meaning("vestibular schwannoma, acoustic neuroma", "cancer_types=Vestibular Schwannoma (non-cancer)"),
    # --- what else is there of a collection
    Meaning("clinical data", "supporting_data=Clinical"),
    Meaning("genomics, genomic data, genetics", "supporting_data=Genomics"),
    Meaning("proteomics, proteomic data", "supporting_data=Proteomics"),
    # --- makers of equipment, under all the names that they go by in the data
    Meaning("Siemens", "Manufacturer__contains=siemens"),
    Meaning("Philips", "Manufacturer__contains=philips"),
    Meaning(
        "GE, General Electric",
        "Manufacturer=GE MEDICAL SYSTEMS&Manufacturer=GE HEALTHCARE&Manufacturer=GE&Manufacturer=GE Healthcare"
        "&Manufacturer=GEMS&Manufacturer=GE Medical Systems&Manufacturer=GE_MEDICAL_SYSTEMS"
        "&Manufacturer=GE MEDICAL SYSTEMS, NUCLEAR&Manufacturer=GE Healthcare Surgery",
    ),
    Meaning("Toshiba", "Manufacturer__contains=toshiba"),
    Meaning("Canon", "Manufacturer__contains=canon"),
    Meaning("Hitachi", "Manufacturer__contains=hitachi"),
    Meaning("Hologic", "Manufacturer__contains=hologic"),
    Meaning("Leica, Aperio", "Manufacturer__contains=leica"),
    Meaning("Varian", "Manufacturer__contains=varian"),
    Meaning("Elekta", "Manufacturer__contains=elekta"),
    Meaning("Fuji, Fujifilm", "Manufacturer__contains=fuji"),
    Meaning("Carestream", "Manufacturer__contains=carestream"),
    Meaning("Agfa", "Manufacturer__contains=agfa"),
    Meaning("Hamamatsu", "Manufacturer__contains=hamamatsu"),
    Meaning("Zeiss", "Manufacturer__contains=zeiss"),
    # --- words of the series description
    Meaning("T1, T1 weighted, T1w", "SeriesDescription__contains=t1"),
    Meaning("T2, T2 weighted, T2w", "SeriesDescription__contains=t2"),
    Meaning("FLAIR, T2 FLAIR", "SeriesDescription__contains=flair"),
    Meaning("DWI, diffusion, diffusion weighted", "SeriesDescription__contains=dwi"),
    Meaning("ADC, ADC map", "SeriesDescription__contains=adc"),
    Meaning("DCE, dynamic contrast enhanced", "SeriesDescription__contains=dce"),
    Meaning("thin, thin slice", "SeriesDescription__contains=thin"),
    Meaning("axial, transverse", "SeriesDescription__contains=ax"),
    Meaning("sagittal", "SeriesDescription__contains=sag"),
    Meaning("coronal", "SeriesDescription__contains=cor"),
    # --- names that people use for collections and analysis results
    Meaning("LIDC, LIDC IDRI", "collection_id=lidc_idri"),
    Meaning("ISPY 1, I SPY 1", "collection_id=ispy1"),
    Meaning("ISPY 2, I SPY 2", "collection_id=ispy2"),
    Meaning("National Lung Screening Trial", "collection_id=nlst"),
    Meaning("Visible Human", "collection_id=nlm_visible_human_project"),
    Meaning("UPENN GBM", "collection_id=upenn_gbm"),
    Meaning("TotalSegmentator", "analysis_result_id=totalsegmentator_ct_segmentations"),
    Meaning("AIMI, BAMF", "analysis_result_id=bamf_aimi_annotations"),
    # --- releases
    Meaning("new, newest, latest", f"series_init_idc_version={_LATEST}"),
    Meaning("revised, updated, changed", f"series_revised_idc_version={_LATEST}"),
)


class Role(Enum):
    """What a word does to those around it."""

    WITH = auto()
    WITHOUT = auto()
    NOT = auto()
    AND = auto()
    OR = auto()
    END = auto()
    PATIENTS = auto()
    STUDIES = auto()
    FILLER = auto()


ROLES = {
    Role.WITH: "with, having, have, has, that have, who have, which have, who also have, that also have, including,"
    " include, plus, along with, together with, containing",
    Role.WITHOUT: "without, no, lacking, lack, with no, have no, has no, having no, who have no, that have no, but no,"
    " without any",
    Role.NOT: "not, except, except for, excluding, exclude, other than, but not, non, minus, apart from, neither,"
    " everything but, all but, anything but, everything except, all except",
    Role.AND: "and, as well as, also",
    Role.OR: "or, and or, nor, either",
    Role.PATIENTS: "patient, subject, people, person, individual, case",
    Role.STUDIES: "study, exam, examination, visit",
    Role.FILLER: "a, an, the, of, for, from, in, on, at, to, by, as, all, any, every, each, per, some, only, just,"
    " both, please, show, show us, find, give, give us, get, list, search, me, I, we, want, need, like, would, looking,"
    " there, that, which, who, whose, dated, is, are, was, were, be, been, do, does, did, can, could, may, their, its,"
    " it, this, these, those, them, but, image, picture, data, dataset, imaging, cohort, IDC, made, taken, acquired,"
    " done, about, free, licence, license, licensed, use, used, usable, allowed, available, released, scanner, series,"
    " scan, acquisition, everything, nothing but",
}

#: Signs that stand for such words.
SIGNS = {
    **dict.fromkeys(",&+", Role.AND),
    **dict.fromkeys("/|", Role.OR),
    **dict.fromkeys(";.?!", Role.END),
    **dict.fromkeys(":()[]-–—_'\"“”„*#", Role.FILLER),
}

#: Words of comparison: which bound a number is, and whether the number itself still counts.
COMPARISONS = {
    (">", True): "at least, minimum, min, no fewer than, not less than, no less than, >=, ≥, from, starting from",
    (
        ">",
        False,
    ): "over, more than, above, greater than, larger than, bigger than, older than, longer than, exceeding, >",
    ("<", True): "at most, up to, no more than, not more than, maximum, max, <=, ≤, until",
    ("<", False): "under, below, less than, fewer than, smaller than, younger than, <",
    ("=", True): "exactly, =",
}
#: Words of comparison that say of a number without unit that it is an age.
OF_AGE = frozenset({"older", "younger"})
#: The same behind a number.
TRAILING = {
    (">", True): "or more, and more, +, or older, and older, or larger, or above, and above, and over, or over",
    ("<", True): "or less, or fewer, and fewer, or younger, and younger, or smaller, or below, and below, and under",
}

#: Units, and what one of them is: bytes in MB, times in days.
UNITS: dict[str, dict[str, float]] = {
    "size": {"kB, kilobyte": 0.001, "MB, megabyte": 1, "GB, gigabyte": 1_000, "TB, terabyte": 1_000_000},
    "images": {"slice, image, instance, picture, frame, file": 1},
    "years": {"year, year old, years of age, year of age, yo, y o": 1},
    "days": {"day": 1, "week": 7, "month": 30},
    "patients": {"patient, subject, people, person, individual, case": 1},
    "studies": {"study, exam, examination, visit, time point, timepoint": 1},
    "series": {"series, scan, acquisition": 1},
    "releases": {"release, version": 1},
}

#: Phrases around a sample or a budget that say no more than the number does.
OF_ALL = "in total, total, altogether, overall, all together"
EACH = "each, per series, a series, every one"
AT_RANDOM = (
    "a random sample of, random sample of, a sample of, sample of, sample, random, randomly chosen, randomly drawn, any"
)

#: Numbers that people spell out.
NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "hundred": 100,
}
