"""Which modalities are pictures, which are made from pictures (DICOM PS3.3 C.7.3.1.1.1), their names and colours."""

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

#: Modality → its colour. The common ones take hues that people with colour blindness can tell apart (after Okabe and
#: Ito, and Tol); the rare ones, which are not here, share a grey.
COLOURS = {
    "CT": "#0072B2",
    "MR": "#D55E00",
    "SM": "#CC79A7",
    "SEG": "#009E73",
    "SR": "#7A6FA8",
    "MG": "#E69F00",
    "RTSTRUCT": "#56B4E9",
    "PT": "#B8A100",
    "CR": "#882255",
    "DX": "#AA4499",
    "US": "#44AA99",
    "ANN": "#8A9A2B",
}
