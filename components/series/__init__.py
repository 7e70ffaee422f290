"""The parts of the Series page, top to bottom."""

from components.series.choice import chosen_series
from components.series.head import head
from components.series.relatives import relatives
from components.series.terms import terms
from components.series.use import columns, commands
from components.series.ways import look

__all__ = ["chosen_series", "columns", "commands", "head", "look", "relatives", "terms"]
