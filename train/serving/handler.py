"""Requests and answers: the page, what the model is, a song to tag.

Whoever else can reach the port is kept out: other machines, as the server listens on
the loopback device alone; other sites' pages in the user's browser, by the names that
they send along (``Host``, ``Origin``, ``Sec-Fetch-Site``). Nothing that is sent names a
file, and nothing is written.
"""

import json
import time
import traceback
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from lyre.errors import LyreError
from train.serving import page
from train.serving.listening import listen
from train.serving.server import Server

_CHUNK_BYTES = 2**16
# Digits of a size; a longer number is none.
_LONGEST_LENGTH = 20
_SONG_TYPE = "application/octet-stream"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RefusalError(LyreError):
    """A request that is not answered as it asks.

    Parameters
    ----------
    status : HTTPStatus
        What to answer.
    what : str
        Why, as a sentence for the user.
    """

    def __init__(self, status: HTTPStatus, what: str) -> None:
        super().__init__(what)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version = "Lyre"
    sys_version = ""
    # Seconds that a client may be silent.
    timeout = 30
    # Whether the head of an answer was sent.
    _begun = False

    def do_GET(self) -> None:
        """Answer with the page, or with what the model is."""
        self._answered(self._get)

    def do_POST(self) -> None:
        """Tag a song."""
        self._answered(self._post)

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Answer what http.server itself refuses, such as an unknown method."""
        self._send_error(code, message or HTTPStatus(code).phrase)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep requests to itself; what fails is told."""

    def _answered(self, answer: Callable[[], None]) -> None:
        """Run what answers; whatever goes wrong becomes a sentence."""
        try:
            self._check_sender()
            answer()
        except RefusalError as error:
            self._send_error(error.status, error.what)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            # Nobody sees it but who runs the server.
            self.server.say(traceback.format_exc())
            if not self._begun:
                self._send_error(500, "the server failed; its terminal says more")

    def _check_sender(self) -> None:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in self.server.names:
            raise RefusalError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this page is at {self.server.url} and nowhere else",
            )
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        own = origin is None or (
            origin.lower() in {f"http://{name}" for name in self.server.names}
        )
        # A link to the page may stand elsewhere; what it asks for must be its own.
        is_page = self.command == "GET" and self._place() == "/"
        if not own or (site not in ("same-origin", "none") and not is_page):
            raise RefusalError(
                HTTPStatus.FORBIDDEN, "another page may not ask for that"
            )

    def _place(self) -> str:
        return self.path.partition("?")[0]

    def _get(self) -> None:
        path = self._place()
        if path == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", page.content())
        elif path == "/model":
            self._send_json(HTTPStatus.OK, self.server.described())
        else:
            raise RefusalError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self) -> None:
        if self._place() != "/tag":
            raise RefusalError(HTTPStatus.NOT_FOUND, "there is nothing here")
        # A form of another site cannot send this type.
        if self.headers.get_content_type() != _SONG_TYPE:
            raise RefusalError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a song is sent as {_SONG_TYPE}"
            )
        length = self._length()
        # One song at a time, so that one alone lies in memory.
        if not self.server.turn.acquire(timeout=self.server.patience):
            raise RefusalError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "another song is being tagged; try again in a moment",
            )
        try:
            self._tag(self._body(length))
        finally:
            self.server.turn.release()

    def _length(self) -> int:
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit() and len(text) < _LONGEST_LENGTH):
            raise RefusalError(
                HTTPStatus.LENGTH_REQUIRED, "the size of the song is missing"
            )
        length, limits = int(text), self.server.limits
        if length > limits.bytes:
            raise RefusalError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"larger than {limits.megabytes} MB",
            )
        return length

    def _body(self, length: int) -> bytes:
        parts, left = [], length
        ends = time.monotonic() + self.server.limits.seconds
        while left:
            part = self.rfile.read1(min(left, _CHUNK_BYTES))
            if not part:
                raise RefusalError(HTTPStatus.BAD_REQUEST, "the song broke off")
            if time.monotonic() > ends:
                raise RefusalError(
                    HTTPStatus.REQUEST_TIMEOUT, "sending it takes too long"
                )
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _tag(self, song: bytes) -> None:
        """Send a line of JSON for each part of the answer, as it comes."""
        server = self.server
        parts = listen(server.tagger, song, server.limits, server.hop)
        try:
            first = next(parts)
        except LyreError as error:
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, error.what) from error
        self._send_head(HTTPStatus.OK, "application/x-ndjson")
        for part in self._until_error(first, parts):
            self.wfile.write(_json(part) + b"\n")

    @staticmethod
    def _until_error(
        first: dict[str, Any], parts: Iterator[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Yield all parts; an error is the last, as the status is sent already."""
        yield first
        try:
            yield from parts
        except LyreError as error:
            yield {"error": error.what}

    def _send_error(self, status: int, what: str) -> None:
        self._send_json(status, {"error": what})

    def _send_json(self, status: int, content: Any) -> None:
        self._send(status, "application/json", _json(content))

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self._send_head(status, kind, len(content))
        self.wfile.write(content)

    def _send_head(self, status: int, kind: str, length: int | None = None) -> None:
        self._begun = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", page.policy())
        self.send_header("Connection", "close")
        self.end_headers()


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8")
