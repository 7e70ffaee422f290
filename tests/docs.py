"""The part of docs/query.md that repeats the attribute table; ``python -m tests.docs`` writes it anew."""

from pathlib import Path

from app.attributes import ATTRIBUTES
from app.operators import operators_of

PAGE = Path(__file__).parent.parent / "docs" / "query.md"
MARK = "<!-- Generated from app/attributes.py by python -m tests.docs; a test compares. -->\n"


def attribute_table() -> str:
    """All attributes as a Markdown table."""
    lines = ["## Attributes", "", "| attribute | in words | takes | what it is |", "| --- | --- | --- | --- |"]
    for attribute in ATTRIBUTES.values():
        takes = ", ".join(operator.key for operator in operators_of(attribute))
        description = attribute.description.replace("|", "/")
        lines.append(f"| `{attribute.name}` | {attribute.label} | {takes} | {description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    PAGE.write_text(f"{written}{MARK}\n{attribute_table()}", encoding="utf-8")
