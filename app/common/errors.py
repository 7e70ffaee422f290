"""The one exception that carries a sentence meant for the user, and what such a sentence may quote."""


class UserError(ValueError):
    """Something the user can mend; its text is one sentence that says what happened and what to do."""


def shorten(text: str, length: int = 60) -> str:
    """Text from outside as it may stand in a message: one line, not too long."""
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
