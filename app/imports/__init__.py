"""What people bring: lists of identifiers, and links of the IDC Portal, as cohorts.

Never widens what was brought: what is not found is said.
"""

from app.imports.id_lists import MAX_BYTES, MAX_IDS, IdReport, read_columns, report
from app.imports.portal import PortalLink, from_portal

__all__ = [
    "MAX_BYTES",
    "MAX_IDS",
    "IdReport",
    "PortalLink",
    "from_portal",
    "read_columns",
    "report",
]
