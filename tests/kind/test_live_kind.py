"""What kind's nodes say is what the same CRI-O says in a world, case by case; after `tox run -e kind` in this clone.

That leaves kind-results/junit_nodes.xml. A part of it is compared, since a whole run takes long.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.releases.control_plane_programs import find_control_plane
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.releases.kubelet_binary import find_kubelet
from conformance.report.junit_results import read_results, verdict_of

ON_NODES = Path(__file__).parents[2] / "kind-results" / "junit_nodes.xml"
SOME = ("kubelet", "names.test_short_name_mode", "pulls.test_login", "volumes.test_volume_names")
SECONDS = 900.0
WHOLE = 1_000
"""More cases than any family has."""


@pytest.mark.skipif(not ON_NODES.exists(), reason=f"there is no {ON_NODES.name}: run tox run -e kind first")
def test_a_case_ends_on_a_node_as_in_a_world(tmp_path: Path) -> None:
    (on_nodes,) = read_results([ON_NODES])
    if len(on_nodes.verdicts) < WHOLE:
        pytest.skip(f"{ON_NODES} is of a part of the suite: run tox run -e kind")
    release = on_nodes.properties["release"]
    try:
        crio = find_crio(release)
        kubelet = find_kubelet(None, crio.release)
        if kubelet is None:
            pytest.skip("there is no kubelet in the cache folder")
        find_control_plane(kubelet.release)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    junit = tmp_path / "world.xml"
    which = ["--runtime", release, "--cluster", "world", "-n", "2", "--stories=none", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *which, f"--junitxml={junit}", "--pyargs"]
    done = subprocess.run(
        [*command, *(f"conformance.suite.{each}" for each in SOME)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (in_world,) = read_results([junit])
    assert len(in_world.verdicts) > 150
    told = {case: verdict_of(on_nodes, case) for case in in_world.verdicts}
    assert told == {case: each.verdict for case, each in in_world.verdicts.items()}
