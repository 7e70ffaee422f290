"""Versions of the code on one data folder: each serves from its own catalog, and old ones go when nobody has them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from app.catalog import identity
from app.catalog.identity import fingerprint
from app.cohort import schema
from tests.support import tables
from tests.support.checkouts import Checkout, write_release
from tests.support.paths import ROOT

#: Where rows of the attribute table are put, and what the tests put there.
_ROW = '    Attribute("PatientSex", "patient sex", Kind.TERM, Group.PATIENT, words="sex, gender, patient sex"),\n'
_NEW_ROW = '    Attribute("aws_bucket", "bucket", Kind.TERM, Group.SIZE),\n'
_EXTRA_ROW = '    _extra("ct_index", "ConvolutionKernel", "CT kernel", Kind.TERMS),\n'
_NEW_EXTRA_ROW = '    _extra("ct_index", "FilterType", "CT filter", Kind.TERM),\n'

#: Counts, waits for a line, and counts by what has not been read so far.
_READER = """
from app.catalog import open_catalog
from app.cohort import Cohort
from app.selection import Selection

for query in ("Modality=CT", "instanceCount__gte=100&SeriesDescription__contains=a&ct_KVP__gte=0"):
    print(Selection(open_catalog(), Cohort.from_query(query)).totals.series, flush=True)
    input()
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions")
    write_release(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder into which ct_index has been fetched, and where nothing is built."""
    kept = tmp_path / "data" / "tables" / schema.data_version()
    kept.mkdir(parents=True)
    (kept / "ct_index.parquet").write_bytes(tables.parquet_bytes("ct_index"))
    return tmp_path / "data"


@pytest.fixture
def checkout(release: Path, data: Path, tmp_path: Path) -> Callable[[str], Checkout]:
    """Makes a copy of the code by that name."""
    (tmp_path / "release").symlink_to(release / "release")
    return lambda name: Checkout(tmp_path / name, data)


def catalogs(data: Path) -> set[str]:
    return {path.name for path in (data / "catalog").iterdir() if path.is_dir()}


def name_of(code: Checkout) -> str:
    out, _ = code.run("-c", "from app.catalog import catalog_folder; print(catalog_folder().name)")
    return out.strip()


def count(code: Checkout, query: str) -> tuple[int, bool]:
    """Series of a query as the command line counts them, and whether it built a catalog for that."""
    out, messages = code.run("app", "counts", query)
    return json.loads(out)["series"], "Reading the index" in messages


def line(process: subprocess.Popen[str], word: str = "") -> str:
    """Tell a process to go on, if a word is given, and read its next line."""
    assert process.stdin
    assert process.stdout
    if word:
        process.stdin.write(f"{word}\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_row_more_serves_from_a_catalog_of_its_own_and_the_old_one_goes_when_nobody_has_it(
    checkout: Callable[[str], Checkout], data: Path, release: Path
) -> None:
    before, after = checkout("before"), checkout("after")
    after.change("cohort/attributes.py", _ROW, _ROW + _NEW_ROW)
    after.change("cohort/attributes.py", _EXTRA_ROW, _EXTRA_ROW + _NEW_EXTRA_ROW)
    index = f"FROM read_parquet('{release / 'release' / 'idc_index.parquet'}')"
    ct, bucket, every = duckdb.execute(
        f"SELECT count(*) FILTER (Modality = 'CT'), count(*) FILTER (aws_bucket = 'idc-open-data'), count(*) {index}"
    ).fetchall()[0]
    assert 0 < ct < bucket < every

    assert count(before, "Modality=CT") == (ct, True)
    assert count(before, "Modality=CT") == (ct, False)
    old = name_of(before)
    assert old == f"{schema.data_version()}-{fingerprint()}"
    with_kvp, _ = count(before, "instanceCount__gte=100&SeriesDescription__contains=a&ct_KVP__gte=0")
    assert with_kvp > 0

    reader = before.start("-c", _READER)
    assert line(reader) == str(ct)
    assert count(after, "aws_bucket=idc-open-data") == (bucket, True)
    new = name_of(after)
    assert catalogs(data) == {old, new}
    filtered, built = count(after, "ct_FilterType__missing=false")
    assert (filtered > 0, built) == (True, False)
    assert line(reader, "go on") == str(with_kvp)

    assert catalogs(data) == {old, new}
    reader.kill()
    reader.communicate()
    assert count(after, "aws_bucket=idc-open-data") == (bucket, False)
    assert catalogs(data) == {new}
    assert [path.name for path in (data / "tables" / schema.data_version()).iterdir()] == ["ct_index.parquet"]
    assert count(before, "Modality=CT") == (ct, True)


def test_words_for_people_cost_no_build(checkout: Callable[[str], Checkout], data: Path) -> None:
    before, after = checkout("before"), checkout("after")
    after.change("cohort/attributes.py", '"study description", Kind.TEXT', '"describes the study", Kind.TEXT')
    after.change("cohort/attributes.py", "Unique within a collection only.", "Two collections may have the same.")
    after.change("cohort/attribute.py", 'SIZE = "Size"', 'SIZE = "How large"')
    after.change("cohort/attributes.py", "To add a filter, add a row.", "A filter is a row.")
    series, _ = count(before, "")
    assert count(after, "") == (series, False)
    assert catalogs(data) == {name_of(before)}


def test_builds_do_not_read_what_is_for_people(checkout: Callable[[str], Checkout]) -> None:
    """Taken away, a build would stumble over it."""
    blind = (
        "from app.catalog import identity, open_catalog\n"
        "from app.cohort import ATTRIBUTES\n"
        "identity.fingerprint()\n"
        "for attribute in ATTRIBUTES.values():\n"
        "    for name in identity._UNREAD & set(attribute.__slots__):\n"
        "        object.__delattr__(attribute, name)\n"
        "print(hasattr(attribute, 'label'), hasattr(attribute, 'title'), open_catalog().tables())\n"
    )
    out, _ = checkout("blind").run("-c", blind)
    assert out == "False False ['ct_index']\n"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("catalog/build.py", 'DATABASE = "catalog.duckdb"', 'DATABASE = "index.duckdb"'),
        ("catalog/groups.py", 'arrays.write_codes("cell", cells)', 'arrays.write("cell", cells)'),
        ("catalog/array_store.py", 'ARRAYS = "arrays"', 'ARRAYS = "columns"'),
        ("catalog/tables/extensions.py", "value::DOUBLE", "value::FLOAT"),
        ("cohort/schema.py", '"idc_index": "index"', '"idc_index": "main"'),
        ("cohort/sql.py", 'IS NOT NULL" if attribute.is_range', 'IS NOT NAN" if attribute.is_range'),
        ("cohort/attribute.py", "return self.kind in (Kind.NUMBER, Kind.DATE)", "return self.kind is Kind.NUMBER"),
        ("cohort/attributes.py", "range(0, 100, 5)", "range(0, 100, 10)"),
        ("cohort/attributes.py", "ELSE 'custom terms' END", "ELSE 'other terms' END"),
        (
            "cohort/attributes.py",
            '    "ann_index": Group.ANN',
            '    "clinical_index": Group.CT,\n    "ann_index": Group.ANN',
        ),
    ],
)
def test_whatever_changes_what_is_built_asks_for_another_catalog(
    checkout: Callable[[str], Checkout], file: str, old: str, new: str
) -> None:
    code = checkout("changed")
    tell = "from app.catalog.identity import fingerprint; print(fingerprint())"
    assert code.run("-c", tell)[0].strip() == fingerprint()
    code.change(file, old, new)
    assert code.run("-c", tell)[0].strip() != fingerprint()


def test_the_sources_that_write_use_no_other_code_for_it() -> None:
    """Code that is moved out of them must be named as well; these only say where things lie, and how errors read."""
    others = {
        "app.catalog",  # whether a catalog is in use
        "app.catalog.arrays",  # types of arrays
        "app.catalog.identity",
        "app.catalog.tables.fetching",  # where the kept file lies
        "app.cohort",  # the attributes, of which the values are taken
        "app.cohort.attribute",
        "app.cohort.attributes",
        "app.cohort.conditions",  # those of a cohort, which no build has
        "app.cohort.kept_lists",
        "app.cohort.operators",
        "app.common.errors",
        "app.common.settings",
    }
    named = {f"app.{name.removesuffix('.py').replace('/', '.')}" for name in identity._SOURCES}
    used = {
        node.module or ""
        for name in identity._SOURCES
        for node in ast.walk(ast.parse((ROOT / "app" / name).read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    assert {module for module in used if module.startswith("app.")} <= named | others


def test_versions_that_start_at_once_on_an_empty_folder_both_serve(
    checkout: Callable[[str], Checkout], data: Path
) -> None:
    versions = [checkout("before"), checkout("after")]
    versions[1].change("cohort/attributes.py", _ROW, _ROW + _NEW_ROW)
    readers = [code.start("-c", _READER) for code in versions for _ in range(2)]
    counted = [line(reader) for reader in readers]
    assert len(set(counted)) == 1
    assert int(counted[0]) > 0
    assert catalogs(data) == {name_of(code) for code in versions}
    assert len({line(reader, "go on") for reader in readers}) == 1
    for reader in readers:
        _, errors = reader.communicate("end\n")
        assert (reader.returncode, errors) == (0, "")


_EARLIER = """
import sys, duckdb
opened = duckdb.connect(sys.argv[1], read_only=True)
print(opened.execute("SELECT 1").fetchone()[0], flush=True)
input()
"""


def test_a_catalog_from_before_there_were_locks_stays_while_it_is_open(
    checkout: Callable[[str], Checkout], data: Path
) -> None:
    code, earlier = checkout("now"), data / "catalog" / "24.1.0-r7"
    earlier.mkdir(parents=True)
    (data / "catalog" / "24.1.0-r7.lock").touch()
    (data / "catalog" / "notes").mkdir()
    duckdb.connect(str(earlier / "catalog.duckdb")).close()
    command, pipe = [sys.executable, "-c", _EARLIER, str(earlier / "catalog.duckdb")], subprocess.PIPE
    server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert line(server) == "1"
    count(code, "")
    assert catalogs(data) == {"24.1.0-r7", "notes", name_of(code)}
    server.communicate("end\n")
    count(code, "")
    assert catalogs(data) == {"notes", name_of(code)}
    assert not (data / "catalog" / "24.1.0-r7.lock").exists()
