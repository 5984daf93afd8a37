from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence import Log, LogLine
from conformance.evidence.log import missing_kinds, panics, resolved_names, tried_hosts

TIME = 'time="2026-11-25T01:15:43.123456789Z"'
CALL = "id=1f2e3d name=/runtime.v1.ImageService/PullImage"

# A line as logrus writes it, and its message; all are of level info.
MESSAGES = {
    "Started": "Started",
    '"Pulling image: rhuss/app"': "Pulling image: rhuss/app",
    r'"Trying to access \"docker.io/rhuss/app:latest\""': 'Trying to access "docker.io/rhuss/app:latest"',
    r'"Image operating system mismatch: expecting one of \"linux+amd64+\\\"\\\"\""': (
        'Image operating system mismatch: expecting one of "linux+amd64+\\"\\""'
    ),
    r'"a\tb\nc"': "a\tb\nc",
    r'"\x1b[31mred\x1b[0m"': "\x1b[31mred\x1b[0m",
    r'"bell \a, grüße →"': "bell \a, grüße →",
    r'"caf\u00e9 \U0001f600 \x07 é"': "café 😀 \a é",
    r'"C:\\x1b"': r"C:\x1b",
    '"level=fatal msg=no"': "level=fatal msg=no",
    '""': "",
    r'"broken \xzz"': r"broken \xzz",
}


@pytest.mark.parametrize(("written", "message"), MESSAGES.items())
def test_a_message_is_read_as_it_was_meant(written: str, message: str) -> None:
    line = LogLine.parse(f"{TIME} level=info msg={written} {CALL}")
    assert (line.message, line.level, line.request_id) == (message, "info", "1f2e3d")
    assert line.time == "2026-11-25T01:15:43.123456789Z"
    assert line.fields["name"] == "/runtime.v1.ImageService/PullImage"


def test_a_line_may_have_no_more_than_level_and_message() -> None:
    assert LogLine.parse("level=debug msg=a") == LogLine("a", "debug")


@pytest.mark.parametrize(
    "text",
    [
        "panic: runtime error: invalid memory address or nil pointer dereference",
        "goroutine 1 [running]:",
        "\tserver/image_pull.go:118 +0x1d4",
        "",
        'msg="no level"',
        "level=error",
        "W1125 01:15:43.1 1 logging.go:55] grpc: addrConn.createTransport failed",
    ],
)
def test_what_logrus_did_not_write_is_a_message_without_a_level(text: str) -> None:
    assert LogLine.parse(text) == LogLine(text)


@given(st.text() | st.text(alphabet='msg=level" \\xu0a').map('level=a msg="{}'.format))
def test_any_line_can_be_read(text: str) -> None:
    assert isinstance(LogLine.parse(text).message, str)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """The log of a file that is not there yet."""
    with closing(Log(tmp_path / "crio.log")) as log:
        yield log


def write(path: Path, data: bytes) -> None:
    with path.open("ab") as handle:
        handle.write(data)


def messages(log: Log, mark: int = 0) -> list[str]:
    return [line.message for line in log.since(mark)]


def test_a_log_that_is_not_there_yet_is_empty(log: Log) -> None:
    assert (log.position(), log.since(0), log.tail()) == (0, (), "")
    write(log.path, b"level=info msg=a\n")
    assert messages(log) == ["a"]


def test_a_log_is_followed_as_it_grows(log: Log) -> None:
    write(log.path, b"level=info msg=a\nlevel=info msg=b\n")
    mark = log.position()
    assert mark == 2
    assert messages(log, mark) == []
    write(log.path, b"level=info msg=c\n\nlevel=info msg=d\n")
    assert messages(log, mark) == ["c", "", "d"]
    assert messages(log) == ["a", "b", "c", "", "d"]
    assert log.tail(2) == "\nd"


def test_a_half_written_line_is_left_until_it_is_whole(log: Log) -> None:
    euro = "€".encode()
    write(log.path, b'level=info msg=a\nlevel=info msg="' + euro[:1])
    assert messages(log) == ["a"]
    write(log.path, euro[1:] + b' b"')
    assert messages(log) == ["a"]
    write(log.path, b"\nlevel=")
    assert messages(log) == ["a", "€ b"]
    write(log.path, b"info msg=c\n")
    assert messages(log) == ["a", "€ b", "c"]


def test_a_log_that_was_closed_has_what_was_read(log: Log) -> None:
    write(log.path, b"level=info msg=a\n")
    assert messages(log) == ["a"]
    log.close()
    write(log.path, b"level=info msg=b\n")
    assert messages(log) == ["a"]


def test_bytes_that_are_no_text_do_no_harm(log: Log) -> None:
    write(log.path, b"\xff\xfe\n\x0c\xe2\x80\xa8x\nlevel=info msg=a\n")
    assert len(messages(log)) == 3
    assert messages(log)[-1] == "a"


def test_the_hosts_tried_and_the_names_resolved_are_read_off_the_messages() -> None:
    origin = "(/etc/containers/registries.conf.d/crio.conf)"
    lines = [
        LogLine(f'Resolving "rhuss/app" using unqualified-search registries {origin}', "info"),
        LogLine('Trying to access "docker.io/rhuss/app:latest"', "info"),
        LogLine('Trying to access "docker.io/rhuss/app:latest"', "info"),
        LogLine('Trying to access "127.0.0.1:5001/library/foo:latest"', "info"),
        LogLine('Accessing "quay.io/rhuss/app:latest" failed: no', "debug"),
        LogLine(f'Resolved "busybox" as an alias {origin}', "info"),
        LogLine("Pulling image: rhuss/app", "info"),
    ]
    assert list(tried_hosts(lines)) == ["docker.io", "docker.io", "127.0.0.1:5001"]
    assert list(resolved_names(lines)) == ["rhuss/app", "busybox"]


def test_what_was_not_found_is_in_the_log_s_own_words() -> None:
    told = (
        "Image team/app not found",
        "Neither image nor artfiact team/app found",
        "Neither image nor artifact team/app:1 found",
        "neither a nor b",
    )
    assert list(missing_kinds(map(LogLine, told))) == ["image", "artfiact", "image", "artifact"]


NIL = "runtime error: invalid memory address or nil pointer dereference"
TRACE = [
    f"panic: {NIL} [recovered, repanicked]",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x264acb3]",
    "",
    "goroutine 448 [running]:",
    "runtime.sigpanic()",
    "github.com/cri-o/cri-o/server.(*safeMountInfo).Close(0x0)",
    "github.com/cri-o/cri-o/server.(*Server).createSandboxContainer.func2()",
]


def test_a_panic_is_told_with_the_function_that_had_it() -> None:
    lines = [LogLine("panic: not one", "error"), *map(LogLine, TRACE), LogLine("main.main()")]
    assert list(panics(lines)) == [f"{NIL} [recovered, repanicked] in server.(*safeMountInfo).Close"]
    assert list(panics(map(LogLine, TRACE[3:]))) == []
