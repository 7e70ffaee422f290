"""Numbers for people: short on screen, exact where it counts."""

from __future__ import annotations

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def compact(number: float) -> str:
    """Three significant digits with k, M, G or T, such as ``1.04 M``; whole numbers below 10,000 as they are."""
    if abs(number) < 10_000 and float(number).is_integer():
        return f"{int(number):,}"
    for limit, suffix in _STEPS:
        # A value that rounds up to 1,000 belongs to the next unit.
        if abs(number) >= limit * 0.9995:
            return f"{_three_digits(number / limit)} {suffix}"
    return _three_digits(number)


def size(number: int) -> str:
    """Bytes in decimal units, such as ``99.9 TB``."""
    return f"{compact(number)}B" if number >= 10_000 else f"{number:,} bytes"


def exact(number: int) -> str:
    """All digits, in groups of three."""
    return f"{number:,}"


def _three_digits(number: float) -> str:
    digits = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{digits}f}"
