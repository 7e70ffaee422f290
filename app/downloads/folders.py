"""Folders of this machine: the one that a user asks for, and those below it, which no link may lead out of."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from app.common.errors import UserError, shorten


def choose_folder(text: str, allowed: Path) -> Path:
    """The folder that a user asks for, which must lie in `allowed`; a relative one starts there.

    Raises
    ------
    UserError
        If it lies outside, also by way of a link.
    """
    if not text.strip() or not text.isprintable():
        raise UserError("Type the folder to download into.")
    try:
        folder = (allowed / Path(text.strip()).expanduser()).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links, a home that is unknown
        raise UserError(f"“{shorten(text)}” can't be used as a folder: {error}.") from None
    if not folder.is_relative_to(allowed.resolve()):
        raise UserError(f"Downloads go below {allowed}; “{shorten(text)}” lies outside.")
    return folder


def make_folder(root: Path, relative: str) -> Path:
    """Make the folders of `relative` below `root`, which is resolved.

    Raises
    ------
    PermissionError
        If a link that is already there leads out of the root.
    OSError
        If a folder can't be made.
    """
    folder = root
    for part in PurePosixPath(relative).parts:
        folder = folder / part
        folder.mkdir(exist_ok=True)
        if folder.is_symlink() and not folder.resolve().is_relative_to(root):
            raise PermissionError(f"{folder} is a link that leads out of {root}")
    return folder
