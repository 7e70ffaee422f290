"""Which modalities are pictures, and which are made from pictures (DICOM PS3.3 C.7.3.1.1.1)."""

from __future__ import annotations

#: Made from images: annotations, contours, segmentations, measurements.
DERIVED = ("ANN", "RTSTRUCT", "SEG", "SR")

#: Nothing to look at without the images that they are about.
WITHOUT_PICTURE = (*DERIVED, "KO", "PR", "REG", "RTDOSE", "RTPLAN", "RWV")
