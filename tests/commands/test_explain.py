"""The command line of explain: what it prints, and how it ends."""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.commands import explain
from conformance.explain import prober
from conformance.explain.explanation import SourceAnswer
from conformance.explain.pull_trace import predict_trace
from conformance.node_config import reader
from conformance.scenario.scenario_reader import read_scenario
from tests.commands.explain_command import Run

DOC = Path(__file__).parents[2] / "docs" / "explain.md"
NAME = "team/app"


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
        ([NAME, "--authfile", "bad"], 'the authentication file cannot be used: reading JSON file "bad": '),
        ([NAME, "--authfile", "list"], 'the authentication file cannot be used: reading JSON file "list": '),
        ([NAME, "--authfile", "d"], "the authentication file d cannot be read: is a directory"),
        ([NAME, "--save", "story.toml"], "--save is for what registries answer: add --probe"),
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


def test_what_was_probed_is_saved_once(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prober, "probe", lambda about, name: predict_trace(about.settings, name))
    path = files / "story.scenario.toml"
    arguments = [NAME, "--probe", "--save", str(path), "--release", "1.33"]
    run(*arguments)
    assert path.read_text().startswith("# Written by crio-conformance explain --probe --save, ")
    assert read_scenario(path).requested_name == NAME
    ended = run(*arguments)
    sentence = f"crio-conformance explain: {path} is there already: let --save name another file\n"
    assert (ended.code, ended.err) == (2, sentence)
    assert run(NAME, "--probe", "--save", str(files / "no" / "story.toml")).err.endswith(
        "no/story.toml cannot be written: no such file or directory\n"
    )
