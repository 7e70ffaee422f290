"""Check a folder of DICOM files against what the index says of their series.

`files` reads one file, `expected` says what is to be there, `geometry` looks at the slices of a series, `validation`
reads a whole folder in processes and checks it, `report` is what it found. Nothing is trusted but the files: not their
names, nor that a download once said it was complete.

Never changes a file that it checks.
"""

__all__ = [
    "background",
    "expected",
    "files",
    "report",
    "validation",
]
