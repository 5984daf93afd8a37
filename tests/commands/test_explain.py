"""The command line of explain: what it goes by, what it prints, and how it ends."""

import argparse
import errno
import io
import json
import os
import re
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import grpc
import pytest

from conformance.commands import explain
from conformance.cri.v1 import api_pb2 as api
from conformance.explain.explanation import SourceAnswer
from conformance.node_config import crio_conf, crio_release, reader
from conformance.node_config.errors import NodeConfigError
from conformance.node_config.logins import Logins

DOC = Path(__file__).parents[2] / "docs" / "explain.md"
NAME = "team/app"


class Ended(NamedTuple):
    """How the command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a machine's files, which is the whole machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(crio_release, "SOCKETS", ())
    monkeypatch.setattr(crio_conf, "DEFAULT_PATHS", (tmp_path / "none.conf", tmp_path / "none.d"))
    (tmp_path / "d").mkdir()
    (tmp_path / "registries.conf").write_text('unqualified-search-registries = ["docker.io", "quay.io"]\n')
    return tmp_path


@pytest.fixture
def run(files: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on those files."""
    del files

    def explained(*arguments: str) -> Ended:
        parser = argparse.ArgumentParser(prog="crio-conformance")
        explain.add_command(parser.add_subparsers(required=True))
        given = ["--registries-conf", "registries.conf", "--registries-conf-dir", "d"]
        parsed = parser.parse_args(["explain", *given, *arguments])
        code = parsed.run(parsed)
        return Ended(code, *capsys.readouterr())

    return explained


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([NAME], 1),
        ([NAME, "--release", "1.33"], 0),
        ([NAME, "--short-name-mode", "disabled"], 0),
        ([f"quay.io/{NAME}"], 0),
        (["Bad"], 1),
        ([""], 1),
    ],
)
def test_the_exit_code_says_whether_it_would_be_pulled(run: Run, arguments: list[str], code: int) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.err) == (code, "")
    assert ended.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say which image name is to be explained"),
        ([NAME, "--release", "newest"], "--release newest is no CRI-O release: write it like 1.36 or 1.36.3"),
        ([NAME, "--release", "1.36.x"], "--release 1.36.x is no CRI-O release: write it like 1.36 or 1.36.3"),
        ([NAME, "--release", ""], "--release  is no CRI-O release: write it like 1.36 or 1.36.3"),
        ([NAME, "--release", "1.20"], "--release 1.20 is older than what is known here: CRI-O 1.31 and later"),
        (
            [NAME, "--platform", "arm64"],
            "a platform is written os/architecture or os/architecture/variant, not 'arm64'",
        ),
        ([NAME, "--platform", ""], "a platform is written os/architecture or os/architecture/variant, not ''"),
        (
            [NAME, "--short-name-mode", "permissive"],
            "--short-name-mode permissive is none that CRI-O has: enforcing or",
        ),
        ([NAME, "--registries-conf", "no"], 'loading registries configuration "{}/no": open {}/no: no such file or'),
        ([NAME, "--registries-conf", "bad"], 'loading registries configuration "{}/bad": toml: line 1: '),
        ([NAME, "--registries-conf", "d"], 'loading registries configuration "{}/d": read {}/d: is a directory'),
        ([NAME, "--registries-conf-dir", "no"], "{}/no is no folder"),
        ([NAME, "--registries-conf-dir", "registries.conf"], "{}/registries.conf is no folder"),
        ([NAME, "--crio-conf", "no"], "no cannot be read: no such file or directory"),
        ([NAME, "--crio-conf", "bad"], "bad is no valid TOML: "),
        ([NAME, "--crio-conf", "bad2"], "bad2 has a short_name_mode with which CRI-O does not start: 'permissive'"),
        ([NAME, "--crio-conf", "bad3"], "bad3 cannot be used: image is no table in it"),
        ([NAME, "--crio-conf", "bad4"], "bad4 cannot be used: short_name_mode is no text in it"),
        ([NAME, "--authfile", "no"], "the authentication file no cannot be read: no such file or directory"),
        ([NAME, "--authfile", "bad"], "the authentication file bad is no valid JSON"),
        ([NAME, "--authfile", "list"], "the authentication file list holds no JSON object"),
        ([NAME, "--authfile", "d"], "the authentication file d cannot be read: is a directory"),
        ([NAME, "--socket", "no"], "no CRI-O answers on no: no such file or directory"),
        ([NAME, "--socket", "bad"], "bad is no socket"),
        (["--fingerprint", "--registries-conf", "bad"], 'loading registries configuration "{}/bad": toml: line 1: '),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    run: Run, files: Path, arguments: list[str], sentence: str
) -> None:
    (files / "bad").write_text('{"auths": ')
    (files / "bad2").write_text('[crio.image]\nshort_name_mode = "permissive"\n')
    (files / "bad3").write_text("[crio]\nimage = 1\n")
    (files / "bad4").write_text("[crio.image]\nshort_name_mode = true\n")
    (files / "list").write_text("[]")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("crio-conformance explain: " + sentence.replace("{}", str(files)))
    assert err.count("\n") == 1


def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run(NAME, "--colour")
    assert ended.value.code == 2


def test_a_reader_may_have_read_enough(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Pipe(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return handle

    handle = os.open(tmp_path / "out", os.O_CREAT | os.O_WRONLY)
    monkeypatch.setattr("sys.stdout", Pipe())
    assert run(f"quay.io/{NAME}").code == 0
    assert str(Path(f"/proc/self/fd/{handle}").readlink()) == os.devnull
    os.close(handle)


# JSON


def keys(value: Any, path: str = "") -> Iterator[str]:
    """List the keys of a JSON value as docs/explain.md writes them."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each, f"{path}[]")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from (f"{path}.{name}".strip("."), *keys(each, f"{path}.{name}".strip(".")))


def test_the_keys_of_json_are_the_documented_ones(run: Run) -> None:
    documented = set(re.findall(r"`([a-z_.[\]]+)`", "".join(re.findall(r"(?m)^\| (`[^|]*) \|", DOC.read_text()))))
    refused = run(NAME, "--json")
    found = set(keys(refused.json))
    groups = {"crio", "mode", "reading", "candidates", "candidates[].places", "end", "instead"}
    inner = {each for each in documented if each.startswith("candidates[].places[].found.")}
    assert groups <= found
    assert found - groups == documented - inner
    assert {each.rpartition(".")[2] for each in inner} == set(SourceAnswer.__dataclass_fields__)


def test_json_says_what_the_text_says(run: Run) -> None:
    told = run(NAME, "--json", "--platform", "linux/arm64").json
    assert told["crio"] == {
        "release": "1.36",
        "origin": "default",
        "platform": "linux/arm64",
        "socket": "",
        "explained_as": "",
    }
    assert told["end"] == {
        "succeeds": False,
        "refused": True,
        "ambiguous": True,
        "error": f"short name mode is enforcing, but image name {NAME} returns ambiguous list",
    }
    assert [each["image"] for each in told["instead"]] == [f"docker.io/{NAME}:latest", f"quay.io/{NAME}:latest"]
    assert told["mode"] == {
        "effective": "enforcing",
        "known": True,
        "origin": "default",
        "file": "",
        "crio_conf": [],
        "registries_conf": "permissive",
    }


def test_json_is_ascii_whatever_the_name_is(run: Run) -> None:
    ended = run("\udcff\u2028é", "--json")
    assert ended.out.isascii()
    assert ended.json["name"] == "\udcff\u2028é"


# The fingerprint


def test_the_same_configuration_has_one_fingerprint(run: Run, files: Path) -> None:
    mirror = '[[registry]]\nlocation = "quay.io"\n[[registry.mirror]]\nlocation = "mirror.example"\n'
    with (files / "registries.conf").open("a") as file:
        file.write(mirror)
    whole = run("--fingerprint")
    assert (whole.code, whole.err) == (0, "")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", whole.out)
    (files / "registries.conf").write_text('unqualified-search-registries = ["ghcr.io"]\n')
    assert run("--fingerprint").out != whole.out
    (files / "d" / "1.conf").write_text('unqualified-search-registries = ["docker.io", "quay.io"]\n')
    (files / "d" / "2.conf").write_text(mirror)
    assert run("--fingerprint").out == whole.out
    assert run("--fingerprint", NAME, "--json").json == {"fingerprint": whole.out.strip()}
    assert run(NAME, "--json").json["fingerprint"] == whole.out.strip()


def test_a_fingerprint_of_half_the_files_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_is_forbidden", lambda path: path.endswith("short-name-aliases.conf"))
    code, _, err = run("--fingerprint")
    assert (code, err.count("\n")) == (2, 1)
    assert "short-name-aliases.conf counts, and cannot be read by this user" in err
    ended = run(NAME)
    assert ended.code == 1
    assert "this user may not" in " ".join(ended.out.split())


# Colour


class Terminal(io.StringIO):
    """What looks like a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("wanted", "stream", "env", "coloured"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", Terminal(), {"NO_COLOR": ""}, True),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("auto", io.StringIO(), {}, False),
        ("always", io.StringIO(), {"NO_COLOR": "1"}, True),
        ("never", Terminal(), {}, False),
    ],
)
def test_when_it_is_coloured(wanted: str, stream: io.StringIO, env: Mapping[str, str], coloured: bool) -> None:
    assert explain.is_coloured(wanted, stream, env) is coloured


def test_colour_changes_nothing_else(run: Run) -> None:
    plain, coloured = run(NAME).out, run(NAME, "--color", "always").out
    assert "\x1b[" not in plain
    assert coloured.startswith("\x1b[1m")
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


# crio.conf


def test_later_files_of_crio_conf_count_and_their_kind_does_not(run: Run, files: Path) -> None:
    folder = files / "crio.conf.d"
    (folder / "below").mkdir(parents=True)
    (folder / "10.conf").write_text('[crio.image]\nshort_name_mode = "enforcing"\n')
    (folder / "below" / "20").write_text('[CRIO.Image]\nShort_Name_Mode = "disabled"\n')
    ended = run(NAME, "--crio-conf", "crio.conf.d", "--json")
    assert ended.json["mode"] == {
        "effective": "disabled",
        "known": True,
        "origin": "file",
        "file": "crio.conf.d/below/20",
        "crio_conf": ["crio.conf.d/10.conf", "crio.conf.d/below/20"],
        "registries_conf": "permissive",
    }
    (files / "last.conf").write_text('[crio.image]\nshort_name_mode = ""\n')
    last = run(NAME, "--crio-conf", "crio.conf.d", "--crio-conf", "last.conf", "--json").json["mode"]
    assert (last["effective"], last["origin"], last["file"]) == ("enforcing", "file", "last.conf")


def test_without_crio_conf_it_says_so(run: Run) -> None:
    told = " ".join(run(NAME).out.split())
    assert "No crio.conf was read. A CRI-O that is started without any goes by short-name-mode" in told


def test_a_crio_conf_that_may_not_be_read_is_told(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(crio_conf, "DEFAULT_PATHS", (files / "secret.conf",))
    monkeypatch.setattr(crio_conf, "_image_table", forbidden)
    assert run(NAME, "--json").json["unreadable"] == [f"{files}/secret.conf"]
    told = " ".join(run(NAME).out.split())
    assert f"CRI-O reads {files}/secret.conf, too; this user may not, so that what is in it is missing here." in told
    assert run(NAME, "--crio-conf", "secret.conf").err == (
        "crio-conformance explain: secret.conf cannot be read: permission denied\n"
    )


def test_global_auth_file_is_the_only_one_then(files: Path) -> None:
    (files / "auth.json").write_text('{"auths": {"quay.io": {"auth": "cm9ib3Q6eA=="}}}')
    (files / "crio.conf").write_text(f'[crio.image]\nglobal_auth_file = "{files}/auth.json"\n')
    options = reader.ExplainOptions(
        registries_conf="registries.conf", crio_conf=("crio.conf",), release="1.36", probe=True
    )
    login = reader.read_node_config(options).settings.credentials("quay.io", NAME)
    assert login is not None
    assert login.user == "robot"
    (files / "auth.json").unlink()
    assert reader.read_node_config(options).settings.credentials("quay.io", NAME) is None, "it need not be there"


def test_crio_s_logins_are_root_s(tmp_path: Path) -> None:
    own = tmp_path / ".config" / "containers" / "auth.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"auths": {"quay.io/team": {"auth": "cm9ib3Q6eA=="}}}')
    (tmp_path / "containers").mkdir()
    (tmp_path / "containers" / "auth.json").write_text('{"auths": {"quay.io": {"auth": "bWU6eA=="}, "docker.io": 1}}')
    logins = Logins.of_crio(tmp_path, {"XDG_RUNTIME_DIR": str(tmp_path)})
    login = logins.login("quay.io", NAME)
    assert login is not None
    assert (login.user, login.server) == ("robot", "quay.io")
    assert logins.login("quay.io", "other/app") is None
    assert logins.login("docker.io", NAME) is None
    own.write_text("not json")
    with pytest.raises(NodeConfigError):
        Logins.of_crio(tmp_path, {})


def test_the_logins_of_another_user_are_not_used(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "config.json").write_text('{"auths": {"quay.io": {"auth": "bWU6eA=="}}}')
    options = reader.ExplainOptions(registries_conf="registries.conf", release="1.36", probe=True)
    env = {"DOCKER_CONFIG": str(files)}
    monkeypatch.setattr(reader, "_home", lambda: files / "home")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert reader.read_node_config(options, env).settings.credentials("quay.io", NAME) is not None
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert reader.read_node_config(options, env).settings.credentials("quay.io", NAME) is None


# The release


def service(name: str, version: str) -> grpc.GenericRpcHandler:
    """Say what a runtime is."""
    answer = api.VersionResponse(runtime_name=name, runtime_version=version)
    method = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: answer,
        request_deserializer=api.VersionRequest.FromString,
        response_serializer=api.VersionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("runtime.v1.RuntimeService", {"Version": method})


@pytest.fixture
def serve(own_tmpdir: Path) -> Iterator[Callable[[str, str], str]]:
    servers: list[grpc.Server] = []

    def start(name: str, version: str) -> str:
        server = grpc.server(ThreadPoolExecutor(1))
        server.add_generic_rpc_handlers((service(name, version),))
        path = str(own_tmpdir / f"{len(servers)}.sock")
        server.add_insecure_port(f"unix://{path}")
        server.start()
        servers.append(server)
        return path

    yield start
    for server in servers:
        server.stop(None).wait()


def test_the_release_is_asked_from_a_socket(run: Run, serve: Callable[[str, str], str]) -> None:
    path = serve("cri-o", "1.33.13")
    ended = run(NAME, "--socket", path)
    assert (ended.code, ended.err) == (0, "")
    assert f"CRI-O 1.33.13 answers on {path}." in " ".join(ended.out.split())
    assert run(NAME, "--socket", path, "--release", "1.36").code == 1, "a release that is named counts more"


def test_the_crio_that_answers_here_is_the_one(run: Run, serve: Callable[[str, str], str]) -> None:
    other, path = serve("containerd", "1.7.2"), serve("cri-o", "1.31.5-2.rhaos4.18.gitb0e1bcf.el9")
    known = crio_release.find_release(None, None, ["/no/such.sock", other, path])
    assert (known.text, known.socket, known.profile.since) == ("1.31.5", path, "1.31")
    assert crio_release.find_release(None, None, [other]).origin == "default"
    assert run(NAME, "--socket", other).err == (
        f"crio-conformance explain: what answers on {other} is containerd 1.7.2, no CRI-O\n"
    )


def test_a_socket_on_which_nobody_answers(run: Run, own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crio_release, "SECONDS", 0.2)
    path = own_tmpdir / "dead.sock"
    with socket.socket(socket.AF_UNIX) as handle:
        handle.bind(str(path))
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert (
            run(NAME, "--socket", str(path)).err == f"crio-conformance explain: no CRI-O answers on {path} within 0 s\n"
        )
        assert crio_release.find_release(None, None, [str(path)]).origin == "default"


@pytest.mark.parametrize(
    ("text", "since", "explained_as"),
    [
        ("1.33", "1.33.4", ""),
        ("1.33.0", "1.33", ""),
        ("v1.35", "1.35.2", ""),
        ("1.35.1", "1.35.1", ""),
        ("1.36-dev", "1.36", ""),
        ("1.40", "1.36", "1.36"),
        ("1.40.0", "1.36", "1.36"),
    ],
)
def test_a_line_is_its_last_release(text: str, since: str, explained_as: str) -> None:
    known = crio_release.find_release(text, None)
    assert (known.profile.since, known.explained_as) == (since, explained_as)


def test_what_is_newer_is_explained_as_the_newest(run: Run) -> None:
    told = run(NAME, "--release", "1.40")
    assert "What is new in CRI-O 1.40 is not known here: it is explained as 1.36." in told.out
