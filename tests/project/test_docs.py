"""What the documents repeat of the code is what the code says."""

import re
from pathlib import Path

import pytest

from app.cohort.operators import OPERATORS
from app.interface import cli
from app.interface.verbs import VERBS
from tests.support.docs import MARK, PAGE, attribute_table
from tests.support.paths import ROOT

DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md"))
)


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def test_query_page_lists_the_attributes_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8").split(MARK)[1].strip() == attribute_table().strip()


def test_query_page_explains_every_operator() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for operator in OPERATORS.values():
        assert f"`A{operator.suffix}=" in text


def test_readme_lists_every_verb() -> None:
    for verb in VERBS:
        assert re.search(rf"^\|.*`{verb}\b", read("README.md"), re.MULTILINE), verb


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_named_files_exist(document: str) -> None:
    folder, text = (ROOT / document).parent, read(document)
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    files = re.findall(r"`((?:app|components|pages|tests|docs|\.github|\.ci|\.devcontainer)/[\w./-]*)`", text)
    missing = [link for link in links if not (folder / link).exists()] + [f for f in files if not (ROOT / f).exists()]
    assert missing == []


def test_every_room_of_the_components_is_named() -> None:
    rooms = {path.parent.name for path in (ROOT / "components").glob("*/__init__.py")}
    assert set(re.findall(r"`components/(\w+)/`", read("docs/architecture.md"))) == rooms


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if Path(name).parts[:2] != ("docs", "decisions")])
def test_commands_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"[`\n]make ([a-z]+)\b", read(document))) <= targets
    for module in re.findall(r"python -m ((?:app|bench|tests)[\w.]*)", read(document)):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file() or (ROOT / module).is_dir(), module


def test_readme_names_options_that_the_command_line_takes(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^python -m app (\S+)(.*)", read("README.md"), re.MULTILINE)
    rows = [(names, names) for names in re.findall(r"^\| (`[a-z].*?) \|", read("README.md"), re.MULTILINE)]
    named = 0
    for names, text in (*rows, *examples):
        for verb in re.findall(r"`([a-z][a-z-]*)", names) or [names]:
            with pytest.raises(SystemExit) as left:
                cli.main([verb, "--help"])
            known = capsys.readouterr().out
            assert left.value.code == 0, f"no verb {verb}"
            for option in re.findall(r"--[a-z-]+", text):
                assert re.search(rf"{option}\b", known), f"{verb} {option}"
                named += 1
    assert named > 20


def test_readme_names_what_an_operator_may_set() -> None:
    in_code = set(re.findall(r"IDC_COHORT_\w+", read("app/common/settings.py")))
    assert set(re.findall(r"IDC_COHORT_\w+", read("README.md"))) == in_code
    assert set(re.findall(r"IDC_COHORT_\w+", read("SECURITY.md"))) <= in_code
