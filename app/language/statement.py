"""A cohort as one SELECT over idc-index's tables, formatted for people.

Every step of a cohort that is more than conditions on its series is a named step of the query: what matches, the
scope, what is added, who is drawn. `app.selection.selection` takes the same steps over arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.catalog.tables.extensions import source_rows
from app.clinical import sql as clinical_sql
from app.cohort import (
    ATTRIBUTES,
    PARTS,
    Cohort,
    Combination,
    Completion,
    Operation,
    Relation,
    Sample,
    Scope,
    Split,
    schema,
)
from app.cohort.sql import quote_text, where
from app.common.modalities import DERIVED, WITHOUT_PICTURE
from app.language.english import sentence
from app.language.known import Knowledge, knowledge_here

#: Columns of the rows that a cohort's SQL returns, as far as the release has them.
ROW_COLUMNS = tuple(
    name
    for name in (
        "collection_id",
        "analysis_result_id",
        "PatientID",
        "PatientAge",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "StudyDescription",
        "SeriesInstanceUID",
        "SeriesDescription",
        "Modality",
        "BodyPartExamined",
        "Manufacturer",
        "ManufacturerModelName",
        "instanceCount",
        "series_size_MB",
        "license_short_name",
        "source_DOI",
        "crdc_series_uuid",
        "series_aws_url",
    )
    if name in schema.tables()["index"].columns
)

_KEYS = "collection_id, PatientID, StudyInstanceUID, SeriesInstanceUID"

#: What a scope's members have in common. No collection_id holds a slash, so no two patients share a text.
_UNITS = {
    Scope.SERIES: "SeriesInstanceUID",
    Scope.STUDY: "StudyInstanceUID",
    Scope.PATIENT: "collection_id || '/' || PatientID",
}
_DAY = "TRY_CAST(StudyDate AS DATE)"


def select(cohort: Cohort, columns: Sequence[str] = ROW_COLUMNS, known: Knowledge | None = None) -> str:
    """The cohort's series; with a split, each with its part in the column ``split``.

    Parameters
    ----------
    cohort
        The cohort.
    columns
        Columns of ``index`` to return.
    known
        What the catalog knows. Which tables link derived series to their sources decides which steps the query takes;
        None means those that are on this machine.
    """
    known = known or knowledge_here()
    needed = sorted({*cohort.tables(), *linking_tables(cohort, known)})
    fetches = [f'-- Before it runs in idc-index: client.fetch_index("{table}")' for table in needed]
    tables = cohort.clinical_tables()
    fetches += [f"-- Before it runs in idc-index: {registration(table)}" for table in tables]
    comment = "".join(character if character.isprintable() else " " for character in sentence(cohort, known))
    steps = _Steps(tables, known.linking)
    last = _rows(cohort, columns, steps)
    lines = [f"-- IDC v{schema.idc_version()}: {comment}", *fetches]
    if steps.texts:
        lines.append("WITH " + ",\n".join(f"{name} AS (\n{_indent(text)}\n)" for name, text in steps.texts.items()))
    return "\n".join([*lines, last]) + "\n"


def registration(table: str) -> str:
    """Python that lets `client`, idc-index's own, query a clinical table by its name."""
    return f'client.{table} = client.get_clinical_table("{table}"); client.indices_overview["{table}"] = {{}}'


def linking_tables(cohort: Cohort, known: Knowledge) -> tuple[str, ...]:
    """Known tables that say which series was made from which, where the cohort or a part of it goes by them."""
    sides = (side for combination in cohort.combinations for side in (combination.left, combination.right))
    return known.linking if cohort.added or any(linking_tables(side, known) for side in sides) else ()


@dataclass
class _Steps:
    """Named steps of a query, in the order in which they build on each other."""

    #: Tables that no step may hide.
    tables: Sequence[str]
    #: Tables that say which series was made from which.
    linking: Sequence[str]
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str) -> str:
        """Name of the step; a number tells apart those of combined cohorts, and steps from tables."""
        taken = {*self.texts, *map(str.lower, self.tables)}
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        self.texts[unique] = text
        return unique


def _rows(cohort: Cohort, columns: Sequence[str], steps: _Steps) -> str:
    """SELECT of the cohort's series; what it builds on is added to `steps`."""
    clauses = [
        *where(cohort.conditions),
        *(_related(relation) for relation in cohort.relations),
        *map(clinical_sql.condition, cohort.clinical),
        *(_combined(combination, steps) for combination in cohort.combinations),
    ]
    if cohort.is_plain:
        return _select(columns, "index", clauses)
    source = steps.add("matching", _select([_KEYS], "index", clauses))
    if cohort.scope is not Scope.SERIES:
        source = steps.add("scoped", _select([_KEYS], "index", [_among(cohort.scope, source)]))
    if cohort.added:
        source = steps.add("completed", _select([_KEYS], "index", [_completed(cohort.added, source, steps)]))
    chosen = [_among(Scope.SERIES, source)]
    if not (cohort.sample or cohort.split):
        return _select(columns, "index", chosen)
    patients = steps.add("patients", _patients(cohort, chosen))
    if cohort.sample:
        patients = _sampled(cohort.sample, patients, steps)
    if cohort.split:
        patients = steps.add("parts", _split_parts(cohort.split, cohort.seed, patients))
        columns = [*columns, "split"]
        if cohort.split.part:
            chosen.append(f"split = {quote_text(cohort.split.part)}")
    return _select(columns, f"index\nJOIN {patients} USING (collection_id, PatientID)", chosen)


def _select(columns: Sequence[str], source: str, clauses: Sequence[str]) -> str:
    lines = ["SELECT", ",\n".join(f"  {column}" for column in columns), f"FROM {source}"]
    if clauses:
        lines += ["WHERE", "\n  AND ".join([f"  {clauses[0]}", *clauses[1:]])]
    return "\n".join(lines)


def _among(unit: Scope, source: str, clauses: Sequence[str] = ()) -> str:
    """Condition: the row's series, study or patient is among those of the rows of `source`."""
    key = _UNITS[unit]
    return f"{_operand(unit)} IN (SELECT {key} FROM {source}{_where(clauses)})"


def _operand(unit: Scope) -> str:
    return f"({_UNITS[unit]})" if unit is Scope.PATIENT else _UNITS[unit]


def _where(clauses: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(clauses)}" if clauses else ""


def _related(relation: Relation) -> str:
    if relation.within_days is not None:
        return _related_in_time(relation, relation.within_days)
    key = _UNITS[relation.owner]
    group = f" GROUP BY {key} HAVING {_enough(relation, '')}" if relation.at_least > 1 else ""
    inner = f"SELECT {key} FROM index{_where(where(relation.conditions))}{group}"
    return f"{_operand(relation.owner)} {'NOT IN' if relation.lacks else 'IN'} (\n    {inner}\n  )"


def _related_in_time(relation: Relation, days: int) -> str:
    """The same within some days: dates of the patient that have enough other series near them."""
    patient = _UNITS[Scope.PATIENT]
    # A series without a date has nothing near it, which must not make the condition unknown.
    visit = f"coalesce({patient} || '/' || CAST({_DAY} AS VARCHAR), '')"
    group = f" GROUP BY visit HAVING {_enough(relation, 'other.')}" if relation.at_least > 1 else ""
    return (
        f"{visit} {'NOT IN' if relation.lacks else 'IN'} (\n"
        "    SELECT visit\n"
        f"    FROM (SELECT DISTINCT {patient} AS patient, {_DAY} AS day, {visit} AS visit FROM index) AS this\n"
        f"    JOIN (SELECT {patient} AS patient, {_DAY} AS day, StudyInstanceUID"
        f" FROM index{_where(where(relation.conditions))}) AS other\n"
        f"      ON this.patient = other.patient AND abs(date_diff('day', this.day, other.day)) <= {int(days)}"
        f"{group}\n  )"
    )


def _enough(relation: Relation, prefix: str) -> str:
    counted = f"count(DISTINCT {prefix}StudyInstanceUID)" if relation.counted is Scope.STUDY else "count(*)"
    return f"{counted} >= {int(relation.at_least)}"


def _combined(combination: Combination, steps: _Steps) -> str:
    left = steps.add("cohort", _rows(combination.left, [_KEYS], steps))
    right = steps.add("cohort", _rows(combination.right, [_KEYS], steps))
    in_left, in_right = _among(Scope.SERIES, left), _among(Scope.SERIES, right)
    if combination.operation is Operation.UNION:
        return f"({in_left} OR {in_right})"
    if combination.operation is Operation.DIFFERENCE:
        return f"({in_left} AND NOT {_among(combination.unit, right)})"
    if combination.unit is Scope.SERIES:
        return f"({in_left} AND {in_right})"
    both = f"{_among(combination.unit, left)} AND {_among(combination.unit, right)}"
    return f"(({in_left} OR {in_right}) AND {both})"


def _completed(added: Iterable[Completion], source: str, steps: _Steps) -> str:
    """What is there, what was made from it or it was made from, and where no table names that, what of its studies."""
    derived, without_picture = _listed(DERIVED), _listed(WITHOUT_PICTURE)
    there = _among(Scope.SERIES, source)
    study = "StudyInstanceUID IN (SELECT StudyInstanceUID FROM index WHERE"
    unnamed, links = "", ""
    if steps.linking:
        rows = "\nUNION ALL\n".join(source_rows(table) for table in steps.linking)
        known = "SELECT SeriesInstanceUID FROM index"
        links = steps.add("made_from", f"SELECT * FROM (\n{_indent(rows)}\n)\nWHERE source_uid IN ({known})")
        unnamed = f" AND SeriesInstanceUID NOT IN (SELECT SeriesInstanceUID FROM {links})"
    parts = [there]
    if Completion.DERIVED in added:
        if links:
            parts.append(f"SeriesInstanceUID IN (SELECT SeriesInstanceUID FROM {links} WHERE source_uid {_in(source)})")
        parts.append(f"(Modality IN ({derived}){unnamed} AND {study} Modality NOT IN ({without_picture}) AND {there}))")
    if Completion.SOURCES in added:
        if links:
            parts.append(f"SeriesInstanceUID IN (SELECT source_uid FROM {links} WHERE {there})")
        parts.append(f"(Modality NOT IN ({without_picture}) AND {study} Modality IN ({derived}){unnamed} AND {there}))")
    return "(" + "\n    OR ".join(parts) + ")"


def _in(source: str) -> str:
    return f"IN (SELECT SeriesInstanceUID FROM {source})"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(quote_text(value) for value in values)


def _patients(cohort: Cohort, chosen: Sequence[str]) -> str:
    """Each patient with its bytes, its place in the draw, and the values that samples are spread over."""
    columns = [
        "collection_id",
        "PatientID",
        f"md5('{int(cohort.seed)}/' || collection_id || '/' || PatientID) AS draw",
        "CAST(sum(round(series_size_MB * 1e6)) AS BIGINT) AS bytes",
    ]
    for choice, name in ((cohort.sample, "sample_stratum"), (cohort.split, "split_stratum")):
        if choice and choice.by:
            columns.append(f"coalesce(min({ATTRIBUTES[choice.by].expression}), '') AS {name}")
    return _select(columns, "index", chosen) + "\nGROUP BY collection_id, PatientID"


def _sampled(sample: Sample, patients: str, steps: _Steps) -> str:
    fitting = [f"bytes <= {sample.size_bytes}"] if sample.patients is None else []
    order = "draw"
    if sample.by:
        # The first of ten stands at 0.05, the first of a thousand at 0.0005: every stratum is used up evenly.
        of_stratum = "OVER (PARTITION BY sample_stratum"
        place = f"(2 * row_number() {of_stratum} ORDER BY draw) - 1) / (2 * count(*) {of_stratum})) AS place"
        patients = steps.add("ranked", _select(["*", place], patients, fitting))
        order, fitting = "place, draw", []
    if sample.patients is None:
        enough = f"sum(bytes) OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING) <= {sample.size_bytes}"
    else:
        enough = f"row_number() OVER (ORDER BY {order}) <= {sample.patients}"
    return steps.add("sampled", _select(["*"], patients, fitting) + f"\nQUALIFY {enough}")


def _split_parts(split: Split, seed: int, patients: str) -> str:
    order = f"md5('{int(seed)}/' || split_stratum), split_stratum, draw" if split.by else "draw"
    digit = f"substr('{split.pattern}', (row_number() OVER (ORDER BY {order}) - 1) % 100 + 1, 1)"
    parts = " ".join(f"WHEN '{number}' THEN '{part}'" for number, part in enumerate(PARTS))
    return _select(["*", f"CASE {digit} {parts} END AS split"], patients, [])


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
