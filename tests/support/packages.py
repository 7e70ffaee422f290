"""Debian's packages for every test at once: ``python -m tests.support.packages`` needs nothing but Python.

So they come while pip is at work, and with one look at Debian's lists. What is wanted without Debian is found, or
asked for, by ``tests.support.browser`` and ``tests.support.orthanc``.
"""

from __future__ import annotations

from tests.support import browser, debian, orthanc

if __name__ == "__main__":
    debian.install([*browser.wanted(), *orthanc.wanted()])
