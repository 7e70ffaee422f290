"""What a catalog depends on besides its data, as one short text: where it differs, the catalog is another one.

Nobody has to remember to say that the layout has changed: the fingerprint covers all that decides what a build writes.
These are the sources that write, byte for byte, and of the attributes what those sources read. What people read of an
attribute is left out, so that a better label costs nobody a build.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from app.cohort import ATTRIBUTES, EXTRA_TABLES, Attribute

_APP = Path(__file__).resolve().parents[1]

#: Sources that decide what is written. Of other sources, they use only where things lie and how errors read.
_SOURCES = (
    "catalog/array_store.py",  # where the arrays lie
    "catalog/build.py",
    "catalog/groups.py",
    "catalog/tables/extensions.py",
    "cohort/schema.py",  # what the tables are called, and what stands in them
    "cohort/sql.py",  # how a build quotes, and what counts as a value
)

#: Of an attribute, what no build reads.
_UNREAD = frozenset(
    {
        "label",
        "title",
        "group",
        "note",
        "detail",
        "description",
        "unit",
        "complete",
        "gap",
        "logarithmic",
        "words",
        "colours",
    }
)

#: Fields and derived values of an attribute that builds may read; a new one is among them unless it is named above.
_READ = sorted(name for name in vars(Attribute) if not name.startswith("_") and name not in _UNREAD)


@cache
def fingerprint() -> str:
    """Twelve hexadecimal digits; the same wherever the same code lies, and for as long as the process runs."""
    digest = sha256()
    for name in _SOURCES:
        digest.update((_APP / name).read_bytes())
    attributes = [{name: getattr(attribute, name) for name in _READ} for attribute in ATTRIBUTES.values()]
    digest.update(json.dumps([attributes, list(EXTRA_TABLES)]).encode())
    return digest.hexdigest()[:12]
