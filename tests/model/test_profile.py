"""Which release behaves in which way."""

import pytest

from conformance.model.profile import NEWEST, PROFILES, Fallback, Profile, known_lines, newest_line, newest_of, profile
from conformance.model.release import Release


@pytest.mark.parametrize(
    ("release", "since"),
    [
        ("1.29.1", "1.31"),
        ("1.31.0", "1.31"),
        ("1.31.13", "1.31"),
        ("1.32.13", "1.32.3"),
        ("1.33.0-rc.1", "1.33"),
        ("1.33.0", "1.33"),
        ("1.33.2", "1.33"),
        ("1.33.3", "1.33"),
        ("1.33.4", "1.33.4"),
        ("1.33.13", "1.33.4"),
        ("1.34.0", "1.34"),
        ("1.34.11", "1.34"),
        ("1.35.0", "1.35"),
        ("1.35.1", "1.35.1"),
        ("1.35.2", "1.35.2"),
        ("1.35.6", "1.35.2"),
        ("1.36.0", "1.36"),
        ("1.36.3", "1.36"),
        ("1.37.0-dev", "1.37"),
        ("1.37.0", "1.37"),
        ("2.0.0", "1.37"),
    ],
)
def test_a_release_has_the_last_profile_that_began(release: str, since: str) -> None:
    assert profile(Release(release)).since == since


def test_profiles_are_in_order_and_each_is_different() -> None:
    begun = [Release(each.since) for each in PROFILES]
    assert begun == sorted(begun)
    assert len(set(PROFILES)) == len(PROFILES) == len(set(begun))


def of(release: str) -> Profile:
    return profile(Release(release))


RELEASES = ("1.31.13", "1.32.13", "1.33.2", "1.33.4", "1.34.11", "1.35.0", "1.35.1", "1.35.2", "1.36.3", "1.37.0-dev")


@pytest.mark.parametrize(
    ("field", "since", "until"),
    [
        ("has_short_name_mode", "1.34", None),
        ("image_ref_is_id", "1.35.2", None),
        ("loopback_is_insecure", None, "1.35"),
        ("pings_v1", None, "1.33"),
        ("hex_lookups_are_ids", "1.35", None),
        ("libartifact", "1.35.1", None),
        ("lists_both", "1.36", None),
        ("pins_artifacts", "1.33", "1.35.2"),
        ("mounts_images_after_errors", "1.33", "1.34"),
        ("guards_ids", "1.33", None),
        ("verifies_volumes", "1.33", None),
        ("artifact_takes_lists_for_images", "1.33", "1.35.2"),
        ("artifact_reopens", "1.35.2", None),
        ("artifact_copies", "1.35", "1.35.2"),
    ],
)
@pytest.mark.parametrize("release", RELEASES)
def test_a_behaviour_begins_and_ends_with_a_release(
    field: str, since: str | None, until: str | None, release: str
) -> None:
    within = Release(since or "1") <= Release(release).base < Release(until or "99")
    assert getattr(of(release), field) is within


@pytest.mark.parametrize(
    ("release", "fallback"),
    [
        ("1.32.13", Fallback.NEVER),
        ("1.33.3", Fallback.FIRST),
        ("1.33.4", Fallback.ALWAYS),
        ("1.34.11", Fallback.ALWAYS),
        ("1.35.0", Fallback.ALWAYS),
        ("1.35.1", Fallback.UNLESS_NETWORK),
        ("1.36.3", Fallback.UNLESS_NETWORK),
    ],
)
def test_when_an_artifact_is_tried(release: str, fallback: Fallback) -> None:
    assert of(release).artifact is fallback


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("1.31", "1.31.13"),
        ("1.32", "1.32.13"),
        ("1.33", "1.33.13"),
        ("1.34", "1.34.11"),
        ("1.35", "1.35.6"),
        ("1.36", "1.36.3"),
        ("1.33.0", "1.33.0"),
        ("1.35.1", "1.35.1"),
        ("1.99.1", "1.99.1"),
        ("1.37.0-dev", "1.37.0-dev"),
    ],
)
def test_a_line_stands_for_its_newest_release(text: str, release: str) -> None:
    assert newest_of(text) == Release(release)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "1.99",
            "the release line 1.99 is not known (known are 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37): write a release",
        ),
        ("1", "the release line 1 is not known (known are 1.31"),
        ("new", "'new' is no CRI-O release: write it like 1.36.3"),
        ("", "'' is no CRI-O release: write it like 1.36.3"),
    ],
)
def test_what_is_no_known_line_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="release") as caught:
        newest_of(text)
    assert str(caught.value).startswith(said)


def test_each_line_is_known_by_one_release_and_the_newest_comes_last() -> None:
    known = list(map(Release, NEWEST))
    assert known == sorted(known)
    assert len({each.line for each in known}) == len(known)
    assert newest_line() == known[-1].line == "1.36"


def test_a_line_without_a_release_is_known_and_not_the_newest() -> None:
    assert known_lines() == (*(Release(each).line for each in NEWEST), "1.37")
    assert str(newest_of("1.37")) == "1.37.0"
