"""Tables that idc-index-data names but does not bring: fetched, verified, kept, and published into the catalog.

Never reads a table that it has not verified.
"""

__all__ = [
    "extensions",
    "fetching",
    "transfer",
]
