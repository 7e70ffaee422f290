"""Entry point of ``python -m app``."""

import sys

from app.interface.cli import main

sys.exit(main())
