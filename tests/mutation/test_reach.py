"""Which methods a case reaches, and in which ones a mutant is faulty."""

from conformance.model.image_service import ImageService
from conformance.model.pull_sources import ModelSettings
from conformance.mutation.reach import EVERYWHERE, ReachRecorder, faulty_methods
from conformance.simulator.mutants import mutant, mutants


def test_a_fault_is_where_the_mutant_has_another_method() -> None:
    assert faulty_methods(mutant("reports-the-first-error-only")) == {"puller.error"}
    assert faulty_methods(mutant("finds-no-id")) == {EVERYWHERE}  # in how the store is made


def test_every_mutant_is_faulty_somewhere() -> None:
    assert [each.name for each in mutants().values() if not faulty_methods(each)] == []


def test_a_recorder_tells_what_is_called_and_changes_nothing() -> None:
    recorder = ReachRecorder([mutant("reports-the-first-error-only"), mutant("lists-nothing")])
    service = recorder.mutant.variant.service(ModelSettings(), puller=recorder.mutant.variant.puller)
    assert recorder.reached == set()
    assert service.list() == ImageService(ModelSettings()).list()
    assert recorder.reached == {"service.list"}
