"""A server of releases, on a port of this machine: what upstream publishes, made of tiny scripts; and how it fails."""

import gzip
import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conformance.model.platform import Platform

ARCHITECTURE = Platform.host().architecture
BESIDE = ("pinns", "conmon", "conmonrs", "crun", "runc", "crictl")
NOISE = b"#" + hashlib.shake_256(b"what does not get smaller").hexdigest(150_000).encode() + b"\n"


def script(says: str) -> bytes:
    """Write a program that says this, and is long enough to be broken off."""
    return f"#!/bin/sh\necho '{says}'\nexit\n".encode() + NOISE


def tar(members: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    """Pack files, or whatever else a member may be; scripts can be run, and what is in ``bin``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755 if "/bin/" in name or content.startswith(b"#!") else 0o640
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def bundle(release: str) -> bytes:
    """Pack a CRI-O as cri-o/packaging does (scripts/bundle/build)."""
    programs = {f"cri-o/bin/{name}": script(f"{name} version 1.0") for name in BESIDE}
    return tar(
        {
            "cri-o/bin/crio": script(f"crio version {release}"),
            **programs,
            "cri-o/cni-plugins/bridge": b"",
            "cri-o/etc/10-crio.conf": b"[crio]\n",
        }
    )


@dataclass
class ReleaseServer:
    """What is asked of it, and how it answers: ``cut`` breaks off answers, each after so many bytes."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    takes_ranges: bool = True
    tells_lengths: bool = True
    cut: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    hold: threading.Event | None = None
    """Where set, what is longer than ``HELD`` is answered halfway, and goes on when the event comes."""
    halfway: threading.Event = field(default_factory=threading.Event)

    def publish(self, path: str, content: bytes, checksum: str = ".sha256sum") -> str:
        """Publish a file with its checksum; give its path."""
        self.files[path] = content
        digest = hashlib.sha256(content).hexdigest()
        line = f"{digest}  {path.rpartition('/')[2]}\n" if checksum == ".sha256sum" else digest
        self.files[path + checksum] = line.encode()
        return path

    def publish_crio(self, build: str, release: str) -> str:
        """Publish a bundle as ``v1.36.3``, or as a commit."""
        return self.publish(f"/artifacts/cri-o.{ARCHITECTURE}.{build}.tar.gz", bundle(release))

    def publish_etcd(self, release: str) -> str:
        """Publish an etcd, with its checksum among those of other architectures."""
        name = f"etcd-v{release}-linux-{ARCHITECTURE}"
        folder = {"Documentation/README.md": b"", "etcd": script(f"etcd Version: {release}"), "etcdctl": script("no")}
        packed = tar({f"{name}/{path}": content for path, content in folder.items()})
        path = f"/v{release}/{name}.tar.gz"
        self.files[path] = packed
        digest = hashlib.sha256(packed).hexdigest()
        sums = [(f"{0:064}", "etcd-v3.6.8-darwin-arm64.zip"), (digest, f"{name}.tar.gz"), (f"{1:064}", f"{name}.zip")]
        self.files[f"/v{release}/SHA256SUMS"] = "".join(f"{digest}  {name}\n" for digest, name in sums).encode()
        return path

    def ranges(self, path: str) -> list[str]:
        """Give the ranges of a file that were asked for, empty ones for all of it."""
        return [range_ for asked, range_ in self.asked if asked == path]


HELD = 100_000


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told: ReleaseServer = self.server.told  # type: ignore[attr-defined]
        told.asked.append((self.path, self.headers.get("Range", "")))
        content = told.files.get(self.path)
        status = told.statuses.pop(0) if told.statuses else 200 if content is not None else 404
        content = content or b""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(match[1]) if match and told.takes_ranges else 0
        headers = {}
        if status == 200 and start:
            status = 206 if start < len(content) else 416
            shown = f"{start}-{len(content) - 1}" if status == 206 else "*"
            headers["Content-Range"] = f"bytes {shown}/{len(content)}"
        body = content[start:] if status in {200, 206} else b""
        self.send_response(status)
        if told.tells_lengths:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = not told.tells_lengths
        if len(body) < HELD:
            self.wfile.write(body)
            return
        end = told.cut.pop(0) if told.cut else len(body)
        if told.hold:
            self.wfile.write(body[: end // 2])
            told.halfway.set()
            told.hold.wait(60)
            self.wfile.write(body[end // 2 : end])
        else:
            self.wfile.write(body[:end])
        self.close_connection |= end < len(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def serve_releases() -> Iterator[ReleaseServer]:
    """Serve until the block ends."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # the other side may go away

    with Server(("127.0.0.1", 0), _Handler) as server:
        told = ReleaseServer(f"http://127.0.0.1:{server.server_port}")
        server.told = told  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield told
        finally:
            if told.hold:
                told.hold.set()
            server.shutdown()
            thread.join()
