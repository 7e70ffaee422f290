"""Questions in plain words as cohorts, by a deterministic grammar: no language model, no network."""

from app.ask.answer import Interpretation, Understood, ask

__all__ = ["Interpretation", "Understood", "ask"]
