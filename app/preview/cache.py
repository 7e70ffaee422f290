"""A cache that is bounded in bytes: what was asked for longest ago goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

from app.common.settings import settings

T = TypeVar("T")


class ByteCache:
    """Values by key, as many as fit into `limit` bytes; each is made once, however many ask for it at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._being_made: dict[Hashable, Future[Any]] = {}

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value of `key`, made if need be.

        Parameters
        ----------
        make
            Makes it; what it raises goes to all who wait, and is not kept.
        size
            Bytes that a value takes; one beyond the limit is handed on and not kept.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: T = self._kept[key][0]
                return found
            waiting = self._being_made.get(key)
            if waiting is None:
                making: Future[Any] = Future()
                self._being_made[key] = making
        if waiting is not None:
            made: T = waiting.result()
            return made
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._being_made[key]
            making.set_exception(error)
            raise
        with self._lock:
            del self._being_made[key]
            self._keep(key, value, size(value))
        making.set_result(value)
        return value

    def _keep(self, key: Hashable, value: Any, size: int) -> None:
        if size > self.limit:
            return
        self._kept[key] = (value, size)
        self.size += size
        while self.size > self.limit:
            _, (_, freed) = self._kept.popitem(last=False)
            self.size -= freed

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept


@cache
def shared() -> ByteCache:
    """The cache of this process."""
    return ByteCache(settings().preview_cache_bytes)
