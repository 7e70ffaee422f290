"""SQL that people write themselves, run in a process of its own under limits.

Never runs in the server's process, and never reaches a file or the network.
"""

__all__ = [
    "bins",
    "examples",
    "queries",
    "result",
    "tables",
]
