"""The mutants: simulators with one fault each."""

import re

import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.model.profile import NEWEST
from conformance.model.release import Release
from conformance.simulator import Variant
from conformance.simulator.mutants import MODULES, Mutant, UnknownMutantError, mutant, mutants, null_runtimes
from conformance.simulator.mutants.null_servicers import SOME_ID
from tests.simulator.served_simulator import NAME, offered, refusal, simulated


@pytest.mark.parametrize("each", mutants().values(), ids=mutants())
def test_a_mutant_has_one_fault_in_one_piece_told_in_a_sentence(each: Mutant) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each.name)
    assert re.fullmatch(r"[A-Z].*\.", each.fault)
    assert each.line in {Release(known).line for known in NEWEST}
    usual, pieces = vars(Variant()), vars(each.variant)
    (changed,) = [name for name in usual if pieces[name] is not usual[name]]
    assert issubclass(pieces[changed], usual[changed])
    assert mutant(each.name) is each


def test_every_class_that_is_a_piece_is_a_mutant_and_no_two_are_alike() -> None:
    pieces = tuple(vars(Variant()).values())
    written = [
        class_
        for module in MODULES
        for name, class_ in vars(module).items()
        if isinstance(class_, type)
        and class_.__module__ == module.__name__
        and issubclass(class_, pieces)
        and not name.startswith("_")
    ]
    assert len(written) == len(mutants()) >= 40
    assert len({each.fault for each in mutants().values()}) == len(mutants())


def test_every_kind_of_piece_is_faulty_somewhere() -> None:
    usual = vars(Variant())
    changed = {name for each in mutants().values() for name in usual if vars(each.variant)[name] is not usual[name]}
    assert changed >= {"loader", "service", "puller", "client", "images"}


@pytest.mark.parametrize(
    ("name", "hint"), [("nonsense", ""), ("search-order-reverse", "did you mean search-order-reversed? ")]
)
def test_a_mutant_that_there_is_not_is_refused_with_what_is_near(name: str, hint: str) -> None:
    sentence = f"there is no mutant {name}: {hint}`crio-conformance mutants --list` names all there are"
    with pytest.raises(UnknownMutantError, match=f"^{re.escape(sentence)}$"):
        mutant(name)


def test_a_null_runtime_is_no_mutant_and_is_found_by_name() -> None:
    assert not set(null_runtimes()) & set(mutants())
    assert all(each.is_null and mutant(name) is each for name, each in null_runtimes().items())


def test_one_null_runtime_refuses_every_call() -> None:
    with simulated(variant=null_runtimes()["refuses-everything"].variant) as run:
        assert refusal(run.pull, "busybox").message == "pull_image is refused"
        assert refusal(run.images).message == "list_images is refused"
        assert refusal(run.client.version, api.VersionRequest()).message == "version is refused"


def test_the_other_null_runtime_accepts_every_call_and_does_nothing() -> None:
    with simulated(variant=null_runtimes()["accepts-everything"].variant) as run:
        offered(run)
        assert (run.pull(NAME), run.images(), run.status(NAME).HasField("image")) == (SOME_ID, [], False)
        pod = api.RunPodSandboxRequest(config=api.PodSandboxConfig())
        assert run.client.run_pod_sandbox(pod).pod_sandbox_id == SOME_ID
        run.client.start_container(api.StartContainerRequest(container_id=SOME_ID))
        assert (run.exchanges(), len(run.client.list_containers(api.ListContainersRequest()).containers)) == ([], 0)
