"""``crio-conformance serve``: a simulator in the foreground."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.commands import main
from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api

SECONDS = 30


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="s") as name:
        yield Path(name)


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Serve in a process of its own, which has said that it does."""
    (folder / "home").mkdir(exist_ok=True)
    asked = [sys.executable, "-m", "conformance.commands.main", "serve", "--socket", str(folder / "s.sock"), *arguments]
    env = {**os.environ, "HOME": str(folder / "home")}
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            assert "This is a simulator of CRI-O" in process.stdout.readline()
            assert process.stdout.readline()
            assert f"crictl --runtime-endpoint unix://{folder}/s.sock" in process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_comes(folder: Path, number: signal.Signals) -> None:
    with serving(folder, "--release", "1.34.11") as process:
        with Client(str(folder / "s.sock"), lambda _call: None) as client:
            assert client.version(api.VersionRequest()).runtime_version == "1.34.11"
        process.send_signal(number)
        _, error = process.communicate(timeout=SECONDS)
    assert (process.returncode, error) == (0, "")
    assert not (folder / "s.sock").exists()


def test_it_reads_the_files_that_are_given(folder: Path) -> None:
    (folder / "r.conf").write_text('unqualified-search-registries = ["one.invalid", "two.invalid"]\n')
    (folder / "d").mkdir()
    files = "--registries-conf", str(folder / "r.conf"), "--registries-conf-dir", str(folder / "d")
    with (
        serving(folder, *files, "--short-name-mode", "enforcing") as process,
        Client(str(folder / "s.sock"), lambda _call: None) as client,
    ):
        with pytest.raises(CRIError, match="short name mode is enforcing, but image name app returns ambiguous list"):
            client.image_status(api.ImageStatusRequest(image=api.ImageSpec(image="app")))
        process.terminate()
        _, error = process.communicate(timeout=SECONDS)
    assert re.search(r'level=info msg="Checking image status: app" id=\S+ name=/runtime.v1.ImageService/', error)
    assert "level=debug" not in error


def test_a_stale_socket_makes_way(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as handle:
        handle.bind(str(folder / "s.sock"))
    with serving(folder), Client(str(folder / "s.sock"), lambda _call: None) as client:
        assert client.version(api.VersionRequest()).runtime_name == "cri-o"


def test_a_socket_that_is_served_on_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(folder), Client(str(folder / "s.sock"), lambda _call: None) as client:
        assert main.main(["serve", "--socket", str(folder / "s.sock")]) == 2
        assert "is served on by somebody else" in capsys.readouterr().err
        assert client.version(api.VersionRequest()).runtime_name == "cri-o"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--release", "1.30"], "--release 1.30: the release line 1.30 is not known"),
        (["--release", "1.99.1"], "is of a line that is not known"),
        (["--release", "new"], "'new' is no CRI-O release"),
        (["--socket", "{}/none/s.sock"], "there is no folder"),
        (["--socket", "{}/file"], "is there already, and is no socket"),
        (["--socket", "{}"], "is there already, and is no socket"),
        (["--socket", "{}/" + "x" * 120], "longer than the 107 bytes"),
        (["--registries-conf", "{}/none"], "no such file or directory"),
        (["--registries-conf", "{}/file"], "/file"),
        (["--registries-conf-dir", "{}/none"], "is no folder"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(
    folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").write_text("no = [toml")
    given = [each.replace("{}", str(folder)) for each in arguments]
    assert main.main(["serve", "--socket", str(folder / "s.sock"), *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("crio-conformance serve: ")
    assert error.count("\n") == 1
    assert not (folder / "s.sock").exists()
    assert (folder / "file").read_text() == "no = [toml"


def test_a_folder_that_may_not_be_written_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (folder / "closed").mkdir(mode=0o500)
    assert main.main(["serve", "--socket", str(folder / "closed" / "s.sock")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_signals_are_as_before_when_nothing_was_served(folder: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    main.main(["serve", "--socket", str(folder / "none" / "s.sock")])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_an_authentication_file_that_cannot_be_used_fails_the_pull(folder: Path) -> None:
    (folder / "home" / ".docker").mkdir(parents=True)
    (folder / "home" / ".docker" / "config.json").write_text('{"auths": {"127.0.0.1:1": {"auth": "%"}}}')
    with serving(folder), Client(str(folder / "s.sock"), lambda _call: None) as client:
        request = api.PullImageRequest(image=api.ImageSpec(image="127.0.0.1:1/app"))
        with pytest.raises(CRIError) as caught:
            client.pull_image(request)
    if os.geteuid() == 0:  # CRI-O's files are root's
        assert "getting username and password: " in caught.value.message
        assert caught.value.message.count("\n") == 0
