"""Clinical tables of collections: fetched, read with their labels, filtered by, joined with the images' patients.

Never trusts a table's or column's name: the dictionary lists those that exist.
"""

__all__ = [
    "columns",
    "describe",
    "export",
    "fetching",
    "sql",
    "table",
    "values",
]
