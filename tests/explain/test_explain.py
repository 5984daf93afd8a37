"""What explain says of a name without asking anyone."""

import pytest

from tests.explain.explained import BOTH, DIGEST, NAME, Explain

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
