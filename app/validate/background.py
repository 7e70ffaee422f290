"""A check in a process of its own, for the pages: the server can't start readers itself, and keeps its memory."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

from app.cohort import Cohort
from app.common.errors import UserError

_ROOT = Path(__file__).resolve().parents[2]


class Background:
    """``python -m app validate`` at work.

    Parameters
    ----------
    folder
        What to check.
    cohort
        What is to be in it; None takes the series that are found.
    decode, dciodvfy
        What to do beyond reading headers.
    """

    def __init__(self, folder: Path, cohort: Cohort | None, decode: bool, dciodvfy: bool) -> None:
        written = Path(tempfile.mkdtemp(prefix="validate-"))
        weakref.finalize(self, shutil.rmtree, written, ignore_errors=True)
        self._json, self._html, self._told = written / "report.json", written / "report.html", written / "told"
        command = [sys.executable, "-m", "app", "validate", "--json", str(self._json), "--html", str(self._html)]
        command += ["--decode"] * decode + ["--dciodvfy"] * dciodvfy + ["--", str(folder)]
        if cohort is not None:
            command.append(cohort.to_query())
        with self._told.open("wb") as told:
            self._process = subprocess.Popen(  # noqa: S603
                command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told
            )

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self._process.poll() is None

    @property
    def progress(self) -> str:
        """How far it is, in words; empty at its start."""
        return (self._told.read_text(errors="replace").splitlines() or [""])[-1]

    def stop(self) -> None:
        """End it soon, with what was found so far."""
        if self.is_running:
            self._process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        """Return when it has ended."""
        self._process.wait()

    def report(self) -> tuple[dict[str, Any], bytes]:
        """The report as `app.validate.report.as_json` gives it, and as a page.

        Raises
        ------
        UserError
            If there is none.
        """
        try:
            return json.loads(self._json.read_bytes()), self._html.read_bytes()
        except FileNotFoundError:
            raise UserError(self.progress or "The check was ended from outside; start it again.") from None
