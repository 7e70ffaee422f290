"""The tables behind the Help page: terms, ways to the data, remedies.

Never computes anything.
"""

from app.help.glossary import GLOSSARY, explain
from app.help.guide import ACCESS, FORUM, RULES, TROUBLES

__all__ = [
    "ACCESS",
    "FORUM",
    "GLOSSARY",
    "RULES",
    "TROUBLES",
    "explain",
]
