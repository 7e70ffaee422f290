"""What tests of the selection share: a catalog small enough to work out every answer by hand."""

from __future__ import annotations

import pytest

from app.catalog.catalog import Catalog
from tests.support import small_catalog


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The twelve series of `tests.support.small_catalog`."""
    return small_catalog.build_in(tmp_path_factory.mktemp("tiny"))
