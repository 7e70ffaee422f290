"""The built-in viewer: OHIF's own built files, served by the app over a DICOMweb server or downloaded files.

Never sends a file that is not of a finished download, and never writes.
"""

__all__ = [
    "bucket",
    "downloaded",
    "package",
    "site",
    "slides",
]
