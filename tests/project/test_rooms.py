"""The rooms of the house: imports run downwards, by the names that a room hands out, and every room says what it is.

The order of the rooms is one list here, and the same in docs/architecture.md.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.paths import ROOT

#: Rooms of `app`, from the ground up: each imports only from those before it.
ROOMS = (
    "common",
    "storage",
    "cohort",
    "catalog",
    "clinical",
    "imports",
    "language",
    "selection",
    "ask",
    "console",
    "downloads",
    "preview",
    "validate",
    "export",
    "datasets",
    "series",
    "viewer",
    "help",
    "interface",
)

#: Files of `app` that stand on top of all rooms; only the first two know Streamlit.
ENTRANCES = ("main", "server", "__main__")

#: Package → packages that it may import from.
FLOORS = {"app": {"app"}, "components": {"components", "app"}, "pages": {"pages", "components", "app"}}

SOURCES = [path.relative_to(ROOT) for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, or a whole module where `name` is empty."""

    module: str
    name: str = ""

    @property
    def room(self) -> str:
        """Room of `app` that it comes from, or the entrance."""
        parts = f"{self.module}.{self.name}".strip(".").split(".")
        return parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions included."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (Import(node.module or "", alias.name) for alias in node.names)


def of_app(path: Path) -> list[Import]:
    return [one for one in imports(path) if one.module.split(".")[0] == "app"]


def room_of(path: Path) -> str | None:
    """Room of `app` that a file stands in; None for entrances and other packages."""
    return path.parts[1] if path.parts[0] == "app" and len(path.parts) > 2 else None


def test_the_list_names_every_room() -> None:
    there = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}
    loose = {path.stem for path in (ROOT / "app").glob("*.py")} - {"__init__"}
    assert (sorted(there), loose) == (sorted(ROOMS), set(ENTRANCES))
    assert {
        path.relative_to(ROOT).parts[1] for path in (ROOT / "app").rglob("*.py") if path.parent.name != "app"
    } == there


def test_the_document_has_the_same_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `app/(\w+)/` \|", text, re.MULTILINE)
    assert rows == list(ROOMS)


def test_a_room_imports_from_lower_rooms_only() -> None:
    upward = [
        (str(path), one)
        for path in SOURCES
        if (room := room_of(path))
        for one in of_app(path)
        if one.room != room and one.room not in ROOMS[: ROOMS.index(room)]
    ]
    assert not upward


def test_no_files_of_a_room_import_each_other_in_a_circle() -> None:
    """Late imports counted: a circle that only works because a function runs later is one too."""
    files = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES}
    needs = {
        name: {full for one in imports(path) if (full := _file(one, files)) and full != name}
        for name, path in files.items()
        if path.name != "__init__.py"
    }
    while free := {name for name, needed in needs.items() if not needed & needs.keys()}:
        needs = {name: needed for name, needed in needs.items() if name not in free}
    assert not needs, f"in circles, or above one: {sorted(needs)}"


def _file(one: Import, files: dict[str, Path]) -> str:
    """The file that an import reads, if it is one of ours."""
    return full if (full := f"{one.module}.{one.name}") in files else one.module if one.module in files else ""


def test_others_use_what_a_room_hands_out() -> None:
    for path in SOURCES:
        for one in of_app(path):
            if one.room in ROOMS and one.room != room_of(path):
                handed = importlib.import_module(f"app.{one.room}").__all__
                inside = f"{one.module}.{one.name}".split(".")[2]
                assert inside in handed, f"{path}: app.{one.room} does not hand out {inside}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_and_what_it_never_does(room: str) -> None:
    face = importlib.import_module(f"app.{room}")
    assert re.search(r"(^|\n|\. )(Never |.*[,;] (and )?never )", face.__doc__ or ""), face.__doc__
    body = ast.parse(Path(face.__file__ or "").read_text()).body
    assert all(isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign) for node in body), "a face defines nothing"
    for name in face.__all__:
        assert hasattr(face, name) or importlib.import_module(f"app.{room}.{name}"), name


def packages(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    return {one.module.split(".")[0] for one in imports(path)}


def test_imports_run_from_pages_to_components_to_app() -> None:
    for path in SOURCES:
        assert (packages(path) & {*FLOORS, "tests", "bench"}) <= FLOORS[path.parts[0]], path


def test_the_engine_does_not_know_streamlit() -> None:
    know = {str(path) for path in SOURCES if path.parts[0] == "app" and packages(path) & {"streamlit", "st_aggrid"}}
    assert know == {"app/main.py", "app/server.py"}


def test_a_class_name_means_one_thing() -> None:
    named: dict[str, list[str]] = {}
    for path in (path for path in SOURCES if path.parts[0] == "app"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(str(path))
    assert {name: paths for name, paths in named.items() if len(paths) > 1} == {}


def test_tests_do_not_import_the_benchmarks() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        assert "bench" not in packages(path.relative_to(ROOT)), path
