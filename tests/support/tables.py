"""Small tables of the shipped schemas for real series, as a mirror offers them, and data folders to fetch them into.

Values are drawn by a fixed seed, so that a table is the same in every process. Each holds what real ones hold: gaps,
empty lists, several values, several rows per series where the table has such, and links to images that are in the
cohort's study, in another, missing, or unknown to this release.
"""

from __future__ import annotations

import io
import os
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

import app.catalog.catalog
from app.catalog.build import catalog_folder
from app.catalog.catalog import Catalog, open_catalog
from app.catalog.tables.fetching import fetchable
from app.cohort import schema
from app.common.settings import settings
from tests.support.s3_server import S3Server

#: Table → condition on ``index``, series of which it has rows for, most rows of one series.
_ROWS: dict[str, tuple[str, int, int]] = {
    "ct_index": ("Modality = 'CT'", 400, 1),
    "mr_index": ("Modality = 'MR'", 300, 1),
    "pt_index": ("Modality = 'PT'", 200, 1),
    "contrast_index": ("Modality IN ('CT', 'MR')", 150, 1),
    "volume_geometry_index": ("Modality IN ('CT', 'MR', 'PT')", 400, 1),
    "seg_index": ("Modality = 'SEG'", 300, 1),
    "rtstruct_index": ("Modality = 'RTSTRUCT'", 200, 1),
    "ann_index": ("Modality = 'ANN'", 120, 1),
    "ann_group_index": ("Modality = 'ANN'", 120, 4),
    "sm_index": ("Modality = 'SM'", 300, 1),
    "sm_instance_index": ("Modality = 'SM'", 120, 3),
    "clinical_index": ("true", 40, 3),
}

#: Column → values to draw from; others get made-up texts and numbers.
_POOLS: dict[str, tuple[Any, ...]] = {
    "SliceThickness": (0.625, 1.0, 1.25, 1.5, 2.5, 3.0, 5.0),
    "KVP": (80.0, 100.0, 120.0, 120.0, 140.0),
    "ConvolutionKernel": ("B30f", "B70f", "STANDARD", "LUNG", "FC51"),
    "MagneticFieldStrength": (1.0, 1.5, 1.5, 3.0, 3.0, 7.0),
    "DiffusionBValue": (0.0, 50.0, 500.0, 800.0, 1000.0, 1500.0),
    "EchoTime": (2.1, 4.2, 80.0, 100.5),
    "RepetitionTime": (4.5, 500.0, 2500.0, 9000.0),
    "ScanningSequence": ("SE", "GR", "IR", "EP", "RM"),
    "SequenceVariant": ("SK", "SP", "MP", "OSP", "NONE"),
    "MRAcquisitionType": ("2D", "3D", ""),
    "RadionuclideCodeMeaning": ("^18^Fluorine", "^68^Gallium"),
    "Radiopharmaceutical": ("Fluorodeoxyglucose", "FDG -- fluorodeoxyglucose", "Ga-68 DOTATATE"),
    "ReconstructionMethod": ("OSEM", "3D IR", "FBP"),
    "AttenuationCorrectionMethod": ("CT-derived mu-map", "measured,slice"),
    "Units": ("BQML", "CNTS"),
    "ContrastBolusAgent": ("Omnipaque, 350", "Magnevist", "GADAVIST"),
    "ContrastBolusRoute": ("IV", "ORAL", "Oral & IV"),
    "SegmentationType": ("BINARY", "FRACTIONAL"),
    "AlgorithmType": ("AUTOMATIC", "MANUAL", "AUTOMATIC,SEMIAUTOMATIC"),
    "AlgorithmName": ("TotalSegmentator", "BAMF-Lung-FDG-PET-CT", "nnU-Net, 5 folds"),
    "SegmentedPropertyType_CodeMeanings": ("Liver", "Kidney", "Lung", "Neoplasm, Primary", "Aorta", "it's"),
    "AnatomicRegion_CodeMeanings": ("Abdomen", "Thorax", "Head"),
    "total_segments": (1, 2, 5, 104),
    "ROINames": ("GTV-1", "Heart", "Lung-Left", "Lung-Right", "Spinal-Cord", "100%"),
    "RTROIInterpretedTypes": ("GTV", "ORGAN", "PTV"),
    "total_rois": (1, 4, 12),
    "staining_usingSubstance_CodeMeaning": ("hematoxylin stain", "water soluble eosin stain", "Ki-67"),
    "tissueFixative_CodeMeaning": ("Formalin", "OCT"),
    "embeddingMedium_CodeMeaning": ("Paraffin wax",),
    "ObjectiveLensPower": (10, 20, 20, 40, 40),
    "min_PixelSpacing_2sf": (0.00025, 0.0005, 0.001),
    "primaryAnatomicStructure_CodeMeaning": ("Breast", "Lung", "Kidney"),
    "admittingDiagnosis_CodeMeaning": ("Adenocarcinoma", "Infiltrating duct carcinoma, NOS"),
    "ImageType": ("ORIGINAL", "DERIVED", "PRIMARY", "VOLUME", "THUMBNAIL", "AXIAL"),
    "AnnotationCoordinateType": ("2D", "3D"),
    "AnnotationGroupLabel": ("Nuclei", "Tumor", "Blast cells"),
    "AnnotationPropertyType_CodeMeaning": ("Nucleus", "Neoplasm", "Myeloblast"),
    "GraphicType": ("POINT", "POLYGON", "ELLIPSE"),
    "AnnotationGroupGenerationType": ("MANUAL", "AUTOMATIC"),
    "slice_spacing_mm": (0.7, 1.0, 2.5, 5.0),
    "table_name": ("nlst_canc", "nlst_prsn"),
    "short_table_name": ("canc", "prsn"),
}

#: Columns that name the image series which a series was made from.
_LINKS = ("segmented_SeriesInstanceUID", "referenced_SeriesInstanceUID")

_TYPES = {"STRING": pa.string(), "INTEGER": pa.int64(), "FLOAT": pa.float64(), "BOOLEAN": pa.bool_()}
_VALUES = pa.struct([("option_code", pa.string()), ("option_description", pa.string())])


@cache
def table(name: str) -> pa.Table:
    """A small table with all columns of the shipped schema."""
    condition, series, most = _ROWS[name]
    dice = random.Random(name)
    shipped = schema.tables()[name]
    rows: list[dict[str, Any]] = []
    for key, image in _series(condition, series, shipped.key):
        for _ in range(dice.randint(1, most)):
            rows.append({column.name: _value(column, dice) for column in shipped.columns.values()})
            rows[-1][shipped.key] = key
            for link in set(_LINKS) & set(shipped.columns):
                rows[-1][link] = dice.choice((*[image] * 4, _elsewhere(), None, "1.2.3.4.5.6.7.8.9"))
    fields = [
        pa.field(column.name, pa.list_(_type(column)) if column.repeated else _type(column))
        for column in shipped.columns.values()
    ]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def parquet_bytes(name: str) -> bytes:
    """The table as a parquet file."""
    sink = io.BytesIO()
    parquet.write_table(table(name), sink, compression="zstd")
    return sink.getvalue()


def write(folder: Path) -> Path:
    """Write all twelve into `folder`, which then is a mirror."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in fetchable():
        (folder / f"{name}.parquet").write_bytes(parquet_bytes(name))
    return folder


@contextmanager
def mirror(files: Mapping[str, bytes] | None = None) -> Iterator[tuple[S3Server, str]]:
    """A local web server that offers the tables (or other `files`), and its address as a mirror."""
    files = {f"{name}.parquet": parquet_bytes(name) for name in fetchable()} if files is None else files
    with S3Server({"mirror": files}).running() as server:
        yield server, f"{server.url}/mirror"


def data_folder(folder: Path) -> Path:
    """A data folder of its own with the catalog of the other tests, to fetch into."""
    built = catalog_folder()
    linked = folder / "catalog" / built.name
    shutil.copytree(built, linked, copy_function=os.link, ignore=shutil.ignore_patterns("extensions"))
    return folder


@contextmanager
def working_in(home: Path) -> Iterator[Catalog]:
    """Have this process, and those that it starts, work in the data folder `home`; gives its catalog."""
    patch = pytest.MonkeyPatch()
    patch.setenv("IDC_COHORT_DATA", str(home))
    _forget()
    try:
        yield open_catalog()
    finally:
        patch.undo()
        _forget()


def _forget() -> None:
    settings.cache_clear()
    app.catalog.catalog._open_once.cache_clear()


def connect(folder: Path, names: Iterator[str] | tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Plain DuckDB over the wheel's files and those of `folder`, under the names that idc-index gives them."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    found = {name: one.parquet for name, one in schema.tables().items() if one.parquet}
    for name, path in {**found, **{name: folder / f"{name}.parquet" for name in names}}.items():
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
    return connection


def _value(column: schema.Column, dice: random.Random) -> Any:
    if column.repeated:
        return sorted({_one(column, dice) for _ in range(dice.choice((0, 1, 1, 2, 3)))} - {""}, key=str)
    return None if dice.random() < 0.15 else _one(column, dice)


def _one(column: schema.Column, dice: random.Random) -> Any:
    if column.name in _POOLS:
        return dice.choice(_POOLS[column.name])
    if column.type == "RECORD":
        return None
    number = dice.randrange(4)
    made_up = {"STRING": f"{column.name} {number}", "INTEGER": number, "FLOAT": number / 2, "BOOLEAN": number > 1}
    return made_up[column.type]


def _type(column: schema.Column) -> pa.DataType:
    return _VALUES if column.type == "RECORD" else _TYPES[column.type]


@cache
def _elsewhere() -> str:
    """An image series that none of the tables' studies holds."""
    return _query("SELECT min(SeriesInstanceUID) FROM index WHERE Modality = 'CT'")[0][0]


def _series(condition: str, count: int, key: str) -> list[tuple[str, str | None]]:
    """Some keys, each with an image series of its study; those of one study stand together."""
    return _query(
        f"WITH chosen AS (SELECT {key}, any_value(StudyInstanceUID) AS study FROM index WHERE {condition} GROUP BY ALL"
        f" ORDER BY hash(study), {key} LIMIT {count}), image AS (SELECT StudyInstanceUID AS study,"
        " min(SeriesInstanceUID) AS uid FROM index WHERE Modality IN ('CT', 'MR', 'PT', 'SM')"
        " AND StudyInstanceUID IN (SELECT study FROM chosen) GROUP BY ALL)"
        f" SELECT {key}, uid FROM chosen LEFT JOIN image USING (study) ORDER BY hash(study), {key}"
    )


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE index AS SELECT collection_id, StudyInstanceUID, SeriesInstanceUID, Modality"
        f" FROM read_parquet('{schema.tables()['index'].parquet}')"
    )
    return connection


def _query(sql: str) -> list[Any]:
    return _connection().cursor().execute(sql).fetchall()
