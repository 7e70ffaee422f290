"""Whether arrays are what annotations say: dtypes of the aliases in `app.catalog.arrays`, and one dimension."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import CodeType, FrameType, ModuleType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np


def contradicts(hint: Any, value: object) -> bool:
    """Whether an array in `value` is not what `hint` says; anything but arrays passes."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is NoneType:
        return value is not None
    if origin in (Union, UnionType):
        return all(contradicts(one, value) for one in arguments)
    if origin is np.ndarray:
        (scalar,) = get_args(arguments[1])
        if not isinstance(value, np.ndarray) or value.ndim != 1:
            return True
        return scalar is not Any and not np.issubdtype(value.dtype, scalar)
    if origin is tuple and isinstance(value, tuple) and Ellipsis not in arguments:
        return any(map(contradicts, arguments, value))
    if isinstance(value, Mapping) and len(arguments) == 2:
        return any(contradicts(arguments[1], one) for one in value.values())
    return False


def functions(modules: Iterable[ModuleType]) -> Iterator[Callable[..., Any]]:
    """Functions and methods that these modules define, properties among them."""
    for module in modules:
        for one in vars(module).values():
            for found in vars(one).values() if inspect.isclass(one) else (one,):
                plain = _function_of(found)
                if inspect.isfunction(plain) and plain.__module__ == module.__name__:
                    yield plain


def _function_of(found: Any) -> Any:
    """What runs for a property, a class method or a cached function."""
    if isinstance(found, property):
        return found.fget
    if isinstance(found, cached_property):
        return found.func
    return inspect.unwrap(getattr(found, "__func__", found))


@contextmanager
def watched(modules: Iterable[ModuleType]) -> Iterator[tuple[set[str], list[str]]]:
    """Compare what the functions of `modules` are given and give with what they say, while they run in this thread.

    Gives the names of those with arrays that have not been called yet, and what contradicts.
    """
    hints: dict[CodeType, dict[str, Any]] = {}
    for one in functions(modules):
        said = {name: hint for name, hint in get_type_hints(one).items() if "numpy.ndarray" in str(hint)}
        if said:
            hints[one.__code__] = said
    uncalled = {code.co_qualname for code in hints}
    found: list[str] = []

    def look(frame: FrameType, event: str, value: object) -> None:
        said = hints.get(frame.f_code)
        if said is None or event not in ("call", "return"):
            return
        name = frame.f_code.co_qualname
        uncalled.discard(name)
        passed = {"return": value} if event == "return" else frame.f_locals
        found.extend(f"{name}: {one}" for one in said.keys() & passed.keys() if contradicts(said[one], passed[one]))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield uncalled, found
    finally:
        sys.setprofile(before)
