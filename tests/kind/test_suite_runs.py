"""What pytest is told to run on a cluster, and which exit code comes of several."""

import shlex
import sys
from pathlib import Path

import pytest

from conformance.commands import main as commands
from conformance.kind import suite_runs
from conformance.kind.suite_runs import exit_code
from tests.kind.conftest import Machine

ROOT = Path(__file__).parents[2]
OPTIONS = ["--config", str(ROOT / "kind-config.yaml"), "--node", str(ROOT / "fixtures" / "node"), "--name", "c"]


@pytest.fixture
def runs(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a script in pytest's place writes what it was told; it ends with the codes in the file ``codes``."""
    script = "import sys; f = open({!r}, 'a'); print(*sys.argv[1:], file=f); sys.exit({})"
    told = tmp_path / "told"
    monkeypatch.setattr(suite_runs, "PYTEST", (sys.executable, "-c", script.format(str(told), 0)))
    monkeypatch.chdir(tmp_path)
    machine.write("images", "localhost/crio-conformance-node:1.36.3-1.36.1\n")
    return told


def test_the_suite_has_the_workers_and_the_cluster_is_asked_with_a_registry(machine: Machine, runs: Path) -> None:
    assert commands.main(["kind", *OPTIONS, "--", "-k", "8780"]) == 0
    nodes, cluster = (shlex.split(line) for line in runs.read_text().splitlines())
    results = "--junitxml=kind-results/junit_"
    asked, registry = cluster[0], cluster[2]
    taken = ["--runtime", "container:c-worker,c-worker2", "-n", "2", "--max-worker-restart=0", asked]
    assert nodes == [*taken, f"{results}nodes.xml", "-k", "8780"]
    assert registry.startswith("127.0.0.1:")
    assert asked.startswith("--cluster=")
    assert cluster == [
        asked,
        "--cluster-registry",
        registry,
        "-n",
        "0",
        "-m",
        "cluster",
        f"{results}cluster.xml",
        "-k",
        "8780",
    ]
    assert machine.lines("clusters") == []
    assert Path("kind-results").is_dir()


def test_a_named_image_is_taken_as_it_is(machine: Machine, runs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["kind", *OPTIONS, "--node-image", "mine:1", "--keep"]) == 0
    assert any("--image mine:1" in line for line in machine.log())
    assert not any(line.startswith("docker image") for line in machine.log())
    assert runs.exists()
    assert "the cluster is kept: kind export kubeconfig --name c" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--crio", "1.36"], 2, "'1.36' is no release: write one with three numbers, 1.36.3"),
        (["--crio-mirror", "here"], 2, "--crio-mirror 'here' is no server's URL"),
        (["--crio", "1.35.6"], 2, "CRI-O 1.35.6 and Kubernetes 1.36.1 are of two release lines: write --crio and"),
        (["--config", "nowhere.yaml"], 2, "there is no nowhere.yaml: run in a clone of this project"),
        (["--name", ""], 2, "argument --name"),
        (["-k", "8780"], 2, "unrecognized arguments: -k (pytest's options go after --)"),
        (["--name", ".."], 2, "'..' is no name of a cluster"),
        (["--name", "/etc"], 2, "'/etc' is no name of a cluster"),
        (["--node", "/nowhere"], 2, "/nowhere/Dockerfile cannot be read"),
        (["--results", sys.executable], 2, "(File exists): let --results name a folder"),
        (["--results", "/proc/here"], 2, "no result can be written into /proc/here ("),
    ],
)
def test_what_cannot_be_is_one_sentence(
    runs: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    try:
        got = commands.main(["kind", *OPTIONS, *arguments])
    except SystemExit as ended:
        got = int(ended.code or 0)
    assert got == code
    assert said in capfd.readouterr().err
    assert not runs.exists()


@pytest.mark.parametrize(
    ("codes", "code"), [([0, 0], 0), ([0, 5], 0), ([5, 5], 5), ([1, 0], 1), ([0, 1], 1), ([5, 4], 4), ([7, 1], 7)]
)
def test_the_exit_code_is_the_first_that_tells_of_a_failure(codes: list[int], code: int) -> None:
    assert exit_code(codes) == code
