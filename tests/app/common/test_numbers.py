"""Numbers for people."""

import pytest

from app.common.numbers import compact, exact, size


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0 k"),
        (99_960, "100 k"),
        (999_499, "999 k"),
        (999_999, "1.00 M"),
        (1_044_191, "1.04 M"),
        (58_784_975, "58.8 M"),
        (1.5, "1.50"),
    ],
)
def test_compact(number: float, shown: str) -> None:
    assert compact(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 bytes"), (1_234, "1,234 bytes"), (99_944_891_647_274, "99.9 TB"), (15_500_000, "15.5 MB")],
)
def test_size(number: int, shown: str) -> None:
    assert size(number) == shown


def test_exact() -> None:
    assert exact(1_044_191) == "1,044,191"
