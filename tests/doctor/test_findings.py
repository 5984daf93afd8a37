"""What each missing thing is called, and that docs/troubleshooting.md has every such sentence, and no other."""

import re
import tempfile
from functools import cache
from pathlib import Path

import pytest

from conformance.doctor.container_checks import PODS
from conformance.doctor.examination import Examination
from conformance.doctor.finding import Finding, Need, State
from conformance.node import namespaces
from conformance.runtime import cni
from tests.doctor.machines import LACKING, Machine
from tests.troubleshooting import ASKED, HOLE, MACHINE, PAGE, begins, may_begin, rows, sentences

PACKAGE = Path(__file__).parents[2] / "conformance"
WORDS = 4


@cache
def found(lacking: str) -> Finding:
    """Look at a machine that lacks this; the path of its folder is short, as sockets want it."""
    with tempfile.TemporaryDirectory(prefix="m", dir="/tmp") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cni, "why_unusable", cni.why_unusable.__wrapped__)  # what it finds there is not to be remembered
        return LACKING[lacking](Machine(Path(folder), patch))


@pytest.mark.parametrize("lacking", LACKING)
def test_what_is_lacking_is_one_sentence_of_the_page(lacking: str) -> None:
    finding = found(lacking)
    assert finding.state != State.OK
    assert "\n" not in finding.says
    assert any(begins(each, finding.says) for row in rows(MACHINE) for each in row), finding.says


@pytest.mark.parametrize(
    ("which", "also", "verdict"),
    [
        ("99.9.9", "", "A run fetches CRI-O 99.9.9 first, and nothing else is in the way: --runtime 99.9.9"),
        ("99.9.9", "namespaces", "Only a rehearsal can run here: --runtime simulator"),
        ("./crio", "", "Only a rehearsal can run here: --runtime simulator"),
    ],
)
def test_a_crio_that_a_run_fetches_is_no_reason_to_rehearse(which: str, also: str, verdict: str) -> None:
    lacking = [Finding(about, State.MISSING, "", "", Need.LIVE_RUN) for about in ("CRI-O", also) if about]
    examination = Examination(which, (*lacking, Finding("kind", State.MISSING, "", "")))
    assert (examination.verdict, examination.exit_code) == (verdict, 6)


def test_every_sentence_about_the_machine_is_a_finding() -> None:
    said = [found(lacking).says for lacking in LACKING]
    beginnings = [each for row in rows(MACHINE) for each in row]
    assert len(beginnings) > 30
    assert [each for each in beginnings if not any(begins(each, sentence) for sentence in said)] == []


def test_every_other_sentence_of_the_page_is_in_the_code() -> None:
    """As one text, or, where it is made of several, the first words of its longest piece in one of them."""
    texts = set(sentences(PACKAGE))
    beginnings = [each for row in rows(ASKED) for each in row]
    assert len(beginnings) > 20
    assert [
        each for each in beginnings if not any(may_begin(each, text) for text in texts) and not _piece(each, texts)
    ] == []


def _piece(beginning: str, texts: set[str]) -> bool:
    longest = max(re.split(rf"{HOLE}|^--[a-z-]+(?: \w+(?=:))?:?", beginning), key=len).strip()
    words = " ".join(longest.split()[:WORDS]) or beginning.strip(f"{HOLE} ")
    return any(words in text for text in texts)


def test_a_sentence_that_is_nowhere_is_found_out() -> None:
    texts = {"--cluster … needs a kubelet: fetch one", "… is no …", "CRI-O … ended while it started: …"}
    for beginning, there in (
        ("--cluster world needs a kubelet", True),
        ("CRI-O … ended while it started", True),
        ("--cluster world needs a kube-apiserver", False),
        ("Podman … ended while it slept", False),
        ("nothing of that sort …", False),
    ):
        assert any(may_begin(beginning, text) for text in texts) == there, beginning


def test_the_page_has_the_kernel_settings_that_the_code_knows() -> None:
    text = PAGE.read_text()
    for setting, forbidden, remedy in (*namespaces._LIMITS, *namespaces._FOR_USERS):
        sysctl = remedy.partition("`")[2].partition("`")[0]
        row = next(
            line for line in text.splitlines() if line.startswith(f"| `{setting.replace('/', '.')} = {forbidden}`")
        )
        assert f"`{sysctl}`" in row


def test_what_pods_allow_are_families_of_the_suite() -> None:
    families = {path.stem.removeprefix("test_").replace("_", " ") for path in PACKAGE.rglob("suite/*/test_*.py")}
    assert {"image volumes", "kubelet", "pod network"} <= families
    named = PODS.partition("families ")[2].replace(" and ", ", ").split(", ")
    assert named == ["image volumes", f"volume {HOLE}", "kubelet", "pod network"]
    assert sum(family.startswith("volume ") for family in families) > 5


@pytest.mark.parametrize(
    ("lacking", "code"),
    [(set(), 0), ({Need.PART}, 0), ({Need.PART, Need.LIVE_RUN}, 6), ({Need.LIVE_RUN, Need.ANY_RUN}, 4)],
)
def test_the_exit_code_says_what_can_run(lacking: set[Need], code: int) -> None:
    states = {need: State.MISSING if need in lacking else State.OK for need in Need}
    findings = [Finding("it", state, "said", "all", need) for need, state in states.items()]
    assert Examination("auto", tuple(findings)).exit_code == code
