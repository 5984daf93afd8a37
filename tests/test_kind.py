"""kind-config.yaml and fixtures/node/: that they are well-formed, and agree with each other and with CRI-O."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from conformance.model.release import Release
from conformance.releases.installation import releases_folder
from conformance.runtime.configuration import Configuration
from tests.kind_schema import CONTAINERD, faults, kubeadm_documents, merged, patched

ROOT = Path(__file__).parent.parent
NODE = ROOT / "fixtures/node"
DROP_IN = NODE / "crio.conf.d/20-kind.conf"
SHIPPED = "10-crio.conf"
"""The drop-in that CRI-O's bundle brings (cri-o/packaging, templates/latest/cri-o/bundle/install)."""
RUNTIMES = """[crio.runtime]
default_runtime = "crun"
[crio.runtime.runtimes.crun]
runtime_path = "/bin/true"
[crio.runtime.runtimes.runc]
runtime_path = "/bin/true"
"""
"""What that says of OCI runtimes; where they are is told otherwise."""
SOCKET = "/var/run/crio/crio.sock"
UNIT = "crio.service"
PAUSE = {"1.31": "3.10", "1.32": "3.10", "1.33": "3.10", "1.34": "3.10.1", "1.35": "3.10.1"}
"""kubeadm's pause image by Kubernetes release line (cmd/kubeadm/app/constants/constants.go, PauseVersion)."""


@cache
def cluster() -> dict[str, Any]:
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    assert isinstance(config, dict)
    return config


def nodes() -> list[dict[str, Any]]:
    listed = cluster()["nodes"]
    assert isinstance(listed, list)
    return listed


def crio_conf() -> dict[str, Any]:
    crio = tomllib.loads(DROP_IN.read_text())["crio"]
    assert isinstance(crio, dict)
    return crio


def unit_file(path: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd minds capitals
    parser.read_string(path.read_text())
    return parser


class Instruction(NamedTuple):
    """One line of a Dockerfile, joined with those that continue it."""

    name: str
    rest: str


def instructions() -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", (NODE / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line.split(maxsplit=1) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [Instruction(name, rest) for name, rest in lines]


def arguments() -> dict[str, str]:
    return dict(each.rest.split("=", 1) for each in instructions() if each.name == "ARG")


def copies() -> dict[str, str]:
    return dict(shlex.split(each.rest) for each in instructions() if each.name == "COPY")


def commands() -> list[list[str]]:
    runs = [each.rest for each in instructions() if each.name == "RUN"]
    return [shlex.split(command) for run in runs for command in run.split("&&")]


# kind-config.yaml


def test_the_cluster_is_one_that_kind_takes() -> None:
    assert faults(cluster()) == []
    assert [each["role"] for each in nodes()] == ["control-plane", "worker", "worker"]
    assert re.fullmatch(r"[a-z0-9.-]+", cluster()["name"])  # validate.go, validNameRE


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"nodes": [{"role": "master"}]}, "the cluster.nodes[0].role: 'master' is none of ['control-plane', 'worker']"),
        ({"nodes": [{"criSocket": SOCKET}]}, "the cluster.nodes[0]: no field is called criSocket"),
        ({"nodes": [{"kubeadmConfigPatches": [{}]}]}, "the cluster.nodes[0].kubeadmConfigPatches[0]: {} is no str"),
        ({"nodes": {}}, "the cluster.nodes: {} is no list"),
        ({"networking": []}, "the cluster.networking: [] is no table"),
        ({"featureGates": {"A": "yes"}}, "the cluster.featureGates.A: 'yes' is no bool"),
        ({"apiVersion": "v1"}, "the cluster.apiVersion: 'v1' is none of ['kind.x-k8s.io/v1alpha4']"),
    ],
)
def test_what_kind_refuses_is_told(wrong: dict[str, Any], told: str) -> None:
    assert faults(wrong) == [told]


@pytest.mark.parametrize("version", ["v1beta3", "v1beta4"])
def test_kubeadm_is_told_of_crio_everywhere(version: str) -> None:
    before = {each["kind"]: each for each in kubeadm_documents(version)}
    after = {each["kind"]: each for each in patched(kubeadm_documents(version), cluster()["kubeadmConfigPatches"])}
    assert CONTAINERD in str(before)
    assert CONTAINERD not in str(after)
    for kind in ("InitConfiguration", "JoinConfiguration"):
        assert after[kind]["nodeRegistration"]["criSocket"] == f"unix://{SOCKET}"
        assert after[kind] == merged(before[kind], {"nodeRegistration": {"criSocket": f"unix://{SOCKET}"}})
    kubelet = after["KubeletConfiguration"]
    assert kubelet["containerRuntimeEndpoint"] == f"unix://{SOCKET}"
    assert kubelet["cgroupDriver"] == crio_conf()["runtime"]["cgroup_manager"]
    assert kubelet["cgroupRoot"] == "/kubelet"
    assert kubelet["failCgroupV1"] is False
    assert after["ClusterConfiguration"] == before["ClusterConfiguration"]


def test_a_patch_that_kind_would_pass_over_is_told() -> None:
    with pytest.raises(ValueError, match="a patch of InitConfig matches nothing"):
        patched(kubeadm_documents("v1beta4"), ["kind: InitConfig"])
    with pytest.raises(ValueError, match="a patch of InitConfiguration matches nothing"):
        patched(kubeadm_documents("v1beta4"), ["kind: InitConfiguration\napiVersion: kubeadm.k8s.io/v1beta3"])


def test_patches_are_merged_as_rfc_7386_has_it() -> None:
    assert merged({"a": "b", "c": {"d": 1, "f": 2}}, {"a": "z", "c": {"f": None}}) == {"a": "z", "c": {"d": 1}}
    assert merged({"a": ["b"]}, {"a": [1]}) == {"a": [1]}
    assert merged([1], {"a": {"b": None}}) == {"a": {}}


# fixtures/node/


def test_the_image_is_one_that_no_registry_can_give() -> None:
    """What the engine lacks, kind pulls: a name that somebody else could own must not be asked for."""
    (image,) = {each["image"] for each in nodes()}
    assert image.startswith("localhost/")
    assert f"--tag {image} " in (NODE / "Dockerfile").read_text()


def test_kubernetes_and_crio_are_of_one_release_line() -> None:
    base = re.fullmatch(r"kindest/node:v(\d+\.\d+)\.\d+", arguments()["BASE"])
    bundle = re.fullmatch(r"cri-o\.amd64\.v(\d+\.\d+)\.\d+\.tar\.gz", arguments()["BUNDLE"])
    assert base is not None
    assert bundle is not None
    assert base[1] == bundle[1]
    assert [each.rest for each in instructions() if each.name == "FROM"] == ["${BASE}"]
    assert [shlex.split(each.rest) for each in instructions() if each.name == "ADD"] == [["${BUNDLE}", "/opt/"]]


def test_the_context_has_what_is_copied_and_no_more() -> None:
    there = {str(each.relative_to(NODE)) for each in NODE.rglob("*") if each.is_file()}
    there = {each for each in there if not fnmatch(each, "cri-o.*.tar.gz*")}
    assert there - {"Dockerfile", ".dockerignore"} == set(copies())
    shown = [line[1:] for line in (NODE / ".dockerignore").read_text().split() if line.startswith("!")]
    for needed in (*copies(), arguments()["BUNDLE"]):
        assert any(fnmatch(needed.split("/")[0], pattern) for pattern in shown), needed


def test_files_are_copied_to_where_they_are_read() -> None:
    assert copies() == {
        f"crio.conf.d/{DROP_IN.name}": f"/etc/crio/crio.conf.d/{DROP_IN.name}",
        "crio.service.d/10-kind.conf": f"/etc/systemd/system/{UNIT}.d/10-kind.conf",
        "kubelet": "/etc/default/kubelet",
    }
    assert DROP_IN.name > SHIPPED  # the later file wins (crio.conf.d(5))


def test_crio_runs_in_the_place_of_containerd() -> None:
    enabled = [command[1:] for command in commands() if command[0] == "systemctl"]
    assert enabled == [["disable", "containerd.service"], ["enable", UNIT]]
    (option,) = (NODE / "kubelet").read_text().split()
    assert option == f"KUBELET_EXTRA_ARGS=--runtime-cgroups=/system.slice/{UNIT}"
    unit = unit_file(NODE / "crio.service.d/10-kind.conf")
    assert {name: dict(unit[name]) for name in unit.sections()} == {"Unit": {"After": "undo-mount-hacks.service"}}


def test_the_bundle_is_installed_by_bash() -> None:
    """Its script has no interpreter that the kernel would find, and uses what only bash knows."""
    assert ["bash", "./install"] in commands()


def test_the_search_list_has_the_name_that_worlds_give_it() -> None:
    """It is the one that CRI-O ships, in the file in which CRI-O's packages and our own worlds have it."""
    renamed = [f"registries.conf.d/{command[2]}" for command in commands() if command[0] == "mv"]
    assert renamed == [name for name, _ in Configuration().registries_conf()]


def test_what_is_tested_stays_as_crio_ships_it() -> None:
    """No file of ours touches the search list, the short-name mode, the signature policy or the pause image."""
    assert crio_conf().keys() == {"storage_driver", "api", "runtime"}
    assert not [target for target in copies().values() if target.startswith("/etc/containers/")]


# CRI-O itself, where there is one


def cached() -> list[Path | None]:
    return [*sorted(releases_folder().glob("*/bin/crio"))] or [None]


def configuration_of(crio: Path, *options: str) -> dict[str, str]:
    """What a CRI-O says it would do, given options: each key of its tables, those with its default included."""
    command = [str(crio), *options]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.defpath}).stdout
    found: dict[str, str] = {}
    table = ""
    for line in told.splitlines():
        if header := re.fullmatch(r"(?:# )?\[([\w.]+)\]", line):
            table = header[1]
        elif setting := re.fullmatch(r'(?:# )?(\w+) = "?(.*?)"?', line):
            found[f"{table}.{setting[1]}"] = setting[2]
    return found


@pytest.fixture(params=cached(), ids=lambda crio: crio.parent.parent.name if crio else "none")
def crio(request: pytest.FixtureRequest) -> Path:
    if request.param is None:
        pytest.skip(f"there is no CRI-O in {releases_folder()}")
    assert isinstance(request.param, Path)
    return request.param


def keys(table: dict[str, Any], name: str) -> dict[str, Any]:
    """The keys of a table and those in it, with the tables' names."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= keys(value, f"{name}.{key}") if isinstance(value, dict) else {f"{name}.{key}": value}
    return found


def test_crio_knows_every_key(crio: Path) -> None:
    """An unknown key is passed over without a word."""
    assert keys(crio_conf(), "crio").keys() <= configuration_of(crio, "config", "--default").keys()


def test_crio_takes_the_drop_in(crio: Path, tmp_path: Path) -> None:
    """CRI-O reads the drop-in after the one of the bundle and prints the whole configuration that comes of it."""
    shutil.copy(DROP_IN, tmp_path)
    (tmp_path / SHIPPED).write_text(RUNTIMES)
    told = configuration_of(crio, "--config", "", "--config-dir", str(tmp_path), "config")
    assert {key: told[key] for key in keys(crio_conf(), "crio")} == keys(crio_conf(), "crio")
    line = Release(crio.parent.parent.name).line
    if line in PAUSE:
        assert told["crio.image.pause_image"] == f"registry.k8s.io/pause:{PAUSE[line]}"
