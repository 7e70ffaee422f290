"""What `make check` leaves out is marked: tests that use a browser, and those that ask idc-index's own client."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FILES = [path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py"))]

#: Fixtures that bring a browser; conftest.py marks the tests that use them.
FIXTURES = {"chromium", "page", "lenient"}

#: Function, as tests call it → the mark of the tests that do.
COSTLY = {
    "server.browser": "browser",
    "server.visited": "browser",
    "sync_playwright": "browser",
    "ask_reference": "reference",
}


def marks(function: ast.FunctionDef) -> set[str]:
    """Marks that stand above a function."""
    found = (ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list)
    return {name.removeprefix("pytest.mark.") for name in found if name.startswith("pytest.mark.")}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_is_costly_is_marked(path: Path) -> None:
    for function in (
        node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)
    ):
        called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
        wanted = {COSTLY[name] for name in called & set(COSTLY)}
        if function.name in FIXTURES:
            wanted -= {"browser"}
        assert wanted <= marks(function), f"{path}: {function.name} needs the mark {wanted - marks(function)}"


def test_fixtures_with_a_browser_mark_their_tests(request: pytest.FixtureRequest) -> None:
    """As pytest itself sees all tests of this run: whoever has a browser, also by another fixture, bears the mark."""
    for item in request.session.items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            assert item.get_closest_marker("browser"), item.nodeid
            assert item.get_closest_marker("xdist_group"), item.nodeid
