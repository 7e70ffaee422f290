"""Commands of the command line that are no verbs on a cohort: their options, and what they print."""

__all__ = [
    "ask",
    "download",
    "fetch",
    "preview",
    "query",
    "validate",
]
