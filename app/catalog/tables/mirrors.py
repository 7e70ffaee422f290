"""Where the tables of a release lie: the operator's mirror, the release on GitHub, the public bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from obstore.store import HTTPStore, LocalStore

from app.cohort import schema
from app.common.errors import UserError
from app.common.settings import settings

#: What every release is published under, in the order in which it is tried; ``{version}`` is that of idc-index-data.
_PUBLIC = (
    "https://github.com/ImagingDataCommons/idc-index-data/releases/download/{version}",
    "https://storage.googleapis.com/idc-index-data-artifacts/{version}/release_artifacts",
)

_PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder, or an address below which files lie; `name` is what a message calls it."""

    address: str
    name: str

    def open(self) -> HTTPStore | LocalStore:
        """Store to read from."""
        if not self.address.startswith(("http://", "https://")):
            return LocalStore(prefix=self.address)
        return HTTPStore.from_url(
            self.address,
            client_options={
                "allow_http": self.address.startswith("http://"),
                "connect_timeout": timedelta(seconds=10),
                "read_timeout": _PATIENCE,
                # Large files take as long as they take.
                "timeout": timedelta(days=1),
            },
            retry_config={
                "max_retries": 3,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=200),
                    "max_backoff": timedelta(seconds=2),
                    "base": 2,
                },
                "retry_timeout": 1.5 * _PATIENCE,
            },
        )


def sources() -> list[Mirror]:
    """Sources in the order in which they are tried.

    Raises
    ------
    UserError
        If the operator's mirror is neither a folder nor an address.
    """
    addresses = [address.replace("{version}", schema.data_version()) for address in _PUBLIC]
    found = [Mirror(address, urlsplit(address).netloc) for address in addresses]
    mirror = settings().mirror
    return [_mirror(mirror.replace("{version}", schema.data_version())), *found] if mirror else found


def _mirror(address: str) -> Mirror:
    if address.startswith(("http://", "https://")):
        return Mirror(address, urlsplit(address).netloc)
    folder = Path(address).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"IDC_COHORT_MIRROR is neither a folder nor an http address: {address}.")
    return Mirror(str(folder), "the folder in IDC_COHORT_MIRROR")
