"""Lists of identifiers as conditions: the same series as the identifiers one by one, in every view of a cohort."""

import numpy as np
import pytest

from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition, QueryError
from app.cohort.json_form import from_json, to_json
from app.cohort.kept_lists import KINDS, keep
from app.common.errors import UserError
from app.language.english import sentence
from app.language.statement import select
from app.selection.selection import Selection
from tests.support import truth


def ids_of(kind: str) -> list[str]:
    """Some identifiers of the release, and one that no series has."""
    unknown = {"PatientID": "nobody", "crdc_series_uuid": "00000000-0000-0000-0000-000000000000"}.get(kind, "1.2.3")
    return [*sorted(set(truth.column(kind)[::40_000].to_pylist())), unknown]


@pytest.mark.parametrize("operator", ["in", "not_in"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_list_means_its_identifiers(kind, operator, catalog, plain, number_of_row):
    ids = ids_of(kind)
    listed = Cohort.of([Condition.of(kind, operator, [keep(kind, ids)])])
    one_by_one = Cohort.of([Condition.of(kind, "eq" if operator == "in" else "not", ids)])
    expected = truth.mask(one_by_one)
    assert 0 < np.count_nonzero(expected) < catalog.series_count

    found = plain.execute(select(listed, ["file_row_number"])).fetchnumpy()["file_row_number"]

    assert np.array_equal(truth.marked(found), expected)
    assert np.array_equal(truth.marked(number_of_row[Selection(catalog, listed).rows]), expected)
    assert Cohort.from_query(listed.to_query()) == listed == from_json(to_json(listed))
    assert len(listed.to_query()) < 60
    assert f"the list “{listed.conditions[0].values[0]}”" in sentence(listed)


def test_two_lists_mean_either(catalog):
    one, other = (keep("PatientID", ids) for ids in (ids_of("PatientID")[:5], ids_of("PatientID")[5:9]))
    both = Selection(catalog, Cohort.from_query(f"PatientID__in={one}&PatientID__in={other}")).rows
    apart = [Selection(catalog, Cohort.from_query(f"PatientID__in={name}")).rows for name in (one, other)]
    assert np.array_equal(both, np.union1d(*apart))


def test_a_list_inside_a_relation(catalog):
    name = keep("SeriesInstanceUID", ids_of("SeriesInstanceUID"))
    related = Selection(catalog, Cohort.from_query(f"patient_has=SeriesInstanceUID__in%3D{name}"))
    scoped = Selection(catalog, Cohort.from_query(f"SeriesInstanceUID__in={name}&scope=patient"))
    assert np.array_equal(related.rows, scoped.rows)


@pytest.mark.parametrize("text", ["x", "0123456789AB", "0123", "../../etc/passwd", "0123456789ab'"])
def test_what_is_no_name_of_a_list(text):
    with pytest.raises(QueryError, match="takes the name of a kept list"):
        Condition.of("PatientID", "in", [text])


def test_a_list_that_is_not_here_or_of_another_kind(catalog):
    with pytest.raises(UserError, match="is not on this server: import it again"):
        Selection(catalog, Cohort.from_query("PatientID__in=0123456789ab"))
    name = keep("PatientID", ids_of("PatientID"))
    with pytest.raises(UserError, match=f"The list {name} holds PatientID, not StudyInstanceUID"):
        select(Cohort.from_query(f"StudyInstanceUID__in={name}"))
    with pytest.raises(UserError, match="at least one"):
        keep("PatientID", [])
