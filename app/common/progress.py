"""How far a command is, on stderr: in place on a terminal, else a line for each tenth."""

from __future__ import annotations

import sys


class ProgressLine:
    """One line that changes; `end` it before anything else is said."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._told = -1

    def show(self, line: str, done: int, total: int) -> None:
        """Say `line`, which is about `done` of `total`."""
        tenth = 10 * done // max(total, 1)
        if self._in_place:
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        elif tenth > self._told:
            self._told = tenth
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line as it is and begin the next."""
        if self._in_place:
            print(file=sys.stderr)
