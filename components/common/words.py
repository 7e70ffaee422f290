"""Cohorts in words, with all that the catalog of this server knows of them."""

from __future__ import annotations

from app.catalog import open_catalog
from app.cohort import Cohort
from app.language import knowledge, sentence


def in_words(cohort: Cohort) -> str:
    """The sentence of a cohort as every page says it."""
    return sentence(cohort, knowledge(open_catalog()))
