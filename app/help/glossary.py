"""Terms of IDC, DICOM and this app in a sentence or two each: the glossary of Help, and the tooltips of every page."""

from __future__ import annotations

#: Term → what it is. Terms are written as they stand on the pages.
GLOSSARY = {
    "Analysis result": "A dataset that was made from images of one or more collections, such as the segmentations that"
    " a program drew. Its series stand in the collections whose images they are of.",
    "Citation": "How to name a source in a paper. Every series has one source with a DOI; cite all sources of a cohort,"
    " and the paper about IDC.",
    "Cohort": "The series that meet everything you ask. Its address in the browser holds all of it, so a link is enough"
    " to hand it on.",
    "Collection": "Images that were gathered for one purpose, such as a trial. Every series belongs to one collection.",
    "CRDC series UUID": "Name of one version of a series, and of its folder in the buckets. A revised series gets"
    " another.",
    "Derived series": "Made from images: segmentations (SEG), contours (RTSTRUCT), measurements (SR), annotations of"
    " slides (ANN). It has no picture of its own.",
    "DICOM": "The standard for medical images: files with pixels and several hundred attributes that describe them.",
    "DICOMweb": "DICOM over HTTP: QIDO finds studies and series, WADO fetches them.",
    "DOI": "A permanent address of a publication or dataset, such as 10.1148/rg.230180.",
    "Instance": "One DICOM file: a slice of a CT, a film, one resolution of a slide, or all frames of a segmentation.",
    "License": "What you may do with a series. CC BY asks for attribution only; CC BY-NC rules out commercial use.",
    "Manifest": "A list of what to download. Tools such as s5cmd and idc-index read it.",
    "Modality": "What made the series, in two letters or more: CT, MR, PT (PET), SM (slides), SEG (segmentations).",
    "Original series": "As the scanner made it, unlike one that was derived from other images.",
    "Patient": "A person, animal or phantom. The same PatientID in two collections counts as two patients.",
    "Prior version": "A series as an earlier release had it. IDC keeps it, but no longer lists it.",
    "Release": "One state of IDC's data, such as v25. What is published in a release never changes.",
    "Sample": "Some of the patients, sampled so that everybody who uses the same seed gets the same ones.",
    "Scope": "Whether a series that matches stands for itself, for its whole study or for its whole patient.",
    "Seed": "A number that fixes how patients are sampled: the same seed gives the same patients.",
    "Segmentation": "A derived series (SEG) that marks, pixel by pixel, what is where in another series.",
    "Series": "Images that were made in one go, such as one run of a CT. The unit that IDC lists, views and downloads.",
    "Size": "Bytes of the files in the buckets, in units of 1,000.",
    "SOP class": "What kind of object a DICOM file is, more exactly than its modality.",
    "Split": "Patients split into training, validation and test, so that no patient is in two of them.",
    "Study": "One examination of a patient: the series that were ordered together.",
    "Transfer syntax": "How the pixels of a file are encoded, for example uncompressed or as JPEG 2000.",
}


def explain(label: str) -> str:
    """What a label means that stands on a page, in the singular or the plural."""
    singular = f"{label[:-3]}y" if label.endswith("ies") else label.removesuffix("s")
    return GLOSSARY[label if label in GLOSSARY else singular]
