"""What the arrays of the catalog, and of what is worked out over it, hold. All have one dimension.

The catalog keeps whole numbers as narrow as they can be, unsigned, so their types say no width: what is computed from
them has 64 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# --- as they are stored ---

#: An array of the catalog: of any type, which its name tells.
StoredArray = NDArray[Any]
#: A column of a query's result, masked where NULL: of any type, which DuckDB chooses.
Column = NDArray[Any]

# --- masks: what is meant, out of everything of a kind ---

#: Per series, in the catalog's order.
SeriesMask = NDArray[np.bool_]
#: Per combination of the values of listed attributes.
CombinationMask = NDArray[np.bool_]
#: Per cell: a combination with the bins of all ranges.
CellMask = NDArray[np.bool_]
#: Per pair of a patient and a cell.
PairMask = NDArray[np.bool_]
#: Per code of a patient or study; entry 0 is nobody's.
UnitMask = NDArray[np.bool_]
#: Per entry of an attribute of a fetched table: a series with one of its values.
EntryMask = NDArray[np.bool_]
#: Per item of another array.
Mask = NDArray[np.bool_]

# --- numbers of things, from 0 ---

#: Series, by their place in the catalog's order.
RowNumbers = NDArray[np.integer]
#: Combinations of the values of listed attributes.
CombinationNumbers = NDArray[np.integer]
#: Cells.
CellNumbers = NDArray[np.integer]
#: Pairs of a patient and a cell.
PairNumbers = NDArray[np.integer]
#: Pairs of a patient and a study.
PatientStudyNumbers = NDArray[np.integer]
#: Profiles: sets of combinations that patients have.
ProfileNumbers = NDArray[np.integer]
#: Things of a kind that the function names.
Numbers = NDArray[np.integer]

# --- codes, from 1; 0 where there is none ---

#: Values of one attribute, by their place in its dictionary.
Codes = NDArray[np.integer]
#: Bins of a histogram.
Bins = NDArray[np.uint8]
#: Patients, by (collection_id, PatientID).
PatientCodes = NDArray[np.integer]
#: Studies, by StudyInstanceUID.
StudyCodes = NDArray[np.integer]
#: Parts of a split, by their place in `app.cohort.PARTS`.
Parts = NDArray[np.int8]

# --- amounts ---

#: How many series, studies or patients; int64.
Counts = NDArray[np.signedinteger]
#: Where each group of neighbours begins in another array; int64.
Starts = NDArray[np.signedinteger]
#: How many neighbours make up each group; int64.
Lengths = NDArray[np.signedinteger]
#: Numbers of a range attribute, dates as days since 1970, NaN where missing; float32 if all are whole, else float64.
Quantities = NDArray[np.floating]
#: Lower edges of a histogram's bins, on the scale of `Quantities`.
Edges = NDArray[np.float64]
#: Patient and day as one number that orders by both.
PatientDays = NDArray[np.signedinteger]
#: Between 0 and 1.
Shares = NDArray[np.float64]
#: 64 bits that no two things of a kind share.
Hashes = NDArray[np.uint64]
