"""The part of docs/query.md that repeats the attribute table; ``python -m tests.support.docs`` writes it anew."""

from app.cohort.attribute import Attribute
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES, EXTRA_TABLES
from app.cohort.operators import operators_of
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "query.md"
MARK = "<!-- Generated from app/cohort/attributes.py by python -m tests.support.docs; a test compares. -->\n"

_HEAD = ["| attribute | in words | takes | what it is |", "| --- | --- | --- | --- |"]


def attribute_table() -> str:
    """All attributes as Markdown tables."""
    lines = ["## Attributes", "", *_HEAD, *map(_line, BASE_ATTRIBUTES.values())]
    extra = [attribute for attribute in ATTRIBUTES.values() if attribute.is_extra]
    for table in EXTRA_TABLES:
        lines += ["", f"### Of `{table}`, once it is fetched", "", *_HEAD]
        lines += [_line(attribute) for attribute in extra if attribute.table == table]
    return "\n".join(lines) + "\n"


def _line(attribute: Attribute) -> str:
    takes = ", ".join(operator.key for operator in operators_of(attribute))
    description = attribute.description.replace("|", "/")
    return f"| `{attribute.name}` | {attribute.label} | {takes} | {description} |"


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    PAGE.write_text(f"{written}{MARK}\n{attribute_table()}", encoding="utf-8")
