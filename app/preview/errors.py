"""What keeps a picture from being shown, with the HTTP status that says so."""

from __future__ import annotations

from app.common.errors import UserError


class PreviewError(UserError):
    """One sentence for the user; `status` is that of HTTP."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.status = status
