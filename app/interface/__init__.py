"""How the engine is asked: verbs, the command line, the API, signed links, start-up.

Never knows Streamlit, and never answers anything itself: each answer is made in a room below.
"""

__all__ = [
    "api",
    "archive_links",
    "cli",
    "fetch_background",
    "result_links",
    "startup",
]
