"""The places in which explain says that CRI-O asks: mirrors, other names, what is blocked."""

from conformance.explain.explanation import CandidateState
from tests.explain.explained import BOTH, DIGEST, MIRRORS, Explain, Said


def places(said: Said, number: int = 0) -> list[str]:
    """Give the places of a candidate, those that are not asked in parentheses."""
    return [
        f"({each.image})" if each.unused or each.blocked else each.image
        for each in said.explanation.candidates[number].places
    ]


def test_mirrors_come_first_and_some_are_not_asked(said: Explain) -> None:
    told = said("quay.io/a/b:1", MIRRORS)
    assert places(told) == [
        "mirror.example/quay/a/b:1",
        "tags.example/quay/a/b:1",
        "(digests.example/quay)",
        "quay.io/a/b:1",
    ]
    assert told.says("It falls under the [[registry]] quay.io in /registries.conf.")
    assert told.says(
        "- A mirror of it: mirror.example/quay/a/b:1 Any certificate will do there, and plain HTTP (insecure)."
    )
    assert told.says(
        "- The mirror digests.example/quay is not asked: "
        "it is for digests only (pull-from-mirror), and the name has none."
    )
    assert told.says("- quay.io itself, last: quay.io/a/b:1")


def test_by_digest_other_mirrors_are_asked(said: Explain) -> None:
    told = said(f"quay.io/a/b@{DIGEST}", MIRRORS)
    assert places(told)[-2] == "(tags.example/quay)"
    assert told.says("it is for tags only (pull-from-mirror), and the name has a digest")


def test_a_registry_may_have_its_mirrors_for_digests_only(said: Explain) -> None:
    conf = (
        '[[registry]]\nlocation = "quay.io"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.example"'
    )
    told = said("quay.io/a/b", conf)
    assert places(told) == ["(m.example)", "quay.io/a/b:latest"]
    assert told.says("it is for digests only (mirror-by-digest-only), and the name has none")
    assert told.says("- quay.io itself: quay.io/a/b:latest")


def test_a_name_is_asked_for_elsewhere(said: Explain) -> None:
    conf = '[[registry]]\nprefix = "quay.io/team"\nlocation = "registry.example/t"\n'
    told = said("quay.io/team/b", conf)
    assert places(told) == ["registry.example/t/b:latest"]
    assert told.says("- It is asked for under another name: registry.example/t/b:latest")
    assert places(said("quay.io/other/b", conf)) == ["quay.io/other/b:latest"]


def test_a_wildcard_covers_the_hosts_below(said: Explain) -> None:
    conf = '[[registry]]\nprefix = "*.example.com"\ninsecure = true\n'
    told = said("a.example.com/b", conf)
    assert told.says("It falls under the [[registry]] *.example.com in /registries.conf.")
    assert told.says("Any certificate will do there")
    assert not said("example.com/b", conf).says("falls under")


def test_what_is_blocked_fails_without_asking(said: Explain) -> None:
    told = said("quay.io/a/b", '[[registry]]\nlocation = "quay.io"\nblocked = true\n')
    assert places(told) == ["(quay.io/a/b:latest)"]
    assert told.says("It is not asked: registry quay.io is blocked in /registries.conf or /d.")
    assert told.says("The pull fails, and nobody has to be asked to know it. You will be told: ")
    assert told.says("initializing source docker://quay.io/a/b:latest: registry quay.io is blocked in /registries.conf")
    assert told.explanation.exit_code == 1


def test_what_is_blocked_on_the_way_is_told_and_passed_by(said: Explain) -> None:
    told = said("a/b", BOTH + '[[registry]]\nlocation = "docker.io"\nblocked = true\n', release="1.33")
    assert [each.state for each in told.explanation.candidates] == [CandidateState.FAILED, CandidateState.UNKNOWN]
    assert told.explanation.exit_code == 0


def test_a_location_that_makes_no_name_fails(said: Explain) -> None:
    told = said("quay.io/a/b", '[[registry]]\nprefix = "quay.io"\nlocation = "Registry.example/Up"\n')
    assert told.says("The location that is given there makes no image name.")
    assert told.says("rewriting reference: ")
    assert told.explanation.exit_code == 1


def test_this_machine_needs_no_certificate_up_to_1_34(said: Explain) -> None:
    sentence = "Any certificate will do there, and plain HTTP (insecure, since it is on this machine)."
    for name in ("localhost/a", "localhost:5000/a", "127.0.0.5:5000/a"):
        assert said(name, release="1.34").says(sentence)
        assert not said(name, release="1.35").says("Any certificate")
    assert not said("quay.io/a/b", release="1.34").says("Any certificate")
