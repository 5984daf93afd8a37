"""Fetching over HTTP: small texts, and files that are gone on with after a break."""

import sys
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import requests
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.util import Retry

from conformance.releases.download_options import mask_login
from conformance.releases.installation import RuntimeNotFoundError

CONNECT_SECONDS, SILENT_SECONDS = 10.0, 60.0
BLOCK = 1 << 16
LONGEST_TEXT = 4096
NOT_THERE = {HTTPStatus.NOT_FOUND: "is not there", HTTPStatus.FORBIDDEN: "is not there, or forbidden"}
"""Object stores say 403 of what is not there to whoever may not list what is ("denied on resource (or it may not
exist)")."""
OVERLOADED = {429, 500, 502, 503, 504}
TERMINAL_SECONDS, LOG_SECONDS = 0.1, 10.0
"""How often progress is told, to a terminal and to a file."""


class DownloadError(RuntimeNotFoundError):
    """Something cannot be fetched: what, why, and what to do; without the login of a mirror or proxy."""

    def __init__(self, sentence: str) -> None:
        super().__init__(mask_login(sentence))


class UnreachableError(DownloadError):
    """The server does not answer, or its answer broke off."""


class NotPublishedError(DownloadError):
    """The server has no such file."""


class UnusableError(DownloadError):
    """What came is not what it should be."""


class Downloader:
    """Asks release servers, through ``proxy`` if one is given, else as the environment says; to be closed by ``with``.

    Environment: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and ``~/.netrc``, as the library
    requests reads them.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._session = requests.Session()
        # Else it may be packed once more, and a range is of that. What upstream uploaded packed is unpacked for us, and
        # has neither length nor ranges then (cloud.google.com/storage/docs/transcoding).
        self._session.headers["Accept-Encoding"] = "identity"
        again = Retry(
            3,
            connect=0,
            read=0,
            backoff_factor=0.5,
            status_forcelist=OVERLOADED,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))
        self._proxies = {"http": proxy, "https": proxy} if proxy else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def text(self, url: str) -> str:
        """Give a small file's text, without spaces around it; raises ``DownloadError``."""
        try:
            with self._get(url) as response:
                return next(response.iter_content(LONGEST_TEXT), b"").decode(errors="replace").strip()
        except requests.RequestException as error:
            _refuse(url, error)

    def file(self, url: str, part: Path, title: str) -> None:
        """Fetch a file, going on after what is in ``part`` (RFC 9110, Range), and tell progress on standard error.

        After a break it is gone on with at once, as long as each attempt gets further than those before.
        Raises ``DownloadError``; what was had by then stays in ``part``.
        """
        longest = -1
        while True:
            have = part.stat().st_size if part.exists() else 0
            longest = max(longest, have)
            try:
                self._go_on(url, part, have, title)
            except requests.RequestException as error:
                if part.exists() and part.stat().st_size > longest:
                    continue
                _refuse(url, error)
            except OSError as error:
                msg = (
                    f"{part} cannot be written ({error.strerror}): make room; the next run goes on where this one ended"
                )
                raise DownloadError(msg) from None
            return

    def _go_on(self, url: str, part: Path, have: int, title: str) -> None:
        with self._get(url, {"Range": f"bytes={have}-"} if have else {}) as response:
            where = response.headers.get("Content-Range", "")
            resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT and where.startswith(f"bytes {have}-")
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and where.endswith(f"/{have}"):
                return  # all of it is there
            if have and not resumed and response.status_code != HTTPStatus.OK:
                part.unlink()
                self._go_on(url, part, 0, title)
                return
            length = response.headers.get("Content-Length")
            start = have if resumed else 0
            with (
                part.open("ab" if resumed else "wb") as file,
                _Progress(
                    desc=title,
                    initial=start,
                    total=start + int(length) if length else None,
                    unit="B",
                    unit_scale=True,
                    file=sys.stderr,
                    ascii=not sys.stderr.isatty(),
                    mininterval=TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS,
                ) as progress,
            ):
                for block in response.iter_content(BLOCK):
                    file.write(block)
                    progress.update(len(block))

    def _get(self, url: str, headers: dict[str, str] | None = None) -> requests.Response:
        """Ask for a file; raises ``requests.RequestException`` and ``DownloadError``."""
        response = self._session.get(
            url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENT_SECONDS), proxies=self._proxies
        )
        if (why := NOT_THERE.get(HTTPStatus(response.status_code))) is not None:
            raise NotPublishedError(f"{url} {why} (HTTP {response.status_code})")
        beyond_the_end = headers and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        if response.status_code >= HTTPStatus.BAD_REQUEST and not beyond_the_end:
            raise DownloadError(f"{url} answers {response.status_code} {response.reason}: try again later, or a mirror")
        return response


class _Progress(tqdm):  # type: ignore[type-arg]  # it is no generic class when it runs
    monitor_interval = 0  # no thread


def _refuse(url: str, error: requests.RequestException) -> NoReturn:
    msg = f"{url} cannot be had ({_reason(error)})"
    raise UnreachableError(msg) from None


def _reason(error: requests.RequestException) -> str:
    """Say in a few words why there is no answer: the libraries wrap what the system said."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    through = "through the proxy: " if isinstance(error, requests.exceptions.ProxyError) else ""
    seen: BaseException | None = error
    words = "the connection broke off" if error.response is None else str(error)
    if isinstance(error, ValueError):  # what it says may quote a login
        return "what it leads to, or a proxy in the environment, has a URL that is none"
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            words = seen.strerror
        inner = (getattr(seen, "reason", None), *seen.args, seen.__cause__, seen.__context__)
        seen = next((each for each in inner if isinstance(each, BaseException)), None)
    return through + words
