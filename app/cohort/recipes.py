"""Cohorts to start from: each opens by one click and says in two sentences why it is built as it is."""

from __future__ import annotations

from dataclasses import dataclass

from app.cohort import schema
from app.cohort.cohort import Cohort


@dataclass(frozen=True, slots=True)
class Recipe:
    """One cohort with its reasons; `query` is its URL form."""

    title: str
    why: str
    query: str

    @property
    def cohort(self) -> Cohort:
        """The cohort itself."""
        return Cohort.from_query(self.query)


RECIPES = (
    Recipe(
        "Lung CT for deep learning",
        "Original CT series of chest or lung with at least 100 images, so that localizers and single slices stay out."
        " Only licenses that allow commercial use, because a trained model may travel.",
        "Modality=CT&BodyPartExamined=CHEST&BodyPartExamined=LUNG&origin=original&commercial_use=allowed"
        "&instanceCount__gte=100",
    ),
    Recipe(
        "MR by manufacturer",
        "300 patients with MR, sampled so that every manufacturer has its share of them."
        " A model that has seen one vendor alone seldom works on another's images.",
        "Modality=MR&Manufacturer__missing=false&sample=300&sample_by=Manufacturer&seed=1",
    ),
    Recipe(
        "Free for commercial use",
        "Everything under CC BY, whose only demand is attribution."
        " Series under CC BY-NC or under terms of their own are left out.",
        "commercial_use=allowed",
    ),
    Recipe(
        "CT with PET",
        "CT and PET series of studies that hold both, as a combined scanner makes them."
        " A patient's CT of another day is left out, since it need not fit the PET.",
        "Modality=CT&Modality=PT&study_has=Modality%3DCT&study_has=Modality%3DPT",
    ),
    Recipe(
        "AI segmentations with their source images",
        "Segmentations that the AIMI annotation project made and reviewed, with the images of the same studies."
        " Both are needed: a segmentation holds no picture of its own.",
        "Modality=SEG&analysis_result_id=bamf_aimi_annotations&add=sources",
    ),
    Recipe(
        "Breast MR",
        "MR series of the breast, original images only."
        " Body part is missing for a third of all MR, so breast collections may hold more than is listed here.",
        "Modality=MR&BodyPartExamined=BREAST&origin=original",
    ),
    Recipe(
        "Thin-slice CT",
        "CT series of at least 100 images whose description says that slices are thin."
        " The description is what the technician typed: series that don't mention it are not found.",
        "Modality=CT&SeriesDescription__contains=thin&instanceCount__gte=100&origin=original",
    ),
    Recipe(
        "CT with slices of at most 1.5 mm",
        "Original CT series of at least 100 images, reconstructed to slices of 1.5 mm or less."
        " It goes by the thickness that the scanner noted, which the table ct_index holds.",
        "Modality=CT&ct_SliceThickness__lte=1.5&instanceCount__gte=100&origin=original",
    ),
    Recipe(
        "Slides at 40x or more",
        "Slide microscopy through an objective lens of 40x or stronger, fine enough to see cells."
        " The table sm_index holds the lens of most slides; those without one are not found.",
        "Modality=SM&sm_ObjectiveLensPower__gte=40",
    ),
    Recipe(
        f"New in IDC v{schema.idc_version()}",
        "Series that this release holds for the first time."
        " Series that were only revised are under “last revised in release”.",
        f"series_init_idc_version__gte={schema.idc_version()}",
    ),
    Recipe(
        "A small set for a workshop",
        "Patients with a small lung CT that has been segmented, sampled until 1 GB is full, with their segmentations."
        " It downloads in minutes, and everybody in the room gets the same patients.",
        "Modality=CT&BodyPartExamined=LUNG&series_size_MB__lte=60&commercial_use=allowed&study_has=Modality%3DSEG&add=derived"
        "&sample_gb=1&seed=1",
    ),
)
