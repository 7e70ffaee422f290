"""Pictures of a series without a viewer: read by ranges from the buckets or a folder, decoded, windowed, as PNG.

Nothing is kept on disk. What is read is bounded: a series by its files, a file by its bytes, and all together by the
cache, which forgets what was not asked for longest. pydicom is loaded with the first picture, so whoever needs
`series`, `headers` or `frames` imports them where they are used.

Never takes a path from a request.
"""

__all__ = [
    "cache",
    "contact_sheet",
    "errors",
    "files",
    "frames",
    "headers",
    "overlays",
    "routes",
    "series",
    "window",
]
