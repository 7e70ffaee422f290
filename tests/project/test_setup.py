"""What holds the set-up together: the files that say the same thing say the same thing."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import browser
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = packages_distributions()
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())


# Requirements


def pins(name: str) -> dict[str, list[Requirement]]:
    """The pins of a requirements file; a name has one per range of Python versions."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line and not line.lstrip().startswith("#"):
            pin = Requirement(line)
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


@pytest.mark.parametrize(
    ("file", "ranges"),
    [
        ("requirements.txt", PROJECT["dependencies"]),
        ("requirements-dev.txt", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_pins_lie_within_the_ranges_of_pyproject(file: str, ranges: list[str]) -> None:
    pinned = pins(file)
    for wanted in map(Requirement, ranges):
        versions = [str(pin.specifier).removeprefix("==") for pin in pinned.get(canonicalize_name(wanted.name), [])]
        assert versions, f"{wanted.name} is not pinned in {file}: run `make requirements`"
        assert all(wanted.specifier.contains(version) for version in versions), f"{wanted}: {versions}"


def test_tests_run_on_the_versions_that_are_served() -> None:
    served, tested = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: tested.get(name) for name in served} == served


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_exact_and_come_from_the_public_index(file: str) -> None:
    for pin in (pin for pins_of_one in pins(file).values() for pin in pins_of_one):
        assert pin.url is None
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin


def test_the_reference_client_is_not_served() -> None:
    assert "idc-index" not in pins("requirements.txt")


# Streamlit's settings


def options(table: dict[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield from options(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    assert set(options(CONFIG)) <= set(config.get_config_options())


def test_light_and_dark_set_the_same_colours() -> None:
    light, dark = CONFIG["theme"]["light"], CONFIG["theme"]["dark"]
    assert set(options(light)) == set(options(dark))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #RRGGBB colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_the_theme_can_be_read(variant: str) -> None:
    theme = CONFIG["theme"][variant]
    surfaces = [
        theme["backgroundColor"],
        theme["secondaryBackgroundColor"],
        theme["sidebar"]["backgroundColor"],
    ]
    for surface in surfaces:
        assert contrast(theme["textColor"], surface) >= 7
        assert contrast(theme["linkColor"], surface) >= 4.5
    for colour in ("blue", "gray"):
        assert contrast(theme[f"{colour}TextColor"], theme[f"{colour}BackgroundColor"]) >= 4.5
    # White is read on it; where it would be text itself, page.css takes the accent, and the rest are lines and marks.
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3
    assert contrast(theme["primaryColor"], "#FFFFFF") >= 4.5
    for chart in theme["chartCategoricalColors"]:
        assert contrast(chart, theme["backgroundColor"]) >= 2.5


# Serving


def make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make as a newcomer's shell does, not as a child of the make that runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    for name in ("PORT", "PYTHON"):
        inherited.pop(name, None)
    return subprocess.run(
        [shutil.which("make") or "make", "--directory", folder, "--no-print-directory", *arguments],
        capture_output=True,
        text=True,
        env=inherited | environment,
    )


def instructions(name: str) -> list[str]:
    """What follows each such instruction of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.strip().split(maxsplit=1)[1] for line in text.splitlines() if line.strip().startswith(f"{name} ")]


def test_the_image_serves_as_the_makefile_does() -> None:
    served = shlex.split(make("--dry-run", "run", "HOST=0.0.0.0", "PORT=8501").stdout.splitlines()[-1])
    *shell, command = json.loads(instructions("CMD")[-1])
    assert shell == ["sh", "-c"]
    in_image = shlex.split(command.replace("$PORT", "8501"))
    assert in_image[:2] == ["exec", "python"]
    assert in_image[2:] == served[1:]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "--host 127.0.0.1 --port 8501"),
        (["PORT=9000"], "--host 127.0.0.1 --port 9000"),
        (["HOST=0.0.0.0"], "--host 0.0.0.0 --port 8501"),
    ],
)
def test_make_run_serves_where_it_is_told_to(arguments: list[str], expected: str) -> None:
    assert expected in make("--dry-run", "run", *arguments, HOST="a-machine-name").stdout.splitlines()[-1]


def test_the_image_gets_what_it_copies() -> None:
    sent = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {source for line in instructions("COPY") if "--from" not in line for source in shlex.split(line)[:-1]}
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(path == source or path.startswith(f"{source}/") for path in sent), source


def test_make_alone_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    listed = re.findall(r"^  make (\w+) +\S", make().stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


# A machine that lacks something


def test_make_says_what_to_do_without_python(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    result = make("run", folder=tmp_path, PATH=str(tmp_path))
    assert result.returncode != 0
    assert "No Python 3.11 or newer was found: install one" in result.stdout


def test_make_says_what_to_do_without_venv(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    program(tmp_path / "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    result = make("run", folder=tmp_path, PATH=str(tmp_path))
    assert result.returncode != 0
    assert "apt install python3-venv" in result.stdout
    assert not (tmp_path / ".venv").exists()


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_browser_that_does_not_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "chromium", "exit 1")
    program(tmp_path / "google-chrome", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find() == str(tmp_path / "google-chrome")


# CI

PASSED = '<testcase classname="a" name="b"/>'
SKIPPED = '<testcase classname="a" name="b"><skipped type="pytest.skip"/></testcase>'
EXPECTED_FAILURE = '<testcase classname="a" name="b"><skipped type="pytest.xfail"/></testcase>'


@pytest.mark.parametrize(
    ("cases", "status", "succeeds"),
    [
        (PASSED, 0, True),
        (PASSED + EXPECTED_FAILURE, 0, True),
        (PASSED + SKIPPED, 0, False),
        (PASSED, 2, False),
        ("", 0, False),
    ],
)
def test_ci_fails_on_failure_and_on_a_skipped_test(tmp_path: Path, cases: str, status: int, succeeds: bool) -> None:
    """`make` is played by a script that leaves such a report behind."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    report = f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
    program(tmp_path / "bin/make", f"echo '{report}' > \"${{PYTEST_ADDOPTS#--junitxml=}}\"; exit {status}")
    result = subprocess.run(
        [tmp_path / ".ci/run"],
        env=os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert (result.returncode == 0) is succeeds


# The code's own order

CODE = ("app", "components", "pages")
SOURCES = [path.relative_to(ROOT) for package in CODE for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Top-level packages a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


SERVED = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}

#: File that does without what it imports, and says so → the extra that brings it.
EXTRAS = {"app/export/bigquery_jobs.py": "bigquery"}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_what_is_imported_is_declared(path: Path) -> None:
    """An import that works because the tests, or another package, brought it fails once served."""
    for module in imported(path) - set(sys.stdlib_module_names) - set(CODE):
        extra = PROJECT["optional-dependencies"].get(EXTRAS.get(str(path)), [])
        served = SERVED | {canonicalize_name(Requirement(line).name) for line in extra}
        declared = served & {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, [])}
        assert declared, f"{path} imports {module}, which pyproject.toml does not name"


TESTS = [path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("*.py"))]


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_no_test_is_left_out(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not used & {
        "skip",
        "skipif",
        "importorskip",
        "skipTest",
        "collect_ignore",
        "collect_ignore_glob",
        "__test__",
    }
    defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if any(name.startswith("test_") for name in defined):
        assert path.name.startswith("test_"), "pytest does not look into a file of this name"
