"""The files that others read of the project: citation, forms, hooks, CI. They are valid, and say the same thing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.export.citations import IDC_PAPER
from tests.support.paths import ROOT

FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
YAML = sorted([ROOT / "CITATION.cff", ROOT / ".pre-commit-config.yaml", *ROOT.glob(".github/**/*.yml")])

#: Schema that check-jsonschema brings → files.
SCHEMAS = {
    "citation-file-format": [ROOT / "CITATION.cff"],
    "github-workflows": sorted(ROOT.glob(".github/workflows/*.yml")),
    "github-issue-forms": FORMS,
    "github-issue-config": [ROOT / ".github/ISSUE_TEMPLATE/config.yml"],
    "dependabot": [ROOT / ".github/dependabot.yml"],
}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def validate(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [tool, "--no-cache", "--builtin-schema", f"vendor.{schema}", *files], capture_output=True, text=True
    )


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_can_be_read(path: Path) -> None:
    assert isinstance(load(path), dict)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_meet_their_schema(schema: str) -> None:
    assert SCHEMAS[schema]
    done = validate(schema, *SCHEMAS[schema])
    assert done.returncode == 0, done.stdout


def test_a_citation_without_authors_does_not(tmp_path: Path) -> None:
    broken = {name: value for name, value in load(ROOT / "CITATION.cff").items() if name != "authors"}
    (tmp_path / "CITATION.cff").write_text(json.dumps(broken, default=str))
    done = validate("citation-file-format", tmp_path / "CITATION.cff")
    assert "'authors' is a required property" in done.stdout


# Versions


def test_the_version_is_the_newest_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", changelog, re.MULTILINE)
    assert first == ("Unreleased", "")
    citation = load(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert released[0] == (project["version"], str(citation["date-released"]))
    assert (project["version"], project["license"]) == (citation["version"], citation["license"])
    versions = [tuple(map(int, version.split("."))) for version, _ in released]
    dates = [date.fromisoformat(day) for _, day in released]
    assert (versions, dates) == (sorted(versions, reverse=True), sorted(dates, reverse=True))


def test_the_idc_paper_is_cited_as_the_app_cites_it() -> None:
    paper = load(ROOT / "CITATION.cff")["references"][0]
    names = [f"{author['family-names']}, {author['given-names']}" for author in paper["authors"]]
    listed = f"{', '.join(names[:19])}, … {names[-1]}"  # as APA has it
    source = f"{paper['journal']}, {paper['volume']}({paper['issue']}), {paper['start']}"
    assert f"{listed} ({paper['year']}). {paper['title']}. {source}. https://doi.org/{paper['doi']}" == IDC_PAPER.text
    assert paper["doi"] in (ROOT / "README.md").read_text(encoding="utf-8")


# Hooks and CI


def test_hooks_run_what_make_lint_runs() -> None:
    made = subprocess.run(
        [shutil.which("make") or "make", "--dry-run", "--no-print-directory", *_old(), "lint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    hooks = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == made.stdout.splitlines()
    assert all(not hook["pass_filenames"] and hook["language"] == "system" for hook in hooks[0]["hooks"])


def _old() -> list[str]:
    """Options by which make takes the environment for set up."""
    return [f"--old-file=.venv/{name}" for name in ("run", "dev")]


def test_ci_runs_every_supported_python() -> None:
    job = load(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    versions = job["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f">={versions[0]}" == project["requires-python"]
    served = re.search(r"^FROM python:(\d+\.\d+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert served
    assert served[1] in versions


def test_dependabot_looks_where_dependencies_are() -> None:
    manifest = {
        "pip": "pyproject.toml",
        "npm": "package.json",
        "docker": "Dockerfile",
        "github-actions": ".github/workflows",
    }
    updates = load(ROOT / ".github/dependabot.yml")["updates"]
    assert sorted(update["package-ecosystem"] for update in updates) == sorted(manifest)
    for update in updates:
        assert (ROOT / update["directory"].lstrip("/") / manifest[update["package-ecosystem"]]).exists()


# Forms and the container


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_what_is_needed(path: Path) -> None:
    fields = [part for part in load(path)["body"] if part["type"] != "markdown"]
    names = [part["id"] for part in fields]
    assert len(set(names)) == len(names)
    assert "version" in names
    assert sum(part.get("validations", {}).get("required", False) for part in fields) >= 3


def test_the_container_sets_up_what_make_does() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    *command, last = container["postCreateCommand"].split()
    assert (command, last) == (["make", ".venv/run"], ".venv/dev")
    port = re.search(r"^PORT \?= (\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert port
    assert container["forwardPorts"] == [int(port[1])]
    node = load(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["steps"][2]["with"]["node-version"]
    assert [feature["version"] for feature in container["features"].values()] == [node]
