"""What every case saw is kept: as files, whole cases, without secrets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.evidence.evidence_folder import RunEvidence, read_evidence
from tests.plugin.pytest_runs import Run

PASSWORD = "correct horse/battery+staple"
CASES = f"""
import json
import base64
import pytest
from conformance import Configuration, Login

def encoded(text): return base64.b64encode(text.encode()).decode()

AUTH_FILE = json.dumps({{"auths": {{"ghcr.io": {{"auth": encoded("robot:{PASSWORD}")}}}}}})

@pytest.fixture
def configuration():
    return Configuration(auth_files=(("~/.docker/config.json", AUTH_FILE),))

@pytest.mark.upstream("cri-o/cri-o#8780")
def test_passing(runtime, quay_io):
    '''A pull goes on to the registry that has the image.

    And so on.
    '''
    quay_io.offer("team/app")
    assert runtime.pull("team/app").asked == ["docker.io", "quay.io"]

def test_failing(runtime, quay_io):
    login = Login("robot", "{PASSWORD}")
    quay_io.origin.repository("team/app").logins["robot"] = login.password
    pull = runtime.pull("quay.io/team/app", login)
    print("the password is {PASSWORD}, its header", encoded("robot:{PASSWORD}"))
    assert (login.password, AUTH_FILE) == ("other", pull.asked)

def test_skipped(runtime):
    pytest.skip("it takes root")

def test_of_others(): pass
"""
FORMS = (PASSWORD, "horse/battery", "correct%20horse", "cm9ib3Q6Y29ycmVjdCBob3JzZS9iYXR0ZXJ5K3N0YXBsZQ")


def kept(pytester: pytest.Pytester) -> RunEvidence:
    (folder,) = (pytester.path / "state" / "crio-conformance" / "runs").iterdir()
    return read_evidence(folder)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_run_leaves_a_record_of_every_case(run: Run, pytester: pytest.Pytester, more: tuple[str, ...]) -> None:
    pytester.makepyfile(test_two_registries=CASES)
    result = run(*more)
    found = kept(pytester)
    assert sorted(path.name for path in found.folder.iterdir()) == ["cases.jsonl", "run.json"]
    result.stdout.fnmatch_lines([f"What every case saw: {found.folder} (crio-conformance report)"])
    assert (found.run.exit_code, found.run.cases) == (1, 3)
    assert found.run.properties["target"] == "the simulator of CRI-O 1.36"
    by_name = {each.case.partition("::")[2]: each for each in found.cases}
    assert {name: each.verdict for name, each in by_name.items()} == {
        "test_passing": "passed",
        "test_failing": "failed",
        "test_skipped": "skipped",
    }
    assert by_name["test_skipped"].reason == "it takes root"
    passing = by_name["test_passing"]
    assert (passing.family, passing.upstream) == ("two registries", ("cri-o/cri-o#8780",))
    assert passing.behaviour == "A pull goes on to the registry that has the image."
    assert [call.name for call in passing.calls] == ["PullImage", "ImageStatus"]
    assert [each.host for each in passing.calls[0].asked] == ["docker.io", "quay.io"]
    assert passing.calls[0].request["image"]["image"] == "team/app"
    manifests = [each.host for each in passing.exchanges if each.kind == "manifest"]
    assert list(dict.fromkeys(manifests)) == ["docker.io", "quay.io"]
    assert passing.predictions[0].call == "PullImage team/app"
    assert passing.predictions[0].result == passing.calls[0].response["image_ref"]
    assert "docker.io" in passing.configuration["/etc/containers/registries.conf.d/crio.conf"]
    assert by_name["test_failing"].failure


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_secret_is_shown_nowhere(run: Run, pytester: pytest.Pytester, more: tuple[str, ...]) -> None:
    pytester.makepyfile(test_two_registries=CASES)
    result = run("--junitxml", "junit.xml", "--stories", "all", "-vv", "--log-level", "debug", *more)
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    places = {
        "terminal": result.stdout.str() + result.stderr.str(),
        "JUnit": (pytester.path / "junit.xml").read_text(),
        "evidence": (kept(pytester).folder / "cases.jsonl").read_text(),
    }
    # pytest shows the lines of the test file, in which this case has its password; nothing that it saw or printed
    for place, text in places.items():
        lines = [line for line in text.splitlines() if 'Login("robot"' not in line and "print(" not in line]
        shown = "\n".join(lines) if place == "terminal" else text
        assert "[redacted]" in shown, place
        for form in FORMS:
            assert form not in shown.replace("\\n", "\n"), (place, form)


def test_none_is_kept_where_none_is_wanted(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_two_registries=CASES)
    run("--evidence", "none", "-k", "passing").assert_outcomes(passed=1, deselected=3)
    pytester.makepyfile(test_two_registries="def test_of_others(): pass")
    run().assert_outcomes(passed=1)
    assert not (pytester.path / "state").exists()


def test_a_named_folder_takes_one_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    assert run("--evidence", "out/here").ret == 0
    assert len(read_evidence(pytester.path / "out" / "here").cases) == 1
    again = run("--evidence", "out/here")
    assert again.ret == pytest.ExitCode.USAGE_ERROR
    again.stderr.fnmatch_lines(["ERROR: --evidence: */out/here has the evidence of a run already: name another *"])
    empty = run("--evidence", "")
    assert empty.ret == pytest.ExitCode.USAGE_ERROR
    empty.stderr.fnmatch_lines(["ERROR: --evidence is empty, as an unset variable is: name a folder, *"])


def test_a_worker_that_dies_is_on_record(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import os
        def test_one(runtime): pass
        def test_two(runtime): os._exit(1)
        def test_three(runtime): pass
        """
    )
    assert run("-n", "1").ret == 1
    found = kept(pytester)
    assert {each.case: each.verdict for each in found.cases} == {
        "test_it.py::test_one": "passed",
        "test_it.py::test_two": "failed",
        "test_it.py::test_three": "passed",
    }
    assert next(each for each in found.cases if each.verdict == "failed").reason.endswith(
        "crashed while running 'test_it.py::test_two'"
    )


def test_of_a_killed_run_all_cases_are_there_that_had_ended(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import time
        def test_one(runtime): pass
        def test_two(runtime):
            open("reached", "w").close()
            time.sleep(60)
        """
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "--evidence", "out"]
    with subprocess.Popen(command, cwd=pytester.path, env=os.environ, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (pytester.path / "reached").exists() and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    found = read_evidence(pytester.path / "out")
    assert [each.case for each in found.cases] == ["test_it.py::test_one"]
    assert found.run.exit_code is None
    assert found.run.cases == 2
    run("-k", "one", "--evidence", "none").assert_outcomes(passed=1, deselected=1)  # what the killed one left is gone


def test_evidence_that_cannot_be_written_costs_no_verdict(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import shutil
        def test_one(runtime): shutil.rmtree("out"); open("out", "w").close()
        def test_two(runtime): pass
        """
    )
    result = run("--evidence", "out", "-p", "no:randomly")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        ["*evidence cannot be written to */out: *; what cases saw from test_it.py::test_one on is*"]
    )


FULL_DISK = """
mount -t tmpfs -o size=64k tmpfs out || exit 99
{python} -m pytest -p no:cacheprovider -p no:randomly --evidence out/here
echo "exit code $?"
cp -r out/here kept
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_of_a_run_that_filled_the_disk_its_end_is_known(run: Run, pytester: pytest.Pytester) -> None:
    """What there is no room for is not kept, and nothing that was."""
    del run  # for its environment
    pytester.makepyfile(
        test_it="""
        import contextlib

        def test_one(runtime): pass

        def test_two(runtime):
            with open("out/filling", "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"x")

        def test_three(runtime): pass
        """
    )
    pytester.mkdir("out")
    command = ["unshare", "--mount", "sh", "-c", FULL_DISK.format(python=sys.executable)]
    env = os.environ | {"PATH": os.defpath}
    done = subprocess.run(command, cwd=pytester.path, env=env, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode == 99:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    assert "exit code 0" in done.stdout, done.stdout
    assert "No space left on device" in done.stdout + done.stderr
    found = read_evidence(pytester.path / "kept")
    assert found.run.exit_code == 0
    assert found.run.duration > 0
    assert next(each.case for each in found.cases) == "test_it.py::test_one"
    assert not [path.name for path in found.folder.iterdir() if path.name.startswith(".")]


def test_the_form_is_that_of_the_schema(run: Run, pytester: pytest.Pytester) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    pytester.makepyfile(test_two_registries=CASES)
    run()
    schema = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "evidence-1.json").read_text())
    folder = kept(pytester).folder
    jsonschema.validate(json.loads((folder / "run.json").read_text()), schema)
    of_case = {"$ref": "#/$defs/CaseRecord", "$defs": schema["$defs"]}
    lines = (folder / "cases.jsonl").read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        jsonschema.validate(json.loads(line), of_case)
