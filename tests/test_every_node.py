"""What runs the suite on every node of a cluster: Kubernetes takes the objects, and the image's script reports."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from conformance.commands.main import main
from conformance.report.junit_results import read_results

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
RUN_ON_NODE = FIXTURES / "image" / "run-on-node"
KUBERNETES = "1.31"
"""The oldest release that the objects must be good for: that of the oldest CRI-O that the suite knows."""
RESULTS = "/tmp/sonobuoy/results"  # noqa: S108 (it is the pod's)
"""Where Sonobuoy's worker reads what ``done`` names (vmware-tanzu/sonobuoy pkg/plugin, ``ResultsDir``)."""
CONFIG = {"driver", "plugin-name", "result-format", "result-files", "source-url", "description", "skip-cleanup"}
"""The fields of ``sonobuoy-config`` (vmware-tanzu/sonobuoy pkg/plugin/manifest/manifest.go, ``SonobuoyConfig``)."""

JUNIT = """<?xml version="1.0"?><testsuites><testsuite hostname="n">
<testcase classname="a.test_b" name="c"/></testsuite></testsuites>"""


def objects(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FIXTURES / "sonobuoy" / name).read_text()))


def daemon_set(plugin: dict[str, Any]) -> dict[str, Any]:
    """Make the DaemonSet that Sonobuoy makes of a plugin: its container, its own, and the folder between them."""
    mount = {"name": "results", "mountPath": RESULTS}
    worker = {"name": "sonobuoy-worker", "image": "sonobuoy/sonobuoy", "volumeMounts": [mount]}
    pod = plugin["podSpec"]
    volumes = [*pod["volumes"], {"name": "results", "emptyDir": {}}]
    labels = {"sonobuoy-run": "1"}
    template = {
        "metadata": {"labels": labels},
        "spec": pod | {"containers": [plugin["spec"], worker], "volumes": volumes},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "plugin"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def pods() -> list[dict[str, Any]]:
    (plugin,) = objects("crio-conformance.yaml")
    return [daemon_set(plugin)["spec"]["template"]["spec"], objects("job.yaml")[1]["spec"]["template"]["spec"]]


def test_the_image_is_given_what_the_package_is_built_from() -> None:
    """``.dockerignore`` leaves out all but these."""
    given = {line[2:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!/")}
    assert all((ROOT / each).exists() for each in given)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*build["packages"], *build["force-include"], project["project"]["readme"], "hatch_build.py", "protos"}
    needed |= {"pyproject.toml", *project["project"]["license-files"]}
    dockerfile = (FIXTURES / "image" / "Dockerfile").read_text()
    copied = {each for each in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile, re.MULTILINE) if each != "."}
    assert given == needed | copied


def test_kubernetes_takes_the_job_and_its_namespace() -> None:
    for each in objects("job.yaml"):
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    namespace, job = objects("job.yaml")
    assert job["metadata"]["namespace"] == namespace["metadata"]["name"]


def test_kubernetes_takes_what_sonobuoy_makes_of_the_plugin() -> None:
    (plugin,) = objects("crio-conformance.yaml")
    assert set(plugin) == {"sonobuoy-config", "podSpec", "spec"}
    assert set(plugin["sonobuoy-config"]) <= CONFIG
    kubernetes_validate.validate(daemon_set(plugin), KUBERNETES, strict=True)
    assert plugin["sonobuoy-config"]["driver"] == "DaemonSet"
    assert plugin["sonobuoy-config"]["result-format"] == "junit"
    assert {"results": RESULTS}.items() <= {
        each["name"]: each["mountPath"] for each in plugin["spec"]["volumeMounts"]
    }.items()


@pytest.mark.parametrize("pod", pods(), ids=["sonobuoy", "job"])
def test_a_pod_asks_the_crio_of_its_node(pod: dict[str, Any]) -> None:
    container = pod["containers"][0]
    volumes = {each["name"]: each for each in pod["volumes"]}
    mounts = {each["mountPath"]: volumes[each["name"]] for each in container["volumeMounts"]}
    (socket,) = [each for each in container["args"] if each.startswith("unix://")]
    folder = str(Path(socket.removeprefix("unix://")).parent)
    assert mounts[folder]["hostPath"]["path"] == folder
    assert pod["hostNetwork"]
    assert pod["hostPID"]
    assert container["command"][0] == RUN_ON_NODE.name


@pytest.mark.parametrize("pod", pods(), ids=["sonobuoy", "job"])
def test_its_options_are_those_of_a_run(pod: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *pod["containers"][0]["args"], "-p", "no:cacheprovider"]) == 4
    assert "nobody can be asked there" in capsys.readouterr().err


def on_node(tmp_path: Path, why: str, suite: str) -> subprocess.CompletedProcess[str]:
    """Run the script with this in the place of ``crio-conformance``; ``sleep`` only says that it was called."""
    for name, script in (("crio-conformance", suite), ("sleep", 'echo "sleeps: $*"')):
        (tmp_path / name).write_text(f"#!/bin/bash\n{script}\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SONOBUOY_RESULTS_DIR": str(tmp_path / "results")}
    return subprocess.run([RUN_ON_NODE, why, "-m", "cri"], env=env, capture_output=True, text=True, check=False)


WRITES = f"""
echo "$*" >{{0}}/arguments
while [ "$1" != --junitxml ]; do shift; done
echo '{JUNIT}' >"$2"
exit {{1}}
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_job_ends_as_the_run_does_and_its_log_is_a_result(tmp_path: Path, code: int) -> None:
    done = on_node(tmp_path, "job", WRITES.format(tmp_path, code))
    assert done.returncode == code, done.stderr
    assert (tmp_path / "arguments").read_text().startswith("run --junitxml ")
    assert (tmp_path / "arguments").read_text().endswith(" -m cri\n")
    (tmp_path / "node.log").write_text(done.stdout)
    (run,) = read_results([tmp_path / "node.log"])
    assert (run.name, run.count("passed")) == ("n", 1)


def test_sonobuoy_is_told_where_the_results_are(tmp_path: Path) -> None:
    done = on_node(tmp_path, "sonobuoy", WRITES.format(tmp_path, 1))
    assert (tmp_path / "results" / "done").read_text() == str(tmp_path / "results" / "junit.xml")
    assert done.stdout.endswith("sleeps: infinity\n")


def test_a_pod_that_is_deleted_lets_the_run_clear_up(tmp_path: Path) -> None:
    """The kubelet tells the script alone (SIGTERM), and kills what is left in the container once that has ended."""
    suite = f"""
trap 'sleep; echo cleared >{tmp_path}/cleared; exit 2' TERM
kill -TERM "$PPID"
while true; do :; done
"""
    done = on_node(tmp_path, "job", suite)
    assert (tmp_path / "cleared").read_text() == "cleared\n"
    assert done.returncode == 2
    (tmp_path / "node.log").write_text(done.stdout)
    (run,) = read_results([tmp_path / "node.log"])
    assert [each.reason for each in run.verdicts.values()] == ["the pod was deleted before the run was done"]


@pytest.mark.parametrize("written", ["", "a JUnit file without a case"])
@pytest.mark.parametrize(("why", "code"), [("job", 4), ("sonobuoy", 0)])
def test_a_run_that_cannot_begin_is_a_result_as_well(tmp_path: Path, why: str, code: int, written: str) -> None:
    sentence = 'ERROR: <nobody> can be asked & "there"'
    empty = WRITES.format(tmp_path, 4).replace('<testcase classname="a.test_b" name="c"/>', "")  # as pytest writes it
    done = on_node(tmp_path, why, f"{written and empty.partition('exit')[0]}\necho '{sentence}' >&2; echo; exit 4")
    assert done.returncode == code
    (run,) = read_results([tmp_path / "results"])
    assert [each.reason for each in run.verdicts.values()] == [sentence]
    assert run.count("failed") == 1
