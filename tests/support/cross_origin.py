"""What stands before a DICOMweb server so that pages of other origins may read from it, as nginx does in a lab."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: str

    def do_GET(self) -> None:
        """Hand on the request, and the answer with one header more."""
        request = urllib.request.Request(self.behind + self.path, headers={"Accept": self.headers["Accept"]})
        with urllib.request.urlopen(request, timeout=60) as answer:
            body, kind = answer.read(), answer.headers["Content-Type"]
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_OPTIONS(self) -> None:
        """Let the browser send what it asks for."""
        self.send_response(204)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def opened_to_all(url: str) -> Iterator[str]:
    """Address at which every origin may read what `url` serves."""
    handler = type("Handler", (_Handler,), {"behind": url})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
