"""Which modalities are pictures, and which are made from pictures (DICOM PS3.3 C.7.3.1.1.1)."""

from __future__ import annotations

#: Made from images: annotations, contours, segmentations, measurements.
DERIVED = ("ANN", "RTSTRUCT", "SEG", "SR")

#: Drawn over the images that they are about.
OVERLAYS = ("RTSTRUCT", "SEG")

#: Nothing to look at without the images that they are about.
WITHOUT_PICTURE = (*DERIVED, "KO", "PR", "REG", "RTDOSE", "RTPLAN", "RWV")

#: Modality → its name, where the letters alone would not be understood (DICOM PS3.16, CID 33).
NAMES = {
    "ANN": "Microscopy annotations",
    "CR": "Computed radiography",
    "DX": "Digital radiography",
    "FUSION": "Fused images",
    "KO": "Key object selection",
    "M3D": "3D model",
    "MG": "Mammography",
    "NM": "Nuclear medicine",
    "OT": "Other",
    "PR": "Presentation state",
    "PT": "PET",
    "REG": "Registration",
    "RF": "Radiofluoroscopy",
    "RTDOSE": "Radiotherapy dose",
    "RTPLAN": "Radiotherapy plan",
    "RTSTRUCT": "Radiotherapy structure set",
    "RWV": "Real world value mapping",
    "SEG": "Segmentation",
    "SM": "Slide microscopy",
    "SR": "Structured report",
    "US": "Ultrasound",
    "XA": "X-ray angiography",
    "XC": "External-camera photography",
}
