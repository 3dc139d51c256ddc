"""What the server answers to a browser, and to what is no browser."""

import csv
import http.client
import io
import json
import re
import socket
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from train.__main__ import app
from train.errors import TrainError
from train.serving import listening, page
from train.serving.handler import Handler
from train.serving.limits import Limits
from train.serving.server import Server
from train.tagger import Tagger

_RATE = 16_000
_SONG = {"Content-Type": "application/octet-stream"}


def _ask(
    server: Server,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1])
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def _raw(server: Server, request: str) -> tuple[int, Any]:
    """Send a request as it stands; return status and what the JSON says."""
    address = ("127.0.0.1", server.server_address[1])
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(request.encode("latin-1"))
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(content)


def _tag(server: Server, song: bytes) -> tuple[int, list[dict[str, Any]]]:
    answer, content = _ask(server, "POST", "/tag", song, _SONG)
    return answer.status, [json.loads(line) for line in content.splitlines()]


def _wav(seconds: float, rate: int = _RATE) -> bytes:
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, int(seconds * rate))
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format="WAV")
    return content.getvalue()


def test_a_song_gets_the_scores_of_the_tagger(
    server: Server, tagger: Tagger, real: Path
) -> None:
    file = real / "music" / "test-1.mp3"
    status, parts = _tag(server, file.read_bytes())
    assert status == 200
    head, *batches, last = parts
    expected = tagger.predict(file, hop=0.5)
    assert head["count"] == len(expected.starts) > 16
    assert head["seconds"] == pytest.approx(expected.seconds)
    assert head["window_seconds"] == 1.0
    assert len(batches) == -(-head["count"] // 16)
    starts = [start for part in batches for start in part["starts"]]
    windows = [scores for part in batches for scores in part["windows"]]
    np.testing.assert_allclose(starts, expected.starts, atol=1e-4)
    np.testing.assert_allclose(windows, expected.windows, atol=1e-4)
    np.testing.assert_allclose(last["scores"], expected.scores, atol=1e-4)


@pytest.mark.parametrize(
    ("song", "sentence"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script></html>", "not audio but"),
        (b"%PDF-1.7 ...", "not audio but PDF"),
        (bytes(5_000), "zero bytes only"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10), "without audio"),
    ],
)
def test_what_is_no_song_is_answered_in_a_sentence(
    server: Server, song: bytes, sentence: str
) -> None:
    status, (answer,) = _tag(server, song)
    assert status == 422
    assert sentence in answer["error"]
    assert "\n" not in answer["error"]
    # What was sent does not come back.
    assert "<" not in answer["error"]


def test_every_odd_real_file_gets_scores_or_a_sentence(
    server: Server, real: Path
) -> None:
    with (real / "audio.csv").open(encoding="utf-8") as lines:
        samples = {
            row["file"]: int(row["ffmpeg_mono_samples"])
            for row in csv.DictReader(lines)
        }
    for file in sorted((real / "audio").iterdir()):
        status, parts = _tag(server, file.read_bytes())
        # Scores where FFmpeg reads a sample, and nowhere else.
        assert (status == 200) == (samples[f"audio/{file.name}"] > 0), file
        if status == 200:
            assert np.isfinite(parts[-1]["scores"]).all(), file
        else:
            assert status == 422, file
            assert parts[0]["error"], file


def test_the_page_is_one_file_that_loads_nothing(server: Server) -> None:
    answer, content = _ask(server, "GET", "/")
    assert answer.status == 200
    text = content.decode("utf-8")
    addresses: list[str | None] = []

    class Reader(HTMLParser):
        def handle_starttag(
            self, tag: str, attrs: list[tuple[str, str | None]]
        ) -> None:
            found = dict(attrs)
            addresses.extend(found[key] for key in ("href", "src") if key in found)
            assert not any(name.startswith("on") for name in found)
            assert "style" not in found

    Reader().feed(text)
    assert addresses == ["data:,"]
    assert not re.search(r"https?://|@import|url\(", text)
    # Names of songs and tags are shown as text and never parsed.
    for danger in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval",
    ):
        assert danger not in text


def test_the_policy_allows_this_script_and_no_other(server: Server) -> None:
    answer, _ = _ask(server, "GET", "/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy == page.policy()
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[\w+/=]+'", directives["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/=]+'", directives["style-src"])
    assert "unsafe" not in policy
    assert directives["frame-ancestors"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_names_come_as_data(server: Server) -> None:
    answer, content = _ask(server, "GET", "/model")
    assert answer.headers["Content-Type"] == "application/json"
    found = json.loads(content)
    assert found["tags"] == list(server.tagger.tags)
    assert found["name"].startswith("<img")
    assert found["most_bytes"] == 100_000_000


@pytest.mark.parametrize(
    "path",
    [
        *("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"),
        *("/page.html", "/..", "/tag", "/model/", "file:///etc/passwd", "*", "//["),
        "/\\..\\..\\etc",
    ],
)
def test_no_path_leads_to_a_file(server: Server, path: str) -> None:
    host = f"127.0.0.1:{server.server_address[1]}"
    status, answer = _raw(server, f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")
    assert (status, answer) == (404, {"error": "there is nothing here"})


@pytest.mark.parametrize(
    "lines",
    [
        "Host: evil.example\r\n",
        "Host: evil.example:{port}\r\n",
        "Host: 127.0.0.1\r\n",
        "Host: 127.0.0.1.evil.example:{port}\r\n",
        "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n",
        "",
    ],
)
def test_other_hosts_are_refused(server: Server, lines: str) -> None:
    # So that no other name can be made to point here (DNS rebinding).
    head = lines.format(port=server.server_address[1])
    for request in ("GET / HTTP/1.0", "GET /model HTTP/1.0", "POST /tag HTTP/1.0"):
        status, answer = _raw(server, f"{request}\r\n{head}\r\n")
        assert status == 421
        assert answer["error"] == f"this page is at {server.url} and nowhere else"


def test_browsers_leave_the_usual_port_out(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr("train.serving.server.HTTP_PORT", port)
    with serve(port=port) as server:
        for host in ("127.0.0.1", "localhost", f"localhost:{port}"):
            head = f"Host: {host}\r\nOrigin: http://{host}\r\n"
            status, _ = _raw(server, f"GET /model HTTP/1.0\r\n{head}\r\n")
            assert status == 200
        status, _ = _raw(server, "GET /model HTTP/1.0\r\nHost: evil.example\r\n\r\n")
        assert status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_pages_may_ask_for_nothing(
    server: Server, headers: dict[str, str]
) -> None:
    for method, path in (("GET", "/model"), ("POST", "/tag")):
        answer, content = _ask(server, method, path, None, headers | _SONG)
        assert answer.status == 403
        assert "another page" in json.loads(content)["error"]


def test_the_page_itself_can_be_linked_to(server: Server) -> None:
    answer, _ = _ask(server, "GET", "/", None, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200
    name = f"localhost:{server.server_address[1]}"
    headers = {
        "Host": name,
        "Origin": f"http://{name}",
        "Sec-Fetch-Site": "same-origin",
    }
    assert _ask(server, "GET", "/model", None, headers)[0].status == 200


def test_a_form_cannot_send_a_song(server: Server) -> None:
    for kind in ("text/plain", "multipart/form-data", "application/json"):
        answer, _ = _ask(server, "POST", "/tag", b"x", {"Content-Type": kind})
        assert answer.status == 415


def test_other_methods_are_refused(server: Server) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        answer, content = _ask(server, method, "/")
        assert answer.status == 501
        assert json.loads(content)["error"]
        assert answer.headers["Content-Security-Policy"] == page.policy()


def test_it_listens_to_this_machine_alone(server: Server) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_too_large_is_refused_before_it_is_read(serve: Any) -> None:
    with serve(limits=Limits(megabytes=1)) as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        head = (
            f"POST /tag HTTP/1.0\r\nHost: {host}\r\n"
            "Content-Type: application/octet-stream\r\n"
        )
        for length in ("1000001", "9" * 19):
            status, answer = _raw(server, f"{head}Content-Length: {length}\r\n\r\n")
            assert (status, answer["error"]) == (413, "larger than 1 MB")
        for length in ("-1", "1e3", "", "9" * 30, "٣"):
            line = f"Content-Length: {length}\r\n".encode().decode("latin-1")
            assert _raw(server, f"{head}{line}\r\n")[0] == 411
        status, answer = _raw(server, f"{head}Content-Length: 10\r\n\r\nabc")
        assert (status, answer["error"]) == (400, "the song broke off")


def test_a_song_that_is_too_long_is_refused_while_it_is_decoded(serve: Any) -> None:
    with serve(limits=Limits(minutes=0.1)) as server:
        assert _tag(server, _wav(5.9))[0] == 200
        # Silence packs so well that its size says nothing of its length.
        packed = io.BytesIO()
        soundfile.write(packed, np.zeros(60 * 44_100), 44_100, format="FLAC")
        assert len(packed.getvalue()) < 50_000
        status, (answer,) = _tag(server, packed.getvalue())
        assert (status, answer["error"]) == (422, "longer than 6 s")


def test_time_that_runs_out_is_the_last_line(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(limits=Limits(seconds=50), hop=0.1) as server:
        # Each look at the clock is 20 s after the one before.
        clock = iter(range(0, 10_000, 20))
        stopped = type("Time", (), {"monotonic": staticmethod(lambda: next(clock))})
        monkeypatch.setattr(listening, "time", stopped)
        status, parts = _tag(server, _wav(10))
    assert status == 200
    assert parts[-1] == {"error": "tagging it takes longer than 50 s"}
    assert len(parts) == 4


def test_one_song_at_a_time(serve: Any) -> None:
    with serve() as server:
        server.patience = 0.05
        with server.turn:
            status, (answer,) = _tag(server, _wav(1))
            assert status == 503
            assert "another song" in answer["error"]
            assert _ask(server, "GET", "/model")[0].status == 200
        assert _tag(server, _wav(1))[0] == 200


def test_who_hangs_up_makes_room_for_the_next(serve: Any) -> None:
    with serve() as server:
        for _ in range(3):
            address = ("127.0.0.1", server.server_address[1])
            with socket.create_connection(address) as client:
                client.sendall(
                    f"POST /tag HTTP/1.0\r\nHost: 127.0.0.1:{address[1]}\r\n"
                    "Content-Type: application/octet-stream\r\n"
                    "Content-Length: 999\r\n\r\nabc".encode()
                )
        assert _tag(server, _wav(1))[0] == 200


def test_who_sends_too_slowly_is_refused(serve: Any) -> None:
    with serve(limits=Limits(seconds=0.2)) as server:
        address = ("127.0.0.1", server.server_address[1])
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(
                f"POST /tag HTTP/1.0\r\nHost: 127.0.0.1:{address[1]}\r\n"
                "Content-Type: application/octet-stream\r\n"
                "Content-Length: 999\r\n\r\n".encode()
            )
            time.sleep(0.3)
            client.sendall(b"a")
            answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert b" 408 " in answer
    assert b"sending it takes too long" in answer


def test_what_goes_wrong_inside_is_told_to_its_owner(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def fails(*_arguments: object) -> None:
        raise ValueError("a secret")

    with serve(say=told.append) as server:
        monkeypatch.setattr("train.serving.handler.listen", fails)
        status, (answer,) = _tag(server, _wav(1))
    assert status == 500
    assert answer["error"] == "the server failed; its terminal says more"
    assert "a secret" in told[0]


def test_a_port_in_use_is_one_sentence(server: Server, tagger: Tagger) -> None:
    port = server.server_address[1]
    with pytest.raises(TrainError, match=f"port {port} is in use"):
        Server(Handler, tagger, "other", port)
    with pytest.raises(TrainError, match="cannot be opened"):
        Server(Handler, tagger, "other", 70_000)


def test_the_command_tells_where_the_page_is(
    band_run: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bytes] = []

    def once(server: Server) -> None:
        client = threading.Thread(
            target=lambda: answers.append(_ask(server, "GET", "/model")[1])
        )
        client.start()
        server.handle_request()
        client.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", once)
    folder = str(band_run[0].folder)
    options = ("--port", "0", "--megabytes", "7", "--minutes", "2")
    done = CliRunner().invoke(app, ["serve", folder, *options])
    assert done.exit_code == 0, done.output
    address, *_ = done.stdout.split()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert done.stdout.endswith("closed\n")
    found = json.loads(answers[0])
    assert (found["name"], found["most_bytes"]) == ("bands", 7_000_000)
