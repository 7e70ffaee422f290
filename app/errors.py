"""The one exception that carries a sentence meant for the user."""


class UserError(ValueError):
    """Something the user can mend; its text is one sentence that says what happened and what to do."""
