"""A header as a table, and the content of a structured report or key object selection as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom import DataElement, Dataset

#: Characters of a value, rows of a table, and levels that are shown.
_LONG, MAX_ROWS, MAX_DEPTH = 400, 20_000, 24

Node = dict[str, Any]


def header_rows(header: Dataset) -> list[list[str | int]]:
    """Level, tag, keyword or name, VR and value of every element, file meta first, items of sequences indented."""
    rows = []
    for row in (*_rows(header.file_meta, 0), *_rows(header, 0)):
        rows.append(row)
        if len(rows) >= MAX_ROWS:
            break
    return rows


def _rows(dataset: Dataset, level: int) -> Iterator[list[str | int]]:
    if level > MAX_DEPTH:
        return
    for element in dataset:
        named = element.keyword or element.name
        tag = f"({element.tag.group:04X},{element.tag.element:04X})"
        if element.VR == "SQ":
            yield [level, tag, named, "SQ", f"{len(element.value):,} item{'' if len(element.value) == 1 else 's'}"]
            for item in element.value:
                yield [level + 1, "", "Item", "", ""]
                yield from _rows(item, level + 1)
        else:
            yield [level, tag, named, element.VR, _text(element)]


def _text(element: DataElement) -> str:
    value = element.value
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    text = "\\".join(map(str, value)) if element.VM > 1 else str(value if value is not None else "")
    return text if len(text) <= _LONG else f"{text[:_LONG]} … ({len(text):,} characters)"


def content_tree(header: Dataset) -> Node | None:
    """The content of an SR or KO document, or None of another object."""
    if "ContentSequence" not in header and "ConceptNameCodeSequence" not in header:
        return None
    return _node(header, 0)


def _node(item: Dataset, level: int) -> Node:
    inside = item.get("ContentSequence") or [] if level < MAX_DEPTH else []
    return {
        "relation": str(item.get("RelationshipType") or "").replace("_", " ").lower(),
        "name": _code(item.get("ConceptNameCodeSequence")),
        "type": str(item.get("ValueType") or ""),
        "value": _value(item),
        "children": [_node(one, level + 1) for one in inside],
    }


def _value(item: Dataset) -> str:
    kind = item.get("ValueType")
    if kind == "CODE":
        return _code(item.get("ConceptCodeSequence"))
    if kind == "NUM":
        measured = (item.get("MeasuredValueSequence") or [Dataset()])[0]
        units = (measured.get("MeasurementUnitsCodeSequence") or [Dataset()])[0]
        unit = str(units.get("CodeValue") or "")
        return f"{measured.get('NumericValue', '')} {'' if unit in ('1', '{ratio}') else unit}".strip()
    if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        return "; ".join(_reference(one) for one in item.get("ReferencedSOPSequence") or [])
    if kind in ("SCOORD", "SCOORD3D"):
        axes = 3 if kind == "SCOORD3D" else 2
        points = len(item.get("GraphicData") or []) // axes
        return f"{str(item.get('GraphicType') or '').lower()}, {points:,} point{'' if points == 1 else 's'}"
    if item.get("ReferencedContentItemIdentifier"):
        return "item " + ".".join(map(str, item.ReferencedContentItemIdentifier))
    for name in ("TextValue", "DateTime", "Date", "Time", "PersonName", "UID"):
        if item.get(name):
            return str(item[name].value)
    return ""


def _reference(item: Dataset) -> str:
    named = item.get("ReferencedSOPClassUID")
    name = getattr(named, "name", "") or "object"
    frames = item.get("ReferencedFrameNumber")
    return f"{name} {item.get('ReferencedSOPInstanceUID', '')}" + (f", frame {frames}" if frames else "")


def _code(sequence: Any) -> str:
    if not sequence:
        return ""
    code = sequence[0]
    return str(code.get("CodeMeaning") or code.get("CodeValue") or code.get("LongCodeValue") or "")
