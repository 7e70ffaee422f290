"""How hard a download may pull at the source and at the line."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field

from app.common.errors import UserError

MAX_PARALLEL = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a transfer may pull.

    Parameters
    ----------
    parallel
        Requests at once.
    bytes_per_second
        Bandwidth, or None for all there is.
    patience
        Seconds without a byte before a connection counts as stalled; retries end after one and a half of it.

    Raises
    ------
    UserError
        If a number makes no sense.
    """

    parallel: int = 64
    bytes_per_second: float | None = None
    patience: float = 20.0

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= MAX_PARALLEL:
            raise UserError(f"Requests at once are 1 to {MAX_PARALLEL}, not {self.parallel}.")
        if self.bytes_per_second is not None and not 1 <= self.bytes_per_second < math.inf:
            raise UserError("The bandwidth limit is a number of megabytes a second above 0.")


#: What a transfer does unless told otherwise.
DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Throttle:
    """Spread bytes over time."""

    bytes_per_second: float
    _free_at: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, count: int, stop: threading.Event) -> None:
        """Return when `count` bytes may have come, or at `stop`."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + count / self.bytes_per_second
            pause = self._free_at - now
        stop.wait(pause)
