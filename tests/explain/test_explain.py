"""What explain says without asking anyone."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from conformance.explain import Explanation, explain
from conformance.explain.explanation import CandidateState
from conformance.explain.pull_trace import predict_trace
from conformance.explain.text import as_text
from conformance.node_config.reader import ExplainOptions, read_node_config

NAME = "rhuss/caikit-flan-t5-small"
BOTH = 'unqualified-search-registries = ["docker.io", "quay.io"]\n'
DIGEST = "sha256:" + "0123456789abcdef" * 4


def anywhere(value: Any, folder: str) -> Any:
    """Take a folder out of all texts in a value."""
    if type(value) is str:
        return value.replace(folder, "")
    if isinstance(value, tuple):
        return tuple(anywhere(each, folder) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: anywhere(getattr(value, each.name), folder) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


class Said:
    """What was explained, and the text without the folder of the test in it."""

    def __init__(self, explanation: Explanation, folder: Path) -> None:
        self.explanation = explanation
        self.text = as_text(anywhere(explanation, str(folder)))

    def says(self, sentence: str) -> bool:
        return sentence in " ".join(self.text.split())


@pytest.fixture
def said(tmp_path: Path) -> "Explain":
    return Explain(tmp_path)


class Explain:
    """Explains a name under a registries.conf, for CRI-O 1.36 and linux/amd64 unless said otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "d").mkdir()

    def __call__(
        self, name: str, conf: str = BOTH, *, release: str = "1.36", mode: str | None = None, crio_conf: str = ""
    ) -> Said:
        (self.folder / "registries.conf").write_text(conf)
        (self.folder / "crio.conf").write_text(crio_conf)
        about = read_node_config(
            ExplainOptions(
                registries_conf=str(self.folder / "registries.conf"),
                registries_conf_dir=str(self.folder / "d"),
                crio_conf=(str(self.folder / "crio.conf"),),
                release=release,
                short_name_mode=mode,
                platform="linux/amd64",
            )
        )
        return Said(explain(name, about, predict_trace(about.settings, name)), self.folder)


def places(said: Said, number: int = 0) -> list[str]:
    """Give the places of a candidate, those that are not asked in parentheses."""
    return [
        f"({each.image})" if each.unused or each.blocked else each.image
        for each in said.explanation.candidates[number].places
    ]


# The story of cri-o/cri-o#8780

WALKS_BOTH = """\
rhuss/caikit-flan-t5-small, pulled by CRI-O 1.33 on linux/amd64
  1.33 stands for the last release of that line.
  The registries are configured in /registries.conf.

The name
  It is a short name: rhuss is no registry host (that has a dot or a port in it, or is localhost).
  It has neither tag nor digest: CRI-O takes the tag latest.
  There is no alias for it, so it is completed from the search list: docker.io and quay.io.
  That is unqualified-search-registries in /registries.conf.
  CRI-O's messages have docker.io/rhuss/caikit-flan-t5-small:latest as
  docker://rhuss/caikit-flan-t5-small:latest.

The short-name mode
  CRI-O 1.33 has none: it tries every registry of the search list in turn.

Where CRI-O asks for it, in this order
  1. docker.io/rhuss/caikit-flan-t5-small:latest
  2. quay.io/rhuss/caikit-flan-t5-small:latest

The end
  Nobody was asked whether the image is there; with --probe, the registries are.
  It is pulled from the first registry that has it.
  An index without an image for linux/amd64 does not count as having it.
  If none has, you will be told of the last one alone, quay.io (cri-o/cri-o#8780).

What to write instead
  The full name of the one that is meant; no list matters then:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
"""

REFUSES = """\
rhuss/caikit-flan-t5-small, pulled by CRI-O 1.36 on linux/amd64
  1.36 stands for the last release of that line.
  The registries are configured in /registries.conf.

The name
  It is a short name: rhuss is no registry host (that has a dot or a port in it, or is localhost).
  It has neither tag nor digest: CRI-O takes the tag latest.
  There is no alias for it, so it is completed from the search list: docker.io and quay.io.
  That is unqualified-search-registries in /registries.conf.

The short-name mode
  It is enforcing, which is the default: CRI-O refuses a short name that several registries may
  have.

Where the image may be
  1. docker.io/rhuss/caikit-flan-t5-small:latest
  2. quay.io/rhuss/caikit-flan-t5-small:latest

The end
  CRI-O refuses before it asks anyone: the name may mean several images. You will be told:
    short name mode is enforcing, but image name rhuss/caikit-flan-t5-small returns ambiguous list
  A pod shows it as ImageInspectError, or as ErrImagePull if its imagePullPolicy is Always.

What to write instead
  The full name of the one that is meant; no list matters then:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
  Or have one registry only on the search list, or short_name_mode = "disabled" in crio.conf.
"""


def test_up_to_1_33_both_registries_are_asked_in_turn(said: Explain) -> None:
    told = said(NAME, release="1.33")
    assert told.text == WALKS_BOTH
    assert told.explanation.end.succeeds is None
    assert told.explanation.exit_code == 0


def test_from_1_34_on_the_name_is_refused(said: Explain) -> None:
    told = said(NAME)
    assert told.text == REFUSES
    assert told.explanation.end.ambiguous
    assert told.explanation.exit_code == 1


def test_with_the_mode_disabled_1_36_walks_as_1_33_does(said: Explain) -> None:
    told = said(NAME, mode="disabled")
    old, new = (text.split("\n\n") for text in (WALKS_BOTH, told.text))
    assert (new[1], new[3:]) == (old[1], old[3:])
    assert "It is disabled, as given: CRI-O tries every registry of the search list in turn." in new[2]
    assert told.explanation.exit_code == 0


def test_nothing_is_wider_than_a_hundred_columns(said: Explain) -> None:
    for name in (NAME, f"{NAME}@{DIGEST}", "busybox", "docker.io/busybox", "No/Name", "a/" * 20 + "b"):
        for release in ("1.31", "1.33", "1.36"):
            for line in said(name, release=release).text.splitlines():
                assert len(line) <= 100 or " " not in line.strip(" -12."), line


# The name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("busybox", "It is a short name: there is no registry host in it."),
        ("busybox:1", "It is a short name: there is no registry host in it."),
        ("library/busybox", "library is no registry host"),
        ("localhost/busybox", "It is a full name: localhost is a registry host."),
        ("registry:5000/busybox", "It is a full name: registry:5000 is a registry host."),
        ("docker.io/busybox", "So it means docker.io/library/busybox:latest."),
        ("docker.io/busybox", "CRI-O's messages have docker.io/library/busybox:latest as docker://busybox:latest."),
        ("index.docker.io/a/b", "So it means docker.io/a/b:latest."),
        ("quay.io/a/b", "It has neither tag nor digest: CRI-O takes the tag latest."),
        (f"quay.io/a/b:1@{DIGEST}", "It has a tag and a digest: CRI-O drops the tag 1, and the digest alone counts."),
        (f"quay.io/a/b:1@{DIGEST}", f"So it means quay.io/a/b@{DIGEST}."),
    ],
)
def test_how_a_name_is_read(said: Explain, name: str, sentence: str) -> None:
    assert said(name).says(sentence)


def test_a_whole_name_needs_no_explanation(said: Explain) -> None:
    told = said("quay.io/a/b:1")
    assert not told.says("So it means")
    assert "instead" not in told.text
    assert "mode" not in told.text
    assert "If it is there, it is pulled" in told.text


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("Busybox", "busybox"),
        ("https://quay.io/a/b", "quay.io/a/b"),
        ("docker://a/b:1", "a/b:1"),
        ("", None),
        (":", None),
    ],
)
def test_what_is_no_name_is_refused_and_may_be_mended(said: Explain, name: str, instead: str | None) -> None:
    told = said(name)
    assert [each.image for each in told.explanation.instead] == ([instead] if instead else [])
    assert told.says("It is no image name.")
    assert told.says(f'You will be told: cannot parse input: "{name}": ')
    assert told.explanation.exit_code == 1


def test_a_terminal_is_not_told_what_to_do(said: Explain) -> None:
    told = said("a\x1b[2Jb")
    assert "\x1b" not in told.text
    assert told.text.startswith("a\\x1b[2Jb, pulled by")


# Aliases and search lists


def test_an_alias_decides_whatever_is_searched(said: Explain) -> None:
    told = said("app:2", BOTH + '[aliases]\napp = "quay.io/team/app"\n')
    assert told.says("There is an alias for it in /registries.conf: it stands for quay.io/team/app.")
    assert told.says("So it means quay.io/team/app:2.")
    assert [each.image for each in told.explanation.candidates] == ["quay.io/team/app:2"]
    assert told.explanation.exit_code == 0


def test_one_search_registry_is_not_ambiguous(said: Explain) -> None:
    told = said("app", 'unqualified-search-registries = ["quay.io"]')
    assert told.says("With one registry on the list, that makes no difference.")
    assert [each.image for each in told.explanation.instead] == ["quay.io/app:latest"]
    assert told.explanation.exit_code == 0


def test_without_a_search_list_a_short_name_is_refused(said: Explain) -> None:
    told = said("app", "")
    assert told.says(
        "There is no alias for it, and no search list (unqualified-search-registries) in /registries.conf."
    )
    assert told.says('short-name "app" did not resolve to an alias and no unqualified-search registries are defined in')
    assert [each.image for each in told.explanation.instead] == ["docker.io/library/app:latest"]
    assert told.explanation.exit_code == 1


# The mode

DISABLED = '[crio.image]\nshort_name_mode = "disabled"\n'


def test_crio_conf_sets_the_mode(said: Explain) -> None:
    told = said(NAME, crio_conf=DISABLED)
    assert told.says("It is disabled, says short_name_mode in /crio.conf:")
    assert told.explanation.exit_code == 0
    assert said(NAME, crio_conf=DISABLED, mode="enforcing").says("It is enforcing, as given:")


def test_a_release_without_the_mode_does_not_look_at_it(said: Explain) -> None:
    assert said(NAME, crio_conf=DISABLED.replace("disabled", "whatever"), release="1.33").says("CRI-O 1.33 has none")


def test_the_mode_of_registries_conf_does_not_count(said: Explain) -> None:
    told = said(NAME, BOTH + 'short-name-mode = "disabled"\n')
    assert told.says("The short-name-mode in registries.conf, disabled, is not what CRI-O goes by.")
    assert told.explanation.exit_code == 1


# Places

MIRRORS = """
[[registry]]
location = "quay.io"
[[registry.mirror]]
location = "mirror.example/quay"
insecure = true
[[registry.mirror]]
location = "digests.example/quay"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example/quay"
pull-from-mirror = "tag-only"
"""


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
