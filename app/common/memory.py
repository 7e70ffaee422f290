"""Keep freed memory from staying with the process, where glibc is the allocator."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

#: Number of glibc's ``mallopt`` parameter for the most arenas.
_M_ARENA_MAX = -8
_ARENAS = 2


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is glibc."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def share_arenas() -> None:
    """Have all threads allocate from two arenas; call it before threads start, for each one's arena stays its own."""
    if (library := _glibc()) is not None:
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def return_freed() -> None:
    """Give freed memory back to the system; it would keep the peak of every thread that ever worked."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)
