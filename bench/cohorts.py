"""Random cohorts such as users make: mostly facet clicks, some ranges, some searched text, some exclusions.

Every click is drawn from what the screen would show at that point, under the conditions chosen so far, so the
cohorts are seldom empty. The same seed on the same data release gives the same cohorts.
"""

from __future__ import annotations

import random
import re
from datetime import date

from app.catalog.build import bin_edges
from app.catalog.catalog import Catalog, listed_attributes, open_catalog, range_attributes
from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection.selection import Selection

#: How often each attribute is clicked; those not named have weight 1.
_CLICK_WEIGHTS = {
    "Modality": 10,
    "collection_id": 8,
    "BodyPartExamined": 8,
    "cancer_types": 5,
    "tumor_locations": 4,
    "license_short_name": 4,
    "commercial_use": 3,
    "origin": 3,
    "Manufacturer": 3,
    "analysis_result_id": 2,
}

#: How often each way of adding a condition is taken.
_MOVES = {"click": 62, "range": 14, "search": 12, "exclude": 8, "missing": 2, "identifier": 2}

_WORD = re.compile(r"[^\W_]{3,}")


def random_cohorts(count: int, seed: int = 1) -> list[Cohort]:
    """`count` cohorts of one to three conditions each."""
    draw = random.Random(seed)
    return [_random_cohort(draw, open_catalog()) for _ in range(count)]


def _random_cohort(draw: random.Random, opened: Catalog) -> Cohort:
    cohort = Cohort()
    for _ in range(draw.choice((1, 2, 2, 3))):
        cohort = _add(draw, Selection(opened, cohort))
    return cohort


def _add(draw: random.Random, selection: Selection) -> Cohort:
    """The cohort of `selection` with one more condition; the same one where the screen offers none."""
    move = draw.choices(list(_MOVES), list(_MOVES.values()))[0]
    if selection.totals.series == 0:
        return selection.cohort
    if move == "range":
        return _add_range(draw, selection)
    if move == "search":
        return _add_search(draw, selection)
    if move == "identifier":
        return _add_identifiers(draw, selection)
    listed = listed_attributes()
    attribute = draw.choices(listed, [_CLICK_WEIGHTS.get(a.name, 1) for a in listed])[0]
    if move == "missing":
        return selection.cohort.with_values(attribute.name, "missing", [draw.choice(("true", "false"))])
    return _add_click(draw, selection, attribute, "not" if move == "exclude" else "eq")


def _add_click(draw: random.Random, selection: Selection, attribute: Attribute, operator: str) -> Cohort:
    """One to three of the values that stand at the top of the facet, the larger ones more often."""
    counts = selection.facet(attribute).counts[1:]
    shown = sorted((code for code in range(len(counts)) if counts[code]), key=lambda code: (-counts[code], code))[:50]
    if not shown:
        return selection.cohort
    values = selection.catalog.values(attribute)
    weights = [float(counts[code]) ** 0.5 for code in shown]
    chosen = draw.choices(shown, weights, k=draw.choice((1, 1, 1, 2, 3)))
    return selection.cohort.with_values(attribute.name, operator, {values[code] for code in chosen})


def _add_range(draw: random.Random, selection: Selection) -> Cohort:
    """A stretch of the histogram's filled bins, sometimes open at one side."""
    attribute = draw.choice(range_attributes())
    counts = selection.facet(attribute).counts[1:]
    filled = [bin_ for bin_ in range(len(counts)) if counts[bin_]]
    if len(filled) < 2:
        return selection.cohort
    low, high = sorted(draw.sample(filled, 2))
    bounds = {"gte": _edge(attribute, low), "lte": _edge(attribute, high)}
    cohort = selection.cohort.without(attribute.name)
    for side in draw.choice((("gte",), ("lte",), ("gte", "lte"))):
        cohort = cohort.with_values(attribute.name, side, [bounds[side]])
    return cohort


def _edge(attribute: Attribute, position: int) -> str:
    edge = float(bin_edges(attribute)[position])
    if attribute.kind is Kind.DATE:
        return date.fromordinal(int(edge) + date(1970, 1, 1).toordinal()).isoformat()
    return repr(edge)


def _add_search(draw: random.Random, selection: Selection) -> Cohort:
    """A word of some selected series' text."""
    name = draw.choice([a.name for a in BASE_ATTRIBUTES.values() if a.kind is Kind.TEXT] + ["collection_id"])
    text = _column_of_row(selection, name, int(draw.choice(selection.rows)))
    words = _WORD.findall(text or "")
    if not words:
        return selection.cohort
    return selection.cohort.with_values(name, "contains", [draw.choice(words).lower()])


def _add_identifiers(draw: random.Random, selection: Selection) -> Cohort:
    name = draw.choice([a.name for a in BASE_ATTRIBUTES.values() if a.kind is Kind.ID])
    rows = [int(draw.choice(selection.rows)) for _ in range(draw.choice((1, 1, 20)))]
    found = {text for row in rows if (text := _column_of_row(selection, name, row))}
    return selection.cohort.with_values(name, "eq", found)


def _column_of_row(selection: Selection, name: str, row: int) -> str | None:
    found = selection.catalog.cursor().execute(f"SELECT {name} FROM series WHERE series_row = $1", [row]).fetchone()
    return found[0] if found else None
