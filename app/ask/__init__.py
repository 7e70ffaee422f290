"""Questions in plain words as cohorts, by a deterministic grammar.

Never guesses: no language model, no network, and what was not understood is named.
"""

from app.ask.answer import Interpretation, Understood, ask
from app.ask.words import MEANINGS

__all__ = [
    "MEANINGS",
    "Interpretation",
    "Understood",
    "ask",
]
