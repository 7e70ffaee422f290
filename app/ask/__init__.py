"""Questions in plain words as cohorts, by a deterministic grammar: no language model, no network."""

from app.ask.answer import Answer, Understood, ask

__all__ = ["Answer", "Understood", "ask"]
