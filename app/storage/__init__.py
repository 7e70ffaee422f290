"""IDC's public buckets: where they are, how they are read, how hard, and what goes wrong, by name.

Never decides what is fetched or where it goes, and never writes a file.
"""

__all__ = [
    "buckets",
    "errors",
    "limits",
    "store",
]
