"""Commands of the command line: the options of each, how it is run, and what it prints.

A module adds its subparsers, and each names the function that runs it and returns the exit code.
"""

__all__ = [
    "answer",
    "ask",
    "build",
    "download",
    "fetch",
    "install_viewer",
    "preview",
    "query",
    "validate",
]
