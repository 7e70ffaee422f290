"""What every room uses and no room owns: errors in words, numbers as they are read, settings, modalities, memory.

Never knows what a cohort, a catalog or a file of IDC is.
"""

__all__ = [
    "errors",
    "formats",
    "memory",
    "modalities",
    "numbers",
    "progress",
    "settings",
    "sqlite_file",
    "viewer_urls",
]
