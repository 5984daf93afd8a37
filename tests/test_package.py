"""What is installed: the wheel holds all that the suite needs, wherever it is run from."""

import configparser
import shutil
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy: building writes the stubs, which other tests may be reading."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("conformance", "docs/scenarios", "fixtures", "protos", "results"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*_pb2*"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (path,) = WheelBuilder(str(folder)).build(directory=str(folder / "dist"), versions=["standard"])
    return zipfile.ZipFile(path)


@pytest.mark.parametrize(
    "name",
    [
        "conformance/py.typed",
        "conformance/cri/v1/api_pb2.py",
        "conformance/cri/v1/api_pb2.pyi",
        "conformance/cri/v1/api_pb2_grpc.py",
        "conformance/node/init.py",
        "conformance/simulator/killing_none.toml",
        "conformance/simulator/passing_on_null.toml",
        "conformance/simulator/mutants/__init__.py",
        "conformance/model/puller.py",
        "conformance/registry_hosts/host_answers.py",
        "conformance/registry_containers/fixtures/Dockerfile",
        "conformance/registry_containers/fixtures/htpasswd.yml",
        "conformance/catalogue/committed/scenarios/8780.scenario.toml",
        "conformance/suite/findings.toml",
        *(f"conformance/catalogue/committed/results/{path.name}" for path in (ROOT / "results").glob("*.json")),
        *(
            str(path.relative_to(ROOT))
            for pattern in ("*/*.py", "*/*.toml")
            for path in sorted((ROOT / "conformance" / "suite").glob(pattern))
        ),
    ],
)
def test_the_wheel_holds(wheel: zipfile.ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_the_wheel_holds_no_tests_of_the_tools(wheel: zipfile.ZipFile) -> None:
    folders = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"conformance"}


def test_the_plugin_and_the_command_are_registered(wheel: zipfile.ZipFile) -> None:
    points = configparser.ConfigParser()
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    points.read_string(wheel.read(name).decode())
    assert points["pytest11"]["crio_conformance"] == "conformance.plugin"
    assert points["console_scripts"]["crio-conformance"] == "conformance.commands.main:main"
