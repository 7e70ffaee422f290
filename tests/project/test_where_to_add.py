"""The recipes of docs/architecture.md are enough, and none of their steps too much: tried on a copy of the code."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.code_copy import copy_code, run_copy, write_small_release
from tests.support.paths import ROOT

DOCUMENT = ROOT / "docs" / "architecture.md"

#: Heading of a recipe → file → what is to be added there, in the document's order.
RECIPES: dict[str, dict[str, str]] = {
    part.partition("\n")[0]: dict(re.findall(r"^\d+\. `([^`]+)`: (.+(?:\n   .+)*)", part, re.MULTILINE))
    for part in DOCUMENT.read_text(encoding="utf-8").partition("\n## Where to add\n")[2].split("\n### ")[1:]
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_what_exists(recipe: str) -> None:
    assert RECIPES[recipe], "a recipe is a list of files"
    for file, step in RECIPES[recipe].items():
        assert (ROOT / file).exists(), file
        if (ROOT / file).is_file():
            text = (ROOT / file).read_text(encoding="utf-8")
            assert [name for name in re.findall(r"`(\w+)`", step) if name not in text] == [], file


def test_the_change_that_is_walked_through_is_the_one_tried() -> None:
    assert FILTER in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a recipe, as a newcomer takes it.

    Parameters
    ----------
    take
        Changes the copy.
    without
        What the check says where this step alone was left out.
    """

    take: Callable[[Path], None]
    without: str


def behind(line: str, added: str, at_the_end: str = "") -> Callable[[Path], None]:
    """Add lines behind the first that begins so, and at the end of the file."""

    def take(file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        found = re.search(rf"^ *{re.escape(line)}.*\n", text, re.MULTILINE)
        assert found, f"{file} has no line “{line}”"
        file.write_text(text[: found.end()] + added + text[found.end() :] + at_the_end, encoding="utf-8")

    return take


def check(code: Path, added: str, release: Path) -> subprocess.CompletedProcess[str]:
    """Ask the code whether that is there."""
    return run_copy(code, "tests.support.added", added, str(release), IDC_COHORT_DATA=str(release))


def write_attributes_anew(page: Path) -> None:
    assert run_copy(page.parents[1], "tests.support.docs").returncode == 0


#: The filter that CONTRIBUTING.md adds.
FILTER = 'Attribute("PhotometricInterpretation", "photometric interpretation", Kind.TERM, Group.ACQUISITION),'

JSONL_WRITER = """

def rows_jsonl(selection: Selection) -> Iterator[bytes]:
    fields = "SeriesInstanceUID := SeriesInstanceUID, instanceCount := instanceCount"
    for batch in _batches(selection, f"to_json(struct_pack({fields}))::VARCHAR AS line"):
        yield "".join(f"{line}\\n" for line in batch.column("line").to_pylist()).encode()
"""

#: Recipe → name of its check in tests/support/added.py, and its steps by file.
TRIED: dict[str, tuple[str, dict[str, Step]]] = {
    "A filter": (
        "filter",
        {
            "app/cohort/attributes.py": Step(
                behind('Attribute("Manufacturer", ', f"    {FILTER}\n"),
                "There is no attribute “PhotometricInterpretation”",
            ),
            "docs/query.md": Step(write_attributes_anew, "test_query_page_lists_the_attributes_of_the_code"),
        },
    ),
    "An operator": (
        "operator",
        {
            "app/cohort/operators.py": Step(
                behind(
                    'Operator("contains", ',
                    '        Operator("starts", "starts with", _TEXTS, True, "starts_with(lower({x}), lower({value}))",'
                    ' "starts with {values}"),\n',
                ),
                "has no operator “starts”",
            ),
            "tests/support/truth.py": Step(
                behind(
                    "    listed = set(wanted)",
                    '    if operator == "starts":\n'
                    "        return lambda value: value.lower().startswith(tuple(text.lower() for text in texts))\n",
                ),
                "not what it means",
            ),
            "docs/query.md": Step(
                behind("| `A__contains=v` |", "| `A__starts=v` | starts with the text | left out |\n"),
                "test_query_page_explains_every_operator",
            ),
            "tests/app/export/test_bigquery.py": Step(behind("FUNCTIONS = {", '    "STARTS_WITH",\n'), "no function"),
        },
    ),
    "An export": (
        "export",
        {
            "app/export/writers.py": Step(
                behind(
                    'Format("json", "JSON", ',
                    '    Format("jsonl", "JSON lines", "application/jsonl", lambda one: rows_jsonl(one), "jsonl"),\n',
                    JSONL_WRITER,
                ),
                "invalid choice: 'jsonl'",
            ),
        },
    ),
    "A chart": (
        "chart",
        {"components/explore/charts.py": Step(behind('"license_short_name",', '    "Manufacturer",\n'), "no chart")},
    ),
    "A verb": (
        "verb",
        {
            "app/interface/answers.py": Step(
                behind(
                    "    return _json(missing_shares(request.selection))",
                    "\n\ndef answer_years(request: Request) -> Answer:\n"
                    "    values, bins = request.selection.rows, open_catalog().array('StudyDate')\n"
                    "    days = bins[values].astype('datetime64[D]')\n"
                    "    return _json(len(set(days.astype('datetime64[Y]').tolist())))\n",
                ),
                "has no attribute 'answer_years'",
            ),
            "app/interface/verbs.py": Step(
                behind(
                    'Verb("missing", ',
                    '        Verb("years", "How many years its studies are of.", answers.answer_years),\n',
                ),
                "invalid choice: 'years'",
            ),
            "README.md": Step(
                behind("| `counts` |", "| `years` | how many years its studies are of (JSON) |\n"),
                "test_readme_lists_every_verb",
            ),
            "tests/app/interface/test_api.py": Step(
                behind('f"/api/missing?', '    f"/api/years?{QUERY}": ["years", QUERY],\n'),
                "test_every_route_is_compared",
            ),
        },
    ),
    "A recipe": (
        "recipe",
        {
            "app/cohort/recipes.py": Step(
                behind(
                    "RECIPES = (",
                    '    Recipe("PET of the chest", "PET series of the chest. Nothing else.", "Modality=PT'
                    '&BodyPartExamined=CHEST"),\n',
                ),
                "no recipe",
            ),
            "tests/app/cohort/test_recipes.py": Step(
                behind(
                    '"Free for commercial use": ',
                    "    \"PET of the chest\": \"bool_and(Modality = 'PT' AND BodyPartExamined = 'CHEST')\",\n",
                ),
                "KeyError: 'PET of the chest'",
            ),
        },
    ),
    "A phrase of questions": (
        "phrase",
        {
            "app/ask/words.py": Step(
                behind('Meaning("PET CT", ', '    Meaning("coincidence imaging", "Modality=PT"),\n'), "not understood"
            ),
            "tests/app/ask/test_ask.py": Step(
                behind('"prostate MRI": ', '    "coincidence imaging of women": ("Modality=PT&PatientSex=F", []),\n'),
                "no question",
            ),
        },
    ),
}


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small release and its catalog, for all workers of this run; a filter's row must have it built anew."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small_release"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            folder.mkdir()
            write_small_release(folder)
            assert check(ROOT, "nothing", folder).returncode == 0
    return folder


@pytest.mark.parametrize("recipe", TRIED)
def test_the_document_lists_these_steps(recipe: str) -> None:
    assert list(RECIPES[recipe]) == list(TRIED[recipe][1])


def test_the_first_seven_are_tried() -> None:
    assert "follows the first seven on a copy" in DOCUMENT.read_text(encoding="utf-8")
    assert list(TRIED) == list(RECIPES)[:7]


@pytest.mark.parametrize(
    ("recipe", "left_out"),
    [(recipe, left_out) for recipe, (_, steps) in TRIED.items() for left_out in (*steps, "nothing")],
)
def test_a_recipe_works_and_needs_every_step(recipe: str, left_out: str, release: Path, tmp_path: Path) -> None:
    added, steps = TRIED[recipe]
    copy_code(tmp_path)
    for file, step in steps.items():
        if file != left_out:
            step.take(tmp_path / file)
    done = check(tmp_path, added, release)
    if left_out == "nothing":
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode != 0
        assert steps[left_out].without in done.stderr
