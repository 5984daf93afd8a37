"""The build hook that writes the CRI stubs into conformance/cri/v1/, from protos/cri/runtime/v1/api.proto."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROTOS = "protos/cri/runtime/v1"
STUBS = "conformance/cri/v1"
PACKAGE_DOCSTRING = '"""The CRI stubs: messages in `api_pb2`, clients and servicers in `api_pb2_grpc`."""\n'


class CriStubs(BuildHookInterface[BuilderConfig]):
    """Generates the stubs for every wheel, an editable install's included, and adds them to what the wheel holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Generate the stubs; an sdist has none, since whoever builds a wheel from it generates them again."""
        if self.target_name != "wheel":
            return
        generate_stubs(Path(self.root))
        build_data["artifacts"].append(f"/{STUBS}/*.py*")  # git ignores them, so hatchling would leave them out


def generate_stubs(root: Path) -> None:
    """Write the stubs below root, the folder that holds pyproject.toml.

    protoc reads the file under the path at which its stubs are imported, so that what it writes says
    `from conformance.cri.v1 import api_pb2`.

    Raises RuntimeError, in one sentence, when a generator is missing or protoc refuses the file.
    """
    if importlib.util.find_spec("grpc_tools") is None:
        raise RuntimeError(_missing("protoc", package="grpcio-tools"))
    plugins = [f"--plugin=protoc-{name}={_program(f'protoc-{name}')}" for name in ("gen-mypy", "gen-mypy_grpc")]
    (root / STUBS).mkdir(parents=True, exist_ok=True)
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", f"-I{STUBS}={PROTOS}", *plugins),
            *("--python_out=.", "--grpc_python_out=.", "--mypy_out=quiet:.", "--mypy_grpc_out=quiet:."),
            f"{STUBS}/api.proto",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode != 0:
        raise RuntimeError(f"protoc did not generate the CRI stubs from {PROTOS}/api.proto: {outcome.stderr.strip()}")
    (root / STUBS / "__init__.py").write_text(PACKAGE_DOCSTRING, encoding="utf-8")


def _program(name: str) -> str:
    """Find a protoc plugin on PATH, where build isolation puts its own, or in this Python's venv, activated or not."""
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    found = shutil.which(name, path=folders)
    if found is None:
        raise RuntimeError(_missing(name, package="mypy-protobuf"))
    return found


def _missing(program: str, *, package: str) -> str:
    return f"The CRI stubs cannot be generated, because {program} is missing: install {package}."
