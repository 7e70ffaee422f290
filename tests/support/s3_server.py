"""A small S3 on this machine: ListObjectsV2 and GetObject with ranges, with latency and faults on demand.

It stands in for IDC's public buckets in tests and measurements. Objects are held in memory; every answer is logged with
the bytes it sent, so that one can tell what a client really fetched.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import httptools

_PAGE = 1000
_REASONS = {200: "OK", 206: "Partial Content", 403: "Forbidden", 404: "Not Found", 416: "Range", 500: "Error"}
_CODES = {403: "AccessDenied", 404: "NoSuchKey", 416: "InvalidRange", 500: "InternalError"}


@dataclass(slots=True)
class Fault:
    """What goes wrong with an object, or (``status`` and ``silence``) with the listing of a prefix.

    Parameters
    ----------
    status
        HTTP status to answer with, or 200 for a fault within the body.
    kind
        ``status``; ``cut`` closes the connection after half of the body; ``stall`` sends half and falls silent;
        ``silence`` sends nothing at all.
    times
        How often, or None for always.
    """

    kind: str = "status"
    status: int = 500
    times: int | None = None

    def strikes(self) -> bool:
        """Whether it happens now."""
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


@dataclass(slots=True)
class S3Server:
    """What the server holds, does and has done; `log` has one (bucket, key, bytes sent) per object asked for.

    Parameters
    ----------
    buckets
        Bucket → key → content.
    latency
        Seconds before each answer.
    readers
        Origin whose pages may read answers, ``*`` for all, or None.
    faults
        Key, or prefix of a listing, → what goes wrong.
    """

    buckets: Mapping[str, Mapping[str, bytes]]
    latency: float = 0.0
    readers: str | None = None
    faults: dict[str, Fault] = field(default_factory=dict)
    log: list[tuple[str, str, int]] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    url: str = ""
    connections: set[asyncio.Transport] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, requests: int, seconds: float = 60) -> bool:
        """Return True once so many objects have been asked for, False if that takes too long."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.log) >= requests, seconds)

    @property
    def bytes_sent(self) -> int:
        """Bytes of objects handed to the network so far."""
        return sum(size for _, _, size in self.log)

    async def serve(self, port: int = 0) -> asyncio.Server:
        """Listen on loopback."""
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=1024
        )
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    @contextmanager
    def running(self) -> Iterator[S3Server]:
        """Serve from a thread of this process until the block ends."""
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(self.serve())
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(self._end, server)
            thread.join()
            loop.close()

    def _end(self, server: asyncio.Server) -> None:
        """Stop once every connection is closed, those too that are just being accepted."""
        loop = asyncio.get_running_loop()
        # A connection can't be attached to a server that is closed by then: asyncio would leave its socket open.
        accepting = bool(asyncio.all_tasks(loop))
        if not accepting:
            server.close()
        for transport in self.connections:
            transport.abort()
        if self.connections or accepting:
            loop.call_soon(self._end, server)
        else:
            loop.stop()


class _Connection(asyncio.Protocol):
    """One connection; requests are answered in turn."""

    def __init__(self, state: S3Server) -> None:
        self._state = state
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._range: str | None = None
        self._head = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._range = b"", None

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"range":
            self._range = value.decode()

    def on_message_complete(self) -> None:
        url, ranged, head = self._url, self._range, self._parser.get_method() == b"HEAD"
        if self._state.latency:
            asyncio.get_running_loop().call_later(self._state.latency, self._answer, url, ranged, head)
        else:
            self._answer(url, ranged, head)

    def _answer(self, url: bytes, ranged: str | None, head: bool) -> None:
        path, _, query = url.decode().partition("?")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        self._head = head
        if bucket not in self._state.buckets:
            self._refuse(404)
        elif key:
            self._send_object(bucket, key, ranged)
        elif head:
            self._send(200, {}, b"")
        else:
            options = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
            self._send_listing(bucket, options)

    def _send_listing(self, bucket: str, options: dict[str, str]) -> None:
        prefix = options.get("prefix", "")
        self._state.listings.append(f"{bucket}/{prefix}")
        fault = self._state.faults.get(prefix)
        if fault and fault.strikes():
            if fault.kind == "status":
                self._refuse(fault.status)
            return
        after = options.get("continuation-token") or options.get("start-after") or ""
        objects = self._state.buckets[bucket]
        keys = sorted(key for key in objects if key.startswith(prefix) and key > after)
        page = keys[: int(options.get("max-keys", _PAGE))]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"{_etag(key)}"</ETag><Size>{len(objects[key])}</Size><StorageClass>STANDARD</StorageClass></Contents>'
            for key in page
        )
        more = len(keys) > len(page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
            f"<MaxKeys>{_PAGE}</MaxKeys><IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        ).encode()
        self._send(200, {"Content-Type": "application/xml"}, body)

    def _send_object(self, bucket: str, key: str, ranged: str | None) -> None:
        content = self._state.buckets[bucket].get(key)
        if content is None:
            self._refuse(404)
            return
        fault = self._state.faults.get(key)
        fault = fault if fault and fault.strikes() else None
        if fault and fault.kind == "silence":
            return
        if fault and fault.kind == "status":
            self._refuse(fault.status)
            return
        start, stop, status = 0, len(content), 200
        headers = {"Last-Modified": formatdate(0, usegmt=True), "ETag": f'"{_etag(key)}"', "Accept-Ranges": "bytes"}
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", ranged or ""):
            start, status = int(match[1]), 206
            stop = min(int(match[2]) + 1, stop) if match[2] else stop
            if start >= stop:
                self._refuse(416)
                return
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        body = memoryview(content)[start:stop]
        sent = 0 if self._head else len(body) // 2 if fault and fault.kind in ("cut", "stall") else len(body)
        with self._state.changed:
            self._state.log.append((bucket, key, sent))
            self._state.changed.notify_all()
        self._send(status, headers, body, sent)
        if fault and fault.kind == "cut":
            self._transport.close()

    def _refuse(self, status: int) -> None:
        body = f"<Error><Code>{_CODES[status]}</Code><Message>as asked</Message></Error>".encode()
        self._send(status, {"Content-Type": "application/xml"}, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes | memoryview, sent: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status} {_REASONS[status]}", f"Content-Length: {len(body)}"]
        if self._state.readers:
            headers = headers | {"Access-Control-Allow-Origin": self._state.readers}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        if not self._head:
            self._transport.write(body if sent is None else body[:sent])


def _etag(key: str) -> str:
    return md5(key.encode(), usedforsecurity=False).hexdigest()
