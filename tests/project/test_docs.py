"""What the documents repeat of the code is what the code says."""

import re

import pytest

from app.cohort.operators import OPERATORS
from app.interface.verbs import VERBS
from tests.support.docs import MARK, PAGE, attribute_table
from tests.support.paths import ROOT


def test_query_page_lists_the_attributes_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8").split(MARK)[1].strip() == attribute_table().strip()


def test_query_page_explains_every_operator() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for operator in OPERATORS.values():
        assert f"`A{operator.suffix}=" in text


def test_readme_lists_every_verb() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for verb in VERBS:
        assert re.search(rf"^\|.*`{verb}\b", text, re.MULTILINE), verb


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/query.md", "docs/performance.md"])
def test_links_and_named_files_exist(page: str) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    files = re.findall(r"`((?:app|components|pages|tests|docs)/[\w./]+\.py)`", text)
    missing = [t for t in targets if not (path.parent / t).exists()] + [f for f in files if not (ROOT / f).exists()]
    assert missing == []
