"""What a catalog knows beyond a cohort: words that its sentence can add, and tables that its query can use.

A cohort reads alike on every machine unless it is said with such knowledge; with the same knowledge, the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from app.catalog import Catalog, is_built, open_catalog
from app.catalog.tables.extensions import linking
from app.clinical.columns import ClinicalColumn, Dictionary, dictionary
from app.cohort import DICTIONARY, ClinicalClause


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What may be said beyond the cohort; nothing unless given.

    Parameters
    ----------
    linking
        Fetched tables that say which series was made from which, in their order.
    clinical
        Collection → clinical table → column, with what columns and codes mean.
    """

    linking: tuple[str, ...] = ()
    clinical: Dictionary = field(default_factory=lambda: MappingProxyType({}))

    def column(self, clause: ClinicalClause) -> ClinicalColumn | None:
        """What is known of the column that a clause asks about."""
        return self.clinical.get(clause.collection_id, {}).get(clause.table, {}).get(clause.column)


#: For sentences that read alike on every machine.
NOTHING = Knowledge()


def knowledge(catalog: Catalog) -> Knowledge:
    """What `catalog` knows now; a table that is fetched later is in the next."""
    there = catalog.tables()
    return Knowledge(tuple(linking(there)), dictionary(catalog) if DICTIONARY in there else NOTHING.clinical)


def knowledge_here() -> Knowledge:
    """What the catalog of this machine knows; nothing before it is built."""
    return knowledge(open_catalog()) if is_built() else NOTHING
