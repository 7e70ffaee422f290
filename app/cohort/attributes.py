"""What a cohort can be filtered by: one table, read by the sidebar, the URL, the SQL, the sentence and the docs.

To add a filter, add a row. An attribute is named after its column; where it is derived, `sql` says how, in an
expression over the columns of one row that runs unchanged in idc-index, and the catalog is built from the same
expression. Rows whose columns this IDC release lacks are set aside in `UNAVAILABLE` rather than crash.

Attributes of tables that are fetched on demand are named after table and column, ``ct_SliceThickness``, since several
tables have columns of the same name. They can be named whether the table is there or not.
"""

from __future__ import annotations

from typing import Any

from app.cohort import schema
from app.cohort.attribute import Attribute, Group, Kind
from app.common.modalities import COLOURS

#: Table that is fetched on demand → heading that its attributes stand under. Its rows name series.
EXTRA_TABLES = {
    "ct_index": Group.CT,
    "mr_index": Group.MR,
    "pt_index": Group.PET,
    "contrast_index": Group.CONTRAST,
    "volume_geometry_index": Group.GEOMETRY,
    "seg_index": Group.SEGMENTATION,
    "rtstruct_index": Group.STRUCTURES,
    "sm_index": Group.SLIDES,
    "sm_instance_index": Group.SLIDES,
    "ann_index": Group.ANNOTATIONS,
    "ann_group_index": Group.ANNOTATIONS,
}


_OF_COLLECTION = "Describes the collection, not each patient in it."


_AGE = (
    "TRY_CAST(left(PatientAge, 3) AS INTEGER) / CASE upper(right(PatientAge, 1))"
    " WHEN 'Y' THEN 1 WHEN 'M' THEN 12 WHEN 'W' THEN 52.1775 WHEN 'D' THEN 365.25 END"
)
_COMMERCIAL_USE = (
    "CASE WHEN license_short_name LIKE 'CC BY-NC%' THEN 'not allowed'"
    " WHEN license_short_name LIKE 'CC BY%' OR license_short_name LIKE 'CC0%' THEN 'allowed'"
    " ELSE 'custom terms' END"
)
_ORIGIN = "CASE WHEN analysis_result_id IS NULL THEN 'original' ELSE 'derived' END"

_UID = r"[0-9.]{1,64}"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RELEASES = tuple(float(version) for version in range(1, schema.idc_version() + 1))
_POWERS_OF_TWO = tuple(float(2**exponent) for exponent in range(17))
_MILLIMETRES = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)
_MICRONS = (0.0, 0.0001, 0.0002, 0.0003, 0.0004, 0.0005, 0.001, 0.002, 0.005)
_LENSES = (0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 100.0)
_TESLAS = (0.0, 0.5, 0.9, 1.4, 2.0, 2.8, 4.0, 7.0)
_B_VALUES = (0.0, 1.0, 100.0, 200.0, 400.0, 600.0, 800.0, 1000.0, 1200.0, 1500.0, 2000.0, 3000.0)
_ONE_TWO_FIVE = (0.0, *(step * 10.0**exponent for exponent in range(-2, 6) for step in (1, 2, 5)))


def _extra(table: str, column: str, label: str, kind: Kind, **more: Any) -> Attribute:
    """Attribute of a table that is fetched on demand."""
    name = f"{table.removesuffix('_index')}_{column}"
    return Attribute(name, label, kind, EXTRA_TABLES[table], table, (column,), **more)


_TABLE = (
    Attribute("Modality", "modality", Kind.TERM, Group.IMAGES, complete=True, words="modality", colours=COLOURS),
    Attribute(
        "BodyPartExamined",
        "body part",
        Kind.TERM,
        Group.IMAGES,
        detail="Missing for nearly half of all series, among them all slides.",
        words="body part, anatomy, region, organ",
    ),
    Attribute(
        "origin",
        "origin",
        Kind.TERM,
        Group.IMAGES,
        columns=("analysis_result_id",),
        sql=_ORIGIN,
        complete=True,
        detail="Derived series, such as segmentations, belong to an analysis result; all others are original.",
    ),
    Attribute(
        "SeriesDescription",
        "series description",
        Kind.TEXT,
        Group.IMAGES,
        words="description, series description, described as",
    ),
    Attribute(
        "collection_id",
        "collection",
        Kind.TERM,
        Group.COLLECTIONS,
        complete=True,
        words="collection, dataset, collection id",
    ),
    Attribute(
        "cancer_types",
        "cancer type",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
        words="cancer type, disease, diagnosis",
    ),
    Attribute(
        "tumor_locations",
        "tumor location",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
        words="tumor location, tumour location, tumor site, location",
    ),
    Attribute(
        "species",
        "species",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
        words="species",
    ),
    Attribute(
        "program_id", "program", Kind.TERM, Group.COLLECTIONS, table="collections_index", words="program, programme"
    ),
    Attribute(
        "supporting_data",
        "supporting data",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
        words="supporting data",
    ),
    Attribute("analysis_result_id", "analysis result", Kind.TERM, Group.COLLECTIONS, words="analysis, analysis result"),
    Attribute("license_short_name", "license", Kind.TERM, Group.LICENSE, complete=True, words="licence, license"),
    Attribute(
        "commercial_use",
        "commercial use",
        Kind.TERM,
        Group.LICENSE,
        columns=("license_short_name",),
        sql=_COMMERCIAL_USE,
        complete=True,
        detail="Read off the license's short name: CC BY allows commercial use, CC BY-NC does not.",
    ),
    Attribute("PatientSex", "patient sex", Kind.TERM, Group.PATIENT, words="sex, gender, patient sex"),
    Attribute(
        "PatientAge",
        "patient age",
        Kind.NUMBER,
        Group.PATIENT,
        sql=_AGE,
        unit="years",
        detail="In years; missing for most series.",
        edges=tuple(float(age) for age in range(0, 100, 5)),
        gap=0.01,  # no two DICOM ages are closer
        words="age, aged, patient age",
    ),
    Attribute(
        "StudyDate",
        "study date",
        Kind.DATE,
        Group.PATIENT,
        sql="TRY_CAST(StudyDate AS DATE)",
        note="De-identified: dates compare within a patient, hardly across patients.",
        edges=(1880.0, *(float(year) for year in range(1990, 2027))),
        words="study date, date",
    ),
    Attribute("StudyDescription", "study description", Kind.TEXT, Group.PATIENT, words="study description"),
    Attribute("Manufacturer", "manufacturer", Kind.TERM, Group.ACQUISITION, words="manufacturer, vendor, maker"),
    Attribute("ManufacturerModelName", "model", Kind.TERM, Group.ACQUISITION, words="model, scanner, scanner model"),
    Attribute("sop_class_name", "SOP class", Kind.TERM, Group.ACQUISITION, complete=True, words="SOP class"),
    Attribute(
        "transfer_syntax_name",
        "transfer syntax",
        Kind.TERMS,
        Group.ACQUISITION,
        complete=True,
        words="transfer syntax, encoding, compression",
    ),
    Attribute(
        "instanceCount",
        "number of instances",
        Kind.NUMBER,
        Group.SIZE,
        integer=True,
        complete=True,
        edges=_POWERS_OF_TWO,
        logarithmic=True,
    ),
    Attribute(
        "series_size_MB",
        "series size",
        Kind.NUMBER,
        Group.SIZE,
        unit="MB",
        complete=True,
        edges=_ONE_TWO_FIVE,
        gap=1e-6,  # one byte
        logarithmic=True,
    ),
    Attribute(
        "series_init_idc_version",
        "first release",
        Kind.NUMBER,
        Group.RELEASE,
        integer=True,
        complete=True,
        edges=_RELEASES,
    ),
    Attribute(
        "series_revised_idc_version",
        "last revised in release",
        Kind.NUMBER,
        Group.RELEASE,
        integer=True,
        complete=True,
        edges=_RELEASES,
    ),
    Attribute("source_DOI", "source DOI", Kind.TERM, Group.IDENTIFIERS, complete=True),
    Attribute(
        "PatientID",
        "patient ID",
        Kind.ID,
        Group.IDENTIFIERS,
        detail="Unique within a collection only.",
        complete=True,
    ),
    Attribute("StudyInstanceUID", "study UID", Kind.ID, Group.IDENTIFIERS, pattern=_UID, complete=True),
    Attribute("SeriesInstanceUID", "series UID", Kind.ID, Group.IDENTIFIERS, pattern=_UID, unique=True, complete=True),
    Attribute(
        "crdc_series_uuid", "CRDC series UUID", Kind.ID, Group.IDENTIFIERS, pattern=_UUID, unique=True, complete=True
    ),
    _extra("ct_index", "SliceThickness", "CT slice thickness", Kind.NUMBER, unit="mm", edges=_MILLIMETRES),
    _extra("ct_index", "ConvolutionKernel", "CT kernel", Kind.TERMS),
    _extra("ct_index", "KVP", "tube voltage", Kind.NUMBER, unit="kV", edges=tuple(map(float, range(60, 160, 10)))),
    _extra("mr_index", "MagneticFieldStrength", "field strength", Kind.NUMBER, unit="T", edges=_TESLAS),
    _extra("mr_index", "MRAcquisitionType", "MR acquisition type", Kind.TERM),
    _extra("mr_index", "ScanningSequence", "scanning sequence", Kind.TERMS),
    _extra("mr_index", "SequenceVariant", "sequence variant", Kind.TERMS),
    _extra("mr_index", "DiffusionBValue", "b-value", Kind.NUMBER, unit="s/mm²", edges=_B_VALUES),
    _extra("mr_index", "EchoTime", "echo time", Kind.NUMBER, unit="ms", edges=_ONE_TWO_FIVE[6:19], logarithmic=True),
    _extra(
        "mr_index",
        "RepetitionTime",
        "repetition time",
        Kind.NUMBER,
        unit="ms",
        edges=_ONE_TWO_FIVE[6:22],
        logarithmic=True,
    ),
    _extra("pt_index", "RadionuclideCodeMeaning", "radionuclide", Kind.TERM),
    _extra("pt_index", "Radiopharmaceutical", "PET tracer", Kind.TERM),
    _extra("pt_index", "ReconstructionMethod", "PET reconstruction", Kind.TERM),
    _extra("pt_index", "AttenuationCorrectionMethod", "attenuation correction", Kind.TERM),
    _extra("pt_index", "Units", "PET units", Kind.TERM),
    _extra("contrast_index", "ContrastBolusAgent", "contrast agent", Kind.TERMS),
    _extra("contrast_index", "ContrastBolusRoute", "contrast route", Kind.TERMS),
    _extra("volume_geometry_index", "regularly_spaced_3d_volume", "regular 3D volume", Kind.TERM),
    _extra("volume_geometry_index", "slice_spacing_mm", "slice spacing", Kind.NUMBER, unit="mm", edges=_MILLIMETRES),
    _extra("seg_index", "SegmentedPropertyType_CodeMeanings", "segmented structure", Kind.TERMS),
    _extra("seg_index", "AnatomicRegion_CodeMeanings", "segmented region", Kind.TERMS),
    _extra("seg_index", "AlgorithmType", "segmentation method", Kind.TERMS, joined=True),
    _extra("seg_index", "AlgorithmName", "segmentation algorithm", Kind.TERM),
    _extra(
        "seg_index",
        "total_segments",
        "number of segments",
        Kind.NUMBER,
        integer=True,
        edges=_POWERS_OF_TWO[:10],
        logarithmic=True,
    ),
    _extra("rtstruct_index", "ROINames", "ROI name", Kind.TEXT),
    _extra("rtstruct_index", "RTROIInterpretedTypes", "ROI type", Kind.TERMS),
    _extra(
        "rtstruct_index",
        "total_rois",
        "number of ROIs",
        Kind.NUMBER,
        integer=True,
        edges=_POWERS_OF_TWO[:10],
        logarithmic=True,
    ),
    _extra("sm_index", "staining_usingSubstance_CodeMeaning", "stain", Kind.TERMS),
    _extra("sm_index", "ObjectiveLensPower", "magnification", Kind.NUMBER, integer=True, edges=_LENSES),
    _extra("sm_index", "min_PixelSpacing_2sf", "pixel spacing", Kind.NUMBER, unit="mm", edges=_MICRONS),
    _extra("sm_index", "tissueFixative_CodeMeaning", "tissue fixative", Kind.TERMS),
    _extra("sm_index", "embeddingMedium_CodeMeaning", "embedding medium", Kind.TERMS),
    _extra("sm_index", "primaryAnatomicStructure_CodeMeaning", "specimen site", Kind.TERM),
    _extra("sm_index", "admittingDiagnosis_CodeMeaning", "admitting diagnosis", Kind.TERM),
    _extra("sm_instance_index", "ImageType", "slide image type", Kind.TERMS),
    _extra("ann_index", "AnnotationCoordinateType", "annotation coordinates", Kind.TERM),
    _extra("ann_group_index", "AnnotationGroupLabel", "annotation label", Kind.TERMS),
    _extra("ann_group_index", "AnnotationPropertyType_CodeMeaning", "annotated structure", Kind.TERMS),
    _extra("ann_group_index", "GraphicType", "annotation graphic", Kind.TERMS),
    _extra("ann_group_index", "AnnotationGroupGenerationType", "annotation origin", Kind.TERMS),
)

#: Attributes of this IDC release by name, in canonical order.
ATTRIBUTES: dict[str, Attribute] = {a.name: a for a in _TABLE if schema.has_columns(a.table, a.source_columns)}

#: Those of them that the catalog itself holds.
BASE_ATTRIBUTES: dict[str, Attribute] = {name: a for name, a in ATTRIBUTES.items() if not a.is_extra}

#: Attributes that this IDC release has no column for: name → one sentence of why.
UNAVAILABLE: dict[str, str] = {
    a.name: f"IDC v{schema.idc_version()} has no {' and '.join(a.source_columns)} in {a.table}."
    for a in _TABLE
    if a.name not in ATTRIBUTES
}
